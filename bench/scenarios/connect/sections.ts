import { total } from '../../measure/arithmetic.ts';
import { PROXY } from '../../model/proxy.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { runBadge, table } from '../../report/elements.ts';
import { extremesSentence } from '../../report/finding/extremes.ts';
import { html, type Markup } from '../../report/markup.ts';
import type { BarSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { componentChart, levelsSentence, processDetails } from '../../report/section/cost.ts';
import { percentileChart } from '../../report/section/distributions.ts';
import { handshakeParts } from '../../report/section/handshake-parts.ts';
import { tcp } from '../../report/section/tcp.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { timesTable } from '../../report/section/times.ts';
import {
  doubtSentence,
  hasLosses,
  limitName,
  lossSentence,
  outcomeSentence,
  verdictOf,
} from '../../report/verdict.ts';
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
import { capital, paragraph } from '../../wording/words.ts';
import { formatCapacity, limitClause } from '../echo/sections/sentences.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'limit', 'validity'],
  optional: ['nginx/core', 'nginx/handshake'],
  lines: [
    { before: '', headings: ['handshakes', 'limit'] },
    { before: '', headings: ['nginx/core', 'nginx/handshake', 'resumed'] },
    { before: 'on schedule: ', headings: ['rate', 'p50', 'p99'] },
    { before: '', headings: ['failed', 'overflows', 'time-wait', 'validity'] },
  ],
  legend: () => [
    [['handshakes'], 'connections opened per second in the fastest step'],
    [['nginx/core'], `the same per core of ${PROXY}; a lower bound unless ${PROXY} was the limit`],
    [['nginx/handshake'], `${PROXY} CPU per handshake, including closing the connection`],
    [
      ['p50', 'p99'],
      'response times of the scheduled step, from the intended time until the connection is open',
    ],
    [['overflows'], 'listen queue overflows in the whole system'],
    [['time-wait'], 'the highest number of sockets in TIME_WAIT in the whole system'],
  ],
  remarks,
  open: [answers, rates, responses],
  folded: [handshakeParts, cost, tcp],
  ofRounds: [],
};

/** Summarises a variant, as in `tls: 2,100 handshakes per second, limited by Nginx, at 310 µs of Nginx CPU each. …` */
function answer({ name, answers, leftOut }: VariantView): string {
  const { fastest, scheduled } = answers;
  if (fastest === undefined && scheduled === undefined) return `Nothing was measured for ${name}.`;
  const [first, second] = [fastest && fastestClause(fastest), scheduled && scheduledClause(scheduled)];
  const resumed = resumedClause(scheduled ?? fastest);
  return paragraph([
    first === undefined ? '' : `${name}: ${first}${resumed}.`,
    second === undefined ? '' : first === undefined ? `${name}: ${second}${resumed}.` : `${capital(second)}.`,
    second === undefined && leftOut !== null
      ? `Handshake times under scheduled load were not measured: ${leftOut.text}`
      : '',
  ]);
}

function fastestClause({ figures, run }: RunView): string {
  const { work, connect } = figures;
  if (work.perSecond === null) return 'it never reached the steady phase of the fastest step';
  const limit = limitClause(run);
  const { proxy } = connect.cpuUsPerConnection;
  const each = proxy === null ? '' : `, with ${formatTime(proxy)} of ${PROXY} CPU for each`;
  return `${formatRough(work.perSecond)} handshakes per second${limit}${each}`;
}

function scheduledClause({ figures }: RunView): string {
  const at = `at a scheduled rate of ${formatRough(figures.offered?.perSecond)} handshakes per second`;
  const { response } = figures.latencies;
  if (figures.work.perSecond === null) return `${at}, it never reached the steady phase`;
  if (response?.p50 == null) return `${at}, there were too few connections to measure the response time`;
  const tail = response.p99 === null ? '' : ` and 99 % within ${formatTime(response.p99)}`;
  return `${at}, half of the connections were open within ${formatTime(response.p50)}${tail} of their intended time`;
}

function resumedClause(view: RunView | undefined): string {
  const share = view?.figures.connect.resumedShare;
  if (share == null || view?.run.plan.workload.options.resume !== 'on') return '';
  return `; ${formatShare(share)} resumed a TLS session`;
}

function cells({ name, answers }: VariantView): Cells {
  const { fastest, scheduled } = answers;
  const both = [fastest, scheduled].flatMap((view) => view ?? []);
  const figures = fastest?.figures;
  const response = scheduled?.figures.latencies.response;
  const overflows = both.flatMap((view) => view.figures.tcp.listenOverflows ?? []);
  const timeWait = both.flatMap((view) => view.figures.tcp.timeWaitPeak ?? []);
  return [
    ['variant', name],
    ['handshakes', formatRate(figures?.work.perSecond)],
    ['limit', fastest === undefined ? NOTHING : limitName(fastest.run)],
    ['nginx/core', formatCapacity(figures?.work.perCore ?? null)],
    ['nginx/handshake', formatTime((figures ?? scheduled?.figures)?.connect.cpuUsPerConnection.proxy)],
    ['resumed', formatShare(both[0]?.figures.connect.resumedShare)],
    ['rate', formatRate(scheduled?.figures.offered?.perSecond)],
    ['p50', formatTime(response?.p50)],
    ['p99', formatTime(response?.p99)],
    ['failed', formatCount(total(both.map(({ figures }) => figures.connections.failed)))],
    ['overflows', overflows.length === 0 ? NOTHING : formatCount(total(overflows))],
    ['time-wait', timeWait.length === 0 ? NOTHING : formatCount(Math.max(...timeWait))],
    ['validity', [...new Set(both.map(verdictOf))].join(', ')],
  ];
}

function remarks({ rate, variants }: View): string[] {
  return [
    ...(rate === null ? [] : [rate.reason.text]),
    ...variants.flatMap(({ name, leftOut }) =>
      leftOut === null ? [] : `${name} has no scheduled step. ${leftOut.text}`,
    ),
  ];
}

function answers({ variants }: View): Section {
  return {
    id: 'answers',
    title: 'Answers',
    charts: [],
    body: html`<div class="cards${variants.length === 1 && ' one'}">${variants.map(card)}</div>`,
  };
}

function card(variant: VariantView): Markup {
  const runs = Object.values(variant.answers);
  return html`<article class="card">
<header><h3><span class="key ${variant.colour}" aria-hidden="true"></span>${variant.name}</h3><p class="badges">${runs.map((run) => html`${runBadge(run, run.step)} `)}</p></header>
<p class="subtitle">${variant.title}</p>
<p class="answer">${answer(variant)}</p>
${runs.map(cardParagraph)}
${!runs.some(hasLosses) && html`<p>No handshake failed.</p>`}
</article>
`;
}

function cardParagraph(view: RunView): Markup {
  const doubt = paragraph([outcomeSentence(view), doubtSentence(view)]);
  const title = capital(view.step);
  return html`${hasLosses(view) && html`<p class="broken">${title}. ${lossSentence(view)}</p>`}
${doubt !== '' && html`<p><strong>${title}.</strong> ${doubt}</p>`}`;
}

function rates(view: View): Section {
  const runs = runsOf(view, 'fastest');
  const spec = ofAll(
    'chart-opened',
    runs,
    { title: 'opened per second', unit: 'rate', min: 0 },
    ({ openedPerSecond }) => openedPerSecond,
  );
  const finding = extremesSentence(
    'The number of handshakes per second',
    runs.map(({ name, figures }) => ({ name, value: figures.work.perSecond })),
    formatRate,
  );
  return {
    id: 'rates',
    title: 'Handshakes per second',
    charts: runs.length === 0 ? [] : [spec],
    body: html`${runs.length > 0 && chartFigure(spec, 'Connections opened per second over time, as fast as possible', finding, 'A new handshake starts when one ends, so that --pending handshakes are always in progress. A steady run is a flat line.')}
${table('Handshakes', RATES, view.runs.map(rateRow))}
<p class="how">${!view.isExternal && `Per core: connections opened per second ÷ the CPU cores that the ${PROXY} workers used. ≥ marks a lower bound: something other than ${PROXY} was the limit. `}CPU per handshake covers everything a connection costs, from TCP connect to close. The generator does the client’s half of the cryptography, which may cost it more CPU than the server’s half costs the other side, so with TLS it is often the limit.</p>`,
  };
}

const RATES = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Validity', text: true },
  { title: 'Opened per second' },
  { title: 'Limited by', text: true },
  { title: `Per core of ${PROXY}`, optional: true },
  { title: 'Started' },
  { title: 'Opened' },
  { title: 'Failed' },
  { title: 'Cut off at the end' },
  { title: 'Resumed' },
];

function rateRow(view: RunView): (string | Markup)[] {
  const { work, connect, counts, connections } = view.figures;
  return [
    view.name,
    view.step,
    runBadge(view),
    formatRate(work.perSecond),
    limitName(view.run),
    formatCapacity(work.perCore),
    formatCount(counts.started),
    formatCount(connections.opened),
    formatCount(connections.failed),
    formatCount(counts.pending),
    formatShare(connect.resumedShare),
  ];
}

function responses(view: View): Section {
  const runs = runsOf(view, 'scheduled');
  const spec = percentileChart(runs);
  const { rate } = view;
  return {
    id: 'responses',
    title: 'Response time under scheduled load',
    charts: runs.length === 0 ? [] : [spec],
    body: html`${rate !== null && html`<p>Every variant was offered <strong>${formatCount(rate.ratePerSecond)} handshakes per second</strong>. ${rate.reason.text}</p>`}
${runs.length > 0 && chartFigure(spec, 'Time until a connection is open, by percentile', runs.map((run) => `${run.name}: ${scheduledClause(run)}.`).join(' '), 'At 99 %, read the time within which 99 % of the connections were open. From each tick to the next, the share of slower connections falls to a tenth. A line ends where fewer than ten samples lie beyond it.')}
${timesTable('Times under scheduled load', 'Time', runs, ({ figures: { latencies } }) => [
  ['response, from the intended time', latencies.response],
  ['handshake, from its start', latencies.service],
  ['send lag', latencies.sendLag],
])}
<p class="how">Response time counts from the handshake’s intended time, so a stall shows in every connection that it delayed. The send lag is the generator’s own delay.</p>`,
  };
}

/** CPU per handshake, by component and by process. */
function cost({ runs, steps }: View): FoldedSection {
  const charts = steps.map(
    (each): BarSpec =>
      componentChart(
        each.runs,
        `chart-cpu-${each.step}`,
        { title: 'CPU per handshake', unit: 'time', min: 0 },
        ({ figures }) => figures.connect.cpuUsPerConnection,
      ),
  );
  const finding = (of: readonly RunView[]) =>
    levelsSentence('CPU per handshake', of, ({ figures }) => figures.connect.cpuUsPerConnection, formatTime);
  return {
    id: 'cost',
    title: 'CPU per handshake',
    finding: finding(steps[0]?.runs ?? []),
    charts,
    body: html`<p>CPU per handshake is the CPU time that a component used in the steady phase ÷ the connections opened in it. It includes closing them${runs.some(({ run }) => run.plan.workload.options.echo === 'on') && ' and the echo'}. A generator that spins to keep its schedule also uses CPU while it waits, and that is included.</p>
${steps.map(({ step, runs: of }, index) => {
  const spec = charts[index];
  return (
    spec &&
    chartFigure(
      spec,
      `${capital(step)}: CPU per handshake, by component`,
      finding(of),
      'Each bar is the CPU cost of one connection, by component.',
    )
  );
})}
${table(
  'CPU per handshake',
  CPU_COLUMNS,
  runs.map(
    ({
      name,
      step,
      figures: {
        connect: {
          cpuUsPerConnection: { proxy, server, generator },
        },
      },
    }) => [name, step, ...[proxy, server, generator].map(formatTime)],
  ),
)}
${processDetails(runs)}`,
  };
}

const CPU_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: PROXY, optional: true },
  { title: 'Echo server', optional: true },
  { title: 'Generator' },
];
