import { executeWithin } from './experiment.test.fixture.ts';

/**
 * Entry point of a process that executes the run of its argument and tells over its channel how far it
 * is: what a test kills in the middle of it.
 */
const [, , line = ''] = process.argv;
await executeWithin({ signal: new AbortController().signal }, line, {
  onPhase(phase, processes) {
    process.send?.({ phase, pids: processes.map(({ pid }) => pid) });
  },
});
process.disconnect?.();
