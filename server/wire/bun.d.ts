/**
 * The part of Bun that carriers, server and clock use (https://bun.com/docs/runtime/networking/tcp). The
 * package with all its types redeclares globals that Node's types also declare.
 */
declare namespace Bun {
  interface Socket<Data> {
    data: Data;
    readonly remoteAddress: string;
    readonly remotePort: number;
    /** The negotiated protocol; false: none, or no TLS. */
    readonly alpnProtocol: string | false;
    /**
     * @returns the number of bytes that the system accepted, fewer than given if its buffer is full; −1:
     * closed
     */
    write(bytes: Uint8Array, byteOffset?: number, byteLength?: number): number;
    /** Sends FIN (TLS: close_notify first) and closes. */
    end(): void;
    /** Sends FIN and continues reading. */
    shutdown(): void;
    /** Sends RST. */
    terminate(): void;
    pause(): void;
    resume(): void;
    setNoDelay(noDelay: boolean): boolean;
    /** To be called before the handshake, with the session to resume. */
    setSession(session: Uint8Array): void;
  }

  /** An exception in one of these ends the process unless there is a handler `error`. */
  interface Handlers<Data> {
    binaryType: 'buffer';
    open(socket: Socket<Data>): void;
    /** The TLS handshake is complete. `ok` is false if the certificate was to be checked and is invalid. */
    handshake?(socket: Socket<Data>, ok: boolean, error: NodeJS.ErrnoException | null): void;
    /** `bytes` have separate memory. */
    data(socket: Socket<Data>, bytes: Buffer): void;
    /** The system accepts more data. */
    drain(socket: Socket<Data>): void;
    /** With the error, if any, for example after a reset. */
    close(socket: Socket<Data>, error?: NodeJS.ErrnoException): void;
  }

  interface TlsOptions {
    serverName: string;
    /** As on the wire (RFC 7301 section 3.1): each name preceded by its length. An array is rejected. */
    ALPNProtocols: Buffer;
    rejectUnauthorized?: boolean;
    ca?: string;
  }

  interface ConnectOptions<Data> {
    hostname: string;
    port: number;
    localAddress?: string;
    localPort?: number;
    data: Data;
    socket: Handlers<Data>;
    tls?: TlsOptions;
  }

  interface Listener {
    readonly port: number;
    /** @param closeActiveConnections default: false */
    stop(closeActiveConnections?: boolean): void;
  }

  /** Rejects if it cannot connect, even if the refusal is known at once. */
  function connect<Data>(options: ConnectOptions<Data>): Promise<Socket<Data>>;
  interface ListenOptions<Data> {
    backlog?: number;
    exclusive?: boolean;
    allowHalfOpen?: boolean;
    socket: Handlers<Data>;
    /** Both in PEM. */
    tls?: { cert: string; key: string };
  }

  function listen<Data>(options: ListenOptions<Data> & { hostname: string; port: number }): Listener;
  /** On a Unix-domain socket, without a port. */
  function listen<Data>(options: ListenOptions<Data> & { unix: string }): Listener;
}
