/** The part of autocannon used by the HTTP leg; the package has no types. */
declare module 'autocannon' {
  /** A client uses one connection after the other. */
  interface Client {
    /** A request is written, or will be as soon as the connection just started is open. */
    on(event: 'request', listen: () => void): void;
    on(event: 'headers', listen: (head: { headers: string[]; shouldKeepAlive: boolean }) => void): void;
    on(event: 'response', listen: (statusCode: number, bytes: number) => void): void;
    /** The connection broke instead of ending regularly. */
    on(event: 'connError', listen: () => void): void;
    /** Emitted after the request that replaces the one that timed out. */
    on(event: 'timeout', listen: () => void): void;
  }
  interface Options {
    url: string;
    connections: number;
    /** In seconds. */
    duration: number;
    headers?: Record<string, string>;
    /** Sent as SNI. */
    servername?: string;
    setupClient?(client: Client): void;
  }
  export default function autocannon(options: Options): Promise<unknown>;
}
