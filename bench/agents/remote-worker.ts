import type { GeneratorWorker } from '../load/coordinator.ts';
import { makeGate } from '../load/gate.ts';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { Problem } from '../model/failure.ts';
import type { WorkerId } from '../model/recording.ts';

/** A generator worker of an agent. */
export interface RemoteWorker extends GeneratorWorker {
  /** Passes on a report that has arrived from the worker. */
  report(report: WorkerReport): void;
  /** The worker has exited, or nothing more can be heard from it. */
  exit(): void;
}

interface RemoteWorkerInput {
  id: WorkerId;
  /** How far the clock of its host is ahead of the runner's, in ns. */
  offsetNs: bigint;
  /** Sends a command; rejects with a Problem if it is not acknowledged in time. */
  tell(command: WorkerCommand): Promise<void>;
  /** Called with a sentence if the worker cannot be expected to carry out a command. */
  onFailure(sentence: string): void;
}

export function remoteWorker({ id, offsetNs, tell, onFailure }: RemoteWorkerInput): RemoteWorker {
  const listeners: ((report: WorkerReport) => void)[] = [];
  const exited = makeGate();
  return {
    id,
    name: `generator ${id.index + 1}`,
    exited: exited.opened,
    toHostNs: (ns) => ns + offsetNs,
    send(command) {
      tell(command).catch((error: unknown) => {
        // The end of the run follows anyway, and stops it too.
        if (command.type === 'leave') return;
        if (!(error instanceof Problem)) throw error;
        onFailure(error.message);
      });
    },
    onReport: (listen) => void listeners.push(listen),
    report(report) {
      for (const listen of listeners) listen(report);
    },
    exit: exited.open,
  };
}
