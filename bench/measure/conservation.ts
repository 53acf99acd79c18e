import type { Run } from '../model/run.ts';

/** What happened to the messages: sent = echoed + outstanding + lost. */
export interface MessageAccount {
  sent: number;
  echoed: number;
  outstanding: number;
  lost: number;
  /** Whether the equation holds. */
  ok: boolean;
}

export interface Conservation {
  /** For every worker and for the total. */
  ok: boolean;
  total: MessageAccount;
  workers: (MessageAccount & { worker: number })[];
}

type Counts = Omit<MessageAccount, 'ok'>;

/** Checks the totals of each generator worker. An interrupted run without totals is summed from its slices. */
export function conservationOf(run: Run): Conservation {
  const workers = run.workers.map(({ worker, ...counts }) => ({ worker, ...account(counts) }));
  const total = account(workers.length > 0 ? sumOf(workers) : countsOfSlices(run));
  return { ok: total.ok && workers.every((worker) => worker.ok), total, workers };
}

function account({ sent, echoed, outstanding, lost }: Counts): MessageAccount {
  return { sent, echoed, outstanding, lost, ok: sent === echoed + outstanding + lost };
}

function sumOf(list: readonly Counts[]): Counts {
  const sum = { sent: 0, echoed: 0, outstanding: 0, lost: 0 };
  for (const counts of list) {
    sum.sent += counts.sent;
    sum.echoed += counts.echoed;
    sum.outstanding += counts.outstanding;
    sum.lost += counts.lost;
  }
  return sum;
}

/** Outstanding is a level, not a flow, so only the last slice counts. */
function countsOfSlices(run: Run): Counts {
  const flows = sumOf(run.slices.map(({ counters }) => ({ ...counters, outstanding: 0 })));
  return { ...flows, outstanding: run.slices.at(-1)?.gauges.outstanding ?? 0 };
}
