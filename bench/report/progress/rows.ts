import type { LiveCpu } from '../../model/event.ts';
import { formatShare } from '../page/format.ts';
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

/** One line: what it is about, in full and in short, a bar, and clauses, the most telling first. */
export interface Row {
  label: string;
  short: string;
  /** 0..1; null: no bar. */
  share: number | null;
  clauses: readonly string[];
}

const CPU_LABELS: Record<LiveCpu['component'], readonly [label: string, short: string]> = {
  proxy: ['Nginx CPU', 'nginx'],
  server: ['Server CPU', 'serv'],
  generator: ['Generator CPU', 'gen'],
};

/** What there is to tell, the most telling first. */
export function progressRows(progress: Progress, nowMs: number): Row[] {
  const { run, expectedRuns, comparison } = progress;
  const share = shareDone(progress, nowMs);
  const gone = `${formatClock(nowMs - progress.startedMs)} gone`;
  if (run === null) return [row('Preparing', 'prep', [gone])];
  const { figures } = run;
  const isOpenLoop = run.plan.workload.load.kind === 'open';
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
          row(isOpenLoop ? 'Response time' : 'Service time', 'time', timeClauses(figures)),
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
