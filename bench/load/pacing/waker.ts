import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

/** Calls back when a time has come, far closer to it than Node's timers of whole milliseconds. */
export interface Waker {
  /** Asks to be woken at this time (µs since the run's epoch), which is never before the time asked for last. */
  wakeAt(dueUs: number): void;
  close(): void;
}

/** Words of the shared memory: when to wake, in µs since the epoch modulo 2^32; and who is waited for. */
export const DUE = 0;
export const ARMED = 1;
export const WORDS = 2;

export interface WakerThreadData {
  memory: SharedArrayBuffer;
  epochNs: bigint;
}

/**
 * A waker that keeps a thread asleep in `Atomics.wait`, which takes fractions of a millisecond, and has it
 * post a message when the time has come. The event loop stays free to receive meanwhile, and nobody spins.
 */
export function threadWaker(epochNs: bigint, wake: () => void): Waker {
  const memory = new SharedArrayBuffer(WORDS * 4);
  const words = new Int32Array(memory);
  const data: WakerThreadData = { memory, epochNs };
  const thread = new Worker(new URL('./waker-thread.js', import.meta.url), { workerData: data });
  thread.on('message', wake);
  thread.unref();
  return {
    wakeAt(dueUs) {
      Atomics.store(words, DUE, Math.round(dueUs) | 0);
      if (Atomics.exchange(words, ARMED, 1) === 0) Atomics.notify(words, ARMED);
    },
    close() {
      void thread.terminate();
    },
  };
}

/** Timers come up to this much late. */
const AWAKE_BEFORE_US = 2_000;

/**
 * A waker that looks at the clock in every turn of the event loop, which never sleeps: as close to the
 * time as this process gets, at the price of a whole CPU.
 *
 * @param restsFromUs where it is asked for a time further ahead than this, or for none, it sleeps until shortly before:
 * the CPU is another's meanwhile
 */
export function spinningWaker(clock: Clock, wake: () => void, restsFromUs = Number.POSITIVE_INFINITY): Waker {
  let dueUs = Number.POSITIVE_INFINITY;
  let closed = false;
  let isSpinning = true;
  let alarm: NodeJS.Timeout | null = null;
  const spin = () => {
    if (closed) return;
    const nowUs = clock();
    if (nowUs >= dueUs) {
      dueUs = Number.POSITIVE_INFINITY;
      wake();
    }
    const aheadUs = dueUs - nowUs;
    isSpinning = aheadUs <= restsFromUs;
    if (isSpinning) setImmediate(spin);
    else if (aheadUs < Number.POSITIVE_INFINITY)
      alarm = setTimeout(spin, Math.floor((aheadUs - AWAKE_BEFORE_US) / 1e3));
  };
  spin();
  return {
    wakeAt(us) {
      dueUs = us;
      if (isSpinning) return;
      isSpinning = true;
      if (alarm !== null) clearTimeout(alarm);
      setImmediate(spin);
    },
    close() {
      closed = true;
      if (alarm !== null) clearTimeout(alarm);
    },
  };
}
