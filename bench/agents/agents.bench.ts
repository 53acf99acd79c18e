import { parseArgs } from 'node:util';
import { simulate } from './simulation.bench.ts';

/**
 * Benchmark of the runner with many agents: `npm run bench:agents`. The agents are simulated, and so is the time:
 * what remains is the work of the runner, from reading the messages of the stream to the merged slices.
 */
const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '100' },
  },
});
const [agents, seconds, rate] = [values.agents, values.seconds, values.rate].map(Number);
const { recordings, sent, faults, perSecondMs, checkpointMs, residentBytes } = simulate(
  agents ?? 0,
  seconds ?? 0,
  rate ?? 0,
);
const ms = (time: number) => `${time.toFixed(1)} ms`;
console.log(`${agents} agents with ${rate} messages/s each, for ${seconds} s: ${recordings} recordings`);
console.log(`Time per second of the run: ${ms(perSecondMs.mean)}, at most ${ms(perSecondMs.max)}`);
console.log(`All slices encoded for a checkpoint: at most ${ms(checkpointMs)}`);
console.log(`Resident memory grew by at most ${(residentBytes / 2 ** 20).toFixed(0)} MiB`);
console.log(`Messages: ${sent.merged} merged of ${sent.told} sent; faults: ${faults.join(', ') || 'none'}`);
