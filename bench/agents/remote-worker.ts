import type { GeneratorWorker } from '../load/coordinator.ts';
import { makeGate } from '../load/gate.ts';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import type { WorkerId } from '../model/recording.ts';

/** A generator worker of an agent. */
export interface RemoteWorker extends GeneratorWorker {
  /** Passes on a report that has arrived from the worker. */
  report(report: WorkerReport): void;
  /** Call when the worker has exited, or when no more reports from the worker can arrive. */
  exit(): void;
}

/** @param offsetNs how far the clock of the worker's host is ahead of the runner's clock, in ns */
export function remoteWorker(
  id: WorkerId,
  offsetNs: bigint,
  send: (command: WorkerCommand) => void,
): RemoteWorker {
  const listeners: ((report: WorkerReport) => void)[] = [];
  const exited = makeGate();
  return {
    id,
    name: `generator ${id.index + 1}`,
    exited: exited.opened,
    toHostNs: (ns) => ns + offsetNs,
    send,
    onReport: (listen) => void listeners.push(listen),
    report(report) {
      for (const listen of listeners) listen(report);
    },
    exit: exited.open,
  };
}
