import type { WorkerCommand, WorkerReport } from '../load/protocol.ts';
import { decodeRecording } from '../measure/recording-bytes.ts';
import { type Channel, startGenerators } from '../topology/generators.ts';
import type { ServerStats } from '../topology/servers.ts';
import type { Ears } from '../topology/workplace.ts';
import { holdWorkplace } from './held-workplace.ts';
import { makeObserver, type Observer } from './observer.ts';
import type { Outbox } from './outbox.ts';
import type { BeginGenerator, Ended, Started } from './protocol.ts';

/** Time allowed for a run's last reports to be stored in the JetStream stream. */
const FLUSH_MS = 5_000;

/** One run as an agent carries it out, whatever the agent's role. */
export interface AgentRun {
  readonly run: string;
  /** Number of generator workers on this agent. */
  readonly workers: number;
  /**
   * When the agent is ready for the load, resolves to a description of the Nginx or the echo servers that it
   * has started; null if it has started neither.
   *
   * @throws Problem if the agent cannot do its part
   */
  readonly ready: Promise<Started | null>;
  readonly observer: Observer;
  /** Passes a command to the worker with this index within the run; false if the agent has no such worker. */
  tell(worker: number, command: WorkerCommand): boolean;
  /** Returns the counters of the agent's echo servers. */
  stats(): Promise<(ServerStats | null)[]>;
  /** Stops all processes of the run, and returns what was observed of them. */
  end(): Promise<Ended>;
  /** Stops all processes of the run, and reports the reason to the runner. `reason` is a clause. */
  giveUp(reason: string): Promise<void>;
}

/** The part of an agent's run that depends on the agent's role. */
export interface Duty
  extends Pick<AgentRun, 'run' | 'ready' | 'observer'>,
    Partial<Pick<AgentRun, 'workers' | 'tell' | 'stats'>> {
  /** Returns the last lines of the proxy's error log. Called before the processes are stopped. */
  readErrorLog?(): Promise<string[]>;
  /** Stops all processes of the run. */
  stop(): Promise<void>;
}

/** Creates an agent's run from the part that depends on the agent's role. */
export function agentRun(duty: Duty, outbox: Outbox): AgentRun {
  const { ready, observer, readErrorLog = async () => [], stop } = duty;
  ready.catch(() => {});
  async function finish(): Promise<void> {
    await stop();
    await outbox.flush(FLUSH_MS);
    outbox.close();
  }
  return {
    workers: 0,
    tell: () => false,
    stats: async () => [],
    ...duty,
    async end() {
      const observed = observer.end();
      const errorLog = await readErrorLog();
      await finish();
      return { ...observed, errorLog };
    },
    async giveUp(reason) {
      observer.end();
      outbox.add({ type: 'lost', reason });
      await finish();
    },
  };
}

/** Starts and observes a run's generator workers. Forwards commands to them, and their reports to the runner. */
export function beginGeneratorRun(
  { run, workers, client, engine }: BeginGenerator,
  outbox: Outbox,
  ears: Ears,
): AgentRun {
  const channels = new Map<number, Channel<WorkerCommand, WorkerReport>>();
  const observer = makeObserver(async () =>
    [...channels.values()].map(({ launched: { name, pid } }) => ({
      component: 'generator',
      role: 'generator',
      name,
      pid,
    })),
  );
  const { ready, expectExits, stop } = holdWorkplace(ears, outbox, async ({ processSet }) => {
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
    return null;
  });

  function noteLoop(pid: number, base64: string): void {
    const { loop } = decodeRecording(Buffer.from(base64, 'base64'));
    if (loop !== null) observer.noteLoop(pid, loop);
  }

  function tell(worker: number, command: WorkerCommand): boolean {
    const channel = channels.get(worker);
    // After a `leave` command, the exit of a worker is expected.
    if (command.type === 'leave') expectExits();
    channel?.send(command);
    return channel !== undefined;
  }

  return agentRun({ run, workers: workers.length, ready, observer, tell, stop }, outbox);
}
