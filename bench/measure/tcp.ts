import type { Run } from '../model/run.ts';

/** What the system's TCP counters show for the time of the load; null if they are unknown. */
export interface TcpFigures {
  /** Connections dropped because a listener's queue was full. */
  listenOverflows: number | null;
  /** Connections dropped by listeners for this or any other reason. */
  listenDrops: number | null;
  /** Highest number of sockets in TIME_WAIT in any sample. */
  timeWaitPeak: number | null;
}

/** Derives the figures from the machine's samples. They cover the whole system, not only the run. */
export function tcpOf({ machine }: Pick<Run, 'machine'>): TcpFigures {
  const samples = (machine?.samples ?? []).flatMap(({ tcp }) => tcp ?? []);
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined)
    return { listenOverflows: null, listenDrops: null, timeWaitPeak: null };
  return {
    listenOverflows: Math.max(0, last.listenOverflows - first.listenOverflows),
    listenDrops: Math.max(0, last.listenDrops - first.listenDrops),
    timeWaitPeak: Math.max(...samples.map(({ timeWait }) => timeWait)),
  };
}
