/** The part of autocannon that the HTTP leg uses; the package brings no types. */
declare module 'autocannon' {
  /** One connection after the other. */
  interface Client {
    /** A request is written, or will be as soon as a connection begun just now is open. */
    on(event: 'request', listen: () => void): void;
    on(event: 'headers', listen: (head: { headers: string[]; shouldKeepAlive: boolean }) => void): void;
    on(event: 'response', listen: (statusCode: number, bytes: number) => void): void;
    /** The connection broke otherwise than by its regular end. */
    on(event: 'connError', listen: () => void): void;
    /** After the request that takes the place of the one that had no response in time. */
    on(event: 'timeout', listen: () => void): void;
  }
  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    headers?: Record<string, string>;
    /** Sent as SNI. */
    servername?: string;
    setupClient?(client: Client): void;
  }
  export default function autocannon(options: Options): Promise<unknown>;
}
