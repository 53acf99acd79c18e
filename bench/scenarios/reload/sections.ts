import { type Residents, residentsOf } from '../../measure/processes.ts';
import { bytesAxis, timeAxis } from '../../report/axis.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { runBadge, table } from '../../report/elements.ts';
import { html, type Markup } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { eventsOf, steadySecond } from '../../report/section/bands.ts';
import { cost } from '../../report/section/cost.ts';
import { course } from '../../report/section/course.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { SUMMARY_COLUMNS, summaryCells } from '../../report/section/times.ts';
import { doubtSentence, outcomeSentence, verdictOf } from '../../report/verdict.ts';
import type { RunView, Section, VariantView, View } from '../../report/view.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph } from '../../wording/words.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'codes', 'validity'],
  lines: [
    { before: '', headings: ['cut', 'codes', 'back p50', 'back all'] },
    { before: 'response time ', headings: ['p50', 'p99'] },
    { before: '', headings: ['old workers', 'nginx peak', 'validity'] },
  ],
  remarks: () => [
    'back: from the reload until half, or all, of the clients that were cut and came back were back. old workers: how many were still there at the end. nginx peak: the highest memory of all Nginx processes together.',
  ],
  open: [answers, survival, responses, workers],
  folded: [course, handshakes, cost],
  ofRounds: [],
};

/** A worker started before a reload. It exits when its last connection has ended. */
interface OldWorker {
  name: string;
  /** Time from the first reload until it exited, in µs; null if it was still running at the end. */
  livedUs: number | null;
  lastBytes: number;
}

function reloadUs({ run }: RunView): number | null {
  return (
    run.timeline.find(({ action, failure }) => action.kind === 'reload' && failure === null)?.atUs ?? null
  );
}

function oldWorkers(view: RunView): OldWorker[] {
  const atUs = reloadUs(view);
  if (atUs === null) return [];
  return view.run.processes
    .filter(
      ({ component, role, bornUs }) => component === 'proxy' && role === 'worker' && (bornUs ?? 0) < atUs,
    )
    .map(({ name, endedUs, samples }) => ({
      name,
      livedUs: endedUs === null ? null : Math.max(0, endedUs - atUs),
      lastBytes: samples.at(-1)?.residentBytes ?? 0,
    }));
}

/** `plain: after a reload 0 of 1,000 WebSockets were cut; …` */
function answer({ name, answers }: VariantView): string {
  const view = answers.reload;
  if (view === undefined) return `Nothing was measured for ${name}.`;
  const atUs = reloadUs(view);
  if (atUs === null) return `${name} was not reloaded.`;
  return `${name}: ${cutClause(view)}. ${paragraph([backSentence(view), workersSentence(view)])}`;
}

function cutClause({ run, figures }: RunView): string {
  const { cut = 0 } = figures.counts;
  const reloads = run.timeline.length;
  const when = reloads === 1 ? 'after a reload' : `after ${counted(reloads, 'reload')}`;
  const { cutAfter } = figures.latencies;
  const codes = codesOf(figures.failures.byStage.open);
  const how = cut === 0 ? '' : ` (${codes}), half of them within ${formatTime(cutAfter?.p50)} of it`;
  return `${when} ${formatCount(cut)} of ${formatCount(run.plan.connections)} WebSockets were cut${how}`;
}

function codesOf(kinds: Readonly<Record<string, number>>): string {
  return listed(Object.entries(kinds).map(([kind, count]) => `${formatCount(count)} ${kind}`));
}

function backSentence({ run, figures }: RunView): string {
  const { cut = 0, back = 0, waiting = 0 } = figures.counts;
  if (cut === 0) return '';
  if (back === 0) return run.plan.workload.options.reconnect === 'none' ? '' : 'No client came back.';
  const { p50, p99, max } = figures.latencies.backAfter ?? {};
  const missing =
    waiting === 0 ? '' : ` ${counted(waiting, 'client was', 'clients were')} not back at the end.`;
  const most = p99 == null ? '' : ` 99 % after ${formatTime(p99)},`;
  return `Half of the clients were back ${formatTime(p50)} after the reload,${most} and the last after ${formatTime(max)}.${missing}`;
}

function workersSentence(view: RunView): string {
  const old = oldWorkers(view);
  const alive = old.filter(({ livedUs }) => livedUs === null);
  if (old.length === 0) return '';
  if (alive.length === 0) {
    const longest = Math.max(...old.map(({ livedUs }) => livedUs ?? 0));
    return `The old ${old.length === 1 ? 'worker was' : 'workers were'} gone ${formatTime(longest)} after the reload.`;
  }
  const bytes = alive.reduce((sum, { lastBytes }) => sum + lastBytes, 0);
  const who = alive.length === 1 ? 'An old worker was' : `${formatCount(alive.length)} old workers were`;
  return `${who} still there at the end, with ${formatBytes(bytes)}: a worker ends with its last connection.`;
}

function cells({ name, answers }: VariantView): Cells {
  const view = answers.reload;
  const figures = view?.figures;
  const old = view === undefined ? [] : oldWorkers(view).filter(({ livedUs }) => livedUs === null);
  return [
    ['variant', name],
    ['cut', formatCount(figures?.counts.cut)],
    ['codes', codesOf(figures?.failures.byStage.open ?? {}) || NOTHING],
    ['back p50', formatTime(figures?.latencies.backAfter?.p50)],
    ['back all', formatTime(figures?.latencies.backAfter?.max)],
    ['p50', formatTime(figures?.latencies.response?.p50)],
    ['p99', formatTime(figures?.latencies.response?.p99)],
    ['old workers', formatCount(view === undefined ? null : old.length)],
    ['nginx peak', formatBytes(figures?.proxyPeakBytes)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

function runsOf({ variants }: View): RunView[] {
  return variants.flatMap(({ answers }) => answers.reload ?? []);
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
  const doubts = paragraph(runs.flatMap((run) => [outcomeSentence(run), doubtSentence(run)]));
  return html`<article class="card">
<header><h3><span class="key ${variant.colour}" aria-hidden="true"></span>${variant.name}</h3><p class="badges">${runs.map((run) => runBadge(run))}</p></header>
<p class="subtitle">${variant.title}</p>
<p class="answer">${answer(variant)}</p>
${doubts !== '' && html`<p>${doubts}</p>`}
</article>
`;
}

function survival(view: View): Section {
  const runs = runsOf(view);
  const spec = ofAll(
    'chart-open',
    runs,
    { title: 'open connections', unit: 'count', min: 0 },
    ({ open }) => open,
  );
  return {
    id: 'survival',
    title: 'Connections',
    charts: [spec],
    body: html`${chartFigure(spec, 'Open connections over time', runs.map((run) => `${run.name}: ${cutClause(run)}.`).join(' '), 'The dashed line is the reload. Connections that stay open are still served by the old worker, with the old configuration. A dip is an outage that clients see.')}
${table('Connections that were cut, and their clients', TIMES, runs.flatMap(timeRows))}
<p class="how">Times count from the reload before them, an outage from the moment in which its client was cut. Clients come back as --reconnect says; by default after a random share of a delay that begins at 100 ms and doubles with every attempt that fails.</p>`,
  };
}

const TIMES = [{ title: 'Variant' }, { title: 'Time', text: true }, ...SUMMARY_COLUMNS];

function timeRows({ name, figures }: RunView): string[][] {
  const { cutAfter, backAfter, outage } = figures.latencies;
  return [
    ['reload to cut', cutAfter] as const,
    ['reload to back', backAfter] as const,
    ['outage', outage] as const,
  ].flatMap(([what, times]) => (times?.count ? [[name, what, ...summaryCells(times)]] : []));
}

function responses(view: View): Section {
  const runs = runsOf(view);
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
    body: html`${chartFigure(spec, 'Longest response time in each second', runs.map(responseSentence).join(' '), 'Messages that were due while no connection could carry them count with the time they waited.')}`,
  };
}

/** Compares response times before and after the reload by the median of each second's maximum. */
function responseSentence(view: RunView): string {
  const atUs = reloadUs(view);
  if (atUs === null) return '';
  const median = (of: (startUs: number) => boolean): number | null => {
    const times = view.points
      .filter(({ phase, startUs }) => phase === 'steady' && of(startUs))
      .flatMap(({ maxUs }) => maxUs ?? [])
      .sort((a, b) => a - b);
    return times[Math.floor(times.length / 2)] ?? null;
  };
  const before = median((us) => us < atUs);
  const after = median((us) => us >= atUs);
  return `${view.name}: the longest response time of a second was ${formatTime(before)} before the reload and ${formatTime(after)} after it (medians).`;
}

function workers(view: View): Section {
  const runs = runsOf(view).filter(({ run }) => run.proxy !== null);
  const counts = overSeconds(
    'chart-workers',
    runs,
    { title: 'Nginx workers', unit: 'count', min: 0 },
    'worker',
    ({ processes }) => processes,
  );
  const most = Math.max(1, ...runs.map(({ figures }) => figures.proxyPeakBytes ?? 0));
  const memory = overSeconds(
    'chart-memory',
    runs,
    bytesAxis('memory of Nginx', 'bytes', most),
    undefined,
    ({ bytes }) => bytes,
  );
  return {
    id: 'workers',
    title: 'Workers and memory',
    charts: [counts, memory],
    body: html`<div class="pair">
${chartFigure(counts, 'Nginx workers over time', runs.map(workersSentence).join(' '), 'Old and new workers together. An old worker ends with its last connection, or after worker_shutdown_timeout.')}
${chartFigure(memory, 'Memory of Nginx over time', runs.map(({ name, figures }) => `${name}: at most ${formatBytes(figures.proxyPeakBytes)}.`).join(' '), 'Resident memory of all processes of Nginx together; pages that they share count in each.')}
</div>
${table('Workers that were there before the reload', WORKERS, runs.flatMap(workerRows))}`,
  };
}

function overSeconds(
  id: string,
  runs: readonly RunView[],
  y: LineSpec['y'],
  role: 'worker' | undefined,
  figure: (residents: Residents) => number,
): LineSpec {
  const points = runs.map((view) =>
    residentsOf(view.run, 'proxy', role)
      .filter(({ second }) => second * 1e6 >= (view.run.phases[1]?.startUs ?? 0))
      .map((residents) => ({ x: steadySecond(view, residents.second * 1e6), y: figure(residents) })),
  );
  const seconds = points.flat().map(({ x }) => x);
  return {
    kind: 'line',
    id,
    x: {
      title: 'seconds of the steady phase',
      unit: 'seconds',
      min: Math.floor(Math.min(0, ...seconds)),
      max: Math.ceil(Math.max(1, ...seconds)),
    },
    y,
    bands: runs.slice(0, 1).flatMap(eventsOf),
    series: runs.map(({ name, colour, pattern }, index) => ({
      label: name,
      colour,
      pattern,
      points: points[index] ?? [],
    })),
  };
}

const WORKERS = [
  { title: 'Variant' },
  { title: 'Worker', text: true },
  { title: 'Lived on for' },
  { title: 'Memory at the end' },
];

function workerRows(view: RunView): string[][] {
  return oldWorkers(view).map(({ name, livedUs, lastBytes }) => [
    view.name,
    name,
    livedUs === null ? 'to the end' : formatTime(livedUs),
    formatBytes(lastBytes),
  ]);
}
