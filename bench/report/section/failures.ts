import { FAILURE_STAGES, type FailureStage } from '../../model/failure.ts';
import { formatCount } from '../../wording/format.ts';
import { html } from '../markup.ts';
import { table } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';

const STAGES: Record<FailureStage, string> = {
  tcp: 'TCP connect',
  tls: 'TLS',
  upgrade: 'HTTP upgrade',
  open: 'once open',
};

/** What failed, at which stage of the connection, and how. */
export function failures({ runs }: View): Section {
  const rows = runs.flatMap(rowsOf);
  return {
    id: 'failures',
    title: 'Failures',
    charts: [],
    body:
      rows.length === 0
        ? html`<p>No connection failed, in none of the runs.</p>`
        : html`${table('Failures by stage and kind', COLUMNS, rows)}
<p class="how"><code>status-503</code>: the upgrade was answered with that HTTP status instead of 101. <code>closed-1006</code>: the connection ended without a close frame. <code>no-ports</code> and <code>no-files</code> are limits of the generator itself.</p>`,
  };
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
