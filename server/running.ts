/** Counters of one server process since its start; `open` is the current number of open connections. */
export interface ServerStats {
  connections: { open: number; total: number };
  /** Number of messages echoed. */
  messages: number;
  /** Payload bytes of the echoed messages. */
  bytes: number;
  /** Number of ordinary HTTP requests, without upgrades. */
  httpRequests: number;
}

/** A server that is listening. */
export interface RunningServer {
  readonly port: number;
  /** The server's counters. This object is updated continuously, so it always has the current values. */
  readonly stats: ServerStats;
  /** Sends a ping to every open WebSocket. */
  ping(): void;
  /**
   * Stops listening, closes every WebSocket with code 1001, and aborts connections still open after the grace
   * period.
   */
  stop(graceMs: number): Promise<void>;
}

export function emptyStats(): ServerStats {
  return { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 0 };
}

/** Waits for the close events of closed sockets. These events arrive a few turns of the event loop later. */
export async function noneOpen({ connections }: ServerStats): Promise<void> {
  for (let turns = 0; turns < 20 && connections.open > 0; turns++) await new Promise(setImmediate);
}
