/** Types for the part of autocannon that the HTTP leg uses. The package itself has no type definitions. */
declare module 'autocannon' {
  /** A client uses one connection at a time and opens a new one when the old one ends. */
  interface Client {
    /** Emitted when a request is written, or when it is queued until a new connection opens. */
    on(event: 'request', listen: () => void): void;
    on(event: 'headers', listen: (head: { headers: string[]; shouldKeepAlive: boolean }) => void): void;
    on(event: 'response', listen: (statusCode: number, bytes: number) => void): void;
    /** Emitted when the connection breaks, but not when it ends normally. */
    on(event: 'connError', listen: () => void): void;
    /** Emitted when a request has timed out, after the `request` event of its replacement. */
    on(event: 'timeout', listen: () => void): void;
  }
  interface Options {
    url: string;
    connections: number;
    /** Duration in seconds. */
    duration: number;
    headers?: Record<string, string>;
    /** Server name sent as SNI. */
    servername?: string;
    setupClient?(client: Client): void;
  }
  export default function autocannon(options: Options): Promise<unknown>;
}
