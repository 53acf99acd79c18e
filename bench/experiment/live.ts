import type { LoadFigures } from '../measure/merge.ts';
import type { LiveCpu } from '../model/event.ts';
import type { FailureCounts } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import { counted, type Recording } from '../model/recording.ts';
import { MEASURED } from '../model/run.ts';
import { cycleUs, turnUs } from '../model/turns.ts';
import type { ProcessUsage } from '../observe/sampler.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { RunContext } from './context.ts';

const INTERVAL_MS = 500;

/** Reports a load's progress. */
export interface Live {
  enter(phase: Phase): void;
  note(recording: Recording): void;
  close(): void;
}

/**
 * @param latest returns the load's progress; called twice a second
 * @param usage returns the resource usage of the run's processes; also called twice a second
 */
export function watchLive(
  { plan, place, emit }: Pick<RunContext, 'plan' | 'place' | 'emit'>,
  latest: () => LoadFigures | null,
  usage: () => readonly ProcessUsage[],
): Live {
  const { turns } = plan;
  const perOwnTime = turns === null ? 1 : cycleUs(turns) / turnUs(turns);
  /** Whether the scenario ends open connections on purpose, so that their ends do not count as failures. */
  const endIsResult = !scenarioNamed(plan.workload.scenario).doubts.includes('losses');
  const open: number[] = [];
  const failures: FailureCounts = {};
  let connecting = true;
  let failed = 0;
  let lost = 0;
  /**
   * Whether to suppress this run's progress reports. Each interleaved run reports its own setup, but only one
   * of them reports progress under load.
   */
  let isQuiet = false;

  const tell = () => {
    if (isQuiet) return;
    const figures = connecting ? null : latest();
    const isOpenLoop = plan.workload.load?.kind === 'open';
    void emit({
      type: 'live',
      figures: {
        connections: { asked: plan.connections, open: open.reduce((a, b) => a + b, 0), failed },
        offeredPerSecond: isOpenLoop && figures !== null ? figures.duePerSecond * perOwnTime : null,
        echoedPerSecond: (figures?.echoedPerSecond ?? 0) * perOwnTime,
        openedPerSecond: (figures?.openedPerSecond ?? 0) * perOwnTime,
        p50Us: figures?.p50Us ?? null,
        p99Us: figures?.p99Us ?? null,
        p999Us: figures?.p999Us ?? null,
        lost,
        failures: { ...failures },
        cpu: cpuOf(usage()),
      },
    });
  };
  const timer = setInterval(tell, INTERVAL_MS);
  return {
    enter(phase) {
      connecting = phase === 'connect';
      isQuiet = !connecting && place !== null && !place.isLast;
      if (isQuiet) return;
      void emit({ type: 'phase', phase });
      tell();
    },
    note(recording) {
      if (recording.gauges !== null) open[recording.from.index] = counted(recording.gauges, 'open');
      lost += counted(recording.counters, 'lost') + counted(recording.counters, 'unsent');
      for (const [kind, count] of Object.entries(recording.failures)) {
        if (endIsResult && kind.startsWith('open/')) continue;
        failures[kind] = (failures[kind] ?? 0) + count;
        failed += count;
      }
    },
    close() {
      clearInterval(timer);
    },
  };
}

/**
 * CPU usage by component. The proxy's master is excluded: it does none of the work, and would only make the
 * workers look less busy.
 */
function cpuOf(usage: readonly ProcessUsage[]): LiveCpu[] {
  return MEASURED.flatMap((component) => {
    const own = usage.filter((each) => each.component === component && each.role !== 'master');
    const cores = own.map((each) => each.cores);
    if (cores.length === 0) return [];
    const sum = cores.reduce((a, b) => a + b, 0);
    return [{ component, processes: cores.length, cores: sum, busiest: Math.max(...cores) }];
  });
}
