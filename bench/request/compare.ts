import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { Step } from '../model/plan.ts';
import type { Command } from './command.ts';
import { last, milliseconds, number, oneOf } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { DURATION_US, type RunRequest, requestOf } from './run.ts';
import { optionsOfItsRuns, refusedTarget } from './run-options.ts';
import { checkSteps, namedSteps, scenarioOf } from './scenario.ts';
import { isStored, OF_STORED, type StoredRequest, storedRequest } from './stored.ts';

/** The request of `compare`. */
export interface CompareRequest {
  /** The request for each run. The first variant is the baseline. */
  run: RunRequest;
  /** Tunings of the baseline. Each adds a variant. */
  tunes: readonly string[];
  /** Number of rounds; null for as many as all metrics need for a verdict, or as many as fit into the time budget. */
  rounds: number | null;
  budgetMs: number | null;
  /** Whether the user chose the length of the runs. */
  hasDuration: boolean;
  failOnSlower: boolean;
}

/**
 * Duration of a run, in ms. Many short runs give more information than a few long ones: two 10 s runs vary
 * almost as much as two 3 s runs, and only separate runs are independent of each other.
 */
const DURATION_MS = 3000;
/**
 * Warm-up of a run, in ms of its own turns. By its end, the code of the generator and the echo server has been
 * compiled, and the CPU time that these two and Nginx use per message no longer changes.
 */
const WARMUP_MS = 1000;

const MOST_ROUNDS = 1000;

/** Options that only `compare` has. */
const COMPARISON_OPTIONS = {
  tune: { value: 'TEXT', many: true, help: 'Add a variant: the first variant plus these directives' },
  rounds: {
    value: 'N',
    help: 'Rounds; each runs every variant and step [10; 11 for 3 variants]',
  },
  budget: { value: 'TIME', help: 'Run as many rounds as fit into this time' },
  'fail-on': { value: 'slower', help: 'Exit with 99 if a variant is slower or uses more CPU or memory' },
  markdown: { value: 'FILE', help: 'Short for --export markdown=FILE' },
} as const satisfies Options;

/** Options of `run` that make no sense or take a different form in a comparison. */
const ABSENT = {
  profile: 'name the variants, for example compare plain tls',
  ...refusedTarget('it starts the variants that it compares'),
  baseline: 'its first variant is the baseline',
  'no-http': 'it sends no HTTP requests',
  threshold: 'use --fail-on slower',
  strict: 'invalid runs are excluded from the metrics they affect',
};

/** Help texts that differ from those of `run`. */
const HELP = {
  duration: 'Duration of the measured phase per run [3s]',
  warmup: 'Warm-up before the measured phase [1s]',
};

export const compareCommand = {
  operands: 'A B [C ...]',
  help: 'Is B better than A, by how much, and how certain is that?',
  absent: ABSENT,
  options: { 'The comparison': COMPARISON_OPTIONS, ...optionsOfItsRuns(Object.keys(ABSENT), HELP) },
  takesFromFile: (option, operands) => !operands.some(isStored) || OF_STORED.has(option),
  parse: (given, operands): ComparisonAsked =>
    operands.some(isStored)
      ? { command: 'compare-stored', stored: storedRequest(given, operands) }
      : { command: 'compare', compare: compareRequest(given, operands) },
} as const satisfies Command<ComparisonAsked>;

type ComparisonAsked =
  | { command: 'compare'; compare: CompareRequest }
  | { command: 'compare-stored'; stored: StoredRequest };

/** Parses the operands and options of `compare`; throws a `usage` Problem if they are invalid. */
function compareRequest(given: GivenOptions, operands: readonly string[]): CompareRequest {
  const variants = operands.map((name) => name.trim());
  const tunes = given.get('tune') ?? [];
  const configurations = given.get('conf') ?? [];
  checkVariants([...variants, ...configurations], tunes);
  const what = { variants, steps: stepsOf(given), warmupMs: WARMUP_MS, durationMs: DURATION_MS };
  return {
    run: {
      ...requestOf(given, what),
      http: false,
      name:
        last(given, 'name') ?? nameOf([...variants, ...configurations.map((path) => basename(path))], tunes),
    },
    tunes,
    rounds: number(given, 'rounds', { min: 1, max: MOST_ROUNDS }),
    budgetMs: milliseconds(given, 'budget', DURATION_US),
    hasDuration: given.has('duration'),
    failOnSlower: oneOf(given, 'fail-on', ['slower']) !== null,
  };
}

function checkVariants(variants: readonly string[], tunes: readonly string[]): void {
  if (variants.includes('all')) {
    throw new Problem('usage', '`compare` does not take `all`. Name each variant, the baseline first.');
  }
  if (variants.length + tunes.length > 1 && variants.length > 0) return;
  throw new Incomplete(
    '`compare` needs at least two variants, the baseline first, for example compare tls tls+buf-16k. ' +
      'With --tune, one variant is enough. Use --conf for your own nginx.conf; `profiles` lists profiles and tunings.',
    { conf: 'nginx.conf', tune: 'http { }' },
  );
}

function nameOf(variants: readonly string[], tunes: readonly string[]): string {
  return ['compare', ...variants, ...tunes.map((_, index) => `tune-${index + 1}`)].join('-');
}

/**
 * Returns all steps unless --steps is given. Unlike in `run`, giving a rate does not exclude the throughput
 * step.
 */
function stepsOf(given: GivenOptions): Step[] {
  const { scenario } = scenarioOf(given);
  const steps = namedSteps(given, scenario) ?? scenario.steps.map(({ name }) => name);
  checkSteps(given, scenario, steps);
  return steps;
}
