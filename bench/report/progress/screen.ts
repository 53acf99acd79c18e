import type { LiveCpu } from '../../model/event.ts';
import { formatShare } from '../page/format.ts';
import { bar, fitted, joined, padded } from './fit.ts';
import { type Progress, shareDone } from './state.ts';
import {
  connectionsClause,
  cpuClauses,
  effectClauses,
  failureClauses,
  formatClock,
  leftClause,
  phaseClause,
  rateClauses,
  runClauses,
  timeClauses,
} from './words.ts';

/** A line of the screen: what it is about, in full and in short, a bar, and clauses, the most telling first. */
interface Row {
  label: string;
  short: string;
  /** 0..1; null: no bar. */
  share: number | null;
  clauses: readonly string[];
}

/** From here on labels stand in full, from there on the short ones do. */
const WIDE = 50;
const NARROW = 25;
const LABEL = 15;
const SHORT_LABEL = 6;
const MOST_BAR = 30;
const LEAST_BAR = 4;

const CPU_LABELS: Record<LiveCpu['component'], readonly [label: string, short: string]> = {
  proxy: ['Nginx CPU', 'nginx'],
  server: ['Server CPU', 'serv'],
  generator: ['Generator CPU', 'gen'],
};

/**
 * How an invocation goes, as lines for a terminal, none of which is wider than its columns; the less of them
 * there are, the less is told.
 *
 * @param rows of the terminal: what does not fit is left out from the end
 */
export function screenLines(progress: Progress, nowMs: number, columns: number, rows = 24): string[] {
  const wide = columns >= WIDE;
  const label = wide ? LABEL : columns >= NARROW ? SHORT_LABEL : 0;
  const room = columns - label;
  const barColumns = Math.max(LEAST_BAR, Math.min(MOST_BAR, Math.floor(room / 4)));
  return rowsOf(progress, nowMs)
    .map(({ label: long, short, share, clauses }) => {
      const head = label === 0 ? '' : padded(wide ? long : short, label);
      if (share === null) return fitted(head + joined(clauses, room), columns);
      const drawn = `${bar(share, barColumns)} `;
      return fitted(head + drawn + joined(clauses, room - barColumns - 1), columns);
    })
    .slice(0, Math.max(1, rows - 1));
}

function rowsOf(progress: Progress, nowMs: number): Row[] {
  const { run, expectedRuns, comparison } = progress;
  const share = shareDone(progress, nowMs);
  const gone = `${formatClock(nowMs - progress.startedMs)} gone`;
  if (run === null) return [row('Preparing', 'prep', [gone])];
  const { figures } = run;
  const left = leftClause(progress, nowMs);
  return [
    { ...row('All', 'all', [formatShare(Math.round(share * 100) / 100), left, gone]), share },
    row(`Run ${run.number} of ${expectedRuns}`, `${run.number}/${expectedRuns}`, runClauses(run, comparison)),
    row('Phase', 'phase', [phaseClause(run, nowMs)]),
    row('Connections', 'conn', [connectionsClause(run)]),
    ...(figures === null
      ? []
      : [
          row('Messages', 'msgs', rateClauses(figures)),
          row(
            figures.offeredPerSecond === null ? 'Service time' : 'Response time',
            'time',
            timeClauses(figures),
          ),
          row('Failures', 'fail', failureClauses(figures)),
          ...figures.cpu.map((cpu) => {
            const [label, short] = CPU_LABELS[cpu.component];
            return { ...row(label, short, cpuClauses(cpu)), share: cpu.cores / cpu.processes };
          }),
        ]),
    ...(comparison === null ? [] : effectClauses(comparison)).map((clauses, index) =>
      row(index === 0 ? 'So far' : '', index === 0 ? 'sofar' : '', clauses),
    ),
  ];
}

function row(label: string, short: string, clauses: readonly string[]): Row {
  const told = clauses.filter((clause) => clause !== '');
  return { label, short, share: null, clauses: told.length === 0 ? ['–'] : told };
}
