import type { Run } from '../model/run.ts';

/** Values of the system's TCP counters during the load; null if unknown. */
export interface TcpFigures {
  /** Connections dropped because a listener's queue was full. */
  listenOverflows: number | null;
  /** Connections dropped by listeners for any reason, including a full queue. */
  listenDrops: number | null;
  /** Highest number of sockets in TIME_WAIT in any sample. */
  timeWaitPeak: number | null;
}

/** Returns the TCP figures of the whole system during a run, not only those of the run. */
export function tcpOf({ machine, listenDrops }: Pick<Run, 'machine' | 'listenDrops'>): TcpFigures {
  const timeWaits = (machine?.samples ?? []).flatMap(({ timeWait }) => timeWait ?? []);
  return {
    listenOverflows: listenDrops?.overflows ?? null,
    listenDrops: listenDrops?.drops ?? null,
    timeWaitPeak: timeWaits.length === 0 ? null : Math.max(...timeWaits),
  };
}
