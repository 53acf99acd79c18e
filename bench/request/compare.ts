import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import { STEPS, type Step } from '../model/plan.ts';
import type { Command } from './command.ts';
import { last, milliseconds, number, oneOf } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { DURATION_US, namedSteps, needsStep, type RunRequest, requestOf } from './run.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { isStored, OF_STORED, type StoredRequest, storedRequest } from './stored.ts';

/** What `compare` was asked for. */
export interface CompareRequest {
  /** What every run is asked for; of its variants the first is the baseline. */
  run: RunRequest;
  /** Texts to lay over the baseline, each of which makes another variant. */
  tunes: readonly string[];
  /** Null: as many as it takes for verdicts on all figures, or as fit into the budget. */
  rounds: number | null;
  budgetMs: number | null;
  failOnSlower: boolean;
}

/**
 * Many short runs tell more than few long ones: what differs between two runs of 10 s is hardly less than
 * between two of 3 s, and only runs are independent of each other.
 */
const DURATION_MS = 3000;
const WARMUP_MS = 2000;

const MOST_ROUNDS = 1000;

/** Options that `compare` alone has. */
const COMPARISON_OPTIONS = {
  tune: { value: 'TEXT', many: true, help: 'Another variant: the first with this nginx.conf over it' },
  rounds: { value: 'N', help: 'Of one run of each variant and step [10; 11 for 3 variants]' },
  budget: { value: 'TIME', help: 'As many rounds as fit into it' },
  'fail-on': { value: 'slower', help: 'Exit with 99 if a variant is slower or dearer' },
  markdown: { value: 'FILE', help: 'Short for --export markdown=FILE' },
} as const satisfies Options;

/** Options of `run` that make no sense where runs are compared, or say it in another way. */
const OF_RUN_ALONE = ['profile', 'baseline', 'no-http', 'threshold', 'strict'];

export const compareCommand = {
  operands: 'A B [C ...]',
  help: 'Is B better than A, by how much, and how sure is that?',
  options: { 'The comparison': COMPARISON_OPTIONS, ...optionsOfItsRuns() },
  takesFromFile: (option, operands) => !operands.some(isStored) || OF_STORED.has(option),
  parse: (given, operands): ComparisonAsked =>
    operands.some(isStored)
      ? { command: 'compare-stored', stored: storedRequest(given, operands) }
      : { command: 'compare', compare: compareRequest(given, operands) },
} as const satisfies Command<ComparisonAsked>;

type ComparisonAsked =
  | { command: 'compare'; compare: CompareRequest }
  | { command: 'compare-stored'; stored: StoredRequest };

/** It puts variants under load like `run`, for shorter. */
function optionsOfItsRuns(): Readonly<Record<string, Options>> {
  const kept = Object.entries<Options>(RUN_OPTIONS).map(([heading, options]) => [
    heading,
    Object.fromEntries(Object.entries(options).filter(([name]) => !OF_RUN_ALONE.includes(name))),
  ]);
  const { duration, warmup } = RUN_OPTIONS['The load'];
  const shorter = {
    duration: { ...duration, help: duration.help.replace(/\[.*\]/, '[3s]') },
    warmup: { ...warmup, help: warmup.help.replace(/\[.*\]/, '[2s]') },
  };
  const groups: Record<string, Options> = Object.fromEntries(kept);
  return { ...groups, 'The load': { ...groups['The load'], ...shorter } };
}

/** Reads operands and options of `compare`; throws a Problem of kind `usage`. */
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
    failOnSlower: oneOf(given, 'fail-on', ['slower']) !== null,
  };
}

function checkVariants(variants: readonly string[], tunes: readonly string[]): void {
  if (variants.includes('all')) {
    throw new Problem(
      'usage',
      '`compare` takes the names of variants one by one, the baseline first; `all` is none.',
    );
  }
  if (variants.length + tunes.length > 1 && variants.length > 0) return;
  throw new Incomplete(
    '`compare` takes two variants or more, the baseline first: compare tls tls+buf-16k. ' +
      'One is enough beside a --tune; --conf names a configuration of your own. `profiles` lists profiles and tunings.',
    { conf: 'nginx.conf', tune: 'http { }' },
  );
}

function nameOf(variants: readonly string[], tunes: readonly string[]): string {
  return ['compare', ...variants, ...tunes.map((_, index) => `tune-${index + 1}`)].join('-');
}

/** Both steps unless --steps says otherwise: a rate that is named here takes the throughput away from nobody. */
function stepsOf(given: GivenOptions): Step[] {
  const named = last(given, 'steps');
  const steps = named === null ? [...STEPS] : namedSteps(named);
  for (const option of ['rate', 'arrivals']) {
    if (given.has(option) && !steps.includes('latency')) throw needsStep(`--${option}`, 'latency');
  }
  if (given.has('in-flight') && !steps.includes('throughput')) throw needsStep('--in-flight', 'throughput');
  return steps;
}
