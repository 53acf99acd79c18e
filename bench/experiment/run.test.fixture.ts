import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { makeRun } from '../../test/run.ts';
import type { Route } from '../load/connections/route.ts';
import type { Coordinator, GeneratorPlan, GeneratorWorker } from '../load/coordinator.ts';
import { makeGate } from '../load/gate.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from '../load/protocol.ts';
import { encodeRecording } from '../measure/recording-bytes.ts';
import type { BenchEvent } from '../model/event.ts';
import type { OtherHosts } from '../model/other-hosts.ts';
import type { RunPlan } from '../model/plan.ts';
import { type Recording, zeroCounters } from '../model/recording.ts';
import type { ProcessSeries, RunProcess, WorkerTotals } from '../model/run.ts';
import type { Variant } from '../model/variant.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { PlacedProxyPlan, PlacedServersPlan, TopologyPlaces } from '../topology/placed.ts';
import { createPrivateFolder, PRIVATE_FOLDER_PREFIX } from '../topology/private-folder.ts';
import type { ReachableServer, ServerStats } from '../topology/servers.ts';
import { directTarget, type RunningProxy, type StartedTarget } from '../topology/target.ts';
import type { Warden } from '../topology/warden.ts';
import { notice } from '../wording/finding.ts';
import type { RunContext } from './context.ts';
import { executeRun } from './run.ts';

/** What a simulated generator worker does under load. By default, it finishes at once. */
export type Work = (worker: SimulatedWorker) => void;

export interface SimulatedWorker {
  index: number;
  report(report: WorkerReport): void;
  finish(): void;
}

export const ROUTES: readonly Route[] = [
  { proxyWorker: null, upstream: null, alpn: null, connections: 1, messages: 2 },
  { proxyWorker: '5', upstream: null, alpn: 'http/1.1', connections: 3, messages: 4 },
  { proxyWorker: '5', upstream: null, alpn: 'h2', connections: 0, messages: 0 },
];

export function totalsOf(worker: number): WorkerTotals {
  return {
    ...{ worker, asked: 2, opened: 2, failed: 0 },
    ...{ due: 6, sent: 6, echoed: 6, lost: 0, unsent: 0 },
  };
}

/** The second in which each simulated worker has sent and received everything. */
export function recordingOf(index: number, changes: Partial<Recording> = {}): Recording {
  return {
    from: { host: 'here', index },
    sequence: 0,
    startUs: 20,
    endUs: 1020,
    phase: 'steady',
    counters: {
      ...zeroCounters(scenarioNamed('echo').recorded.counters),
      opened: 2,
      due: 6,
      sent: 6,
      echoed: 6,
    },
    failures: {},
    gauges: { open: 2, outstanding: 0 },
    histograms: { sendLag: Uint32Array.of(3, 6) },
    fanOuts: [],
    loop: null,
    ...changes,
  };
}

export function bytesOf(recording: Recording): WorkerReport {
  return { type: 'recording', base64: encodeRecording(recording).toString('base64') };
}

/** Series of a process on another host. */
export function seriesOf(name: string, host: string): ProcessSeries {
  return {
    component: 'generator',
    role: 'generator',
    name,
    pid: 1,
    host,
    bornUs: null,
    endedUs: null,
    samples: [],
  };
}

/** Everything that a run asked of the simulated hosts, in order. */
export interface Asked {
  log: string[];
  generator: GeneratorPlan | null;
  servers: PlacedServersPlan | null;
  proxy: PlacedProxyPlan | null;
  workerPlans: WorkerPlan[];
  commands: WorkerCommand['type'][];
  /** Makes a host report that it was lost. */
  lose(sentence: string): void;
}

/** Simulates the hosts of a run: its generator, its echo servers, its proxy and what watches it. */
export function simulatedHosts(work: Work = ({ finish }) => finish(), changes: Partial<StartedTarget> = {}) {
  const listeners: ((sentence: string) => void)[] = [];
  const asked: Asked = {
    ...{ log: [], generator: null, servers: null, proxy: null, workerPlans: [], commands: [] },
    lose(sentence) {
      for (const listen of listeners) listen(sentence);
    },
  };
  const host = (name: string, hosts: string[] = []): OtherHosts => ({
    async observe(_epochNs, intervalMs) {
      asked.log.push(`${name} observes every ${intervalMs} ms`);
    },
    sampleAt(times) {
      asked.log.push(`${name} samples at ${times.length} times`);
    },
    onLost: (listen) => void listeners.push(listen),
    async end() {
      asked.log.push(`${name} ends`);
      const clock = { errorUs: 1, driftUs: null };
      return {
        processes: hosts.map((each) => seriesOf(`process of ${name}`, each)),
        hosts: hosts.map((each) => ({
          ...{ name: each, role: 'generator', cpus: 2, isRunners: false, machine: null, samples: null },
          ...{ workers: [0, 1], clock },
        })),
      };
    },
  });
  const makeWorker = (index: number): GeneratorWorker => {
    const listen: ((report: WorkerReport) => void)[] = [];
    const gone = makeGate();
    const report = (each: WorkerReport) => {
      for (const one of listen) one(each);
    };
    const finish = () =>
      report({ type: 'done', totals: totalsOf(index), routes: [...ROUTES], recordings: 1 });
    return {
      id: { host: 'here', index },
      name: `generator ${index + 1}`,
      exited: gone.opened,
      toHostNs: (ns) => ns,
      onReport: (one) => void listen.push(one),
      send(command) {
        asked.commands.push(command.type);
        if (command.type === 'connect') asked.workerPlans.push(command.plan);
        if (command.type === 'connect' || command.type === 'connect-more')
          report({ type: 'connected', startUs: 10, endUs: 20, open: 2 });
        else if (command.type === 'start') {
          report(bytesOf(recordingOf(index)));
          work({ index, report, finish });
        } else if (command.type === 'stop') finish();
        else if (command.type === 'leave') gone.open();
      },
    };
  };
  const processes: RunProcess[] = [0, 1].map((index) => ({
    ...{
      component: 'generator',
      role: 'generator',
      name: `generator ${index + 1}`,
      pid: index === 0 ? process.ppid : 1,
    },
  }));
  const coordinator: Coordinator = {
    async start(plan) {
      asked.generator = plan;
      return {
        ...host('generator', ['here', 'there']),
        ...{ workers: [0, 1].map(makeWorker), processes, headStartUs: 1000 },
      };
    },
  };
  const servers = [9001, 9002].map(
    (port): ReachableServer => ({
      ...{ host: '127.0.0.1', port, socket: null, certPath: null },
      stats: async () => (port === 9001 ? STATS : Promise.reject(new Error('it no longer answers'))),
    }),
  );
  const proxy = simulatedProxy();
  const target: StartedTarget = {
    ...{ ...directTarget(servers), ports: [4430], proxy },
    notices: [notice('info', 'target-answers-any', {})],
    ...changes,
  };
  const places: TopologyPlaces = {
    async startServers(plan) {
      asked.servers = plan;
      return { ...host('servers'), servers };
    },
    async startProxy(plan) {
      asked.proxy = plan;
      return { ...host('proxy', ['proxy-host']), target };
    },
  };
  const proxyWatch = { start: async () => host('watch') };
  return { asked, coordinator, places, proxyWatch, servers, target, processes };
}

export const STATS: ServerStats = {
  connections: { open: 2, total: 4 },
  messages: 12,
  bytes: 24,
  httpRequests: 3,
};

const FACTS: RunningProxy['facts'] = {
  ...{ binary: '/usr/sbin/nginx', origin: null, version: '1.29.0', openssl: null, buildArguments: '' },
  ...{ given: null, configuration: 'events {}', upgrade: null },
};

export const WORKER: RunProcess = {
  component: 'proxy',
  role: 'worker',
  name: 'nginx worker 1',
  pid: process.pid,
};

export function simulatedProxy(): RunningProxy {
  return {
    processes: async () => [WORKER],
    reload: () => {},
    upgrade: async () => {},
    folderPath: null,
    facts: FACTS,
    notices: [notice('info', 'target-answers-none', {})],
    explain: (slices) => (slices.length === 1 ? [notice('warning', 'no-process-figures', {})] : []),
    readErrorLog: async () => ['[warn] a line'],
  };
}

/** Plan of a short run of two workers with two connections each. */
export function shortPlan(changes: Partial<RunPlan> = {}): RunPlan {
  const { plan } = makeRun({ seconds: 1, connections: 4, profile: 'plain' });
  return { ...plan, ...{ server: 'lean', warmupMs: 0, durationMs: 1, http: null }, ...changes };
}

export const VARIANT: Variant = {
  ...{ name: 'plain', title: 'Plain', profile: 'plain' },
  proxy: { kind: 'nginx', binary: null, tunings: [{ name: 'tune-1', text: 'gzip off;' }] },
};

type Settings = Omit<RunContext, 'warden' | 'coordinator' | 'places' | 'proxyWatch' | 'onProcesses'>;

/** Settings of a run that has the machine to itself. Events are collected in `events`. */
export function settingsOf(plan: RunPlan, events: BenchEvent[]): Settings {
  const { signal } = new AbortController();
  return {
    ...{
      plan,
      profile: profileNamed('plain'),
      variant: VARIANT,
      notices: [notice('info', 'target-answers-any', {})],
    },
    ...{ signal, urgent: signal, proxy: null, place: null, cpus: 2, portRange: [40_000, 40_009] },
    emit: async (event: BenchEvent) => void events.push(event),
    saveSoFar: async () => {},
  };
}

/** A warden without a process. It notes the folders of the run. */
function simulatedWarden(folders: string[]): Warden {
  const warden: Partial<Warden> = {
    watch: () => {},
    forget: () => {},
    makeFolder() {
      const folder = createPrivateFolder(tmpdir(), PRIVATE_FOLDER_PREFIX);
      folders.push(folder);
      return folder;
    },
    removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
  };
  return warden as Warden;
}

export interface Simulation {
  plan?: Partial<RunPlan>;
  context?: Partial<RunContext>;
  target?: Partial<StartedTarget>;
  work?: Work;
  /** Called when the load begins, with the run's folder and its hosts. */
  onLoad?(folder: string, hosts: ReturnType<typeof simulatedHosts>): Promise<void> | void;
}

/** Executes a run on simulated hosts. Its folder is in the system's temporary folder. */
export async function simulate({ plan = {}, context = {}, target, work, onLoad }: Simulation = {}) {
  const folders: string[] = [];
  const hosts = simulatedHosts(work, target);
  const events: BenchEvent[] = [];
  let listed: readonly RunProcess[] = [];
  const run = await executeRun({
    ...settingsOf(shortPlan(plan), events),
    warden: simulatedWarden(folders),
    coordinator: hosts.coordinator,
    places: hosts.places,
    proxyWatch: hosts.proxyWatch,
    onProcesses(processes) {
      listed = processes;
    },
    async emit(event) {
      events.push(event);
      if (event.type === 'phase' && event.phase === 'connect') await onLoad?.(folders[0] ?? '', hosts);
    },
    ...context,
  });
  const phases = events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
  return { ...hosts, run, events, phases, listed, folders };
}

export const RUNNER: RunProcess = { component: 'runner', role: 'runner', name: 'runner', pid: process.pid };
