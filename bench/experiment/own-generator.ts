import { hostname } from 'node:os';
import type { Coordinator } from '../load/coordinator.ts';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { startGenerators } from '../topology/generators.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { processOf } from './processes.ts';

/** Head start in µs, long enough for a message to pass between processes on one host. */
const HEAD_START_US = 100_000;

/** Starts all workers on this host. They belong to the run's process set, which reports unexpected exits. */
export function ownGenerator(processSet: ProcessSet): Coordinator {
  return {
    async start({ workers, client, engine, cpus }) {
      const host = hostname();
      const channels = await startGenerators<WorkerCommand, WorkerReport>(
        processSet,
        Array.from({ length: workers }, (_, index) => index + 1),
        client,
        engine,
        cpus,
      );
      return {
        workers: channels.map(({ launched: { name, exited }, send, onReport }, index) => ({
          id: { host, index },
          name,
          exited,
          send,
          onReport,
          toHostNs: (ns) => ns,
        })),
        processes: channels.map(({ launched }) => processOf('generator', launched)),
        headStartUs: HEAD_START_US,
        observe: async () => {},
        sampleAt() {},
        onLost() {},
        end: async () => ({ processes: [], hosts: [] }),
      };
    },
  };
}
