import { HISTOGRAMS } from '../model/recording.ts';
import type { RunFigures } from './figures.ts';
import { MEASURED } from './processes.ts';

/** The figures of a run by the names that thresholds have for them; times in µs, sizes in bytes. */
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
      })),
    ),
    ...prefixed('http', http?.latency ?? null),
    'http.requestsPerSecond': http?.requestsPerSecond ?? null,
    perCoreCapacity: figures.perCoreCapacity?.perSecond ?? null,
  };
}

function prefixed(name: string, figures: object | null): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(figures ?? {}).map(([figure, value]) => [`${name}.${figure}`, value]),
  );
}
