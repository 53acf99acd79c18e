import { Worker } from 'node:worker_threads';

/** Calls back when a time has come, far closer to it than Node's timers of whole milliseconds. */
export interface Waker {
  /** Asks to be woken at this time (µs since the run's epoch); the last call counts. */
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
