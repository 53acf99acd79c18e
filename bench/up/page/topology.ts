/** Facts about the topology that the page reads; written once the topology is running. */
export interface Topology {
  /** Name of the variant, such as `tls+buf-16k`. */
  name: string;
  title: string;
  /** The echo servers' reply: the message itself, or `You said: ` followed by the message. */
  reply: 'echo' | 'you-said';
  /** WebSocket path on the server that serves the page. */
  websocketPath: string;
}

/** @throws if the server does not respond as expected */
export async function readTopology(): Promise<Topology> {
  const response = await fetch('topology.json');
  if (!response.ok) throw new Error(`topology.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as Topology;
}

/** WebSocket URL on the page's own listener, whose certificate the browser has already accepted. */
export function websocketUrl({ websocketPath }: Topology, { origin }: { origin: string }): string {
  return origin.replace(/^http/, 'ws') + websocketPath;
}

/** The expected reply to a message. */
export function answerTo(message: string, { reply }: Topology): string {
  return reply === 'echo' ? message : `You said: ${message}`;
}
