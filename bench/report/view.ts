import { type SteadySecond, steadySeconds } from '../measure/disturbance.ts';
import { histogramOf, knownFigures, latencyNameOf, type RunFigures } from '../measure/figures.ts';
import type { Histogram } from '../measure/histogram.ts';
import { type Point, seriesOf } from '../measure/series.ts';
import type { Conclusion } from '../model/conclusion.ts';
import type { Finding } from '../model/finding.ts';
import { type LadderAxis, levelOf } from '../model/ladder.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { scenarioNamed, stepNamed } from '../scenarios/registry.ts';
import { formatRate } from '../wording/format.ts';
import { levelText } from '../wording/ladder.ts';
import { conclusionOf } from './conclusion.ts';
import { isExternal } from './external.ts';
import type { Markup } from './markup.ts';
import type { ChartSpec } from './page/spec.ts';

/** A run and all data derived from it, computed once for all sections. */
export interface RunView {
  run: Run;
  figures: RunFigures;
  /** Name of the variant, which identifies the run within its step. */
  name: string;
  /** Name of the step, followed by whatever distinguishes the run from the variant's other runs (see `nameOf`). */
  step: string;
  /** Name that distinguishes the run from all other runs: `tls, latency`. */
  label: string;
  /** The variant's colour and line pattern in every chart. */
  colour: string;
  pattern: number;
  /** Response time in an open loop, service time in a closed one. */
  times: Histogram;
  /** Time series of the run from the warm-up on, thinned out for charts. */
  points: Point[];
  /**
   * Time series of the phase in which the connections were being opened. This phase may take many times as long as
   * the rest.
   */
  connecting: Point[];
  /**
   * The seconds of the run's steady phase, with the causes of disturbances; null if the machine was not
   * sampled.
   */
  seconds: SteadySecond[] | null;
  /**
   * Second 0 of all charts over time: the start of the steady phase, or of the run if there is no steady
   * phase.
   */
  zeroUs: number;
}

/** The results of one variant. */
export interface VariantView {
  name: string;
  title: string;
  colour: string;
  /** The run whose figures are reported for each step; a step without a run is missing. */
  answers: Readonly<Record<Step, RunView>>;
  /** Reason why the open loop was omitted; null if it was not. */
  leftOut: Finding | null;
}

/** The runs whose figures are reported for one step, in the order of the variants. */
export interface StepView {
  step: Step;
  runs: RunView[];
}

/** The data of a report. */
export interface View {
  result: Result;
  variants: VariantView[];
  /** Contains only the steps that have a run. */
  steps: StepView[];
  /** All runs, grouped by variant, including those whose figures are not reported for their step. */
  runs: RunView[];
  /** The rate of the latency step; null if none was chosen. */
  rate: Extract<Conclusion, { kind: 'rate' }> | null;
  /**
   * Whether the target is a server that was already running. Unless an agent observes its processes, only its
   * responses are known.
   */
  isExternal: boolean;
}

/** One section of the report, with its charts. */
export interface Section {
  id: string;
  title: string;
  body: Markup;
  charts: ChartSpec[];
}

/** A section that is initially collapsed. Only its title and finding are shown until the reader opens it. */
export interface FoldedSection extends Omit<Section, 'body'> {
  /** One sentence, generated from the data. */
  finding: string;
  /** Content of the section; null if the finding says everything. */
  body: Markup | null;
}

/** Returns the runs whose figures are reported for a step, in the order of the variants. */
export function runsOf({ steps }: Pick<View, 'steps'>, step: Step): RunView[] {
  return steps.find((each) => each.step === step)?.runs ?? [];
}

const COLOURS = 6;

/** Derives the data for all sections from a result, so that it is computed only once. */
export function viewOf(result: Result): View {
  const rate = conclusionOf(result, 'rate');
  const isSearch = conclusionOf(result, 'capacity') !== null;
  const over = conclusionOf(result, 'ladder')?.over ?? null;
  const isSizing = conclusionOf(result, 'size') !== null;
  const titles = new Map(result.variants.map(({ name, title }) => [name, title]));
  const names = new Set([...titles.keys(), ...result.runs.map(({ plan }) => plan.variant)]);
  const ofScenario = scenarioNamed(result.plan.scenario).steps.map(({ name }) => name);
  const stepNames = [...new Set([...ofScenario, ...result.plan.steps])];
  const runs: RunView[] = [];
  const variants = [...names].map((name, index): VariantView => {
    const own = result.runs.filter(({ plan }) => plan.variant === name);
    const answering = new Set(stepNames.map((step) => answerOf(own, step, rate)));
    const views = own.map((run) =>
      runView(run, index, nameOf(run, { answers: answering.has(run), isSearch, isSizing, over })),
    );
    runs.push(...views);
    return {
      name,
      title: titles.get(name) ?? '',
      colour: colourOf(index),
      answers: Object.fromEntries(
        views.filter(({ run }) => answering.has(run)).map((view) => [view.run.plan.step, view]),
      ),
      leftOut: leftOut(result, name),
    };
  });
  const steps = stepNames.map((step) => ({
    step,
    runs: variants.flatMap(({ answers }) => answers[step] ?? []),
  }));
  return {
    result,
    variants,
    steps: steps.filter((step) => step.runs.length > 0),
    runs,
    rate,
    isExternal: isExternal(result),
  };
}

/**
 * The run whose figures are reported for a step. It is the last run or, if a rate was chosen, the last run at
 * that rate. Runs at other rates were superseded.
 */
function answerOf(runs: readonly Run[], step: Step, rate: View['rate']): Run | undefined {
  return runs.findLast(
    (run) =>
      run.plan.step === step &&
      (rate === null || stepNamed(step).load !== 'open' || rateOf(run) === rate.ratePerSecond),
  );
}

function rateOf({ plan }: Run): number | null {
  return ratePerSecondOf(plan.workload.load);
}

function leftOut({ conclusions }: Result, name: string): Finding | null {
  for (const conclusion of conclusions)
    if (conclusion.kind === 'left-out' && conclusion.variant === name) return conclusion.reason;
  return null;
}

/** Facts that determine how a run is named. */
interface Naming {
  /** Whether the figures of the step come from this run. */
  answers: boolean;
  /** Whether the runs are trials of a capacity search, which differ in their rate. */
  isSearch: boolean;
  /**
   * Whether the result is a sizing: its runs measure the costs for a planned load, and check the predictions
   * with more connections.
   */
  isSizing: boolean;
  /** The quantity in which the runs of a ladder differ; null if the result is not a ladder. */
  over: LadderAxis | null;
}

/** Name that distinguishes a run from the other runs of its variant. */
function nameOf(run: Run, { answers, isSearch, isSizing, over }: Naming): string {
  const { step, round } = run.plan;
  const level = over === null ? null : levelOf(run.plan, over);
  if (over !== null && level !== null) return `${step}, ${levelText(over, level)}, round ${round}`;
  const rate = rateOf(run);
  const withRate = rate === null ? step : `${step} at ${formatRate(rate)}`;
  if (isSizing) {
    const size = `${withRate}, ${levelText('connections', run.plan.connections)}`;
    return round === null ? size : `${size}, round ${round}`;
  }
  const single = isSearch ? withRate : answers ? step : `${withRate}, superseded`;
  return round === null ? single : `${step}, round ${round}`;
}

function runView(run: Run, variant: number, called: string): RunView {
  const { variant: name } = run.plan;
  return {
    run,
    figures: knownFigures(run),
    name,
    step: called,
    label: `${name}, ${called}`,
    colour: colourOf(variant),
    pattern: (variant + Math.floor(variant / COLOURS)) % COLOURS,
    times: histogramOf(run, latencyNameOf(run)),
    points: seriesOf({ ...run, slices: run.slices.filter(({ phase }) => phase !== 'connect') }),
    connecting: seriesOf({ ...run, slices: run.slices.filter(({ phase }) => phase === 'connect') }),
    seconds: steadySeconds(run),
    zeroUs: run.phases.find(({ phase }) => phase === 'steady')?.startUs ?? 0,
  };
}

function colourOf(variant: number): string {
  return `series-${variant % COLOURS}`;
}
