import type { Load } from '../bench/model/load.ts';
import { STEPS } from '../bench/model/plan.ts';
import { type Environment, type Result, SCHEMA_VERSION } from '../bench/model/result.ts';
import type { Run } from '../bench/model/run.ts';
import type { Variant } from '../bench/model/variant.ts';
import { CLOSED, makeRun } from './run.ts';

const ENVIRONMENT: Environment = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  arch: 'x64',
  cpuModel: 'Example CPU 2.40 GHz',
  cpus: 2,
  memoryBytes: 24 * 2 ** 30,
  node: 'v20.20.2',
  openFilesLimit: 20_000,
  somaxconn: 4096,
  portRange: [32_768, 60_999],
  loadAverage1m: 0.25,
};

/** A valid result with these runs. */
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
      proxy: profile === 'direct' ? null : { kind: 'nginx', tunings: [] },
    },
  ]);
  return [...new Map(variants).values()];
}

/** The six profiles in one step, each with its own speed. */
export function makeAllProfiles(load: Load = CLOSED, seconds = 10): Result {
  const speeds: [profile: string, perSecond: number, medianUs: number][] = [
    ['direct', 41_000, 1100],
    ['plain', 27_000, 2200],
    ['tls', 22_000, 2900],
    ['http2', 21_700, 2950],
    ['cache', 26_800, 2230],
    ['load-balanced', 26_200, 2350],
  ];
  return makeResult(
    speeds.map(([profile, perSecond, medianUs], index) =>
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
