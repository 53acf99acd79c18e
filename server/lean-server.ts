import { type AddressInfo, createServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from './answer.ts';
import { LeanConnection, type LeanContext } from './lean-connection.ts';
import { logClient } from './log.ts';
import type { ServerOptions } from './options.ts';
import { emptyStats, noneOpen, type RunningServer } from './running.ts';

const connectionKey = Symbol('connection');

interface LeanSocket extends Socket {
  [connectionKey]: LeanConnection;
}

/**
 * The lean echo server, on node:net alone. It checks frames as the other one does, but not that text is
 * valid UTF-8, and selects no subprotocol.
 *
 * @throws the error of listen(): EADDRINUSE and the like
 */
export async function startLeanServer(options: ServerOptions): Promise<RunningServer> {
  const sockets = new Set<LeanSocket>();
  const context: LeanContext = {
    stats: emptyStats(),
    answer: answerOf(options),
    maxPayloadBytes: options.maxPayloadBytes,
    log: options.log ? logClient : null,
  };
  function onClose(this: Socket): void {
    const socket = this as LeanSocket;
    sockets.delete(socket);
    socket[connectionKey].ended();
  }
  const server = createServer({ noDelay: true }, (accepted) => {
    const socket = Object.assign(accepted, { [connectionKey]: new LeanConnection(accepted, context) });
    sockets.add(socket);
    socket.on('close', onClose);
    socket.on('error', onError);
    socket.push = onPush;
    socket.read(0);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen({ port: options.port, host: options.host, backlog: options.backlog }, done);
  });

  async function stop(graceMs: number): Promise<void> {
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket[connectionKey].goAway();
    await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
    for (const socket of sockets) socket.destroy();
    await noneOpen(context.stats);
  }

  return { port: (server.address() as AddressInfo).port, stats: context.stats, stop };
}

/**
 * Takes what was read before it enters Readable: push() is the documented way from a stream's source to
 * its reader, and this reader needs no queue, no events and no state in between.
 */
function onPush(this: Socket, chunk: Buffer | null): boolean {
  if (chunk === null) return Socket.prototype.push.call(this, null);
  return (this as LeanSocket)[connectionKey].take(chunk);
}

/** A connection that was reset is closed; that is counted there. */
function onError(): void {}
