/** What the page is told of the topology it stands in; written once that is up. */
export interface Topology {
  /** Of the variant: `tls+buf-16k`. */
  name: string;
  title: string;
  /** What the echo servers send back: the message, or `You said: ` and the message. */
  reply: 'echo' | 'you-said';
  /** Path of the WebSockets, on the server that the page comes from. */
  websocketPath: string;
}

/** @throws where the server does not answer as it should */
export async function readTopology(): Promise<Topology> {
  const response = await fetch('topology.json');
  if (!response.ok) throw new Error(`topology.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as Topology;
}

/** The address of the WebSockets: the listener that the page came from, so that its certificate is accepted. */
export function websocketUrl({ websocketPath }: Topology, { origin }: { origin: string }): string {
  return origin.replace(/^http/, 'ws') + websocketPath;
}

/** What has to come back for a message. */
export function answerTo(message: string, { reply }: Topology): string {
  return reply === 'echo' ? message : `You said: ${message}`;
}
