import type { ServerOptions } from './options.ts';

/** Turns a message's payload into its answer's, and calls back when that is due. */
export type Answer = (payload: Buffer, send: (payload: Buffer) => void) => void;

const YOU_SAID = Buffer.from('You said: ');

/** @returns null for a plain echo that nobody reads, so that the way of a message can be the shortest */
export function answerOf(
  options: Pick<ServerOptions, 'reply' | 'delayMs' | 'burnUs' | 'log'>,
): Answer | null {
  const { reply, delayMs, burnUs, log } = options;
  if (reply === 'echo' && delayMs === 0 && burnUs === 0 && !log) return null;
  const later = delayMs > 0 ? delayLine(delayMs) : null;
  return (payload, send) => {
    if (burnUs > 0) burn(burnUs);
    const answer = reply === 'echo' ? payload : Buffer.concat([YOU_SAID, payload]);
    if (later === null) send(answer);
    else later(() => send(answer));
  };
}

/** Uses up CPU time, not just time: a process that is kept off its core burns no less. */
function burn(us: number): void {
  const before = process.cpuUsage();
  for (let used = 0; used < us; ) {
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  }
}

/**
 * Calls back after the same delay each time, in order. Node's timers are a millisecond coarse, so the last
 * two milliseconds before a due time are waited out turn by turn of the event loop: exact, at the price of
 * CPU time.
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
    armed = false;
    const now = performance.now();
    const waiting = queue.findIndex(({ dueMs }) => dueMs > now);
    for (const { run } of queue.splice(0, waiting === -1 ? queue.length : waiting)) run();
    if (queue[0] !== undefined && !armed) arm(queue[0].dueMs);
  }

  return (run) => {
    queue.push({ dueMs: performance.now() + delayMs, run });
    if (!armed && queue[0] !== undefined) arm(queue[0].dueMs);
  };
}
