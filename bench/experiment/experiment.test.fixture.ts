import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { makeOpenFolder } from '../../test/folder.ts';
import type { FoundAgents } from '../agents/found-agents.ts';
import { figuresOf, histogramOf, type RunFigures } from '../measure/figures.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Listener, RunPhase } from '../model/event.ts';
import type { Profile } from '../model/profile.ts';
import { counted } from '../model/recording.ts';
import { type Run, type RunProcess, runSchema } from '../model/run.ts';
import type { Handicap } from '../model/variant.ts';
import { NGINX } from '../nginx/driver.ts';
import { readEnvironment, readMachine } from '../observe/environment.ts';
import { planRequest } from '../plan/plan.ts';
import { loadProfiles } from '../plan/profile.ts';
import { sidesOf } from '../plan/sides.ts';
import { loadTunings } from '../plan/tuning.ts';
import type { Side } from '../plan/variants.ts';
import { parseRequest } from '../request/request.ts';
import { makeSteps } from '../strategy/steps.ts';
import { proxySource, type VariantProxy } from '../topology/driver.ts';
import { bunHere } from '../topology/engine.ts';
import { ioUringHere } from '../topology/io-uring.ts';
import { runExperiment } from './experiment.ts';

/** The project's cache folder, which .ci and the command line also use. */
const CACHE = fileURLToPath(new URL('../../../.cache', import.meta.url));

/** From dist/bench/experiment. */
export const PROFILES = fileURLToPath(new URL('../../../nginx-profiles', import.meta.url));

/** Read once, because this process may be pinned to fewer CPUs during a concurrent run. */
const bun = bunHere()?.version ?? null;
const runtime = { bun, ioUring: ioUringHere() };
const surroundings = Promise.all([readEnvironment(runtime), readMachine(runtime)]);

/** Returns the proxy of a side; null if it has none. */
async function proxyOf({ profile, variant }: Side, source: string | null): Promise<VariantProxy | null> {
  const configuration = proxySource(profile, variant);
  if (configuration === null) return null;
  const binary = await NGINX.locate({
    source,
    searchPath: process.env.PATH ?? '',
    cacheDir: CACHE,
    say: () => {},
  });
  return { binary, prepared: await NGINX.prepare(configuration), upgradeTo: binary };
}

/** A test's interventions in a running run. */
export interface Meddling {
  serverArguments?: readonly string[];
  /** Of every variant. */
  handicap?: Handicap;
  /** Replaces the profiles named on the command line. */
  changeProfile?(profile: Profile): Profile;
  signal?: AbortSignal;
  urgent?: AbortSignal;
  /** The agents that the command line asks for. */
  agents?: FoundAgents;
  /** Called at the start of each phase. The returned promise is awaited at the end. */
  onPhase?(phase: RunPhase, processes: readonly RunProcess[]): void | Promise<void>;
}

export interface Executed {
  runs: readonly Run[];
  conclusions: readonly Conclusion[];
  /** Whether the strategy finished. */
  complete: boolean;
  /** The first run. */
  run: Run;
  figures: RunFigures;
  processes: readonly RunProcess[];
  /** Other messages shown to the user. */
  said: readonly string[];
}

let isOwn = false;

/**
 * Gives the test files of this process a temporary folder of their own. After the tests, none of the processes and
 * files of their runs may remain.
 */
export function ownTemporaryFolder(): void {
  if (isOwn) return;
  isOwn = true;
  const folder = makeOpenFolder(join(tmpdir(), 'experiment-test-'));
  process.env.TMPDIR = folder;
  after(async () => {
    const left = { processes: await processesUsing(folder), files: await readdir(folder) };
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(left, { processes: [], files: [] });
  });
}

/**
 * Executes a command line of `run`, and checks what must hold for every result: it is valid, its counts
 * balance, and none of its processes remains.
 */
export async function execute(
  t: TestContext,
  line: string | readonly string[],
  meddling: Meddling = {},
): Promise<Executed> {
  const executed = await executeWithin(t, line, meddling);
  const left = executed.processes.filter(({ component, pid }) => component !== 'runner' && isAlive(pid));
  assert.deepEqual(left, []);
  checkRuns(executed.runs);
  return executed;
}

/** As `execute`, without the checks. */
export async function executeWithin(
  t: Pick<TestContext, 'signal'>,
  line: string | readonly string[],
  { serverArguments, handicap, changeProfile, signal, urgent, agents, onPhase }: Meddling = {},
): Promise<Executed> {
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const command = completed(words);
  const request = parseRequest(command);
  assert.ok(request.command === 'run');
  const library = {
    profiles: await loadProfiles(PROFILES),
    tunings: await loadTunings(join(PROFILES, 'tunings')),
    binaries: [],
  };
  const named = sidesOf(library, request.run);
  const sides = named.map(({ profile, variant }) => ({
    profile: changeProfile?.(profile) ?? profile,
    variant: handicap === undefined ? variant : { ...variant, handicap },
  }));
  const proxies = new Map<string, VariantProxy>();
  for (const side of sides) {
    const proxy = await proxyOf(side, request.run.nginx.usual);
    if (proxy !== null) proxies.set(side.variant.name, proxy);
  }
  const [environment, machine] = await surroundings;
  const planning = planRequest(request.run, sides, {
    ...{ command, now: new Date(), seed: 1 },
    machine: { ...machine, ...agents?.hosts },
  });
  const { variants, planRun, planStep } = planning;
  let processes: readonly RunProcess[] = [];
  let phase: RunPhase | null = null;
  const started: Promise<void>[] = [];
  const runs: Run[] = [];
  let conclusions: Conclusion[] = [];
  const said: string[] = [];

  const listen: Listener = (event) => {
    if (event.type === 'run-ended') runs.push(event.run);
    if (event.type === 'concluded') conclusions = event.conclusions;
    if (event.type !== 'phase' || event.phase === phase) return;
    phase = event.phase;
    const meddling = (async () => onPhase?.(event.phase, processes))();
    // Its failure makes the test fail, but only after the run has ended.
    meddling.catch(() => {});
    started.push(meddling);
  };

  const complete = await runExperiment({
    strategy: makeSteps({
      ...request.run,
      variants: variants.map(({ name }) => name),
      planOf: (of) => planStep(of).plan,
    }),
    planRun,
    environment,
    proxies,
    assess: () => [],
    // A test that times out also stops its run.
    signal: AbortSignal.any([t.signal, ...(signal === undefined ? [] : [signal])]),
    urgent: AbortSignal.any([t.signal, ...(urgent === undefined ? [] : [urgent])]),
    ...agents?.control,
    onProcesses: (all) => {
      processes = all;
    },
    ...(serverArguments === undefined ? {} : { serverArguments }),
    say: (line) => void said.push(line),
    listeners: [listen],
  });
  await Promise.all(started);
  const [run] = runs;
  assert.ok(run);
  return { runs, conclusions, complete, run, figures: figuresOf(run), processes, said };
}

/**
 * A line that names no step is a closed loop. One that does not say otherwise leaves the CPUs to the kernel: on two
 * of them, a generator with a schedule would get one to itself and spin, and runs that go on side by side would all
 * be pinned to the same ones.
 */
function completed(words: readonly string[]): string[] {
  const names = (option: RegExp) => words.some((word) => option.test(word));
  return [
    ...words,
    ...(names(/^(-R|--rate|--steps)\b/) ? [] : ['--steps', 'throughput']),
    ...(names(/^--(no-pin|pin|target|agents)\b/) ? [] : ['--no-pin']),
  ];
}

function checkRuns(runs: readonly Run[]): void {
  for (const run of runs) {
    v.parse(runSchema, JSON.parse(JSON.stringify(run)));
    const { conservation } = figuresOf(run);
    for (const worker of conservation.workers) assert.ok(worker.ok, JSON.stringify(worker));
    const { ok, counts } = conservation.total;
    assert.ok(ok, JSON.stringify(counts));
    const inBooks = (name: string) => counted(counts, name);
    const ends = ['echoed', 'lost', 'outstanding', 'unawaited'].map(inBooks);
    assert.equal(
      inBooks('sent'),
      ends.reduce((sum, count) => sum + count, 0),
    );
    const inSlices = (name: string) =>
      run.slices.reduce((sum, { counters }) => sum + counted(counters, name), 0);
    for (const name of ['sent', 'echoed', 'lost'])
      assert.equal(inSlices(name), inBooks(name), 'slices and books count the same');
  }
}

/** Asserts that everything succeeded, and that all counts of connections and messages agree. */
export function checkFaultless({ plan, outcome, spread, validity }: Run, figures: RunFigures): void {
  const { connections, messages, failures } = figures;
  assert.deepEqual(outcome, { state: 'completed' });
  assert.deepEqual(connections, { asked: plan.connections, opened: plan.connections, failed: 0 });
  assert.deepEqual(failures.byKind, {});
  assert.deepEqual([messages.lost, messages.outstanding], [0, 0]);
  assert.ok(messages.echoed > 0);
  for (const component of ['proxy', 'server', 'generator'] as const) {
    const shares = spread.filter((share) => share.component === component);
    if (component === 'proxy' && plan.proxy === null) {
      assert.deepEqual(shares, []);
      continue;
    }
    const sum = (of: 'connections' | 'messages') => shares.reduce((total, share) => total + share[of], 0);
    assert.deepEqual([sum('connections'), sum('messages')], [connections.opened, messages.echoed], component);
  }
  assert.ok(validity.limit.evidence.data.evidence !== undefined);
}

/** Returns a percentile (0..100) of one kind of time in µs, even with too few samples to report it. */
export function percentile(run: Run, name: string, percent: number): number {
  return histogramOf(run, name).getValueAtPercentile(percent);
}

/** Returns the pids of processes whose name is this or starts with it. */
export function pidsOf(processes: readonly RunProcess[], name: string): number[] {
  return processes
    .filter((each) => each.name === name || each.name.startsWith(`${name} `))
    .map(({ pid }) => pid);
}

/** Suspends processes for some time. */
export async function freeze(pids: readonly number[], ms: number): Promise<void> {
  assert.ok(pids.length > 0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(ms);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

/** Returns whether a process is running. A zombie has no command line. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/**
 * Returns every process that was started with this temporary folder. Nginx overwrites its environment with
 * its title, but keeps its log in the folder open.
 */
export async function processesUsing(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const using = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      if (environment.includes(folder)) return true;
      const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
      const targets = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
      return targets.some((target) => target.startsWith(folder));
    }),
  );
  return pids.filter((_, i) => using[i]);
}
