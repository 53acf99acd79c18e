import { workOf } from '../../measure/work.ts';
import type { LiveCpu } from '../../model/event.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Work } from '../../model/work.ts';
import { formatShare } from '../../wording/format.ts';
import {
  connectionsClause,
  cpuClauses,
  failureClauses,
  formatClock,
  leftClause,
  phaseClause,
  rateClauses,
  runClauses,
  soFarClauses,
  timeClauses,
} from './clauses.ts';
import { type Progress, shareDone } from './state.ts';

/** One line of the progress display: its label in long and short form, a bar, and clauses, most important first. */
export interface Row {
  label: string;
  short: string;
  /** Length of the bar, from 0 to 1; null if the row has no bar. */
  share: number | null;
  clauses: readonly string[];
}

const CPU_LABELS: readonly { component: LiveCpu['component']; label: string; short: string }[] = [
  { component: 'proxy', label: `${PROXY} CPU`, short: 'nginx' },
  { component: 'server', label: 'Server CPU', short: 'serv' },
  { component: 'generator', label: 'Generator CPU', short: 'gen' },
];

const WORK_LABELS: Readonly<Record<Work, readonly [label: string, short: string]>> = {
  messages: ['Messages', 'msgs'],
  sends: ['Messages', 'msgs'],
  handshakes: ['Handshakes', 'hand'],
};

/**
 * The rows to show, most important first. Their number and order stay the same during a run, so that rows do
 * not move on the screen.
 */
export function progressRows(progress: Progress, nowMs: number): Row[] {
  const { run, expectedRuns } = progress;
  const share = shareDone(progress, nowMs);
  const elapsed = `${formatClock(nowMs - progress.startedMs)} elapsed`;
  if (run === null) return [row('Preparing', 'prep', [elapsed])];
  const { figures } = run;
  const work = workOf(run);
  const isOpenLoop = run.plan.workload.load?.kind === 'open';
  const left = leftClause(progress, nowMs);
  return [
    { ...row('Overall', 'all', [formatShare(Math.round(share * 100) / 100), left, elapsed]), share },
    row(`Run ${run.number} of ${expectedRuns}`, `${run.number}/${expectedRuns}`, runClauses(run, progress)),
    row('Phase', 'phase', [phaseClause(run, nowMs)]),
    row('Connections', 'conn', [connectionsClause(run)]),
    row(...WORK_LABELS[work], figures === null ? [] : rateClauses(figures, work)),
    row(isOpenLoop ? 'Response time' : 'Service time', 'time', figures === null ? [] : timeClauses(figures)),
    row('Failures', 'fail', figures === null ? [] : failureClauses(figures)),
    ...CPU_LABELS.filter(({ component }) => component !== 'proxy' || run.plan.proxy !== null).map(
      ({ component, label, short }) => {
        const cpu = figures?.cpu.find((each) => each.component === component);
        if (cpu === undefined) return row(label, short, []);
        return { ...row(label, short, cpuClauses(cpu)), share: cpu.cores / cpu.processes };
      },
    ),
    ...soFarClauses(progress).map((clauses, index) =>
      row(index === 0 ? 'So far' : '', index === 0 ? 'sofar' : '', clauses),
    ),
  ];
}

function row(label: string, short: string, clauses: readonly string[]): Row {
  return { label, short, share: null, clauses: clauses.length === 0 ? ['–'] : clauses };
}
