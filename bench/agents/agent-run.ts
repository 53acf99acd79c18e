import { setTimeout as sleep } from 'node:timers/promises';
import { clockSince } from '../load/clock.ts';
import { makeGate } from '../load/gate.ts';
import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import type { PhaseTimes } from '../measure/recorder.ts';
import { decodeRecording } from '../measure/recording-bytes.ts';
import type { ProcessSeries } from '../model/run.ts';
import { type Sampler, startSampler } from '../observe/sampler.ts';
import { type Channel, startGenerators } from '../topology/generators.ts';
import { atWorkplace, type Ears } from '../topology/workplace.ts';
import type { Outbox } from './outbox.ts';
import type { Begin } from './protocol.ts';

/** How long the last reports may take to reach the stream. */
const FLUSH_MS = 5_000;

/** What an agent does for one run: it starts its workers, passes on their commands and reports, and observes them. */
export interface AgentRun {
  readonly run: string;
  /** Number of its workers. */
  readonly workers: number;
  /**
   * Resolves when all workers are ready.
   *
   * @throws Problem('environment') if they cannot be started
   */
  readonly ready: Promise<void>;
  /** Passes a command to the worker with this index within the run; false if there is none. */
  tell(worker: number, command: WorkerCommand): boolean;
  /** Stops everything that is still running, and returns what was observed. */
  end(): Promise<ProcessSeries[]>;
  /** Stops everything, and reports why to the runner. The reason is a clause. */
  giveUp(reason: string): Promise<void>;
}

type WorkerChannel = Channel<WorkerCommand, WorkerReport>;

/** Starts the workers of a run. They and all their traces are removed when the run ends. */
export function beginAgentRun({ run, workers, client, engine }: Begin, outbox: Outbox, ears: Ears): AgentRun {
  const started = makeGate();
  const ending = makeGate();
  const channels = new Map<number, WorkerChannel>();
  const observer = makeObserver();
  let isEnding = false;

  const over = atWorkplace(ears, async ({ processSet }) => {
    const numbers = workers.map((index) => index + 1);
    const all = await startGenerators<WorkerCommand, WorkerReport>(processSet, numbers, client, engine, null);
    for (const [at, channel] of all.entries()) {
      const worker = workers[at] ?? 0;
      channels.set(worker, channel);
      channel.onReport((report) => {
        observer.note(channel, report);
        outbox.add({ type: 'report', worker, report });
      });
      void channel.launched.exited.then(() => outbox.add({ type: 'exited', worker }));
    }
    void processSet.unexpectedExit.then((reason) => {
      if (!isEnding) outbox.add({ type: 'lost', reason });
    });
    started.open();
    await ending.opened;
    processSet.dismiss();
  });
  const ready = Promise.race([started.opened, over]);
  ready.catch(() => {});

  async function stop(): Promise<void> {
    isEnding = true;
    ending.open();
    await over.catch(() => {});
    await outbox.flush(FLUSH_MS);
    outbox.close();
  }

  return {
    run,
    workers: workers.length,
    ready,
    tell(worker, command) {
      const channel = channels.get(worker);
      if (channel === undefined) return false;
      if (command.type === 'connect') observer.begin(BigInt(command.plan.epochNs), [...channels.values()]);
      if (command.type === 'start') observer.follow(command.times);
      // A worker that was told to leave exits as it should.
      if (command.type === 'leave') isEnding = true;
      channel.send(command);
      return true;
    },
    async end() {
      const observed = observer.end();
      await stop();
      return observed;
    },
    async giveUp(reason) {
      observer.end();
      outbox.add({ type: 'lost', reason });
      await stop();
    },
  };
}

/** Samples the workers' processes, with times relative to the run's epoch. */
function makeObserver() {
  const over = new AbortController();
  let sampler: Sampler | null = null;
  let clock = () => 0;
  let isFollowing = false;
  return {
    /** Only the first call has an effect. */
    begin(epochNs: bigint, channels: readonly WorkerChannel[]): void {
      if (sampler !== null) return;
      clock = clockSince(epochNs);
      sampler = startSampler({ nowUs: clock });
      sampler.watch(
        channels.map(({ launched: { name, pid } }) => ({
          component: 'generator',
          role: 'generator',
          name,
          pid,
        })),
      );
      sampler.sampleNow();
    },
    /** Takes a sample at each boundary of the phases, as the runner does. Only the first call has an effect. */
    follow({ warmUpUs, steadyUs, drainUs }: PhaseTimes): void {
      if (isFollowing) return;
      isFollowing = true;
      for (const atUs of [warmUpUs, steadyUs, drainUs])
        void sleep(Math.max(0, (atUs - clock()) / 1e3), undefined, { signal: over.signal }).then(
          () => sampler?.sampleNow(),
          () => {},
        );
    },
    note({ launched }: WorkerChannel, report: WorkerReport): void {
      if (report.type !== 'recording') return;
      const { loop } = decodeRecording(Buffer.from(report.base64, 'base64'));
      if (loop !== null) sampler?.noteLoop(launched.pid, loop);
    },
    end(): ProcessSeries[] {
      over.abort();
      sampler?.sampleNow();
      sampler?.stop();
      return sampler?.series() ?? [];
    },
  };
}
