import { ratio, total } from '../../measure/arithmetic.ts';
import { mergeEncoded } from '../../measure/histogram.ts';
import { PROXY } from '../../model/proxy.ts';
import { counted as countOf } from '../../model/recording.ts';
import { MEASURED, type Slice } from '../../model/run.ts';
import { timeAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table, withBar } from '../../report/elements.ts';
import { type Content, html } from '../../report/markup.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofSlices } from '../../report/section/time-charts.ts';
import { timesTable } from '../../report/section/times.ts';
import { limitName, verdictOf } from '../../report/verdict.ts';
import {
  type FoldedSection,
  type RunView,
  runsOf,
  type Section,
  type VariantView,
  type View,
} from '../../report/view.ts';
import {
  formatCount,
  formatRate,
  formatRough,
  formatShare,
  formatTime,
  NOTHING,
} from '../../wording/format.ts';
import { counted, paragraph } from '../../wording/words.ts';
import { layoutOf } from './layout.ts';
import { cpuUsPerDelivery, deliveriesPerSecond, undelivered } from './metrics.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'limit', 'validity'],
  optional: ['nginx'],
  lines: [
    { before: '', headings: ['deliveries', 'not delivered', 'limit'] },
    { before: 'median delivery time to the receivers: ', headings: ['first', 'median', 'last'] },
    { before: 'CPU per delivery: ', headings: ['nginx', 'server'] },
    { before: '', headings: ['validity'] },
  ],
  legend: () => [
    [
      ['first', 'median', 'last'],
      'median time from when a publication was due until its first, its median or its last receiver had it',
    ],
    [['nginx', 'server'], 'CPU time per delivery'],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), receivers, deliveries],
  folded: [fairness, handshakes],
  ofRounds: [],
};

/** Summarises a variant, as in `plain: 5 publications per second to 1,000 members each, 5k deliveries per second. …` */
function answer({ name, answers }: VariantView): string {
  const view = answers.broadcast;
  if (view === undefined) return `Nothing was measured for ${name}.`;
  const rate = deliveriesPerSecond(view.figures);
  if (rate === null) return `${name} never reached the steady phase.`;
  return `${name}: ${roomsClause(view)}, ${formatRough(rate)} deliveries per second. ${paragraph([receiversSentence(view), cpuSentence(view), lossSentence(view)])}`;
}

function roomsClause({ run, figures }: RunView): string {
  const { rooms } = layoutOf(run.plan.connections, run.plan.workload.options);
  const members = run.plan.connections / rooms;
  const rate = `${formatRough(figures.offered?.perSecond)} publications per second`;
  if (rooms === 1) return `${rate} to ${counted(members, 'member')}`;
  const size = Number.isInteger(members)
    ? counted(members, 'member')
    : `about ${counted(Math.round(members), 'member')}`;
  return `${rate} over ${counted(rooms, 'room')} of ${size}`;
}

function receiversSentence({ figures: { latencies } }: RunView): string {
  const { firstReceiver: first, medianReceiver: median, lastReceiver: last } = latencies;
  if (first?.p50 == null || median?.p50 == null || last?.p50 == null)
    return 'There were too few publications for a median.';
  return `At the median, a publication reached its first receiver within ${formatTime(first.p50)}, half of its receivers within ${formatTime(median.p50)} and its last receiver within ${formatTime(last.p50)}.`;
}

function cpuSentence({ run, figures }: RunView): string {
  const server = cpuUsPerDelivery(figures, 'server');
  const proxy = run.proxy === null ? null : cpuUsPerDelivery(figures, 'proxy');
  const parts = [
    ...(proxy === null ? [] : [`${PROXY} used ${formatTime(proxy)}`]),
    ...(server === null ? [] : [`the server ${proxy === null ? 'used ' : ''}${formatTime(server)}`]),
  ];
  if (parts.length === 0) return '';
  const text = parts.join(' and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} of CPU time per delivery.`;
}

function lossSentence({ figures }: RunView): string {
  const { expected = 0, skipped = 0 } = figures.counts;
  const lost = undelivered(figures) ?? 0;
  if (lost === 0) return `All ${counted(expected, 'delivery', 'deliveries')} arrived.`;
  const why =
    skipped === 0
      ? ''
      : `; the server skipped ${formatCount(skipped)} of them because the receiving members had fallen behind`;
  return `${formatCount(lost)} of ${counted(expected, 'delivery', 'deliveries')} did not arrive${why}.`;
}

function cells({ name, answers }: VariantView): Cells {
  const view = answers.broadcast;
  const figures = view?.figures;
  const latencies = figures?.latencies;
  const cpu = (part: 'proxy' | 'server') =>
    formatTime(figures === undefined ? null : cpuUsPerDelivery(figures, part));
  return [
    ['variant', name],
    ['deliveries', formatRate(figures === undefined ? null : deliveriesPerSecond(figures))],
    ['first', formatTime(latencies?.firstReceiver?.p50)],
    ['median', formatTime(latencies?.medianReceiver?.p50)],
    ['last', formatTime(latencies?.lastReceiver?.p50)],
    ['nginx', cpu('proxy')],
    ['server', cpu('server')],
    ['not delivered', formatCount(figures === undefined ? null : undelivered(figures))],
    ['limit', view === undefined ? NOTHING : limitName(view.run)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

function receivers(view: View): Section {
  const runs = runsOf(view, 'broadcast');
  const longest = (slice: Slice): number | null => {
    const { lastReceiver } = slice.histograms;
    if (lastReceiver === undefined) return null;
    return mergeEncoded([lastReceiver]).getValueAtPercentile(100);
  };
  const axis = timeAxis(
    'delivery time to the last receiver',
    runs.flatMap(({ run }) => run.slices.map(longest)),
  );
  const spec = ofSlices('chart-last-receiver', runs, axis, longest);
  const finding = runs.map((run) => `${run.name}: ${receiversSentence(run)}`).join(' ');
  return {
    id: 'receivers',
    title: 'Time to the receivers',
    charts: [spec],
    body: html`${chartFigure(spec, 'Longest delivery time to the last receiver, over time', finding, 'For each second, the publication due in it that took longest to reach all of its receivers. A peak is a stall; a rising line is a growing queue.')}
${timesTable('From when a publication was due', 'Until', runs, ({ figures: { latencies } }) => [
  ['its first receiver had it', latencies.firstReceiver ?? null],
  ['its median receiver had it', latencies.medianReceiver ?? null],
  ['its last receiver had it', latencies.lastReceiver ?? null],
  ['any receiver had it', latencies.delivery ?? null],
])}
<p class="how">The first three rows have one value for each publication, over the receivers of all generator workers together. If some members never received a publication, they count as the last ones, and the time that they waited is used. The last row has one value for each delivery. All processes use the same monotonic clock, so the times are one-way delays; a publisher that sends late makes them longer, not shorter.</p>`,
  };
}

function deliveries(view: View): Section {
  const runs = runsOf(view, 'broadcast');
  const rate = ({ startUs, endUs, counters }: Slice): number | null =>
    endUs - startUs < 250_000 ? null : (countOf(counters, 'delivered') * 1e6) / (endUs - startUs);
  const spec = ofSlices('chart-deliveries', runs, { title: 'deliveries', unit: 'rate', min: 0 }, rate);
  const finding = runs
    .map(
      (run) =>
        `${run.name}: ${formatRough(deliveriesPerSecond(run.figures))} deliveries per second. ${lossSentence(run)}`,
    )
    .join(' ');
  return {
    id: 'deliveries',
    title: 'Deliveries',
    charts: [spec],
    body: html`${chartFigure(spec, 'Deliveries per second', finding, 'One delivery is one publication that arrived at one member.')}
${table('Deliveries', DELIVERIES, runs.map(deliveryRow))}
<p class="how">Expected = delivered + skipped + missed + pending, for every generator worker. Expected is derived from the schedule and the open connections, not from what the server reports. Skipped: the server left a member out, because 1 MiB was queued for it. Missed: the connection ended first. Pending: not arrived by the end.</p>
${table('CPU time per delivery', CPU, runs.map(cpuRow))}`,
  };
}

const DELIVERIES = [
  { title: 'Variant' },
  { title: 'Publications' },
  ...['Expected', 'Delivered', 'Skipped', 'Missed', 'Pending'].map((title) => ({ title })),
  { title: 'Adds up', text: true },
];

function deliveryRow({ name, figures: { counts, conservation } }: RunView): Content[] {
  const of = ['due', 'expected', 'delivered', 'skipped', 'missed', 'pending'];
  return [
    name,
    ...of.map((each) => formatCount(countOf(counts, each))),
    conservation.ok ? 'yes' : html`<strong class="broken">no</strong>`,
  ];
}

const CPU = [{ title: 'Variant' }, { title: PROXY }, { title: 'Server' }, { title: 'Generator' }];

function cpuRow({ name, figures }: RunView): string[] {
  return [name, ...MEASURED.map((part) => formatTime(cpuUsPerDelivery(figures, part)))];
}

function fairness(view: View): FoldedSection {
  const runs = runsOf(view, 'broadcast');
  return {
    id: 'fairness',
    title: `Distribution over ${PROXY} workers`,
    finding: runs.map(fairnessSentence).join(' '),
    charts: [],
    body: html`${table(`Members and deliveries by ${PROXY} worker`, SHARES, runs.flatMap(shareRows))}
<p class="how">A member stays with the worker that accepted it. A worker with more members has more to send for every publication, so its members get it later.</p>`,
  };
}

function workersOf({ run }: RunView) {
  return run.spread.filter(({ component }) => component === 'proxy');
}

function fairnessSentence(view: RunView): string {
  const workers = workersOf(view);
  const all = total(workers.map(({ messages }) => messages));
  if (all === 0) return `${view.name}: no deliveries by ${PROXY} workers were recorded.`;
  if (workers.length === 1) return `${view.name}: one worker made all deliveries.`;
  const shares = workers.map(({ messages }) => messages / all);
  return `${view.name}: the busiest of ${counted(workers.length, 'worker')} made ${formatShare(Math.max(...shares))} of the deliveries, the least busy ${formatShare(Math.min(...shares))}.`;
}

const SHARES = [
  { title: 'Variant' },
  { title: 'Worker', text: true },
  { title: 'Members' },
  { title: 'Deliveries' },
  { title: 'Share' },
];

function shareRows(view: RunView): Content[][] {
  const workers = workersOf(view);
  const all = total(workers.map(({ messages }) => messages));
  return workers.map(({ name, connections, messages }) => {
    const share = ratio(messages, all);
    return [
      view.name,
      name,
      formatCount(connections),
      formatCount(messages),
      withBar(formatShare(share), share),
    ];
  });
}
