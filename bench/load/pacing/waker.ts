import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';

/** Calls back at a given time, much more precisely than Node.js timers, whose resolution is 1 ms. */
export interface Waker {
  /**
   * Requests a callback at the given time (µs since the run's epoch). The time must not be earlier than the
   * one requested previously.
   */
  wakeAt(dueUs: number): void;
  close(): void;
}

/**
 * Indexes into the shared memory: the wake-up time, in µs since the epoch modulo 2^32, and a flag that is set
 * while a callback is requested.
 */
export const DUE = 0;
export const ARMED = 1;
export const WORDS = 2;

export interface WakerThreadData {
  memory: SharedArrayBuffer;
  epochNs: bigint;
}

/**
 * Creates a waker that uses a thread. The thread sleeps in `Atomics.wait`, which supports fractions of a
 * millisecond, and posts a message at the requested time. Meanwhile, the event loop is free to receive data,
 * and no CPU time is spent spinning.
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

/** The timer is set this many µs early, because it may fire late. */
const AWAKE_BEFORE_US = 2_000;

/**
 * Creates a waker that checks the clock in every iteration of the event loop instead of sleeping. It is as
 * punctual as a process can be, but occupies a whole CPU.
 *
 * @param restsFromUs the waker sleeps, so that other processes can use the CPU, if no time is requested or if
 *   the requested time is more than this many µs ahead. It wakes up shortly before that time. By default, it
 *   never sleeps.
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
