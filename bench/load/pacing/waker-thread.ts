import { parentPort, workerData } from 'node:worker_threads';
import { clockSince } from '../clock.ts';
import { ARMED, DUE, type WakerThreadData } from './waker.ts';

/** Worker thread of threadWaker. It sleeps until the time in shared memory, then posts a message. */
const { memory, epochNs } = workerData as WakerThreadData;
const words = new Int32Array(memory);
const nobody = new Int32Array(new SharedArrayBuffer(4));
const clock = clockSince(epochNs);

for (;;) {
  Atomics.wait(words, ARMED, 0);
  // Differences modulo 2^32 remain correct when the values wrap around. The wake-up time may change during
  // the sleep, so it is checked again.
  for (;;) {
    const leftUs = (Atomics.load(words, DUE) - (Math.round(clock()) | 0)) | 0;
    if (leftUs <= 0) break;
    Atomics.wait(nobody, 0, 0, leftUs / 1000);
  }
  Atomics.store(words, ARMED, 0);
  parentPort?.postMessage(null);
}
