import { setTimeout as sleep } from 'node:timers/promises';
import { answerOf } from './answer.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { BunCarrier } from './bun-carrier.ts';
import { logClient } from './log.ts';
import type { ServerOptions } from './options.ts';
import { emptyStats, noneOpen, type RunningServer } from './running.ts';
import type { SessionContext } from './session.ts';

/** As much as is usually read at once. */
const READ_BYTES = 65_536;

/**
 * The lean echo server on Bun.listen; what it answers is what that on node:net does.
 *
 * @throws the error of listen(): EADDRINUSE and the like
 */
export async function startLeanServerOnBun(options: ServerOptions): Promise<RunningServer> {
  const carriers = new Map<Bun.Socket<BunCarrier>, BunCarrier>();
  const context: SessionContext = {
    stats: emptyStats(),
    answer: answerOf(options),
    maxPayloadBytes: options.maxPayloadBytes,
    answers: new AnswerBuffer(READ_BYTES),
    log: options.log ? logClient : null,
  };
  let onEmpty = () => {};
  const listener = Bun.listen<BunCarrier>({
    hostname: options.host,
    port: options.port,
    backlog: options.backlog,
    socket: {
      binaryType: 'buffer',
      open(socket) {
        socket.setNoDelay(true);
        socket.data = new BunCarrier(socket, context);
        carriers.set(socket, socket.data);
      },
      data: (socket, bytes) => socket.data.read(bytes),
      drain: (socket) => socket.data.drained(),
      close(socket) {
        socket.data.session.ended();
        carriers.delete(socket);
        if (carriers.size === 0) onEmpty();
      },
    },
  });

  async function stop(graceMs: number): Promise<void> {
    listener.stop();
    const empty = new Promise<void>((done) => {
      onEmpty = done;
      if (carriers.size === 0) done();
    });
    for (const { session } of carriers.values()) session.goAway();
    await Promise.race([empty, sleep(graceMs, undefined, { ref: false })]);
    for (const socket of carriers.keys()) socket.end();
    await noneOpen(context.stats);
  }

  return { port: listener.port, stats: context.stats, stop };
}
