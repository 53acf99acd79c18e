import { ratio, total } from '../../measure/arithmetic.ts';
import { type BackendFigures, EVEN } from '../../measure/backends.ts';
import { PROXY } from '../../model/proxy.ts';
import { timeAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table, withBar } from '../../report/elements.ts';
import { type Content, html } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { bandsOf, steadySecond } from '../../report/section/bands.ts';
import { claims } from '../../report/section/claims.ts';
import { cost } from '../../report/section/cost.ts';
import { course } from '../../report/section/course.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { outageChart, outageFigure } from '../../report/section/outages.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { SUMMARY_COLUMNS, summaryCells } from '../../report/section/times.ts';
import { verdictOf } from '../../report/verdict.ts';
import { type RunView, runsOf, type Section, type VariantView, type View } from '../../report/view.ts';
import { formatCount, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph } from '../../wording/words.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'validity'],
  optional: [],
  lines: [
    { before: '', headings: ['cut', 'lost', 'unsent', 'failed', 'retried'] },
    { before: 'back within ', headings: ['p50', 'all'] },
    { before: 'recovered server: ', headings: ['share', 'even after'] },
    { before: '', headings: ['validity'] },
  ],
  legend: () => [
    [['lost', 'unsent'], 'messages'],
    [['failed'], 'attempts to reconnect while the server was gone'],
    [['retried'], `handshakes for which ${PROXY} tried several servers`],
    [
      ['p50', 'all'],
      'time from the end of a connection until the same client completed a new handshake, for half of the clients that came back and for all of them',
    ],
    [['share'], 'percentage of the connections that were on the recovered server at the end'],
    [
      ['even after'],
      `time from the return of the server until the number of connections on every server was within a factor of ${EVEN} of an equal share`,
    ],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), backends, losses, responses],
  folded: [course, handshakes, cost, claims],
  ofRounds: [],
};

function viewOf({ answers }: VariantView): RunView | undefined {
  return answers['backend-loss'];
}

/** Summarises a variant, as in `load-balanced: echo server 1 of 3 was killed; 333 of 1,000 WebSockets were cut …` */
function answer(variant: VariantView): string {
  const view = viewOf(variant);
  if (view === undefined) return `Nothing was measured for ${variant.name}.`;
  return `${variant.name}: ${paragraph([lossSentence(view), backSentence(view), returnSentence(view)])}`;
}

function lossSentence({ run, figures }: RunView): string {
  const { lost } = figures.backends ?? {};
  if (lost == null) return 'no echo server was lost.';
  const { cut = 0, lost: messages = 0, unsent = 0 } = figures.counts;
  const how = run.plan.workload.options.loss === 'stop' ? 'hung' : 'was killed';
  const losses = [
    `${formatCount(cut)} of ${formatCount(run.plan.connections)} WebSockets were cut`,
    `${counted(messages, 'message was', 'messages were')} lost`,
    ...(unsent === 0 ? [] : [`${counted(unsent, 'message was', 'messages were')} never sent`]),
  ];
  return `echo server ${lost + 1} of ${formatCount(run.plan.servers)} ${how}; ${listed(losses)}.`;
}

function backSentence({ figures }: RunView): string {
  const { cut = 0, back = 0, waiting = 0, retried = 0 } = figures.counts;
  const { outage } = figures.latencies;
  const failed = figures.backends?.failedWhileGone ?? 0;
  return paragraph([
    cut === 0
      ? ''
      : back === 0
        ? 'No client came back.'
        : back < cut || outage?.p50 == null
          ? `${counted(back, 'client')} came back${back === 1 ? '' : ', the last'} within ${formatTime(outage?.max)}.`
          : `Half of the clients were back within ${formatTime(outage.p50)}, the last within ${formatTime(outage.max)}.`,
    waiting === 0 ? '' : `${counted(waiting, 'client was', 'clients were')} not back at the end.`,
    cut === 0
      ? ''
      : failed === 0
        ? 'No attempt failed while the server was gone.'
        : `${counted(failed, 'attempt')} failed while the server was gone.`,
    retried === 0 ? '' : `For ${counted(retried, 'handshake')}, ${PROXY} tried more than one server.`,
  ]);
}

function returnSentence({ run, figures: { backends } }: RunView): string {
  if (backends?.lost == null) return '';
  const { lost, returnedUs, lostUs, atReturn, atEnd, evenAfterUs } = backends;
  if (returnedUs === null) return 'The server did not return.';
  const untilUs = Math.max(returnedUs, ...backends.course.map(({ atUs }) => atUs));
  const gone = formatTime(lostUs === null ? null : returnedUs - lostUs);
  const start = `The server returned after ${gone} with ${atReturn?.[lost] === 1 ? '1 connection' : `${formatCount(atReturn?.[lost])} connections`}`;
  const rest = `${formatTime(untilUs - returnedUs)} later it had ${formatCount(atEnd?.[lost])} of ${formatCount(run.plan.connections)}`;
  const even =
    evenAfterUs === null
      ? 'so the connections were spread unevenly'
      : evenAfterUs === 0
        ? 'and the connections were spread evenly throughout'
        : `and the connections were spread evenly again ${formatTime(evenAfterUs)} after the return`;
  return `${start}; ${rest}, ${even}.`;
}

function cells(variant: VariantView): Cells {
  const view = viewOf(variant);
  const figures = view?.figures;
  const { cut, lost, unsent, retried } = figures?.counts ?? {};
  const outage = figures?.latencies.outage;
  const backends = figures?.backends ?? null;
  const even = backends?.evenAfterUs;
  return [
    ['variant', variant.name],
    ['cut', formatCount(cut)],
    ['lost', formatCount(lost)],
    ['unsent', formatCount(unsent)],
    ['failed', formatCount(backends?.failedWhileGone)],
    ['retried', formatCount(retried)],
    ['p50', formatTime(outage?.p50)],
    ['all', formatTime(outage?.max)],
    ['share', formatShare(shareAtEnd(backends))],
    ['even after', backends?.returnedUs == null ? NOTHING : even == null ? 'never' : formatTime(even)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

function shareAtEnd(backends: BackendFigures | null): number | null {
  if (backends?.lost == null || backends.atEnd === null) return null;
  return ratio(backends.atEnd[backends.lost] ?? 0, total(backends.atEnd));
}

/** Connections by echo server over time, with one chart per run. */
function backends(view: View): Section {
  const runs = runsOf(view, 'backend-loss').filter(({ figures }) => figures.backends !== null);
  const charts = runs.map(backendChart);
  return {
    id: 'backends',
    title: 'Where the connections are',
    charts,
    body: html`${runs.map((run, index) => {
      const spec = charts[index];
      return (
        spec &&
        chartFigure(
          spec,
          `${run.name}: connections by echo server over time`,
          returnSentence(run) || 'No echo server was lost.',
          'One line for each echo server, as the clients see it: the answer to a handshake names the server. The dashed lines are the loss and the return. A line that stays low after the return shows a server that gets no connections, because nobody opens new ones.',
        )
      );
    })}
${table('Connections by echo server', SERVERS, runs.flatMap(serverRows))}
<p class="how">The spread counts as even if every server has an equal share of the open connections, within a factor of ${EVEN}. The time until then runs from the return to the end of the first second from which the spread stays even. ${PROXY} chooses a server once, at the handshake, and never moves an open connection.</p>
${runs.some(({ figures }) => (figures.counts.unplaced ?? 0) > 0) && html`<p class="how">The server of some connections is unknown, because a <code>stream</code> proxy adds no header that names it.</p>`}`,
  };
}

function backendChart(view: RunView, index: number): LineSpec {
  const course = view.figures.backends?.course ?? [];
  const points = course.map(({ atUs, open }) => ({ x: steadySecond(view, atUs), open }));
  const shown = points.filter(({ x }) => x >= -1);
  const seconds = shown.map(({ x }) => x);
  return {
    kind: 'line',
    id: `chart-backends-${index}`,
    x: {
      title: 'seconds into the steady phase',
      unit: 'seconds',
      min: Math.floor(Math.min(0, ...seconds)),
      max: Math.ceil(Math.max(1, ...seconds)),
    },
    y: { title: 'open connections', unit: 'count', min: 0 },
    bands: bandsOf(view),
    series: Array.from({ length: view.run.plan.servers }, (_, server) => ({
      label: `echo server ${server + 1}`,
      colour: `series-${server % 6}`,
      pattern: server % 6,
      points: shown.map(({ x, open }) => ({ x, y: open[server] ?? 0 })),
    })),
  };
}

const SERVERS = [
  { title: 'Variant' },
  { title: 'Server', text: true },
  { title: 'Before the loss' },
  { title: 'Before its return' },
  { title: 'At the end' },
  { title: 'Share at the end' },
];

function serverRows({ name, run, figures: { backends: found } }: RunView): Content[][] {
  const all = total(found?.atEnd ?? []);
  return Array.from({ length: run.plan.servers }, (_, server) => {
    const share = ratio(found?.atEnd?.[server] ?? 0, all);
    return [
      name,
      `echo server ${server + 1}${server === found?.lost ? ', which was lost' : ''}`,
      formatCount(found?.before?.[server]),
      formatCount(found?.atReturn?.[server]),
      formatCount(found?.atEnd?.[server]),
      withBar(formatShare(share), share),
    ];
  });
}

function losses(view: View): Section {
  const runs = runsOf(view, 'backend-loss');
  const spec = ofAll(
    'chart-open',
    runs,
    { title: 'open connections', unit: 'count', min: 0 },
    ({ open }) => open,
  );
  const outages = outageChart(runs);
  return {
    id: 'losses',
    title: 'What was lost, and who came back',
    charts: [spec, ...(outages === null ? [] : [outages])],
    body: html`${chartFigure(spec, 'Open connections over time', runs.map((run) => `${run.name}: ${paragraph([lossSentence(run), backSentence(run)])}`).join(' '), 'The dashed lines are the loss and the return. One value is drawn for each second, so a shorter outage hardly shows.')}
${outages !== null && outageFigure(outages, runs)}
${table('Losses', LOSSES, runs.map(lossRow))}
<p class="how">Lost messages were on a connection that ended before their echo. ${PROXY} tries several servers for one handshake if the first refuses the connection: that costs a round trip, but the client does not notice. With <code>max_fails</code> above 0, ${PROXY} stops trying a server for <code>fail_timeout</code> after that many failures. A server that hangs still accepts connections through its kernel, so ${PROXY} does not notice.</p>
${table('How long clients were without a connection', TIMES, runs.flatMap(timeRows))}`,
  };
}

const LOSSES = [
  { title: 'Variant' },
  { title: 'Connections cut' },
  { title: 'By kind', text: true },
  { title: 'Messages lost' },
  { title: 'Never sent' },
  { title: 'Attempts' },
  { title: 'Failed' },
  { title: 'Several servers tried' },
  { title: 'Not back' },
];

function lossRow({ name, figures: { counts, failures } }: RunView): string[] {
  const kinds = Object.entries(failures.byStage.open).map(([kind, count]) => `${formatCount(count)} ${kind}`);
  return [
    name,
    formatCount(counts.cut),
    listed(kinds) || NOTHING,
    formatCount(counts.lost),
    formatCount(counts.unsent),
    formatCount(counts.attempts),
    formatCount(counts.attemptsFailed),
    formatCount(counts.retried),
    formatCount(counts.waiting),
  ];
}

const TIMES = [{ title: 'Variant' }, { title: 'Time', text: true }, ...SUMMARY_COLUMNS];

function timeRows({ name, figures }: RunView): string[][] {
  const { outage } = figures.latencies;
  return outage?.count ? [[name, 'outage', ...summaryCells(outage)]] : [];
}

function responses(view: View): Section {
  const runs = runsOf(view, 'backend-loss');
  const longest = ({ maxUs }: { maxUs: number | null }) => maxUs;
  const axis = timeAxis(
    'longest response time',
    runs.flatMap(({ points }) => points.map(longest)),
  );
  const spec = ofAll('chart-longest', runs, axis, longest);
  return {
    id: 'responses',
    title: 'Response time',
    charts: [spec],
    body: html`${chartFigure(spec, 'Longest response time in each second', runs.map(responseSentence).join(' '), 'For messages that were lost, or due while no connection could carry them, the chart uses the time that they waited.')}
${table('Response time before the loss, while the server was gone, and after its return', TIMES, runs.flatMap(responseRows))}`,
  };
}

function responseSentence({ name, figures: { backends: found } }: RunView): string {
  if (found === null) return '';
  const { before, gone, after } = found.responses;
  return `${name}: p99 was ${formatTime(before.p99)} before the loss, ${formatTime(gone.p99)} while the server was gone, and ${formatTime(after.p99)} after its return.`;
}

function responseRows({ name, figures: { backends: found } }: RunView): string[][] {
  if (found === null) return [];
  const { before, gone, after } = found.responses;
  return [
    ['before the loss', before] as const,
    ['while the server was gone', gone] as const,
    ['after its return', after] as const,
  ].flatMap(([what, times]) => (times.count > 0 ? [[name, what, ...summaryCells(times)]] : []));
}
