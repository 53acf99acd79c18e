/**
 * The part of Bun that carriers, server and clock use (https://bun.com/docs/runtime/networking/tcp); the
 * package with all its types redeclares globals that Node's types declare as well.
 */
declare namespace Bun {
  interface Socket<Data> {
    data: Data;
    readonly remoteAddress: string;
    readonly remotePort: number;
    /** The protocol that was negotiated; false: none, or no TLS. */
    readonly alpnProtocol: string | false;
    /** @returns how many bytes the system took, fewer than given where its buffer is full; −1: it is closed */
    write(bytes: Uint8Array, byteOffset?: number, byteLength?: number): number;
    /** Sends FIN (TLS: close_notify first) and closes. */
    end(): void;
    /** Sends FIN, and reads on. */
    shutdown(): void;
    /** Sends RST. */
    terminate(): void;
    pause(): void;
    resume(): void;
    setNoDelay(noDelay: boolean): boolean;
    /** Before the handshake: the session to resume. */
    setSession(session: Uint8Array): void;
  }

  /** What is thrown in one of these ends the process, as long as there is no handler `error`. */
  interface Handlers<Data> {
    binaryType: 'buffer';
    open(socket: Socket<Data>): void;
    /** The TLS handshake is over; `ok`: false where the certificate was to be checked and is wrong. */
    handshake?(socket: Socket<Data>, ok: boolean, error: NodeJS.ErrnoException | null): void;
    /** `bytes` have memory of their own. */
    data(socket: Socket<Data>, bytes: Buffer): void;
    /** The system takes more. */
    drain(socket: Socket<Data>): void;
    /** With the error where there was one, as in a reset. */
    close(socket: Socket<Data>, error?: NodeJS.ErrnoException): void;
  }

  interface TlsOptions {
    serverName: string;
    /** As on the wire (RFC 7301 section 3.1): each name behind its length; an array is refused. */
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

  /** Rejects where it does not connect; a refusal that is known at once rejects all the same. */
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
  /** On a Unix-domain socket: the port is none. */
  function listen<Data>(options: ListenOptions<Data> & { unix: string }): Listener;
}
