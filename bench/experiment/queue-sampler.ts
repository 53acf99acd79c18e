import type { Clock } from '../load/clock.ts';
import type { QueueSample } from '../model/run.ts';
import { readQueues } from '../observe/queues.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

const INTERVAL_MS = 1000;

/**
 * Samples the run's socket queues every second, and adds each sample to `samples`.
 *
 * @returns a function that takes the last sample and stops
 */
export function startQueueSampler(
  samples: QueueSample[],
  clock: Clock,
  { ports, proxy }: Pick<StartedTarget, 'ports' | 'proxy'>,
  servers: readonly Pick<EchoServer, 'port'>[],
): () => void {
  const runPorts = { target: ports, servers: servers.map(({ port }) => port) };
  let pids: number[] = [];
  let isOver = false;
  const sample = () => {
    const atUs = Math.max(0, Math.round(clock()));
    samples.push({ atUs, ...readQueues(runPorts, pids) });
  };
  const next = async () => {
    pids = (await proxy?.processes())?.map(({ pid }) => pid) ?? [];
    if (!isOver) sample();
  };
  const timer = setInterval(() => void next().catch(() => {}), INTERVAL_MS);
  return () => {
    isOver = true;
    clearInterval(timer);
    sample();
  };
}
