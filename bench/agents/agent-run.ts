import { makeGate } from '../load/gate.ts';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { decodeRecording } from '../measure/recording-bytes.ts';
import { type Channel, startGenerators } from '../topology/generators.ts';
import { atWorkplace, type Ears } from '../topology/workplace.ts';
import { makeObserver, type Observer } from './observer.ts';
import type { Outbox } from './outbox.ts';
import type { BeginGenerator, Ended } from './protocol.ts';

/** How long the last reports may take to reach the stream. */
const FLUSH_MS = 5_000;

/** What an agent does for one run, whatever its role. */
export interface AgentRun {
  readonly run: string;
  /** Number of its generator workers. */
  readonly workers: number;
  /**
   * Resolves when the agent is ready for the load.
   *
   * @throws Problem('environment') if it cannot do its part
   */
  readonly ready: Promise<void>;
  readonly observer: Observer;
  /** Passes a command to the worker with this index within the run; false if there is none. */
  tell(worker: number, command: WorkerCommand): boolean;
  /** Stops everything that is still running, and returns what was observed. */
  end(): Promise<Ended>;
  /** Stops everything, and reports why to the runner. The reason is a clause. */
  giveUp(reason: string): Promise<void>;
}

/**
 * Completes a run.
 *
 * @param stop stops what is still running
 */
export function agentRun(
  { run, workers, ready, observer, tell }: Omit<AgentRun, 'end' | 'giveUp'>,
  outbox: Outbox,
  stop: () => Promise<void>,
): AgentRun {
  ready.catch(() => {});
  async function finish(): Promise<void> {
    await stop();
    await outbox.flush(FLUSH_MS);
    outbox.close();
  }
  return {
    run,
    workers,
    ready,
    observer,
    tell,
    async end() {
      const observed = observer.end();
      await finish();
      return observed;
    },
    async giveUp(reason) {
      observer.end();
      outbox.add({ type: 'lost', reason });
      await finish();
    },
  };
}

/**
 * Starts the workers of a run, passes on their commands and reports, and observes them. They and all traces of
 * them are gone when the run has ended.
 */
export function beginGeneratorRun(
  { run, workers, client, engine }: BeginGenerator,
  outbox: Outbox,
  ears: Ears,
): AgentRun {
  const started = makeGate();
  const ending = makeGate();
  const channels = new Map<number, Channel<WorkerCommand, WorkerReport>>();
  const observer = makeObserver(() =>
    [...channels.values()].map(({ launched: { name, pid } }) => ({
      component: 'generator',
      role: 'generator',
      name,
      pid,
    })),
  );
  let isEnding = false;

  const over = atWorkplace(ears, async ({ processSet }) => {
    const numbers = workers.map((index) => index + 1);
    const all = await startGenerators<WorkerCommand, WorkerReport>(processSet, numbers, client, engine, null);
    for (const [at, channel] of all.entries()) {
      const worker = workers[at] ?? 0;
      const { launched } = channel;
      channels.set(worker, channel);
      channel.onReport((report) => {
        if (report.type === 'recording') noteLoop(launched.pid, report.base64);
        outbox.add({ type: 'report', worker, report });
      });
      void launched.exited.then(() => outbox.add({ type: 'exited', worker }));
    }
    void processSet.unexpectedExit.then((reason) => {
      if (!isEnding) outbox.add({ type: 'lost', reason });
    });
    started.open();
    await ending.opened;
    processSet.dismiss();
  });

  function noteLoop(pid: number, base64: string): void {
    const { loop } = decodeRecording(Buffer.from(base64, 'base64'));
    if (loop !== null) observer.noteLoop(pid, loop);
  }

  function tell(worker: number, command: WorkerCommand): boolean {
    const channel = channels.get(worker);
    // A worker that was told to leave exits as it should.
    if (command.type === 'leave') isEnding = true;
    channel?.send(command);
    return channel !== undefined;
  }

  const ready = Promise.race([started.opened, over]);
  return agentRun({ run, workers: workers.length, ready, observer, tell }, outbox, async () => {
    isEnding = true;
    ending.open();
    await over.catch(() => {});
  });
}
