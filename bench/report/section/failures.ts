import { FAILURE_STAGES, type FailureStage } from '../../model/failure.ts';
import { formatCount } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { table } from '../elements.ts';
import { html, type Markup } from '../markup.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

const STAGES: Record<FailureStage, string> = {
  tcp: 'TCP connect',
  tls: 'TLS',
  upgrade: 'HTTP upgrade',
  open: 'after opening',
};

/** Failures, by the stage of the connection and by kind. */
export function failures({ runs }: View): FoldedSection {
  const rows = runs.flatMap(rowsOf);
  const ends = endsTable(runs);
  return {
    id: 'failures',
    title: 'Failures',
    finding: failuresFinding(runs),
    charts: [],
    body:
      rows.length === 0 && ends === null
        ? null
        : html`${rows.length > 0 && table('Failures by stage and kind', COLUMNS, rows)}
${ends}
<p class="how"><code>status-503</code>: the upgrade was answered with that HTTP status instead of 101. <code>closed-1006</code>: the connection ended without a close frame. <code>no-ports</code> and <code>no-files</code> are limits of the generator.</p>`,
  };
}

function failuresFinding(runs: readonly RunView[]): string {
  const counts = runs
    .map(({ figures: { failures } }) => failures.total - endsOf(failures.expectedEnds))
    .filter((count) => count > 0);
  const whole = counts.reduce((sum, count) => sum + count, 0);
  const ends = runs.reduce((sum, { figures }) => sum + endsOf(figures.failures.expectedEnds), 0);
  const failed = `${counted(whole, 'failure')} in ${counts.length} of ${counted(runs.length, 'run')}`;
  if (ends === 0) return counts.length === 0 ? 'No connection failed in any run.' : `${failed}.`;
  const what = counts.length === 0 ? 'No attempt to connect failed' : failed;
  return `${what}; ${counted(ends, 'open connection')} ended because of the scenario.`;
}

function endsOf(expectedEnds: RunView['figures']['failures']['expectedEnds']): number {
  return Object.values(expectedEnds).reduce((sum, count) => sum + count, 0);
}

/** Table of open connections that ended because of the scenario; null if there are none. */
function endsTable(runs: readonly RunView[]): Markup | null {
  const rows = runs.flatMap(({ name, step, figures }) =>
    Object.entries(figures.failures.expectedEnds)
      .sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => [name, step, kind, formatCount(count)]),
  );
  return rows.length === 0 ? null : table('Open connections that ended', ENDS, rows);
}

const ENDS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Kind', text: true },
  { title: 'Count' },
];

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Stage', text: true },
  { title: 'Kind', text: true },
  { title: 'Count' },
];

function rowsOf({ name, step, figures }: RunView): string[][] {
  return FAILURE_STAGES.flatMap((failed) =>
    Object.entries(figures.failures.byStage[failed])
      .filter(([kind]) => failed !== 'open' || !Object.hasOwn(figures.failures.expectedEnds, kind))
      .sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => [name, step, STAGES[failed], kind, formatCount(count)]),
  );
}
