import { HISTOGRAMS } from '../model/recording.ts';
import type { Component } from '../model/run.ts';
import { total } from './arithmetic.ts';
import type { RunFigures } from './figures.ts';
import { MEASURED, type ProcessFigures } from './processes.ts';

/** The figures of a run, named as in thresholds. Times are in µs, sizes in bytes. */
export function metricsOf(figures: RunFigures): Record<string, number | null> {
  const { connections, messages, latencies, http } = figures;
  return {
    ...prefixed('connections', connections),
    ...prefixed('messages', messages),
    ...Object.assign({}, ...HISTOGRAMS.map((name) => prefixed(name, latencies[name]))),
    ...Object.assign(
      {},
      ...MEASURED.map((component) => ({
        [`cpuPerMessage.${component}`]: figures.cpuUsPerMessage[component],
        [`cpuPerConnection.${component}`]: figures.connect.cpuUsPerConnection[component],
        [`memoryPerConnection.${component}`]: figures.memoryPerConnectionBytes[component],
        [`memory.${component}`]: residentBytes(figures.processes, component),
      })),
    ),
    ...prefixed('http', http?.latency ?? null),
    'http.requestsPerSecond': http?.requestsPerSecond ?? null,
    perCoreCapacity: figures.perCoreCapacity?.perSecond ?? null,
  };
}

/**
 * Resident memory of all its processes at the end of the steady phase; null if it has none, or one was not sampled.
 */
function residentBytes(processes: readonly ProcessFigures[], component: Component): number | null {
  const own = processes.filter((process) => process.component === component);
  const seen = own.flatMap((process) => process.residentBytes ?? []);
  return own.length === 0 || seen.length < own.length ? null : total(seen);
}

function prefixed(name: string, figures: object | null): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(figures ?? {}).map(([figure, value]) => [`${name}.${figure}`, value]),
  );
}
