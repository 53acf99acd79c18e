import type { Conclusion } from '../bench/model/conclusion.ts';
import { stored } from '../bench/model/finding.ts';
import type { Load } from '../bench/model/load.ts';
import { type Environment, type Result, SCHEMA_VERSION } from '../bench/model/result.ts';
import type { Run } from '../bench/model/run.ts';
import type { Variant } from '../bench/model/variant.ts';
import { finding } from '../bench/wording/finding.ts';
import { CLOSED, makeRun, type RunOptions } from './run.ts';

const STEPS = ['throughput', 'latency'];

const ENVIRONMENT: Environment = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  arch: 'x64',
  cpuModel: 'Example CPU 2.40 GHz',
  cpus: 2,
  cpuQuota: null,
  memoryBytes: 24 * 2 ** 30,
  node: 'v20.20.2',
  openFilesLimit: 20_000,
  somaxconn: 4096,
  portRange: [32_768, 60_999],
  bun: '1.4.5',
  ioUring: 'available',
  loadAverage1m: 0.25,
};

/** Creates a valid result with these runs. */
export function makeResult(runs: Run[] = [makeRun()]): Result {
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'nginx-ws-bench', version: '0.1.0' },
    id: '2026-01-02-030405-example',
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: '2026-01-02T03:05:35.000Z',
    plan: {
      command: ['--profile', runs.map((run) => run.plan.profile).join(','), '-c', '1k', '-d', '10s'],
      seed: 7,
      strict: false,
      thresholds: [],
      labels: {},
      note: null,
      series: null,
      scenario: 'echo',
      steps:
        runs.length === 0 ? [...STEPS] : STEPS.filter((step) => runs.some(({ plan }) => plan.step === step)),
    },
    environment: structuredClone(ENVIRONMENT),
    variants: variantsOf(runs),
    notices: [],
    conclusions: [],
    runs,
  };
}

function variantsOf(runs: readonly Run[]): Variant[] {
  const variants = runs.map(({ plan: { variant, profile } }): [string, Variant] => [
    variant,
    {
      name: variant,
      title: `The ${profile} profile`,
      profile,
      proxy: profile === 'direct' ? null : { kind: 'nginx', binary: null, tunings: [] },
    },
  ]);
  return [...new Map(variants).values()];
}

/** Speed of each profile. */
const SPEEDS: readonly (readonly [profile: string, perSecond: number, medianUs: number])[] = [
  ['direct', 41_000, 1100],
  ['plain', 27_000, 2200],
  ['tls', 22_000, 2900],
  ['http2', 21_700, 2950],
  ['cache', 26_800, 2230],
  ['load-balanced', 26_200, 2350],
];

/** The six profiles in one step. */
export function makeAllProfiles(load: Load = CLOSED, seconds = 10): Result {
  return makeResult(
    SPEEDS.map(([profile, perSecond, medianUs], index) =>
      makeRun({
        profile,
        load: load.kind === 'open' ? { ...load, ratePerSecond: perSecond } : load,
        seconds,
        perSecond,
        medianUs,
        seed: index + 1,
        http2: profile === 'http2',
        cache: profile === 'cache',
      }),
    ),
  );
}

/** The rate of the latency step in `makeBothSteps`. */
export const RATE = 8900;

/** The first profiles in both steps, as after an invocation without a rate. */
export function makeBothSteps(profiles = SPEEDS.length, seconds = 10): Result {
  const carried = makeAllProfiles(CLOSED, seconds).runs.slice(0, profiles);
  const answered = SPEEDS.slice(0, profiles).map(([profile, , medianUs], index) =>
    makeLatencyRun(profile, { seconds, medianUs: medianUs / 10, seed: index + 101 }),
  );
  return { ...makeResult([...carried, ...answered]), conclusions: [rateOf(RATE)] };
}

/** A run of the latency step that kept its schedule. */
export function makeLatencyRun(profile: string, options: RunOptions = {}, ratePerSecond = RATE): Run {
  const load: Load = { kind: 'open', ratePerSecond, arrivals: 'uniform' };
  const run = makeRun({ perSecond: ratePerSecond, medianUs: 300, ...options, profile, load });
  const busy = { proxy: null, server: null, generator: null };
  const evidence = finding('limit', {
    evidence: { kind: 'on-schedule', ratio: 1, perSecond: ratePerSecond, busy },
  });
  return {
    ...run,
    http: null,
    validity: { verdict: 'valid', reasons: [], limit: { component: 'schedule', evidence } },
  };
}

/** The reason for the rate. */
export function rateOf(ratePerSecond: number, halved = false): Conclusion {
  return {
    kind: 'rate',
    ratePerSecond,
    halved,
    reason: stored(`${ratePerSecond} a second is half of what tls takes.`),
  };
}
