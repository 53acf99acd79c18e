/** Facts about the topology for the page; written once the topology is running. */
export interface Topology {
  /** Of the variant: `tls+buf-16k`. */
  name: string;
  title: string;
  /** What the echo servers send back: the message, or `You said: ` and the message. */
  reply: 'echo' | 'you-said';
  /** Path of the WebSockets on the server of the page. */
  websocketPath: string;
}

/** @throws if the server does not answer as expected */
export async function readTopology(): Promise<Topology> {
  const response = await fetch('topology.json');
  if (!response.ok) throw new Error(`topology.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as Topology;
}

/** The URL of the WebSockets: on the listener of the page, whose certificate the browser has accepted. */
export function websocketUrl({ websocketPath }: Topology, { origin }: { origin: string }): string {
  return origin.replace(/^http/, 'ws') + websocketPath;
}

/** The expected answer to a message. */
export function answerTo(message: string, { reply }: Topology): string {
  return reply === 'echo' ? message : `You said: ${message}`;
}
