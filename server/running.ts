/** Counters of one server process since its start; `open` is the current number. */
export interface ServerStats {
  connections: { open: number; total: number };
  /** Messages echoed. */
  messages: number;
  /** Payload bytes of the echoed messages. */
  bytes: number;
  /** Ordinary HTTP requests, without upgrades. */
  httpRequests: number;
}

/** A listening server. */
export interface RunningServer {
  readonly port: number;
  /** Live: the object itself is updated. */
  readonly stats: ServerStats;
  /** Sends a ping to every open WebSocket. */
  ping(): void;
  /**
   * Stops listening, closes every WebSocket with 1001, and cuts connections that are still open after the
   * grace period.
   */
  stop(graceMs: number): Promise<void>;
}

export function emptyStats(): ServerStats {
  return { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 0 };
}

/** Waits for the close events of closed sockets, which arrive a few turns of the event loop later. */
export async function noneOpen({ connections }: ServerStats): Promise<void> {
  for (let turns = 0; turns < 20 && connections.open > 0; turns++) await new Promise(setImmediate);
}
