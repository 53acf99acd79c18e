import type { ProcessSeries } from '../model/run.ts';

/** A process whose counters grow evenly by `perSecond` from second 0 to 20. */
export function evenProcess(component: ProcessSeries['component'], cpuUsPerSecond: number): ProcessSeries {
  return {
    component,
    role: component === 'proxy' ? 'worker' : component,
    bornUs: null,
    endedUs: null,
    name: component,
    pid: 1,
    samples: [0, 5, 10, 15, 20].map((second) => ({
      atUs: second * 1e6,
      cpuUs: second * cpuUsPerSecond,
      residentBytes: second <= 0 ? 1_000_000 : 3_000_000,
      voluntarySwitches: second * 100,
      involuntarySwitches: second * 10,
      loopUtilisation: second / 20,
      loopDelayMaxUs: second * 1000,
    })),
  };
}
