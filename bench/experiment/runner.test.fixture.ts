import { executeWithin } from './experiment.test.fixture.ts';

/**
 * Entry point of a process that executes the run of its first argument. In the phase of its second it says
 * so over its channel and stands still, for the test to kill it there.
 */
const [, , line = '', phaseToStandStillIn = ''] = process.argv;
await executeWithin({ signal: new AbortController().signal }, line, {
  onPhase(phase) {
    if (phase !== phaseToStandStillIn) return;
    process.send?.(phase, () => process.kill(process.pid, 'SIGSTOP'));
  },
});
process.disconnect?.();
