import type { ServerOptions } from './options.ts';

/** Computes the reply to a message's payload, and calls `send` with it when the reply is due. */
export type Answer = (payload: Buffer, send: (payload: Buffer) => void) => void;

const YOU_SAID = Buffer.from('You said: ');

/** @returns null for a plain echo without a log, so that messages take the fastest path */
export function answerOf(
  options: Pick<ServerOptions, 'reply' | 'delayMs' | 'burnUs' | 'log'>,
): Answer | null {
  const { reply, delayMs, burnUs, log } = options;
  if (reply === 'echo' && delayMs === 0 && burnUs === 0 && !log) return null;
  const later = delayMs > 0 ? delayLine(delayMs) : null;
  return (payload, send) => {
    if (burnUs > 0) burn(burnUs);
    const answer = reply === 'you-said' ? Buffer.concat([YOU_SAID, payload]) : payload;
    if (later === null) send(answer);
    else later(() => send(answer));
  };
}

/**
 * Uses `us` µs of CPU time. The function measures CPU time, not elapsed time, so that the amount is the same
 * even if the process waits for a CPU.
 */
function burn(us: number): void {
  const before = process.cpuUsage();
  for (let used = 0; used < us; ) {
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  }
}

/**
 * Creates a function that calls back after a fixed delay. Callbacks run in order. Node's timers have a
 * resolution of one millisecond, so during the last two milliseconds, the clock is polled in each turn of the
 * event loop. Polling is exact, but costs CPU time.
 */
function delayLine(delayMs: number): (run: () => void) => void {
  const queue: { dueMs: number; run: () => void }[] = [];
  let armed = false;

  function arm(dueMs: number): void {
    armed = true;
    const leftMs = dueMs - performance.now();
    if (leftMs > 2) setTimeout(wake, Math.floor(leftMs) - 1);
    else setImmediate(wake);
  }

  function wake(): void {
    const now = performance.now();
    const waiting = queue.findIndex(({ dueMs }) => dueMs > now);
    for (const { run } of queue.splice(0, waiting === -1 ? queue.length : waiting)) run();
    const [next] = queue;
    if (next === undefined) armed = false;
    else arm(next.dueMs);
  }

  return (run) => {
    const dueMs = performance.now() + delayMs;
    queue.push({ dueMs, run });
    if (!armed) arm(dueMs);
  };
}
