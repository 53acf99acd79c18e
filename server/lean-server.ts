import { type AddressInfo, createServer, Socket, type SocketConstructorOpts } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { readCertificate } from './certificate.ts';
import { listen } from './listen.ts';
import type { ServerOptions } from './options.ts';
import { noneOpen, type RunningServer } from './running.ts';
import type { Session } from './session.ts';
import { makeContext } from './session-context.ts';
import { SocketCarrier } from './socket-carrier.ts';
import { TlsCarrier } from './tls-carrier.ts';

const READ_BYTES = 65_536;

/**
 * The lean echo server, built only on node:net and, if it has a certificate, node:tls. It validates
 * everything that the `ws` server does and, in addition, that each frame length is encoded in its shortest
 * form (RFC 6455 section 5.2). It selects no subprotocol.
 *
 * @throws the error of listen(), such as EADDRINUSE
 */
export async function startLeanServer(options: ServerOptions): Promise<RunningServer> {
  const certificate = await readCertificate(options);
  const carriers = new Map<Socket, { session: Session }>();
  const context = makeContext(options, READ_BYTES);
  let onEmpty = () => {};
  const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
  function onClose(this: Socket): void {
    carriers.get(this)?.session.ended();
    carriers.delete(this);
    if (carriers.size === 0) onEmpty();
  }
  function keep(socket: Socket, carrier: { session: Session }): void {
    carriers.set(socket, carrier);
    socket.on('close', onClose);
    socket.on('error', onError);
  }
  function accept(accepted: Socket): void {
    const socket = readInto(readBuffer, accepted, (bytes) => carrier.read(readBuffer, bytes));
    const carrier = new SocketCarrier(socket, context);
    keep(socket, carrier);
  }
  const pauseOnConnect = certificate === null;
  const server =
    certificate === null
      ? createServer({ noDelay: true, pauseOnConnect }, accept)
      : createTlsServer({ ...certificate, noDelay: true }, (socket: TLSSocket) =>
          keep(socket, new TlsCarrier(socket, context)),
        );
  const listeners = await listen(server, options, { pauseOnConnect });

  async function stop(graceMs: number): Promise<void> {
    for (const listener of listeners) listener.close();
    const empty = new Promise<void>((done) => {
      onEmpty = done;
      if (carriers.size === 0) done();
    });
    for (const { session } of carriers.values()) session.goAway();
    await Promise.race([empty, sleep(graceMs, undefined, { ref: false })]);
    for (const socket of carriers.keys()) socket.destroy();
    await noneOpen(context.stats);
  }

  function ping(): void {
    for (const { session } of carriers.values()) session.ping();
  }

  return { port: (server.address() as AddressInfo).port, stats: context.stats, ping, stop };
}

/**
 * Replaces the accepted socket with one that reads into our buffer. The option `onread` provides this for
 * outgoing connections, but net.createServer() has no such option. A new buffer for every read would account
 * for 13 to 16 % of the cost of a small message. The handle is undocumented, but exists in Node 20, 22 and
 * 24. If it is missing, an error says so; the `ws` server does not need it.
 */
function readInto(buffer: Buffer, accepted: Socket, take: (bytes: number) => boolean): Socket {
  const owner = accepted as Socket & { _handle?: object | null };
  const handle = owner._handle;
  if (!handle)
    throw new Error(
      `Node ${process.version} does not give access to the handles of sockets. Use --server ws.`,
    );
  owner._handle = null;
  accepted.destroy();
  const onread = { buffer, callback: take };
  // Socket itself would set the last four options to the same values, but only later, in its own copy of this
  // object. V8 in Node 20 would then give each copy a separate hidden class, and all lookups on the copy
  // would be slower.
  const options = {
    handle,
    onread,
    allowHalfOpen: false,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return new Socket(options as SocketConstructorOpts);
}

/** Does nothing, because a connection that was reset is also closed, and is counted when it closes. */
function onError(): void {}
