import { Problem } from '../model/failure.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import type { Command } from './command.ts';
import { last, milliseconds, number } from './given.ts';
import type { GivenOptions, Options } from './options.ts';
import { DURATION_US, type RunRequest, requestOf } from './run.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { quoted } from './units.ts';

/** The request of `calibrate`. */
export interface CalibrateRequest {
  /** The request for each run. Its only variant is the baseline. */
  run: RunRequest;
  /** Number of rounds; null for as many as in a comparison, or as many as fit into the time budget. */
  rounds: number | null;
  budgetMs: number | null;
}

/**
 * Duration of a run, in ms. It is the same as in a comparison, so that the calibration applies to
 * comparisons.
 */
const DURATION_MS = 3000;
const WARMUP_MS = 1000;

const LOAD = RUN_OPTIONS['The load'];
const PROCESSES = RUN_OPTIONS['Processes (default: depends on this machine)'];
const OUTPUT = RUN_OPTIONS['The output'];

const OPTIONS = {
  'The calibration': {
    profile: { short: 'p', value: 'NAME', help: 'Profile to compare with itself [plain]' },
    rounds: { value: 'N', help: 'Rounds per comparison; a round runs both sides in every step [10]' },
    budget: { value: 'TIME', help: 'Run as many rounds as fit into this time' },
    nginx: RUN_OPTIONS['The variants'].nginx,
  },
  'The load': {
    connections: LOAD.connections,
    duration: { ...LOAD.duration, help: 'Duration of the measured phase per run [3s]' },
    warmup: { ...LOAD.warmup, help: 'Warm-up before the measured phase [1s]' },
    payload: LOAD.payload,
    engine: LOAD.engine,
    carrier: LOAD.carrier,
    seed: LOAD.seed,
  },
  'The processes': {
    'nginx-workers': PROCESSES['nginx-workers'],
    pin: PROCESSES.pin,
    'no-pin': PROCESSES['no-pin'],
  },
  'The output': {
    json: OUTPUT.json,
    export: OUTPUT.export,
    quiet: OUTPUT.quiet,
    live: OUTPUT.live,
    reports: OUTPUT.reports,
    name: OUTPUT.name,
  },
} as const satisfies Readonly<Record<string, Options>>;

export const calibrateCommand = {
  operands: '',
  help: 'How far can you trust a comparison on this machine?',
  options: OPTIONS,
  parse: (given) => ({ command: 'calibrate', calibrate: calibrateRequest(given) }),
} as const satisfies Command<{ command: 'calibrate'; calibrate: CalibrateRequest }>;

function calibrateRequest(given: GivenOptions): CalibrateRequest {
  const profile = (last(given, 'profile') ?? 'plain').trim();
  if (profile === 'all' || profile.includes(',')) {
    throw new Problem(
      'usage',
      `--profile ${quoted(profile)}: \`calibrate\` compares one profile with itself. Name a single profile.`,
    );
  }
  const what = {
    variants: [profile],
    steps: DEFAULT_SCENARIO.steps.map(({ name }) => name),
    warmupMs: WARMUP_MS,
    durationMs: DURATION_MS,
  };
  return {
    run: {
      ...requestOf(given, what),
      http: false,
      name: last(given, 'name') ?? `calibrate-${profile}`,
    },
    rounds: number(given, 'rounds', { min: 1, max: 1000 }),
    budgetMs: milliseconds(given, 'budget', DURATION_US),
  };
}
