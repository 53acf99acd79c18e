import { makeHostLags } from '../experiment/host-lags.ts';
import { makeFleet } from '../load/fleet.ts';
import type { WorkerPlan } from '../load/protocol.ts';
import { makeMerger } from '../measure/merge.ts';
import { MESSAGE_NAMES, Messages } from '../measure/messages.ts';
import { Recorder } from '../measure/recorder.ts';
import { encodeRecording } from '../measure/recording-bytes.ts';
import { counted, type Recording } from '../model/recording.ts';
import { encodeMessage, readMessage } from './message.ts';
import { type Reported, reportedSchema } from './protocol.ts';
import { type RemoteWorker, remoteWorker } from './remote-worker.ts';

/** Cost to the runner of simulated agents' reports. Only the time for the work itself passes. */
export interface Simulated {
  recordings: number;
  /** Messages sent according to the slices, and according to the agents. */
  sent: { merged: number; told: number };
  /** Codes of the merger's findings at the end. */
  faults: string[];
  /** Time in ms to read, merge and watch the reports of one simulated second: mean and longest. */
  perSecondMs: { mean: number; max: number };
  /** Time in ms to encode all slices, which a runner does every five seconds for its checkpoint: longest. */
  checkpointMs: number;
  /** Growth of resident memory, in bytes, from before the first report to the largest after any second. */
  residentBytes: number;
}

/** Distinct recordings that the agents take turns to send, so that their histograms differ. */
const TEMPLATES = 31;
const SECOND_US = 1_000_000;
const CHECKPOINT_S = 5;

/**
 * Simulates a run whose agents have a worker each, from the messages in the stream to the merged slices.
 *
 * @param rate messages per second of each agent
 */
export function simulate(agents: number, seconds: number, rate: number): Simulated {
  const templates = Array.from({ length: TEMPLATES }, (_, seed) => recordedSecond(seed, rate));
  const templateOf = (agent: number, second: number) =>
    templates[(agent * 7 + second) % TEMPLATES] ?? templates[0];
  const merger = makeMerger(agents);
  const lags = makeHostLags();
  const workers = Array.from({ length: agents }, (_, index) => worker(index));
  const fleet = makeFleet(workers, (recording) => {
    if (merger.add(recording)) lags.note(recording);
  });
  void fleet.connect(workers.map(({ id }) => planOf(id)));
  const hear = (text: string) => {
    const message = readMessage(reportedSchema, { json: <T>() => JSON.parse(text) as T });
    if (message?.type === 'report') workers[message.worker]?.report(message.report);
  };
  const told = new Map<string, number>();
  const before = process.memoryUsage.rss();
  const result = { totalMs: 0, maxMs: 0, checkpointMs: 0, residentBytes: 0 };
  for (let second = 0; second < seconds; second++) {
    const texts = workers.map(({ id }) => {
      const recording: Recording = {
        ...(templateOf(id.index, second) as Recording),
        ...{ from: id, sequence: second, startUs: second * SECOND_US, endUs: (second + 1) * SECOND_US },
      };
      for (const [name, count] of Object.entries(recording.counters))
        told.set(`${id.index} ${name}`, (told.get(`${id.index} ${name}`) ?? 0) + count);
      const base64 = encodeRecording(recording).toString('base64');
      return encodeMessage({
        type: 'report',
        worker: id.index,
        report: { type: 'recording', base64 },
      } satisfies Reported);
    });
    const spentMs = timed(() => {
      for (const text of texts) hear(text);
      merger.latest();
    });
    result.totalMs += spentMs;
    result.maxMs = Math.max(result.maxMs, spentMs);
    if (second % CHECKPOINT_S === 0)
      result.checkpointMs = Math.max(result.checkpointMs, timed(merger.slices));
    result.residentBytes = Math.max(result.residentBytes, process.memoryUsage.rss() - before);
  }
  for (const { id, report } of workers) {
    const of = (name: string) => told.get(`${id.index} ${name}`) ?? 0;
    const counters = [...MESSAGE_NAMES.counters, 'bytesSent', 'bytesReceived'];
    const totals = {
      ...{ worker: id.index, asked: 1, opened: 0, failed: 0, outstanding: 0, queued: 0 },
      ...Object.fromEntries(counters.map((name) => [name, of(name)])),
    };
    report({ type: 'done', totals, routes: [], recordings: seconds });
  }
  return {
    recordings: agents * seconds,
    sent: {
      merged: merger.slices().reduce((sum, { counters }) => sum + counted(counters, 'sent'), 0),
      told: fleet.totals().reduce((sum, each) => sum + counted(each, 'sent'), 0),
    },
    faults: merger.check(fleet.ends()).map(({ code }) => code),
    perSecondMs: { mean: result.totalMs / seconds, max: result.maxMs },
    checkpointMs: result.checkpointMs,
    residentBytes: result.residentBytes,
  };
}

function worker(index: number): RemoteWorker {
  return remoteWorker({ host: `agent-${index}`, index }, 0n, () => {});
}

/** A worker's recording of one steady-phase second. Response times span two decades and end before the next message. */
function recordedSecond(seed: number, rate: number): Recording {
  const recordings: Recording[] = [];
  const recorder = new Recorder(
    { host: 'template', index: 0 },
    MESSAGE_NAMES,
    (recording) => recordings.push(recording),
    () => null,
  );
  const messages = new Messages(recorder);
  recorder.connected();
  recorder.schedule({ connectedUs: 1, warmUpUs: 2, steadyUs: 3, drainUs: 3 + SECOND_US });
  const spacingUs = SECOND_US / rate;
  for (let i = 0; i < rate; i++) {
    const dueUs = Math.round(10 + i * spacingUs);
    const latencyUs = 10 + Math.round((spacingUs / 2) * 10 ** (-((i * 37 + seed * 11) % 100) / 50));
    messages.fellDue(dueUs, dueUs);
    messages.sentOnSchedule(dueUs + 1 + (seed % 9), dueUs, 64);
    messages.echoedOnSchedule(dueUs + latencyUs, dueUs + 1, dueUs, 64);
  }
  recorder.finish(3 + SECOND_US);
  const steady = recordings.find(({ phase }) => phase === 'steady');
  if (steady === undefined) throw new Error('There is no recording of the steady phase.');
  return { ...steady, gauges: { ...steady.gauges, open: 1 } };
}

function planOf(id: WorkerPlan['id']): WorkerPlan {
  return { id, connections: 1, runPlan: { openingStages: 1 } } as WorkerPlan;
}

function timed(act: () => void): number {
  const startedAt = performance.now();
  act();
  return performance.now() - startedAt;
}
