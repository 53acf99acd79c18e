import { mergeEncoded } from '../../measure/histogram.ts';
import { PROXY } from '../../model/proxy.ts';
import { counted as countOf } from '../../model/recording.ts';
import type { QueueSample, Slice } from '../../model/run.ts';
import { bytesAxis, timeAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table } from '../../report/elements.ts';
import { type Content, html } from '../../report/markup.ts';
import type { LineSpec, SeriesSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { bandsOf, eventsOf, steadySecond } from '../../report/section/bands.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofSlices, timeOf } from '../../report/section/time-charts.ts';
import { timesTable } from '../../report/section/times.ts';
import { verdictOf } from '../../report/verdict.ts';
import { type RunView, runsOf, type Section, type VariantView, type View } from '../../report/view.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph } from '../../wording/words.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'validity'],
  optional: ['nginx', 'closed', 'first after'],
  lines: [
    { before: 'delivery time to the other clients, p99: ', headings: ['before', 'during', 'after'] },
    { before: 'memory per stalled client: ', headings: ['kernel', 'nginx', 'server'] },
    { before: '', headings: ['stalled', 'closed', 'first after', 'validity'] },
  ],
  legend: () => [
    [
      ['before', 'during', 'after'],
      'p99 of the time from when a message was due until it reached the clients that kept reading',
    ],
    [['kernel', 'nginx', 'server'], 'peak growth in memory per stalled client'],
    [['closed'], `stalled clients whose connection ${PROXY} closed`],
    [['first after'], 'time from the start of the stall until the first connection was found closed'],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), others, held],
  folded: [handshakes],
  ofRounds: [],
};

/** Summarises a variant, as in `plain: while 20 of 200 clients stopped reading for 25 s, …` */
function answer({ name, answers }: VariantView): string {
  const view = answers['slow-consumer'];
  if (view === undefined) return `Nothing was measured for ${name}.`;
  if (view.figures.stall === null) return `${name}: the run ended before clients stopped reading.`;
  return `${name}: ${othersSentence(view)} ${paragraph([memorySentence(view), closedSentence(view), lossSentence(view)])}`;
}

function othersSentence({ run, figures }: RunView): string {
  const { stall, 'read-rate': rate } = run.plan.workload.options;
  const { before, during } = figures.latencies;
  const how = Number(rate) === 0 ? 'did not read' : `read only ${formatBytes(Number(rate))} per second`;
  const stalled = `while ${formatCount(figures.stall?.clients)} of ${counted(run.plan.connections, 'client')} ${how} for ${formatTime(Number(stall) * 1e3)}`;
  if (during?.p50 == null || before?.p50 == null)
    return `${stalled}, there were too few deliveries to the other clients for a median.`;
  const tail =
    during.p99 == null || before.p99 == null
      ? ''
      : ` and 99 % within ${formatTime(during.p99)} (${formatTime(before.p99)} before)`;
  return `${stalled}, half of the messages reached the others within ${formatTime(during.p50)} (${formatTime(before.p50)} before)${tail}.`;
}

function memorySentence({ figures: { stall } }: RunView): string {
  const parts = [
    ...(stall?.tcpBytes == null ? [] : [`${formatBytes(stall.tcpBytes)} of socket memory in the kernel`]),
    ...(stall?.proxyBytes == null ? [] : [`${formatBytes(stall.proxyBytes)} in ${PROXY}`]),
    ...(stall?.serverBytes == null ? [] : [`${formatBytes(stall.serverBytes)} in the server`]),
  ];
  return parts.length === 0 ? '' : `Each stalled client took up to ${listed(parts)}.`;
}

function closedSentence({ run, figures: { stall, failures } }: RunView): string {
  if (run.proxy === null || stall === null) return '';
  const { closed } = stall;
  const kinds = Object.entries(failures.byStage.open);
  const ended = listed(kinds.map(([kind, count]) => `${formatCount(count)} ${kind}`));
  if (closed === null)
    return ended === ''
      ? `${PROXY} closed none of the stalled connections.`
      : `Connections that ended after the stall: ${ended}.`;
  const first = `the first one ${formatTime(closed.firstUs)} after the stall began`;
  const last = closed.lastUs === closed.firstUs ? '' : ` and the last one after ${formatTime(closed.lastUs)}`;
  return `${PROXY} closed ${formatCount(closed.count)} of the stalled connections during the stall, ${first}${last}.${ended === '' ? '' : ` What the clients saw in the whole run: ${ended}.`}`;
}

function lossSentence({ figures: { counts } }: RunView): string {
  const skipped = countOf(counts, 'slowSkipped');
  const lost = countOf(counts, 'expected') - countOf(counts, 'delivered');
  return paragraph([
    skipped === 0
      ? ''
      : `The server skipped ${counted(skipped, 'message')} to stalled clients, because their queues were full.`,
    lost === 0 ? '' : `${counted(lost, 'message')} did not reach the other clients.`,
  ]);
}

function cells({ name, answers }: VariantView): Cells {
  const view = answers['slow-consumer'];
  const figures = view?.figures;
  const stall = figures?.stall;
  return [
    ['variant', name],
    ['before', formatTime(figures?.latencies.before?.p99)],
    ['during', formatTime(figures?.latencies.during?.p99)],
    ['after', formatTime(figures?.latencies.after?.p99)],
    ['stalled', formatCount(stall?.clients)],
    ['kernel', formatBytes(stall?.tcpBytes)],
    ['nginx', formatBytes(stall?.proxyBytes)],
    ['server', formatBytes(stall?.serverBytes)],
    ['closed', formatCount(stall == null || view?.run.proxy === null ? null : (stall.closed?.count ?? 0))],
    ['first after', formatTime(stall?.closed?.firstUs)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

/** The longest delay, in µs, of messages to the clients that kept reading; null if no message reached them. */
function longestOf({ histograms: { before, during, after } }: Slice): number | null {
  const all = mergeEncoded([before, during, after].flatMap((each) => each ?? []));
  return all.totalCount === 0 ? null : all.getValueAtPercentile(100);
}

function others(view: View): Section {
  const runs = runsOf(view, 'slow-consumer');
  const axis = timeAxis(
    'longest delay',
    runs.flatMap(({ run }) => run.slices.map(longestOf)),
  );
  const spec = ofSlices('chart-others', runs, axis, longestOf);
  const finding = runs.map((run) => `${run.name}: ${othersSentence(run)}`).join(' ');
  return {
    id: 'others',
    title: 'The other clients',
    charts: [spec],
    body: html`${chartFigure(spec, 'Longest delay of the clients that kept reading, over time', finding, 'For each second, the longest time from when a message was due until one of these clients had it. The dashed lines are the beginning and the end of the stall.')}
${timesTable(
  'From when a message was due until a client that kept reading had it',
  'Due',
  runs,
  ({ figures: { latencies } }) => [
    ['before the stall', latencies.before ?? null],
    ['during the stall', latencies.during ?? null],
    ['after the stall', latencies.after ?? null],
  ],
)}
${table('Deliveries', DELIVERIES, runs.flatMap(deliveryRows))}
<p class="how">Expected = delivered + skipped + missed + pending, for each of the two groups. Skipped: the server left a client out, because 1 MiB was queued for it. Missed: the connection ended first. Pending: not arrived by the end.</p>`,
  };
}

const DELIVERIES = [
  { title: 'Variant' },
  { title: 'Clients', text: true },
  ...['Expected', 'Delivered', 'Skipped', 'Missed', 'Pending'].map((title) => ({ title })),
];

function deliveryRows({ name, figures: { counts } }: RunView): Content[][] {
  const groups = {
    'that kept reading': ['expected', 'delivered', 'skipped', 'missed', 'pending'],
    stalled: ['slowExpected', 'slowDelivered', 'slowSkipped', 'slowMissed', 'slowPending'],
  };
  return Object.entries(groups).map(([group, names]) => [
    name,
    group,
    ...names.map((each) => formatCount(countOf(counts, each))),
  ]);
}

function held(view: View): Section {
  const runs = runsOf(view, 'slow-consumer').filter(({ run }) => run.queues.length > 0);
  const memory = memoryChart(runs);
  const queues = runs.map((run, index) => queueChart(run, `chart-queues-${index}`));
  return {
    id: 'held',
    title: 'Memory and data tied up by stalled clients',
    charts: runs.length === 0 ? [] : [memory, ...queues],
    body: html`${runs.length > 0 && chartFigure(memory, 'Socket memory of the kernel over time', runs.map((run) => `${run.name}: ${memorySentence(run)}`).join(' '), 'TCP buffers of the whole machine (mem in /proc/net/sockstat). Clients that read leave next to nothing in them.')}
${runs.map(
  (run, index) =>
    queues[index] !== undefined &&
    chartFigure(
      queues[index],
      `${run.name}: data in socket queues over time`,
      queueSentence(run),
      `Bytes in the queues of all sockets of the run (/proc/net/tcp). Data first waits unread at the client, then unsent at ${PROXY}, then unread at ${PROXY}, and finally unsent at the server.`,
    ),
)}
${table('Peak per stalled client', HELD, runs.map(heldRow))}
<p class="how">Memory is the growth since before the stall ÷ stalled clients: TCP buffers of the whole machine, proportional set size of ${PROXY}, and resident memory of the server, which also varies by itself. Queued data is smaller than the memory that holds it. ${PROXY} counts as having closed a client once its socket to that client is no longer established; samples are a second apart. Data that is then still queued stays in the kernel until the client reads it or the kernel gives up.</p>`,
  };
}

function memoryChart(runs: readonly RunView[]): LineSpec {
  const most = Math.max(1, ...runs.flatMap(({ run }) => run.queues.map(({ tcpBytes }) => tcpBytes ?? 0)));
  return {
    kind: 'line',
    id: 'chart-tcp-memory',
    x: timeOf(runs),
    y: bytesAxis('TCP buffers', 'bytes', most),
    bands: runs.slice(0, 1).flatMap(eventsOf),
    series: runs.map((view) => ({
      label: view.name,
      colour: view.colour,
      pattern: view.pattern,
      points: pointsOf(view, ({ tcpBytes }) => tcpBytes),
    })),
  };
}

const SIDES: readonly [label: string, of: (sample: QueueSample) => number][] = [
  ['unread by the clients', ({ client }) => client.unread],
  [`unsent by ${PROXY}`, ({ proxyClient }) => proxyClient.unsent],
  [`unread by ${PROXY}`, ({ proxyServer }) => proxyServer.unread],
  ['unsent by the server', ({ server }) => server.unsent],
];

function queueChart(view: RunView, id: string): LineSpec {
  const sides = view.run.proxy === null ? SIDES.filter(([label]) => !label.includes(PROXY)) : SIDES;
  const series = sides.map(
    ([label, of], index): SeriesSpec => ({
      label,
      colour: `series-${index}`,
      pattern: index,
      points: pointsOf(view, of),
    }),
  );
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(({ y }) => y ?? 0)));
  return {
    kind: 'line',
    id,
    x: timeOf([view]),
    y: bytesAxis('queued', 'bytes', most),
    bands: bandsOf(view),
    series,
  };
}

/** A run's samples from the warm-up on, as points of a chart. */
function pointsOf(view: RunView, of: (sample: QueueSample) => number | null): SeriesSpec['points'] {
  const warmUpUs = view.run.phases.find(({ phase }) => phase === 'warm-up')?.startUs ?? view.zeroUs;
  return view.run.queues
    .filter(({ atUs }) => atUs >= warmUpUs)
    .map((sample) => ({ x: steadySecond(view, sample.atUs), y: of(sample) }));
}

function queueSentence({ figures: { stall }, run }: RunView): string {
  if (stall?.queued == null) return 'No client stopped reading.';
  const { client, proxyClient, proxyServer, server } = stall.queued;
  const parts = [
    `${formatBytes(client)} unread by the client`,
    ...(run.proxy === null
      ? []
      : [`${formatBytes(proxyClient)} unsent and ${formatBytes(proxyServer)} unread by ${PROXY}`]),
    `${formatBytes(server)} unsent by the server`,
  ];
  return `For each stalled client, the queues held at most ${listed(parts)}.`;
}

const HELD = [
  { title: 'Variant' },
  ...['Kernel memory', `${PROXY} memory`, 'Server memory'].map((title) => ({ title })),
  ...['Unread by the client', `Unsent by ${PROXY}`, `Unread by ${PROXY}`, 'Unsent by the server'].map(
    (title) => ({
      title,
    }),
  ),
];

function heldRow({ name, figures: { stall } }: RunView): string[] {
  const { client, proxyClient, proxyServer, server } = stall?.queued ?? {};
  return [
    name,
    ...[stall?.tcpBytes, stall?.proxyBytes, stall?.serverBytes, client, proxyClient, proxyServer, server].map(
      formatBytes,
    ),
  ];
}
