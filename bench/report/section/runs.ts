import { formatCount, formatRate, formatTime } from '../../wording/format.ts';
import { paragraph, tally } from '../../wording/words.ts';
import { runBadge, table } from '../elements.ts';
import { loadText } from '../load.ts';
import { type Content, html } from '../markup.ts';
import { lossSentence, outcomeSentence, validitySentences, verdictOf } from '../verdict.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** Every run with its outcome, reasons for doubt and losses. Runs at a superseded rate are included. */
export function runs({ runs }: View): FoldedSection {
  return {
    id: 'runs',
    title: 'All runs',
    finding: runsFinding(runs),
    charts: [],
    body: html`${table('Every run', COLUMNS, runs.map(rowOf))}
<ul class="plain">${runs.map(
      (view) => html`<li><strong>${view.label}</strong>: ${remarksOf(view)}</li>
`,
    )}</ul>`,
  };
}

/** Number of runs, and how many of them are valid. */
export function runsFinding(runs: readonly RunView[]): string {
  const { length } = runs;
  return `${length} ${length === 1 ? 'run' : 'runs'}${length === 0 ? '' : `: ${tally(runs.map(verdictOf))}`}.`;
}

function remarksOf(view: RunView): string {
  return paragraph([outcomeSentence(view), ...validitySentences(view), lossSentence(view)]);
}

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Load', text: true },
  { title: 'Validity', text: true },
  { title: 'Echoed per second' },
  { title: 'Response time p50' },
  { title: 'p99' },
  { title: 'Failed' },
  { title: 'Lost' },
  { title: 'Started', text: true },
];

function rowOf(view: RunView): Content[] {
  const { run, figures } = view;
  const { response } = figures.latencies;
  return [
    view.name,
    view.step,
    loadText(run.plan.workload.load),
    runBadge(view),
    formatRate(figures.messages.perSecond),
    formatTime(response?.p50),
    formatTime(response?.p99),
    formatCount(figures.connections.failed),
    formatCount(figures.messages.lost),
    timeOfDay(run.startedAt),
  ];
}

/** Returns the time of day in an ISO 8601 timestamp, such as `10:49:21`. The date is shown with the result. */
function timeOfDay(time: string): string {
  return /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time;
}
