import type { Component, ProcessSeries, Run, Sample } from '../model/run.ts';
import { ratio } from './arithmetic.ts';
import { growth, sampleBefore } from './growth.ts';
import { ownSeconds, type Span, seconds } from './span.ts';

/** The components with figures of their own. The runner is only observed. */
export const MEASURED = ['proxy', 'server', 'generator'] as const;
/** One figure per component; null if it has no process or was not sampled. */
export type ByComponent = Record<(typeof MEASURED)[number], number | null>;

/** What one process did in the steady phase, per second of the run's own time. */
export interface ProcessFigures {
  component: Component;
  name: string;
  pid: number;
  /** Share of one core, from 0 to 1, or above 1 with several threads. */
  cpuShare: number | null;
  voluntarySwitchesPerSecond: number | null;
  involuntarySwitchesPerSecond: number | null;
  /** At the end of the phase. */
  residentBytes: number | null;
  /** Node only: share of time not idle, and the longest delay of the event loop. */
  loopUtilisation: number | null;
  loopDelayMaxUs: number | null;
}

/** Excludes the master, which does not handle messages. */
export function isNginxWorker({ component, name }: Pick<ProcessFigures, 'component' | 'name'>): boolean {
  return component === 'proxy' && name !== 'nginx master';
}

type Counter = 'cpuUs' | 'voluntarySwitches' | 'involuntarySwitches';

/** A process observed for less than this share of a phase has no figures. */
const LEAST_COVERAGE = 0.5;

/** The figures of every process over a span; all null if the span is null. */
export function processFigures(run: Run, steady: Span | null): ProcessFigures[] {
  return run.processes.map((series) => {
    const covered = steady === null ? null : coverage(series, steady);
    // A run that takes turns works in its own time, but the runner works for all runs all the time.
    const time = (span: Span) => (series.component === 'runner' ? seconds(span) : ownSeconds(run, span));
    const perSecond = (counter: Counter): number | null =>
      covered === null ? null : ratio(growth(series.samples, counter, covered), time(covered));
    const cpuUsPerSecond = perSecond('cpuUs');
    return {
      component: series.component,
      name: series.name,
      pid: series.pid,
      cpuShare: cpuUsPerSecond === null ? null : cpuUsPerSecond / 1e6,
      voluntarySwitchesPerSecond: perSecond('voluntarySwitches'),
      involuntarySwitchesPerSecond: perSecond('involuntarySwitches'),
      residentBytes:
        covered === null ? null : (sampleBefore(series.samples, covered.endUs)?.residentBytes ?? null),
      ...loopFigures(
        series.samples,
        covered,
        covered === null ? 1 : (ratio(time(covered), seconds(covered)) ?? 1),
      ),
    };
  });
}

/** CPU time in µs that each component used in a span. */
export function cpuUsByComponent(run: Run, span: Span | null): ByComponent {
  return byComponent(run, (series) => {
    const covered = span === null ? null : coverage(series, span);
    return covered === null ? null : growth(series.samples, 'cpuUs', covered);
  });
}

/**
 * Growth of each component's resident memory, in bytes, from the last sample before the span to the first at its
 * end. Also null if memory shrank, because the growth is then below the noise.
 */
export function residentGrowthByComponent(run: Run, span: Span | null): ByComponent {
  const growths = byComponent(run, ({ samples }) => {
    if (span === null) return null;
    const before = sampleBefore(samples, span.startUs);
    const after = samples.find((sample) => sample.atUs >= span.endUs) ?? sampleBefore(samples, span.endUs);
    if (before === undefined || after === undefined || after.atUs <= before.atUs) return null;
    return after.residentBytes - before.residentBytes;
  });
  return mapComponents(growths, (bytes) => (bytes < 0 ? null : bytes));
}

/** Applies a function to the figures that are not null. */
export function mapComponents(figures: ByComponent, change: (figure: number) => number | null): ByComponent {
  const changed = (figure: number | null): number | null => (figure === null ? null : change(figure));
  return {
    proxy: changed(figures.proxy),
    server: changed(figures.server),
    generator: changed(figures.generator),
  };
}

/** The sum over a component's processes; null if any of them is null. */
function byComponent(run: Run, figure: (series: ProcessSeries) => number | null): ByComponent {
  const sum = (component: Component): number | null => {
    const figures = run.processes.filter((series) => series.component === component).map(figure);
    if (figures.length === 0) return null;
    return figures.reduce((total, next) => (total === null || next === null ? null : total + next), 0);
  };
  return { proxy: sum('proxy'), server: sum('server'), generator: sum('generator') };
}

/** The part of a span between a process's first and last sample; null if it is too small. */
function coverage({ samples }: ProcessSeries, span: Span): Span | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const covered = {
    startUs: Math.max(span.startUs, first.atUs),
    endUs: Math.min(span.endUs, last.atUs),
  };
  const enough = covered.endUs - covered.startUs >= LEAST_COVERAGE * (span.endUs - span.startUs);
  return enough && covered.endUs > covered.startUs ? covered : null;
}

/**
 * A sample covers the time since the one before. Its utilisation is weighted by how much of that time lies in the
 * span.
 */
function loopFigures(
  samples: readonly Sample[],
  span: Span | null,
  ownShare: number,
): Pick<ProcessFigures, 'loopUtilisation' | 'loopDelayMaxUs'> {
  let weight = 0;
  let weighted = 0;
  let longest: number | null = null;
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (span === null || before === undefined) continue;
    const overlap = Math.min(sample.atUs, span.endUs) - Math.max(before.atUs, span.startUs);
    if (overlap <= 0) continue;
    if (sample.loopUtilisation !== null) {
      weight += overlap;
      weighted += overlap * sample.loopUtilisation;
    }
    // If a sample only partly lies in the span, its longest delay may have been outside.
    const within = overlap * 2 >= sample.atUs - before.atUs;
    if (sample.loopDelayMaxUs !== null && within) longest = Math.max(longest ?? 0, sample.loopDelayMaxUs);
  }
  const utilisation = ratio(weighted, weight * ownShare);
  return {
    loopUtilisation: utilisation === null ? null : Math.min(1, utilisation),
    loopDelayMaxUs: longest,
  };
}
