import { setTimeout as sleep } from 'node:timers/promises';
import { BunCarrier } from './bun-carrier.ts';
import { readCertificate } from './certificate.ts';
import type { ServerOptions } from './options.ts';
import { noneOpen, type RunningServer } from './running.ts';
import { makeContext } from './session-context.ts';

/** Usual maximum size of one read, in bytes. */
const READ_BYTES = 65_536;

/**
 * The lean echo server on Bun.listen. Its responses are identical to those of the server on node:net.
 *
 * @throws the error of listen(), such as EADDRINUSE
 */
export async function startLeanServerOnBun(options: ServerOptions): Promise<RunningServer> {
  const certificate = await readCertificate(options);
  const carriers = new Map<Bun.Socket<BunCarrier>, BunCarrier>();
  const context = makeContext(options, READ_BYTES);
  let onEmpty = () => {};
  const socket: Bun.Handlers<BunCarrier> = {
    binaryType: 'buffer',
    open(accepted) {
      accepted.setNoDelay(true);
      accepted.data = new BunCarrier(accepted, context);
      carriers.set(accepted, accepted.data);
    },
    data: (accepted, bytes) => accepted.data.read(bytes),
    drain: (accepted) => accepted.data.drained(),
    close(accepted) {
      accepted.data.session.ended();
      carriers.delete(accepted);
      if (carriers.size === 0) onEmpty();
    },
  };
  const { host, port, backlog } = options;
  const tls = certificate === null ? {} : { tls: certificate };
  const listener = Bun.listen({ hostname: host, port, backlog, socket, ...tls });
  let local: Bun.Listener | null = null;
  try {
    if (options.socket !== null) local = Bun.listen({ unix: options.socket, backlog, socket, ...tls });
  } catch (error) {
    listener.stop();
    throw error;
  }

  async function stop(graceMs: number): Promise<void> {
    listener.stop();
    local?.stop();
    const empty = new Promise<void>((done) => {
      onEmpty = done;
      if (carriers.size === 0) done();
    });
    for (const { session } of carriers.values()) session.goAway();
    await Promise.race([empty, sleep(graceMs, undefined, { ref: false })]);
    for (const socket of carriers.keys()) socket.end();
    await noneOpen(context.stats);
  }

  function ping(): void {
    for (const { session } of carriers.values()) session.ping();
  }

  return { port: listener.port, stats: context.stats, ping, stop };
}
