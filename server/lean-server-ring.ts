import { lookup } from 'node:dns/promises';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerOptions } from './options.ts';
import { ipAddress, unixAddress } from './ring/address.ts';
import { RingListener } from './ring/listener.ts';
import { openRing } from './ring/open-ring.ts';
import { RingCarrier } from './ring-carrier.ts';
import { noneOpen, type RunningServer } from './running.ts';
import { makeContext } from './session-context.ts';

/** Total size of the replies that are usually sent together. A single read returns fewer bytes. */
const ANSWER_BYTES = 65_536;

/**
 * The lean echo server on io_uring, without TLS. Its responses are identical to those of the server on node:net.
 *
 * @throws the error of listen(), such as EADDRINUSE; SystemError if the system refuses io_uring
 */
export async function startLeanServerOnRing(options: ServerOptions): Promise<RunningServer> {
  const { host, port, backlog, socket } = options;
  const { address } = await lookup(host);
  const loop = openRing();
  const carriers = new Set<RingCarrier>();
  const context = makeContext(options, ANSWER_BYTES);
  let onEmpty = () => {};
  function onEnd(carrier: RingCarrier): void {
    if (!carriers.delete(carrier)) return;
    carrier.session.ended();
    if (carriers.size === 0) onEmpty();
  }
  const accept = (fd: number) => void carriers.add(new RingCarrier(loop, fd, context, onEnd));
  const listener = new RingListener(loop, ipAddress(address, port), backlog, accept);
  const local = socket === null ? null : listenLocally(socket);

  function listenLocally(path: string): RingListener {
    try {
      return new RingListener(loop, unixAddress(path), backlog, accept);
    } catch (error) {
      listener.stop();
      throw Object.assign(error as Error, { address: path });
    }
  }

  async function stop(graceMs: number): Promise<void> {
    listener.stop();
    local?.stop();
    if (socket !== null) await rm(socket, { force: true });
    const empty = new Promise<void>((done) => {
      onEmpty = done;
      if (carriers.size === 0) done();
    });
    for (const { session } of carriers) session.goAway();
    await Promise.race([empty, sleep(graceMs, undefined, { ref: false })]);
    for (const carrier of carriers) carrier.destroy();
    await noneOpen(context.stats);
  }

  function ping(): void {
    for (const { session } of carriers) session.ping();
  }

  return { port: listener.port, stats: context.stats, ping, stop };
}
