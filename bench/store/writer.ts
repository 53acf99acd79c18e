import { join } from 'node:path';
import { knownFigures } from '../measure/figures.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Listener } from '../model/event.ts';
import type { Result, ResultHead, ResultIndex, RunSummary } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { type Write, writeFileWhole } from './file.ts';

/** Name of the index file in a result's folder. */
export const INDEX_FILE = 'result.json';

/** Saves a result while it is being measured. */
export interface ResultWriter {
  /** Writes an index without runs. From then on, the folder contains a result. */
  begin(): Promise<void>;
  /** Saves each checkpoint and each finished run to the run's own file, and updates the index. */
  listen: Listener;
  /** Writes the final index. */
  end(endedAt: string): Promise<void>;
  /** Returns what has been saved so far. */
  result(): Result;
}

/**
 * @param folder the result's folder; created if missing
 * @param write replaced by tests to simulate a full disk
 */
export function makeResultWriter(folder: string, head: ResultHead, write?: Write): ResultWriter {
  const index: ResultIndex = { ...head, endedAt: null, conclusions: [], runs: [] };
  /** Keyed by run number, because interleaved runs may be saved in a different order. */
  const saved = new Map<number, { run: Run; summary: RunSummary }>();
  let saving: Promise<void> = Promise.resolve();
  /**
   * Saves the run's file before the index, so that every file listed in the index exists even if the bench is
   * killed.
   */
  async function saveRun(number: number, run: Run, ended: boolean): Promise<void> {
    const file = runFile(number, run);
    await writeFileWhole(join(folder, file), `${JSON.stringify(run)}\n`, write);
    const isNew = !saved.has(number);
    // For a run in progress, the index only records that it exists. Deriving its metrics would take CPU time from
    // the processes under test.
    const summary = ended ? summaryOf(file, run) : { ...entryOf(file, run), metrics: {} };
    saved.set(number, { run, summary });
    index.runs = inOrder().map((each) => each.summary);
    if (isNew || ended) await saveIndex();
  }

  function inOrder(): { run: Run; summary: RunSummary }[] {
    return [...saved].sort(([a], [b]) => a - b).map(([, each]) => each);
  }

  /**
   * Executes saves one after another, because all of them write the index. The error of a failed save goes only to the
   * caller of that save.
   */
  function inTurn(save: () => Promise<void>): Promise<void> {
    const next = saving.then(save);
    saving = next.catch(() => {});
    return next;
  }

  async function saveIndex(): Promise<void> {
    await writeFileWhole(join(folder, INDEX_FILE), `${JSON.stringify(index, null, 1)}\n`, write);
  }

  return {
    begin: saveIndex,
    async listen(event) {
      if (event.type === 'checkpoint' || event.type === 'run-ended')
        await inTurn(() => saveRun(event.number, event.run, event.type === 'run-ended'));
      else if (event.type === 'concluded') index.conclusions = event.conclusions;
    },
    async end(endedAt) {
      index.endedAt = endedAt;
      await saveIndex();
    },
    result: () => ({ ...index, runs: inOrder().map(({ run }) => run) }),
  };
}

/**
 * Writes a complete result to a folder, like `makeResultWriter`.
 *
 * @returns its index
 */
export async function saveResult(folder: string, { runs, ...rest }: Result): Promise<ResultIndex> {
  const summaries = runs.map((run, at) => summaryOf(runFile(at + 1, run), run));
  for (const [at, run] of runs.entries())
    await writeFileWhole(join(folder, summaries[at]?.file ?? ''), `${JSON.stringify(run)}\n`);
  const index: ResultIndex = { ...rest, runs: summaries };
  await writeFileWhole(join(folder, INDEX_FILE), `${JSON.stringify(index, null, 1)}\n`);
  return index;
}

/**
 * Returns a run's file name, such as `runs/3-tls-latency.json`. A variant's name is external input, so it
 * must not lead to another folder.
 */
function runFile(number: number, { plan: { variant, step, round } }: Run): string {
  const name = [variant, step, ...(round === null ? [] : [String(round)])]
    .map((part) => part.replace(/[^A-Za-z0-9._+@-]+/g, '_').slice(0, 60))
    .join('-');
  return `runs/${number}-${name}.json`;
}

/** Returns the index entry for a run that is stored in `file`. */
export function summaryOf(file: string, run: Run): RunSummary {
  return { ...entryOf(file, run), metrics: metricsOf(knownFigures(run), run.plan) };
}

function entryOf(file: string, run: Run): Omit<RunSummary, 'metrics'> {
  const { variant, step, round, profile, workload, connections, rampPerSecond, warmupMs, durationMs } =
    run.plan;
  const { client, server, backend, engine, carrier, workers, servers } = run.plan;
  return {
    file,
    variant,
    step,
    round,
    profile,
    startedAt: run.startedAt,
    outcome: run.outcome,
    validity: run.validity,
    load: {
      ...{ workload, connections, rampPerSecond, warmupMs, durationMs },
      ...{ client, server, backend, engine, carrier, workers, servers },
    },
    nginx: run.proxy?.version ?? null,
  };
}
