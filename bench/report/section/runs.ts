import { formatCount, formatRate, formatTime } from '../../wording/format.ts';
import { paragraph } from '../../wording/words.ts';
import { badge } from '../badge.ts';
import { loadText } from '../load.ts';
import { type Content, html } from '../markup.ts';
import { table } from '../table.ts';
import { lossSentence, outcomeSentence, validitySentences } from '../verdict.ts';
import type { RunView, Section, View } from '../view.ts';

/** Every run, including those at a superseded rate, and its own remarks. */
export function runs({ runs }: View): Section {
  return {
    id: 'runs',
    title: 'All runs',
    charts: [],
    body: html`${table('Every run', COLUMNS, runs.map(rowOf))}
<ul class="plain">${runs.map(
      (view) => html`<li><strong>${view.label}</strong>: ${toldOf(view)}</li>
`,
    )}</ul>`,
  };
}

function toldOf(view: RunView): string {
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
    badge(view),
    formatRate(figures.messages.perSecond),
    formatTime(response?.p50),
    formatTime(response?.p99),
    formatCount(figures.connections.failed),
    formatCount(figures.messages.lost),
    timeOfDay(run.startedAt),
  ];
}

/** `10:49:21` from an ISO time; the day is given with the result. */
function timeOfDay(time: string): string {
  return /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? time;
}
