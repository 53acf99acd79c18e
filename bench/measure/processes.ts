import type { Component, MEASURED, ProcessSeries, Role, Run, RunProcess, Sample } from '../model/run.ts';
import { ratio } from './arithmetic.ts';
import { growth, sampleBefore } from './growth.ts';
import { ownSeconds, type Span, seconds } from './span.ts';

/** One value per component; null if the component has no processes or was not sampled. */
export type ByComponent = Record<(typeof MEASURED)[number], number | null>;

/** One process's resource usage in the steady phase, per second of the run's own time. */
export interface ProcessFigures extends RunProcess {
  /** CPU usage as a share of one core: 0 to 1, or above 1 if the process is multi-threaded. */
  cpuShare: number | null;
  voluntarySwitchesPerSecond: number | null;
  involuntarySwitchesPerSecond: number | null;
  /** Resident memory at the end of the phase. */
  residentBytes: number | null;
  /** Only for Node.js processes: busy share and longest delay of the event loop. */
  loopUtilisation: number | null;
  loopDelayMaxUs: number | null;
}

/**
 * Reports whether a process is a worker of the proxy. The master process is not a worker, because it handles no
 * messages.
 */
export function isProxyWorker({ role }: Pick<RunProcess, 'role'>): boolean {
  return role === 'worker';
}

/** Reports whether a run had a proxy whose processes were observed. */
export function isProxyObserved({ processes }: Pick<Run, 'processes'>): boolean {
  return processes.some(({ component }) => component === 'proxy');
}

type Counter = 'cpuUs' | 'voluntarySwitches' | 'involuntarySwitches';

/** A process observed for less than this share of a phase is reported without figures. */
const LEAST_COVERAGE = 0.5;

/** Computes each process's figures over a span; all are null if the span is null. */
export function processFigures(run: Run, steady: Span | null): ProcessFigures[] {
  return run.processes.map((series) => {
    const covered = steady === null ? null : coverage(series, steady);
    // An interleaved run is active only in its turns, whereas the runner serves all interleaved runs
    // throughout.
    const time = (span: Span) => (series.component === 'runner' ? seconds(span) : ownSeconds(run, span));
    const perSecond = (counter: Counter): number | null =>
      covered === null ? null : ratio(growth(series.samples, counter, covered), time(covered));
    const cpuUsPerSecond = perSecond('cpuUs');
    return {
      component: series.component,
      role: series.role,
      name: series.name,
      pid: series.pid,
      ...(series.host === undefined ? {} : { host: series.host }),
      cpuShare: cpuUsPerSecond === null ? null : cpuUsPerSecond / 1e6,
      voluntarySwitchesPerSecond: perSecond('voluntarySwitches'),
      involuntarySwitchesPerSecond: perSecond('involuntarySwitches'),
      residentBytes:
        covered === null ? null : (sampleBefore(series.samples, covered.endUs)?.residentBytes ?? null),
      ...loopFigures(series.samples, covered, time),
    };
  });
}

/** Returns the CPU time in µs that each component used in a span. */
export function cpuUsByComponent(run: Run, span: Span | null): ByComponent {
  return byComponent(run, (series) => {
    if (span === null) return null;
    const covered = coverage(series, span);
    if (covered !== null) return growth(series.samples, 'cpuUs', covered);
    // If a process started or ended during the run, all CPU time that it used in the span counts.
    return isThroughout(series) ? null : growth(series.samples, 'cpuUs', span);
  });
}

/**
 * Returns the growth in each component's resident memory, in bytes, from the last sample before the span to
 * the first at or after its end. The value is null if memory shrank, because any real growth is then smaller
 * than the noise.
 */
export function residentGrowthByComponent(run: Run, span: Span | null): ByComponent {
  const growths = byComponent(run, ({ samples, bornUs }) => {
    if (span === null) return null;
    // A process that was started after the span did not grow during the span.
    if (bornUs !== null && bornUs >= span.endUs) return 0;
    const before = sampleBefore(samples, span.startUs);
    const after = samples.find((sample) => sample.atUs >= span.endUs) ?? sampleBefore(samples, span.endUs);
    if (before === undefined || after === undefined || after.atUs <= before.atUs) return null;
    return after.residentBytes - before.residentBytes;
  });
  return mapComponents(growths, (bytes) => (bytes < 0 ? null : bytes));
}

/**
 * A component's process count and resident memory in one second of the run. `second` is the number of whole
 * seconds since the run's epoch.
 */
export interface Residents {
  second: number;
  processes: number;
  bytes: number;
}

/**
 * Returns a component's process count and total resident memory per second, based on the last sample in each
 * second. Samples are not taken exactly every second: in a second without a sample, the previous sample of the
 * process counts.
 *
 * @param isCounted selects the samples to include; all by default
 */
export function residentsOf(
  run: Run,
  component: Component,
  role?: Role,
  isCounted: (series: ProcessSeries, sample: Sample) => boolean = () => true,
): Residents[] {
  const own = run.processes.filter(
    (each) => each.component === component && (role ?? each.role) === each.role,
  );
  const bySecond = new Map<number, Residents>();
  const lastSecond = Math.max(...own.flatMap(({ samples }) => samples.at(-1) ?? []).map(secondOf));
  for (const series of own) {
    const samples = series.samples.filter((sample) => isCounted(series, sample));
    const [first] = samples;
    if (first === undefined) continue;
    const last = new Map(samples.map((sample) => [secondOf(sample), sample.residentBytes]));
    const until = series.endedUs === null ? lastSecond : secondOf(samples.at(-1) as Sample);
    let bytes = first.residentBytes;
    for (let second = secondOf(first); second <= until; second++) {
      bytes = last.get(second) ?? bytes;
      const sum = bySecond.get(second) ?? { second, processes: 0, bytes: 0 };
      bySecond.set(second, { second, processes: sum.processes + 1, bytes: sum.bytes + bytes });
    }
  }
  return [...bySecond.values()].sort((a, b) => a.second - b.second);
}

function secondOf({ atUs }: Sample): number {
  return Math.floor(atUs / 1e6);
}

/** Returns a component's peak CPU usage between two samples, in cores; null if there are too few samples. */
export function peakCores(run: Run, component: Component): number | null {
  const bySecond = new Map<number, number>();
  for (const { samples } of run.processes.filter((each) => each.component === component)) {
    const own = new Map<number, number>();
    for (const [index, sample] of samples.entries()) {
      const before = samples[index - 1];
      // Samples taken at phase boundaries may be too close together to be meaningful.
      if (before === undefined || sample.atUs - before.atUs < LEAST_PEAK_US) continue;
      const second = secondOf(sample);
      const cores = (sample.cpuUs - before.cpuUs) / (sample.atUs - before.atUs);
      own.set(second, Math.max(own.get(second) ?? 0, cores));
    }
    for (const [second, cores] of own) bySecond.set(second, (bySecond.get(second) ?? 0) + cores);
  }
  return bySecond.size === 0 ? null : Math.max(...bySecond.values());
}

const LEAST_PEAK_US = 500_000;

/** Returns a component's peak resident memory; null if it was not sampled. */
export function peakBytes(run: Run, component: Component): number | null {
  const bytes = residentsOf(run, component).map((each) => each.bytes);
  return bytes.length === 0 ? null : Math.max(...bytes);
}

/** Applies a function to all values that are not null. */
export function mapComponents(figures: ByComponent, change: (figure: number) => number | null): ByComponent {
  const changed = (figure: number | null): number | null => (figure === null ? null : change(figure));
  return {
    proxy: changed(figures.proxy),
    server: changed(figures.server),
    generator: changed(figures.generator),
  };
}

/** Sums a value over each component's processes; null if the value is null for any of them. */
function byComponent(run: Run, figure: (series: ProcessSeries) => number | null): ByComponent {
  const sum = (component: Component): number | null => {
    const figures = run.processes.filter((series) => series.component === component).map(figure);
    if (figures.length === 0) return null;
    return figures.reduce((total, next) => (total === null || next === null ? null : total + next), 0);
  };
  return { proxy: sum('proxy'), server: sum('server'), generator: sum('generator') };
}

/** Reports whether a process existed throughout the load. */
function isThroughout({ bornUs, endedUs }: ProcessSeries): boolean {
  return bornUs === null && endedUs === null;
}

/** Returns the part of a span between a process's first and last sample; null if that part is too short. */
function coverage({ samples }: ProcessSeries, span: Span): Span | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  const covered = {
    startUs: Math.max(span.startUs, first.atUs),
    endUs: Math.min(span.endUs, last.atUs),
  };
  const enough = covered.endUs - covered.startUs >= LEAST_COVERAGE * (span.endUs - span.startUs);
  return enough ? covered : null;
}

/**
 * Averages event loop figures over a span. A sample covers the time since the previous one, so its
 * utilisation is weighted by the part of that time within the span.
 *
 * @param time returns the process's own time in a span, in seconds
 */
function loopFigures(
  samples: readonly Sample[],
  span: Span | null,
  time: (span: Span) => number,
): Pick<ProcessFigures, 'loopUtilisation' | 'loopDelayMaxUs'> {
  if (span === null) return { loopUtilisation: null, loopDelayMaxUs: null };
  let weight = 0;
  let weighted = 0;
  const delays: number[] = [];
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (before === undefined) continue;
    const overlap = Math.max(0, Math.min(sample.atUs, span.endUs) - Math.max(before.atUs, span.startUs));
    if (sample.loopUtilisation !== null) {
      weight += overlap;
      weighted += overlap * sample.loopUtilisation;
    }
    // If most of a sample's interval is outside the span, its longest delay may have occurred outside as
    // well.
    const within = overlap * 2 >= sample.atUs - before.atUs;
    if (sample.loopDelayMaxUs !== null && within) delays.push(sample.loopDelayMaxUs);
  }
  const utilisation = ratio(weighted, (weight * time(span)) / seconds(span));
  return {
    loopUtilisation: utilisation === null ? null : Math.min(1, utilisation),
    loopDelayMaxUs: delays.length === 0 ? null : Math.max(...delays),
  };
}
