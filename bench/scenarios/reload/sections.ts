import { total } from '../../measure/arithmetic.ts';
import { summarise } from '../../measure/histogram.ts';
import { type Residents, residentsOf } from '../../measure/processes.ts';
import { mergeSlices } from '../../measure/span.ts';
import { PROXY } from '../../model/proxy.ts';
import { bytesAxis, timeAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table } from '../../report/elements.ts';
import { html } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { eventsOf, steadySecond } from '../../report/section/bands.ts';
import { cost } from '../../report/section/cost.ts';
import { course } from '../../report/section/course.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { outageChart, outageFigure } from '../../report/section/outages.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { SUMMARY_COLUMNS, summaryCells } from '../../report/section/times.ts';
import { verdictOf } from '../../report/verdict.ts';
import { type RunView, runsOf, type Section, type VariantView, type View } from '../../report/view.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph, sentence } from '../../wording/words.ts';
import { oldWorkersOverTime, type Replaced, replacedIn, replacementsOf, spansOf } from './replacement.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'codes', 'validity'],
  optional: [],
  lines: [
    { before: '', headings: ['cut', 'codes', 'back p50', 'back all'] },
    { before: 'response time ', headings: ['p50', 'p99'] },
    { before: '', headings: ['old workers', 'nginx peak', 'validity'] },
  ],
  legend: () => [
    [
      ['back'],
      'time from the reload or upgrade until a client whose connection was cut had reconnected, for half of the clients that came back and for all of them',
    ],
    [['old workers'], 'how many were still running at the end'],
    [['nginx peak'], `the highest memory use of all ${PROXY} processes together`],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), survival, responses, workers],
  folded: [course, handshakes, cost],
  ofRounds: [],
};

/** Returns words for what was done to Nginx: a reload or an upgrade. */
function deed({ run }: RunView): { noun: string; done: string; the: string } {
  if (!run.timeline.some(({ action }) => action.kind === 'upgrade'))
    return { noun: 'reload', done: 'reloaded', the: 'the reload' };
  const [from, to] = [run.proxy?.version, run.proxy?.upgrade?.version];
  const versions = to === undefined || from === to ? '' : ` from ${from} to ${to}`;
  return { noun: `upgrade of the binary${versions}`, done: 'upgraded', the: 'the upgrade' };
}

function oldWorkers({ run }: RunView): Replaced[] {
  return replacedIn(run).filter(({ role }) => role === 'worker');
}

/** Summarises a variant, as in `plain: after a reload, 0 of 1,000 WebSockets were cut; …` */
function answer({ name, answers }: VariantView): string {
  const view = answers.reload;
  if (view === undefined) return `Nothing was measured for ${name}.`;
  if (replacementsOf(view.run).length > 0)
    return `${name}: ${paragraph([headline(view), backSentence(view), workersSentence(view)])}`;
  const failure = view.run.timeline.flatMap((each) => each.failure ?? [])[0];
  return `${name} was not ${deed(view).done}.${failure === undefined ? '' : ` ${sentence(failure)}`}`;
}

function headline(view: RunView): string {
  const { run, figures } = view;
  const { cut = 0 } = figures.counts;
  const [last, ...others] = oldWorkers(view).filter(({ livedUs }) => livedUs === null);
  if (cut > 0 || last === undefined || others.length > 0) return `${cutClause(view)}.`;
  const bytes = formatBytes(last.lastBytes);
  const end = run.outcome.state === 'completed' ? 'the end of the run' : 'the end';
  return `${cutClause(view)}; the old worker kept running, using ${bytes} of memory, until ${end}, when its connections closed.`;
}

function cutClause(view: RunView): string {
  const { run, figures } = view;
  const { cut = 0 } = figures.counts;
  const { connections } = run.plan;
  const times = replacementsOf(run).length;
  const { noun } = deed(view);
  const article = /^[aeiou]/.test(noun) ? 'an' : 'a';
  const when = times === 1 ? `after ${article} ${noun}` : `after ${counted(times, noun)}`;
  if (cut !== connections || times > 1)
    return `${when}, ${formatCount(cut)} of ${formatCount(connections)} WebSockets were cut${howCut(view)}`;
  return `${when}, all ${formatCount(cut)} WebSockets were cut${howCut(view)}`;
}

function howCut({ figures }: RunView): string {
  const { cut = 0 } = figures.counts;
  if (cut === 0) return '';
  const kinds = figures.failures.byStage.open;
  const [kind = '', other] = Object.keys(kinds);
  const code = /^closed-(\d+)$/.exec(kind)?.[1];
  const codes = code === undefined || other !== undefined ? codesOf(kinds) : `code ${code}`;
  const { cutAfter, outage } = figures.latencies;
  const back = outage?.p99 == null ? '' : ` and replaced within ${formatTime(outage.p99)} (p99)`;
  return ` after ${formatTime(cutAfter?.p50)} (${codes})${back}`;
}

function codesOf(kinds: Readonly<Record<string, number>>): string {
  return listed(Object.entries(kinds).map(([kind, count]) => `${formatCount(count)} ${kind}`));
}

function backSentence(view: RunView): string {
  const { run, figures } = view;
  const { cut = 0, back = 0, waiting = 0 } = figures.counts;
  if (cut === 0) return '';
  if (back === 0) return run.plan.workload.options.reconnect === 'none' ? '' : 'No client came back.';
  const { backAfter } = figures.latencies;
  const missing =
    waiting === 0 ? '' : ` ${counted(waiting, 'client was', 'clients were')} not back at the end.`;
  const most = backAfter?.p99 == null ? '' : ` 99 % after ${formatTime(backAfter.p99)},`;
  return `Half of the clients were back ${formatTime(backAfter?.p50)} after ${deed(view).the},${most} and the last after ${formatTime(backAfter?.max)}.${missing}`;
}

function workersSentence(view: RunView): string {
  const old = oldWorkers(view);
  const alive = old.filter(({ livedUs }) => livedUs === null);
  const gone = old.flatMap(({ livedUs }) => livedUs ?? []);
  if (old.length === 0) return '';
  if (gone.length === old.length)
    return `The old ${old.length === 1 ? 'worker was' : 'workers were'} gone ${formatTime(Math.max(...gone))} after ${deed(view).the}.`;
  const cut = view.figures.counts.cut ?? 0;
  if (alive.length === 1 && cut === 0) return '';
  const bytes = total(alive.map(({ lastBytes }) => lastBytes));
  const who = alive.length === 1 ? 'An old worker was' : `${formatCount(alive.length)} old workers were`;
  return `${who} still there at the end, using ${formatBytes(bytes)} of memory: a worker exits only when its last connection closes.`;
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

function survival(view: View): Section {
  const runs = runsOf(view, 'reload');
  const rows = runs.flatMap(timeRows);
  const spec = ofAll(
    'chart-open',
    runs,
    { title: 'open connections', unit: 'count', min: 0 },
    ({ open }) => open,
  );
  const outages = outageChart(runs);
  return {
    id: 'survival',
    title: 'Connections',
    charts: [spec, ...(outages === null ? [] : [outages])],
    body: html`${chartFigure(spec, 'Open connections over time', runs.map((run) => `${run.name}: ${cutClause(run)}.`).join(' '), 'The dashed line is the reload or upgrade. Connections that stay open are still served by the old worker, with the old configuration. One value is drawn for each second, so a shorter outage hardly shows.')}
${outages !== null && outageFigure(outages, runs)}
${rows.length > 0 && table('Connections that were cut, and their clients', TIMES, rows)}
<p class="how">Times count from the reload or upgrade before them; an outage begins when its client is cut. --reconnect sets when clients reconnect: by default, after a random share of a delay that begins at 100 ms and doubles with every failed attempt.</p>`,
  };
}

const TIMES = [{ title: 'Variant' }, { title: 'Time', text: true }, ...SUMMARY_COLUMNS];

function timeRows({ name, figures }: RunView): string[][] {
  const { cutAfter, backAfter, outage } = figures.latencies;
  return [
    ['until cut', cutAfter] as const,
    ['until back', backAfter] as const,
    ['outage', outage] as const,
  ].flatMap(([what, times]) => (times?.count ? [[name, what, ...summaryCells(times)]] : []));
}

function responses(view: View): Section {
  const runs = runsOf(view, 'reload');
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
    body: html`${chartFigure(spec, 'Longest response time in each second', runs.map(responseSentence).join(' '), 'For messages that were due while no connection could carry them, the chart uses the time that they waited.')}
${table('Response time before, during and after', TIMES, runs.flatMap(spanRows))}
<p class="how">“During” is the second after each reload or upgrade, and every second in which connections were cut or clients came back.</p>`,
  };
}

function spanRows({ name, run }: RunView): string[][] {
  const spans = spansOf(run);
  return (['before', 'during', 'after'] as const).flatMap((span) => {
    const times = summarise(mergeSlices(spans[span], 'response'));
    return times.count === 0 ? [] : [[name, span, ...summaryCells(times)]];
  });
}

function responseSentence({ name, run }: RunView): string {
  const spans = spansOf(run);
  const times = (['before', 'during', 'after'] as const)
    .map((span) => ({ span, ...summarise(mergeSlices(spans[span], 'response')) }))
    .filter(({ count }) => count > 0);
  if (times.length === 0) return '';
  // A short span may have too few messages for a p99.
  const which = times.some(({ p99 }) => p99 === null) ? 'p50' : 'p99';
  const each = times.map(({ span, [which]: us }) => `${formatTime(us)} ${span}`);
  return `${name}: the ${which} of the response time was ${listed(each)}.`;
}

function workers(view: View): Section {
  const runs = runsOf(view, 'reload').filter(({ run }) => run.proxy !== null);
  const counts = overSeconds(
    'chart-workers',
    runs,
    { title: `old ${PROXY} workers`, unit: 'count', min: 0 },
    [{ label: '', of: ({ run }) => oldWorkersOverTime(run), figure: ({ processes }) => processes }],
  );
  const most = Math.max(1, ...runs.map(({ figures }) => figures.proxyPeakBytes ?? 0));
  const bytes = (residents: Residents) => residents.bytes;
  const memory = overSeconds('chart-memory', runs, bytesAxis(`memory of ${PROXY}`, 'bytes', most), [
    { label: ', all processes', of: ({ run }) => residentsOf(run, 'proxy'), figure: bytes },
    { label: ', old workers', of: ({ run }) => oldWorkersOverTime(run), figure: bytes },
  ]);
  const peaks = runs.map(({ name, figures }) => `${name}: at most ${formatBytes(figures.proxyPeakBytes)}.`);
  return {
    id: 'workers',
    title: 'Old workers and memory',
    charts: [counts, memory],
    body: html`<div class="pair">
${chartFigure(counts, `Old ${PROXY} workers over time`, runs.map(ageSentence).join(' '), 'A worker is old once a reload or an upgrade has replaced it. It exits when its last connection closes, or after worker_shutdown_timeout.')}
${chartFigure(memory, `Memory of ${PROXY} over time`, peaks.join(' '), 'Resident memory. Pages shared by several processes are counted for each of them.')}
</div>
${table('Processes that were replaced', WORKERS, runs.flatMap(workerRows))}`,
  };
}

function ageSentence(view: RunView): string {
  const most = Math.max(0, ...oldWorkersOverTime(view.run).map(({ processes }) => processes));
  return `${view.name}: at most ${counted(most, 'old worker')}.`;
}

/** A line in a chart over time, drawn once for each variant. */
interface Line {
  /** Shown after the variant's name. */
  label: string;
  of(view: RunView): Residents[];
  figure(residents: Residents): number;
}

function overSeconds(
  id: string,
  runs: readonly RunView[],
  y: LineSpec['y'],
  lines: readonly Line[],
): LineSpec {
  const series = runs.flatMap((view) =>
    lines.map(({ label, of, figure }, index) => ({
      label: `${view.name}${label}`,
      colour: view.colour,
      pattern: view.pattern + index * 3,
      points: of(view)
        .filter(({ second }) => second * 1e6 >= (view.run.phases[1]?.startUs ?? 0))
        // The last sample of a second is shown at the second's end, so that no effect precedes its cause.
        .map((residents) => ({ x: steadySecond(view, (residents.second + 1) * 1e6), y: figure(residents) })),
    })),
  );
  const seconds = series.flatMap(({ points }) => points.map(({ x }) => x));
  return {
    kind: 'line',
    id,
    x: {
      title: 'seconds into the steady phase',
      unit: 'seconds',
      min: Math.floor(Math.min(0, ...seconds)),
      max: Math.ceil(Math.max(1, ...seconds)),
    },
    y,
    bands: runs.slice(0, 1).flatMap(eventsOf),
    series,
  };
}

const WORKERS = [
  { title: 'Variant' },
  { title: 'Process', text: true },
  { title: 'Replaced by', text: true },
  { title: 'Lived on for' },
  { title: 'Last memory' },
];

function workerRows({ name: variant, run }: RunView): string[][] {
  const replacements = replacementsOf(run);
  return replacedIn(run).map(({ name, generation, livedUs, lastBytes }) => {
    const by = replacements[generation]?.action.kind ?? NOTHING;
    return [
      variant,
      name,
      replacements.length === 1 ? by : `${by} ${generation + 1}`,
      livedUs === null ? 'until the end' : formatTime(livedUs),
      formatBytes(lastBytes),
    ];
  });
}
