import { executeWithin } from './experiment.test.fixture.ts';

/**
 * Entry point of a process that executes the run in its first argument. When it reaches the phase in its second, it
 * reports this over its channel and waits to be killed by the test.
 */
const [, , line = '', phaseToStandStillIn = ''] = process.argv;
await executeWithin({ signal: new AbortController().signal }, line, {
  onPhase(phase) {
    if (phase !== phaseToStandStillIn) return;
    process.send?.(phase, () => process.kill(process.pid, 'SIGSTOP'));
  },
});
process.disconnect?.();
