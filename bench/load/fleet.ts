import type { PhaseTimes } from '../measure/recorder.ts';
import type { Recording } from '../model/recording.ts';
import type { WorkerTotals } from '../model/run.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';
import type { Route } from './scenarios/echo.ts';

/** A generator worker's process as the fleet needs it; who starts and stops it is not the fleet's matter. */
export interface WorkerProcess {
  name: string;
  send(command: WorkerCommand): void;
  onReport(listen: (report: WorkerReport) => void): void;
  exited: Promise<unknown>;
}

/** What all generator workers of a run do together. */
export interface Fleet {
  /** Opens all connections; resolves when every handshake is over. */
  connect(plans: WorkerPlan[]): Promise<void>;
  /** Sends in warm-up and steady phase; resolves when every worker is drained. */
  run(times: PhaseTimes): Promise<void>;
  /** Ends early: every worker hands out what it has. Resolves as `run` does. */
  stop(): Promise<void>;
  /** Has the workers close their connections and exit. */
  leave(): void;
  totals(): WorkerTotals[];
  routes(): Route[];
}

interface Member {
  process: WorkerProcess;
  plan: WorkerPlan | null;
  gone: boolean;
  connected: Gate;
  done: Gate;
  /** Sums over its recordings: all that is known of a worker that died. */
  seen: WorkerTotals;
  totals: WorkerTotals | null;
  routes: Route[];
}

interface Gate {
  opened: Promise<void>;
  open(): void;
}

/** `onRecording` is called with what the workers measure, as it comes. */
export function makeFleet(processes: WorkerProcess[], onRecording: (recording: Recording) => void): Fleet {
  const members = processes.map((process, worker) => makeMember(process, worker, onRecording));
  const all = async (gate: 'connected' | 'done') => {
    await Promise.all(members.map((member) => member[gate].opened));
  };
  return {
    connect(plans) {
      members.forEach((member, i) => {
        const plan = plans[i];
        if (plan === undefined) return;
        member.plan = plan;
        member.seen.asked = plan.connections;
        tell(member, { type: 'connect', plan });
      });
      return all('connected');
    },
    run(times) {
      for (const member of members) tell(member, { type: 'start', times });
      return all('done');
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
    routes: () => sumRoutes(members.flatMap((member) => member.routes)),
  };
}

function makeMember(
  process: WorkerProcess,
  worker: number,
  onRecording: (recording: Recording) => void,
): Member {
  const member: Member = {
    process,
    plan: null,
    gone: false,
    connected: makeGate(),
    done: makeGate(),
    seen: { worker, asked: 0, opened: 0, failed: 0, sent: 0, echoed: 0, outstanding: 0, lost: 0 },
    totals: null,
    routes: [],
  };
  process.onReport((report) => {
    if (report.type === 'recording') {
      note(member.seen, report.recording);
      onRecording(report.recording);
    } else if (report.type === 'connected') member.connected.open();
    else if (report.type === 'done') {
      member.totals = report.totals;
      member.routes = report.routes;
      member.connected.open();
      member.done.open();
    }
  });
  void process.exited.then(() => {
    member.gone = true;
    member.connected.open();
    member.done.open();
  });
  return member;
}

function tell(member: Member, command: WorkerCommand): void {
  if (!member.gone) member.process.send(command);
}

function note(seen: WorkerTotals, recording: Recording): void {
  seen.opened += recording.opened;
  seen.sent += recording.sent;
  seen.echoed += recording.echoed;
  seen.lost += recording.lost;
  seen.outstanding = recording.outstanding;
  for (const count of Object.values(recording.failures)) seen.failed += count;
}

function sumRoutes(routes: Route[]): Route[] {
  const sums = new Map<string, Route>();
  for (const route of routes) {
    const key = JSON.stringify([route.nginxWorker, route.upstream, route.alpn]);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...route });
    else {
      sum.connections += route.connections;
      sum.messages += route.messages;
    }
  }
  return [...sums.values()];
}

function makeGate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
