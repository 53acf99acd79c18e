/**
 * The part of Bun's API that carriers, server and clock use (https://bun.com/docs/runtime/networking/tcp).
 * Bun's own type package would redeclare globals that Node's types also declare.
 */
declare namespace Bun {
  interface Socket<Data> {
    data: Data;
    readonly remoteAddress: string;
    readonly remotePort: number;
    /** The negotiated protocol; false without TLS or if none was negotiated. */
    readonly alpnProtocol: string | false;
    /**
     * @returns the number of bytes that the system accepted: fewer than given if its buffer is full; −1 if
     *   the socket is closed
     */
    write(bytes: Uint8Array, byteOffset?: number, byteLength?: number): number;
    /** Sends FIN (with TLS, close_notify first) and closes. */
    end(): void;
    /** Sends FIN and continues reading. */
    shutdown(): void;
    /** Sends RST. */
    terminate(): void;
    pause(): void;
    resume(): void;
    setNoDelay(noDelay: boolean): boolean;
    /** Sets the TLS session to resume. Call before the handshake. */
    setSession(session: Uint8Array): void;
    /** Whether the TLS handshake resumed an earlier session. */
    isSessionReused(): boolean;
  }

  /** An exception in one of these handlers ends the process unless there is an `error` handler. */
  interface Handlers<Data> {
    binaryType: 'buffer';
    open(socket: Socket<Data>): void;
    /**
     * Called when the TLS handshake is complete. `ok` is false if the certificate had to be verified and is
     * invalid.
     */
    handshake?(socket: Socket<Data>, ok: boolean, error: NodeJS.ErrnoException | null): void;
    /** Called with each TLS session issued by the server. A later connection can resume it. */
    session?(socket: Socket<Data>, session: Buffer): void;
    /** Called with received bytes. `bytes` is not overwritten by later reads. */
    data(socket: Socket<Data>, bytes: Buffer): void;
    /** Called when the system accepts more data. */
    drain(socket: Socket<Data>): void;
    /** Called when the socket has closed, with the error if there was one, for example a reset. */
    close(socket: Socket<Data>, error?: NodeJS.ErrnoException): void;
  }

  interface TlsOptions {
    serverName: string;
    /** Names in wire format, each preceded by its length (RFC 7301 section 3.1). An array is rejected. */
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

  /** Rejects if the connection fails, even if the error is known at once. */
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
  /** Listens on a Unix-domain socket, without a port. */
  function listen<Data>(options: ListenOptions<Data> & { unix: string }): Listener;
}
