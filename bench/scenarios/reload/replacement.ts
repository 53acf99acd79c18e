import { type Residents, residentsOf } from '../../measure/processes.ts';
import { counted } from '../../model/recording.ts';
import type { ProcessSeries, Run, Slice } from '../../model/run.ts';
import type { DoneAction } from '../../model/timeline.ts';

/** A process that a reload or an upgrade has replaced. It exits when its last connection has ended. */
export interface Replaced {
  name: string;
  role: ProcessSeries['role'];
  /** Number of reloads and upgrades before the process started. */
  generation: number;
  /**
   * Time in µs from the replacement of the process until it exited; null if it was still running at the end.
   */
  livedUs: number | null;
  lastBytes: number;
}

/** Returns the successful reloads and upgrades of a run. Each starts a new generation of workers. */
export function replacementsOf({ timeline }: Run): DoneAction[] {
  return timeline.filter(
    ({ action: { kind }, failure }) => (kind === 'reload' || kind === 'upgrade') && failure === null,
  );
}

/** Returns Nginx's processes that were replaced during the run. Only an upgrade replaces the master. */
export function replacedIn(run: Run): Replaced[] {
  const times = replacementsOf(run);
  return run.processes.flatMap((series) => {
    const generation = generationOf(series, times);
    const replacedUs = times[generation]?.atUs;
    if (replacedUs === undefined || !isReplaceable(series, run)) return [];
    const { name, role, endedUs, samples } = series;
    const livedUs = endedUs === null ? null : Math.max(0, endedUs - replacedUs);
    return [{ name, role, generation, livedUs, lastBytes: samples.at(-1)?.residentBytes ?? 0 }];
  });
}

/** Returns the number of old workers and their memory in each second; zero while there are none. */
export function oldWorkersOverTime(run: Run): Residents[] {
  const times = replacementsOf(run);
  const old = residentsOf(run, 'proxy', 'worker', (series, { atUs }) => {
    const replacedUs = times[generationOf(series, times)]?.atUs;
    return replacedUs !== undefined && atUs >= replacedUs;
  });
  const bySecond = new Map(old.map((each) => [each.second, each]));
  return residentsOf(run, 'proxy').map(
    ({ second }) => bySecond.get(second) ?? { second, processes: 0, bytes: 0 },
  );
}

function generationOf({ bornUs }: ProcessSeries, times: readonly DoneAction[]): number {
  return times.filter(({ atUs }) => bornUs !== null && atUs <= bornUs).length;
}

function isReplaceable({ component, role }: ProcessSeries, run: Run): boolean {
  const isUpgrade = run.timeline.some(({ action }) => action.kind === 'upgrade');
  return component === 'proxy' && (role === 'worker' || isUpgrade);
}

/** Slices of the steady phase before, during and after the replacements. */
export interface Spans {
  before: Slice[];
  during: Slice[];
  after: Slice[];
}

/** Minimum time after a replacement that counts as `during`: new workers are started in this time. */
const LEAST_DURING_US = 1_000_000;

/**
 * Divides the steady phase. `during` consists of the second after each replacement, and of the seconds in
 * which connections were cut or clients reconnected.
 */
export function spansOf(run: Run): Spans {
  const times = replacementsOf(run).map(({ atUs }) => atUs);
  const [firstUs = Number.POSITIVE_INFINITY] = times;
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  const isDuring = ({ startUs, endUs, counters }: Slice) =>
    endUs > firstUs &&
    (times.some((atUs) => startUs < atUs + LEAST_DURING_US && endUs > atUs) ||
      ['cut', 'attempts', 'back'].some((name) => counted(counters, name) > 0));
  return {
    before: steady.filter((slice) => !isDuring(slice) && slice.startUs < firstUs),
    during: steady.filter(isDuring),
    after: steady.filter((slice) => !isDuring(slice) && slice.startUs >= firstUs),
  };
}
