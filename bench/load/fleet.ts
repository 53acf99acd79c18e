import type { WorkerEnd } from '../measure/merge.ts';
import type { PhaseTimes } from '../measure/recorder.ts';
import { decodeRecording } from '../measure/recording-bytes.ts';
import { counted, type Recording } from '../model/recording.ts';
import type { WorkerTotals } from '../model/run.ts';
import { type Route, sumRoutes } from './connections/route.ts';
import { type Gate, makeGate } from './gate.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';

/** A generator worker's process. The fleet communicates with the process, but does not start or stop it. */
export interface WorkerProcess {
  name: string;
  send(command: WorkerCommand): void;
  onReport(listen: (report: WorkerReport) => void): void;
  exited: Promise<unknown>;
}

/** Controls all generator workers of a run together. */
export interface Fleet {
  /**
   * Opens all connections and resolves when all handshakes have ended. Returns the bounds of the connect
   * phase, from the start of the first handshake to the end of the last, in whole µs since the run's epoch.
   * Both are 0 if no worker reported them.
   *
   * @param between called after each batch with the number of open connections; the next batch starts when
   *   the returned promise resolves
   */
  connect(
    plans: WorkerPlan[],
    between?: (open: number) => Promise<void>,
  ): Promise<{ startUs: number; endUs: number }>;
  /**
   * Applies load during the warm-up and the steady phase. Resolves when every worker has drained, or when no
   * worker has a connection left.
   */
  run(times: PhaseTimes): Promise<void>;
  /** Makes every client drop its connection, or makes the slow clients stop or resume reading. */
  tellClients(what: 'cut' | 'stall' | 'resume'): void;
  /** Ends the run early. Resolves when every worker has sent its remaining data or has exited. */
  stop(): Promise<void>;
  /** Tells the workers to close their connections and exit. */
  leave(): void;
  totals(): WorkerTotals[];
  /** Returns the workers' final reports. The merger uses them to check that no recording is missing. */
  ends(): WorkerEnd[];
  routes(): Route[];
}

interface Member {
  process: WorkerProcess;
  plan: WorkerPlan | null;
  gone: boolean;
  /** True if the worker has no connections left. */
  deserted: boolean;
  connected: Gate;
  handshakes: { startUs: number; endUs: number } | null;
  /** Number of connections that were open when the handshakes of the latest batch had ended. */
  open: number;
  done: Gate;
  /**
   * Totals over the recordings received from the worker; used if the worker exits before it reports totals.
   */
  seen: WorkerTotals;
  totals: WorkerTotals | null;
  recordings: number | null;
  routes: Route[];
}

/** @param onRecording called for each recording received from a worker */
export function makeFleet(
  processes: readonly WorkerProcess[],
  onRecording: (recording: Recording) => void,
): Fleet {
  const members = processes.map((process, worker) => makeMember(process, worker, onRecording, stopIfIdle));
  /**
   * Stops the workers if none has a connection left, because waiting for the end of the schedule would add no
   * information.
   */
  function stopIfIdle(): void {
    if (!members.every((member) => member.deserted || member.gone || member.totals !== null)) return;
    for (const member of members)
      if (member.deserted && member.totals === null) tell(member, { type: 'stop' });
  }
  const all = async (gate: 'connected' | 'done') => {
    await Promise.all(members.map((member) => member[gate].opened));
  };
  return {
    async connect(plans, between = async (_open: number) => {}) {
      members.forEach((member, i) => {
        const plan = plans[i];
        if (plan === undefined) return;
        member.plan = plan;
        member.seen.asked = plan.connections;
        tell(member, { type: 'connect', plan });
      });
      await all('connected');
      await between(members.reduce((sum, { open }) => sum + open, 0));
      for (let stage = 1; stage < (plans[0]?.runPlan.openingStages ?? 1); stage++) {
        for (const member of members) {
          if (member.gone || member.totals !== null) continue;
          member.connected = makeGate();
          tell(member, { type: 'connect-more' });
        }
        await all('connected');
        await between(members.reduce((sum, { open }) => sum + open, 0));
      }
      const spans = members.flatMap(({ handshakes }) => handshakes ?? []);
      if (spans.length === 0) return { startUs: 0, endUs: 0 };
      return {
        startUs: Math.min(...spans.map(({ startUs }) => startUs)),
        endUs: Math.max(...spans.map(({ endUs }) => endUs)),
      };
    },
    run(times) {
      for (const member of members) tell(member, { type: 'start', times });
      return all('done');
    },
    tellClients(what) {
      for (const member of members) tell(member, { type: what });
    },
    stop() {
      for (const member of members) {
        if (member.plan === null) member.done.open();
        else tell(member, { type: 'stop' });
      }
      return all('done');
    },
    leave() {
      for (const member of members) tell(member, { type: 'leave' });
    },
    totals: () => members.flatMap((member) => (member.plan === null ? [] : [member.totals ?? member.seen])),
    ends: () =>
      members.flatMap(({ plan, totals, seen, recordings }) =>
        plan === null ? [] : [{ from: plan.id, totals: totals ?? seen, recordings }],
      ),
    routes: () => sumRoutes(members.flatMap((member) => member.routes)),
  };
}

function makeMember(
  process: WorkerProcess,
  worker: number,
  onRecording: (recording: Recording) => void,
  onIdle: () => void,
): Member {
  const member: Member = {
    process,
    plan: null,
    gone: false,
    deserted: false,
    connected: makeGate(),
    handshakes: null,
    open: 0,
    done: makeGate(),
    seen: {
      worker,
      asked: 0,
      opened: 0,
      failed: 0,
    },
    totals: null,
    recordings: null,
    routes: [],
  };
  process.onReport((report) => {
    if (report.type === 'recording') {
      const recording = decode(report.base64);
      if (recording === null) return;
      note(member.seen, recording);
      onRecording(recording);
    } else if (report.type === 'connected') {
      member.handshakes = { startUs: report.startUs, endUs: report.endUs };
      member.open = report.open;
      member.connected.open();
    } else if (report.type === 'deserted') {
      member.deserted = true;
      onIdle();
    } else if (report.type === 'done') {
      member.totals = report.totals;
      member.recordings = report.recordings;
      member.routes = report.routes;
      member.connected.open();
      member.done.open();
      onIdle();
    }
  });
  void process.exited.then(() => {
    member.gone = true;
    member.connected.open();
    member.done.open();
    onIdle();
  });
  return member;
}

function tell(member: Member, command: WorkerCommand): void {
  if (!member.gone) member.process.send(command);
}

function note(seen: WorkerTotals, recording: Recording): void {
  const { counters, gauges, failures } = recording;
  for (const [name, count] of Object.entries(counters)) seen[name] = counted(seen, name) + count;
  const { open: _, ...levels } = gauges ?? {};
  Object.assign(seen, levels);
  for (const count of Object.values(failures)) seen.failed += count;
}

/** Decodes a recording. Returns null if it is unreadable; the merger then reports it as missing. */
function decode(base64: string): Recording | null {
  try {
    return decodeRecording(Buffer.from(base64, 'base64'));
  } catch {
    return null;
  }
}
