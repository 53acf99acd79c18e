/** The part of autocannon that the HTTP leg uses; the package brings no types. */
declare module 'autocannon' {
  interface Client {
    on(event: 'headers', listen: (head: { headers: string[]; statusCode: number }) => void): void;
  }
  interface Instance extends Promise<{ errors: number; timeouts: number }> {
    on(
      event: 'response',
      listen: (client: Client, statusCode: number, bytes: number, milliseconds: number) => void,
    ): void;
  }
  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    setupClient?(client: Client): void;
  }
  export default function autocannon(options: Options): Instance;
}
