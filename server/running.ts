/** Counters of one server process since its start; `open` is the present number. */
export interface ServerStats {
  connections: { open: number; total: number };
  /** Messages answered. */
  messages: number;
  /** Payload bytes of the messages that were answered. */
  bytes: number;
  /** Ordinary HTTP requests, upgrades not counted. */
  httpRequests: number;
}

/** A server that is listening. */
export interface RunningServer {
  readonly port: number;
  /** Live: the object itself changes. */
  readonly stats: ServerStats;
  /** Sends a ping to every open WebSocket. */
  ping(): void;
  /** Stops listening, closes every WebSocket with 1001, and cuts what is still open after the grace. */
  stop(graceMs: number): Promise<void>;
}

export function emptyStats(): ServerStats {
  return { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 0 };
}

/** Waits for the close events of sockets that are closed: they come some turns of the event loop later. */
export async function noneOpen({ connections }: ServerStats): Promise<void> {
  for (let turns = 0; turns < 20 && connections.open > 0; turns++) await new Promise(setImmediate);
}
