import { FAILURE_STAGES, type FailureStage } from '../../model/failure.ts';
import { formatCount } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

const STAGES: Record<FailureStage, string> = {
  tcp: 'TCP connect',
  tls: 'TLS',
  upgrade: 'HTTP upgrade',
  open: 'after opening',
};

/** Failures, by stage of the connection and kind. */
export function failures({ runs }: View): FoldedSection {
  const rows = runs.flatMap(rowsOf);
  return {
    id: 'failures',
    title: 'Failures',
    finding: failuresFinding(runs),
    charts: [],
    body:
      rows.length === 0
        ? null
        : html`${table('Failures by stage and kind', COLUMNS, rows)}
<p class="how"><code>status-503</code>: the upgrade was answered with that HTTP status instead of 101. <code>closed-1006</code>: the connection ended without a close frame. <code>no-ports</code> and <code>no-files</code> are limits of the generator.</p>`,
  };
}

function failuresFinding(runs: readonly RunView[]): string {
  const counts = runs
    .map(({ figures }) => FAILURE_STAGES.flatMap((stage) => Object.values(figures.failures.byStage[stage])))
    .filter((each) => each.length > 0);
  const whole = counts.flat().reduce((sum, count) => sum + count, 0);
  return counts.length === 0
    ? 'No connection failed in any run.'
    : `${counted(whole, 'failure')} in ${counts.length} of ${runs.length} runs.`;
}

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
      .sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => [name, step, STAGES[failed], kind, formatCount(count)]),
  );
}
