import { failedHandshakes } from '../../measure/attempts.ts';
import { evenBins } from '../../measure/distribution.ts';
import { histogramOf } from '../../measure/figures.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Run } from '../../model/run.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table } from '../../report/elements.ts';
import { html } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { SUMMARY_COLUMNS, summaryCells } from '../../report/section/times.ts';
import { verdictOf } from '../../report/verdict.ts';
import type { RunView, Section, VariantView, View } from '../../report/view.ts';
import { formatBytes, formatCount, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph } from '../../wording/words.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'refused', 'validity'],
  optional: ['peak cpu', 'peak memory'],
  lines: [
    { before: '', headings: ['cut', 'back', 'refused'] },
    { before: 'back within ', headings: ['p50', 'p99', 'all'] },
    { before: 'nginx: ', headings: ['peak cpu', 'peak memory'] },
    { before: '', headings: ['attempts', 'overflows', 'validity'] },
  ],
  legend: () => [
    [
      ['p50', 'p99', 'all'],
      'time from the end of a connection until the same client completed a new handshake, for half of the clients that came back, for 99 % of them and for all of them',
    ],
    [['attempts'], 'per client'],
    [['overflows'], 'of listen queues on this machine, during the load'],
    [['peak cpu'], `of all processes of ${PROXY}, in one second`],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), recovery, failedAttempts],
  folded: [handshakes],
  ofRounds: [],
};

/** Summarises a variant, as in `tls: 1,000 WebSockets were cut at once; half of the clients were back …` */
function answer({ name, answers }: VariantView): string {
  const view = answers.storm;
  if (view === undefined) return `Nothing was measured for ${name}.`;
  return `${name}: ${recoverySentence(view)}`;
}

function recoverySentence({ run, figures }: RunView): string {
  const { cut = 0, back = 0, attempts = 0, attemptsFailed = 0, waiting = 0 } = figures.counts;
  if (cut === 0) return 'no connection was cut.';
  const { outage } = figures.latencies;
  const most = outage?.p99 == null ? '' : ` 99 % within ${formatTime(outage.p99)},`;
  const times =
    back === 0
      ? 'no client came back'
      : back < cut || outage?.p50 == null
        ? `${counted(back, 'client')} came back${back === 1 ? '' : ', the last'} within ${formatTime(outage?.max)}`
        : `half of the clients were back within ${formatTime(outage.p50)},${most} and the last within ${formatTime(outage.max)}`;
  return paragraph([
    `${counted(cut, 'WebSocket was', 'WebSockets were')} cut at once ${cutBy(run)}; ${times}.`,
    back === 0 ? '' : `On average, each client made ${(attempts / cut).toFixed(2)} attempts.`,
    attemptsFailed === 0
      ? ''
      : `${counted(attemptsFailed, 'attempt')} failed: ${refusals(figures.failures.byStage)}.`,
    lateSentence(run),
    waiting === 0 ? '' : `${counted(waiting, 'client was', 'clients were')} not back at the end.`,
  ]);
}

function cutBy({ plan: { workload, servers } }: Run): string {
  const { cut } = workload.options;
  if (cut === 'proxy') return `when all ${PROXY} workers were killed`;
  if (cut !== 'backend') return 'by their clients';
  return servers === 1
    ? 'when the echo server was killed'
    : `when all ${formatCount(servers)} echo servers were killed`;
}

/** When the killed echo servers were all running again, in µs since the run's epoch; null if they were not. */
function runningAgainUs({ timeline }: Run): number | null {
  const starts = timeline.filter(({ action }) => action.kind === 'start-server');
  return starts.length === 0 || starts.some(({ failure }) => failure !== null)
    ? null
    : Math.max(...starts.map(({ atUs }) => atUs));
}

/** Reports attempts that failed although the echo servers were running again. */
function lateSentence(run: Run): string {
  const startUs = runningAgainUs(run);
  const kills = run.timeline.filter(({ action }) => action.kind === 'kill-server').map(({ atUs }) => atUs);
  if (startUs === null || kills.length === 0) return '';
  const goneUs = startUs - Math.min(...kills);
  const late = failedHandshakes(run, { startUs, endUs: Number.POSITIVE_INFINITY });
  const failed = `${formatCount(late)} of the attempts failed after that`;
  return `The echo ${run.plan.servers === 1 ? 'server was' : 'servers were'} running again after ${formatTime(goneUs)}, and ${late === 0 ? 'no attempt failed after that' : failed}.`;
}

/** Failed handshakes by kind, such as `12 status-502 and 3 refused`. */
function refusals({ tcp, tls, upgrade }: RunView['figures']['failures']['byStage']): string {
  const kinds = new Map<string, number>();
  for (const [kind, count] of [tcp, tls, upgrade].flatMap(Object.entries<number>))
    kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  return listed([...kinds].map(([kind, count]) => `${formatCount(count)} ${kind}`));
}

function cells({ name, answers }: VariantView): Cells {
  const view = answers.storm;
  const figures = view?.figures;
  const { cut, back, attempts } = figures?.counts ?? {};
  const outage = figures?.latencies.outage;
  return [
    ['variant', name],
    ['cut', formatCount(cut)],
    ['back', formatCount(back)],
    ['p50', formatTime(outage?.p50)],
    ['p99', formatTime(outage?.p99)],
    ['all', formatTime(outage?.max)],
    ['overflows', formatCount(figures?.tcp.listenOverflows)],
    ['attempts', attempts === undefined || !cut ? NOTHING : (attempts / cut).toFixed(2)],
    ['refused', (figures && refusals(figures.failures.byStage)) || NOTHING],
    ['peak cpu', formatShare(figures?.proxyPeakCores)],
    ['peak memory', formatBytes(figures?.proxyPeakBytes)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

function recovery({ variants, isExternal }: View): Section {
  const runs = variants.flatMap(({ answers }) => answers.storm ?? []);
  const spec: LineSpec = ofAll(
    'chart-recovery',
    runs,
    { title: 'open connections', unit: 'count', min: 0 },
    ({ open }) => open,
  );
  const attempts = attemptsChart(runs);
  const marks = isExternal
    ? 'The dashed line marks the cut.'
    : 'The dashed lines mark the cut and, if echo servers were killed, their restart.';
  return {
    id: 'recovery',
    title: 'Recovery',
    charts: [spec, ...(attempts === null ? [] : [attempts])],
    body: html`${chartFigure(spec, 'Open connections over time', runs.map((run) => `${run.name}: ${recoverySentence(run)}`).join(' '), `${marks} One value is drawn for each second, so a shorter gap hardly shows.`)}
${attempts !== null && chartFigure(attempts, 'Attempts and returns after the cut', runs.map(fastestSentence).join(' '), 'How many handshakes clients started, and how many of them succeeded, in each 100 ms since the cut was due. As long as the second line follows the first, whatever is between clients and servers keeps up.')}
${table('How long clients were without a connection', TIMES, runs.flatMap(timeRows))}
<p class="how">An outage lasts from the end of a connection until the same client completes a new handshake. It includes all attempts and the delays before them. --reconnect sets the delays: with the default, much of a short outage is the random delay of a client.</p>`,
  };
}

/** Width of the intervals in which attempts are counted, in µs. */
const INTERVAL_US = 100_000;

/** Attempts and returns in each interval after the cut; null for older runs, which have only counts per second. */
function attemptsChart(runs: readonly RunView[]): LineSpec | null {
  const series = runs.flatMap(({ run, name, colour, pattern }) =>
    [['attempts', 'attemptAfter', pattern + 1] as const, ['back', 'backAfter', pattern] as const].map(
      ([what, histogram, dashes]) => ({
        label: runs.length === 1 ? what : `${name}: ${what}`,
        colour: runs.length === 1 && what === 'back' ? 'series-1' : colour,
        pattern: dashes % 6,
        stepped: true,
        points: evenBins(histogramOf(run, histogram), INTERVAL_US).map(({ fromUs, count }) => ({
          x: fromUs / 1e6,
          y: count,
        })),
      }),
    ),
  );
  const longest = Math.max(...series.map(({ points }) => points.length));
  if (longest <= 0) return null;
  const end = (longest * INTERVAL_US) / 1e6;
  return {
    kind: 'line',
    id: 'chart-attempts',
    x: { title: 'seconds since the cut', unit: 'seconds', min: 0, max: end },
    y: { title: 'handshakes in 100 ms', unit: 'count', min: 0 },
    // Extends each line to the end of its last interval.
    series: series.map((each) => ({
      ...each,
      points: [...each.points, { x: (each.points.length * INTERVAL_US) / 1e6, y: 0 }],
    })),
  };
}

/** Summarises the peak, as in `plain: in the busiest 100 ms, 412 clients came back.` */
function fastestSentence({ run, name }: RunView): string {
  const bins = evenBins(histogramOf(run, 'backAfter'), INTERVAL_US);
  const most = Math.max(0, ...bins.map(({ count }) => count));
  return most === 0
    ? `${name}: no client came back.`
    : `${name}: in the busiest 100 ms, ${counted(most, 'client')} came back.`;
}

function failedAttempts({ variants, isExternal }: View): Section {
  const runs = variants.flatMap(({ answers }) => answers.storm ?? []);
  const rows = runs.flatMap(failureRows);
  return {
    id: 'failed-attempts',
    title: 'Failed attempts, and the load on the machine',
    charts: [],
    body: html`${rows.length === 0 ? html`<p>No attempt to reconnect failed.</p>` : table('Failed attempts by stage and kind', FAILURES, rows)}
${!isExternal && html`<p class="how"><code>status-502</code>: ${PROXY} found no echo server that answered. With <code>max_fails</code> above 0, it does not try a server again for <code>fail_timeout</code> after that many failures, even if the server is running again.</p>`}
${table(isExternal ? 'The kernel during the storm' : `${PROXY} and the kernel during the storm`, PEAKS, runs.map(peakRow))}
<p class="how">${!isExternal && `Peaks are totals over all ${PROXY} processes in one second. `}The kernel counts overflows and drops of listen queues for the whole machine (<code>ListenOverflows</code> and <code>ListenDrops</code> in <code>/proc/net/netstat</code>). A client whose connection was dropped tries again after 1 s, then 3 s.</p>`,
  };
}

const STAGES = { tcp: 'TCP connect', tls: 'TLS', upgrade: 'HTTP upgrade' } as const;
const FAILURES = [
  { title: 'Variant' },
  { title: 'Stage', text: true },
  { title: 'Kind', text: true },
  { title: 'Count' },
];

function failureRows({ name, figures: { failures } }: RunView): string[][] {
  return (['tcp', 'tls', 'upgrade'] as const).flatMap((stage) =>
    Object.entries(failures.byStage[stage])
      .sort(([, a], [, b]) => b - a)
      .map(([kind, count]) => [name, STAGES[stage], kind, formatCount(count)]),
  );
}

const PEAKS = [
  { title: 'Variant' },
  { title: `Peak ${PROXY} CPU`, optional: true },
  { title: `Peak ${PROXY} memory`, optional: true },
  { title: 'Listen overflows' },
  { title: 'Listen drops' },
];

function peakRow({ name, figures }: RunView): string[] {
  return [
    name,
    formatShare(figures.proxyPeakCores),
    formatBytes(figures.proxyPeakBytes),
    formatCount(figures.tcp.listenOverflows),
    formatCount(figures.tcp.listenDrops),
  ];
}

const TIMES = [{ title: 'Variant' }, { title: 'Time', text: true }, ...SUMMARY_COLUMNS];

function timeRows({ name, figures }: RunView): string[][] {
  const { outage, handshake } = figures.latencies;
  return [['outage', outage] as const, ['handshake that succeeded', handshake] as const].flatMap(
    ([what, times]) => (times?.count ? [[name, what, ...summaryCells(times)]] : []),
  );
}
