import { quietMachine } from '../../test/machine.ts';
import { CLOSED, makeRun, type RunOptions } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { emptyHistogram, encode } from '../measure/histogram.ts';
import type { Placement } from '../model/plan.ts';
import { counted } from '../model/recording.ts';
import type { ProcessSeries, Run, Slice, Validity } from '../model/run.ts';
import { diagnose } from './diagnose.ts';

/** Shares of a core that the processes of each component use, one value per process. */
export interface Shares {
  proxy?: number[];
  server?: number[];
  generator?: number[];
  /** Utilisation of a Node process's event loop, if it differs from the share of a core. */
  loop?: number;
}

const NAMES = { proxy: 'nginx worker', server: 'echo server', generator: 'generator' } as const;
const IDLE: Required<Omit<Shares, 'loop'>> = { proxy: [0.3], server: [0.2], generator: [0.25] };

/** A short run without problems, apart from how busy its processes were. */
export function busyRun(shares: Shares = {}, options: RunOptions = {}): Run {
  const run = makeRun({
    profile: 'plain',
    load: CLOSED,
    seconds: 2,
    connections: 10,
    perSecond: 1000,
    ...options,
  });
  const seconds = Math.ceil((run.phases.at(-1)?.endUs ?? 0) / 1e6);
  const direct = run.plan.profile === 'direct';
  const list = (component: keyof typeof NAMES): ProcessSeries[] =>
    (shares[component] ?? IDLE[component]).map((share, i) =>
      evenProcess(component, `${NAMES[component]} ${i + 1}`, share, seconds, shares.loop),
    );
  const master = { ...evenProcess('proxy', 'nginx master', 0, seconds), role: 'master' as const };
  run.processes = [...(direct ? [] : [master, ...list('proxy')]), ...list('server'), ...list('generator')];
  run.machine = quietMachine(run.processes, 64);
  return run;
}

function evenProcess(
  component: ProcessSeries['component'],
  name: string,
  share: number,
  seconds: number,
  loop?: number,
): ProcessSeries {
  const loopUtilisation = component === 'proxy' ? null : component === 'generator' ? (loop ?? share) : share;
  return {
    component,
    role: component === 'proxy' ? 'worker' : component,
    bornUs: null,
    endedUs: null,
    name,
    pid: 1,
    samples: Array.from({ length: seconds + 1 }, (_, second) => ({
      atUs: second * 1e6,
      cpuUs: Math.round(second * share * 1e6),
      residentBytes: 1e6,
      voluntarySwitches: 0,
      involuntarySwitches: 0,
      loopUtilisation,
      loopDelayMaxUs: component === 'proxy' ? null : 0,
    })),
  };
}

/** An open loop that achieved this share of its offered rate, with these times in µs. */
export function openRun(
  ratio: number,
  times: { sendLag: number; response: number },
  shares: Shares = {},
  options: RunOptions = {},
): Run {
  const run = busyRun(shares, { load: { kind: 'open', ratePerSecond: 1, arrivals: 'uniform' }, ...options });
  const achieved = figuresOf(run).messages.perSecond ?? 0;
  for (const slice of run.slices) setTimes(slice, times);
  run.plan.workload.load = { kind: 'open', ratePerSecond: achieved / ratio, arrivals: 'uniform' };
  return run;
}

/** Sets the times, in µs, of all messages echoed in a slice. */
export function setTimes(slice: Slice, times: { sendLag: number; response: number }): void {
  for (const name of ['sendLag', 'response'] as const) {
    const histogram = emptyHistogram();
    const echoed = counted(slice.counters, 'echoed');
    histogram.recordValueWithCount(times[name], echoed);
    if (echoed > 0) slice.histograms[name] = encode(histogram);
  }
}
/** Returns the verdict, by default on a machine with many CPUs. */
export function judge(run: Run, cpus = 64): Validity {
  return diagnose(run, cpus).validity;
}

/** Times, in µs, of a generator that sends on time and a system that answers quickly. */
export const QUICK = { sendLag: 50, response: 1000 };

export function spinning(run: Run): Run {
  return { ...run, plan: { ...run.plan, pacing: 'spin' } };
}

export function placed(run: Run, placement: Placement): Run {
  run.plan.placement = placement;
  return run;
}

/** Returns the same run on an external server. */
export function onTarget(run: Run): Run {
  const target = { url: 'ws://127.0.0.1:9000/', expect: 'echo', certificate: null } as const;
  return {
    ...run,
    plan: { ...run.plan, target: { kind: 'external', ...target, subprotocols: [], isRemote: false } },
  };
}

export function pinned(run: Run, generator: number[], server: number[]): Run {
  return placed(run, { proxy: [0], server, generator, runner: [] });
}
