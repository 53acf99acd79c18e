import { PHASES, type Phase } from '../model/load.ts';
import { type Counters, counted } from '../model/recording.ts';
import type { Run, Slice } from '../model/run.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { ratio, total } from './arithmetic.ts';
import { type Histogram, type Summary, summarise } from './histogram.ts';
import { timesOf } from './messages.ts';
import { type ByComponent, cpuUsByComponent, mapComponents } from './processes.ts';
import { mergeSlices, ownSeconds, phaseSpan, type Span, slicesOf } from './span.ts';
import { WORK_NAMES, workOf } from './work.ts';

/** Name of the latency that a run measures: response time in an open loop, service time in a closed one. */
export type LatencyName = 'response' | 'service';

/** Summaries of durations in µs, by histogram name; null if the run does not have the histogram. */
export interface Latencies {
  readonly tcp: Summary | null;
  readonly tls: Summary | null;
  readonly upgrade: Summary | null;
  readonly handshake: Summary | null;
  readonly response: Summary | null;
  readonly service: Summary | null;
  readonly sendLag: Summary | null;
  readonly [name: string]: Summary | null;
}

/** The work that a run did in its steady phase, or in a part of it. */
export interface SteadyWork {
  /** All counters by name. */
  counts: Counters & Record<'sent' | 'echoed' | 'bytesSent' | 'bytesReceived', number>;
  /** Units of work: messages echoed, connections opened or messages sent. */
  done: number;
  /** CPU time in µs per unit of work. */
  cpuUs: ByComponent;
  /** Divides a count by the run's own time in seconds; null without a steady phase. */
  perSecond(count: number): number | null;
}

/**
 * Computes the work of a run's steady phase.
 *
 * @param parts parts of the steady phase to include; by default the whole phase, if the run reached it
 */
export function steadyWork(run: Run, parts: readonly Span[] = wholePhase(run)): SteadyWork {
  const counts: SteadyWork['counts'] = { sent: 0, echoed: 0, bytesSent: 0, bytesReceived: 0 };
  for (const { counters } of slicesWithin(run, parts))
    for (const [name, count] of Object.entries(counters)) counts[name] = counted(counts, name) + count;
  const done = counted(counts, WORK_NAMES[workOf(run)].done);
  const own = total(parts.map((part) => ownSeconds(run, part)));
  const used = parts.map((part) => cpuUsByComponent(run, part));
  const cpuUs = (component: keyof ByComponent): number | null =>
    used.length === 0
      ? null
      : used.reduce<number | null>((sum, part) => {
          const us = part[component];
          return sum === null || us === null ? null : sum + us;
        }, 0);
  return {
    counts,
    done,
    cpuUs: mapComponents(
      { proxy: cpuUs('proxy'), server: cpuUs('server'), generator: cpuUs('generator') },
      (us) => ratio(us, done),
    ),
    perSecond: (count) => (parts.length === 0 ? null : ratio(count, own)),
  };
}

function wholePhase(run: Run): Span[] {
  const steady = phaseSpan(run, 'steady');
  return steady === null ? [] : [steady];
}

/** Returns the slices of the steady phase that begin within one of the given parts of the phase. */
export function slicesWithin(run: Run, parts: readonly Span[]): Slice[] {
  return slicesOf(run, 'steady').filter(({ startUs }) =>
    parts.some((part) => startUs >= part.startUs && startUs < part.endUs),
  );
}

/** Returns the name of the latency that a run measures (see LatencyName). */
export function latencyNameOf(run: Run): LatencyName {
  return isOpenLoop(run) ? 'response' : 'service';
}

export function isOpenLoop({ plan }: Run): boolean {
  return plan.workload.load?.kind === 'open';
}

/**
 * Merges all samples with the given name from the phases that the run's scenario evaluates. Every figure and
 * chart uses the resulting histogram.
 */
export function histogramOf(run: Run, name: string, slices: readonly Slice[] = run.slices): Histogram {
  return mergeSlices(readSlices(run, name, slices), name);
}

/**
 * Like `histogramOf`, for several runs. Percentiles over several rounds are computed from all samples
 * combined, never averaged.
 */
export function histogramOfAll(runs: readonly Run[], name: string): Histogram {
  return mergeSlices(
    runs.flatMap((run) => readSlices(run, name, run.slices)),
    name,
  );
}

function readSlices(run: Run, name: string, slices: readonly Slice[]): Slice[] {
  const { phasesRead } = scenarioNamed(run.plan.workload.scenario);
  const phases: readonly Phase[] = phasesRead[name] ?? PHASES;
  return slices.filter(({ phase }) => phases.includes(phase));
}

/**
 * Summarises all durations that a run records.
 *
 * @param slices slices to include; all by default
 */
export function latenciesOf(run: Run, slices: readonly Slice[] = run.slices): Latencies {
  const { recorded } = scenarioNamed(run.plan.workload.scenario);
  const open = isOpenLoop(run);
  const summary = (name: string): Summary | null =>
    open || !OF_OPEN_LOOPS.includes(name) ? summarise(histogramOf(run, name, slices)) : null;
  return {
    tcp: summary('tcp'),
    tls: summary('tls'),
    upgrade: summary('upgrade'),
    handshake: summary('handshake'),
    ...NO_MESSAGES,
    ...Object.fromEntries(timesOf(recorded).map((name) => [name, summary(name)])),
  };
}

const NO_MESSAGES = { response: null, service: null, sendLag: null };
const OF_OPEN_LOOPS: readonly string[] = ['response', 'sendLag'];
