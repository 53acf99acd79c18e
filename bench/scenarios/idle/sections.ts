import { total } from '../../measure/arithmetic.ts';
import type { Slope } from '../../measure/figures.ts';
import { PROXY } from '../../model/proxy.ts';
import { bytesAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table } from '../../report/elements.ts';
import { type Content, html } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofAll } from '../../report/section/time-charts.ts';
import { verdictOf } from '../../report/verdict.ts';
import type { RunView, Section, VariantView, View } from '../../report/view.ts';
import { formatBytes, formatCount, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, listed, paragraph } from '../../wording/words.ts';
import { TOUCH_BYTES } from './definition.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'ended by', 'validity'],
  optional: ['nginx', 'nginx, touched'],
  lines: [
    { before: '', headings: ['opened', 'still open', 'ended by'] },
    { before: 'memory per connection: ', headings: ['nginx', 'nginx, touched', 'kernel'] },
    { before: '', headings: ['failed', 'validity'] },
  ],
  legend: ({ runs, isExternal }) => [
    [['nginx', 'kernel'], 'memory per open connection'],
    [['nginx, touched'], `the same after one message of ${touchText(runs[0])} on each connection`],
    [['kernel'], KERNEL_SHARE[isExternal ? 'external' : 'sandbox']],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer, { namesSteps: true }), survival, memory],
  folded: [handshakes],
  ofRounds: [],
};

const KERNEL_SHARE = {
  sandbox: `covers all four sockets of a connection (client, both sides of ${PROXY}, server)`,
  external: 'covers everything on the machine of the generator',
};

/** Summarises a variant, as in `plain: 0 of 1,000 connections were still open after 75 s; …` */
function answer({ name, answers }: VariantView): string {
  const { hold, touched } = answers;
  return paragraph([
    hold === undefined ? '' : `${name}: ${survivalClause(hold)}.`,
    memorySentence(hold, touched),
    hold === undefined && touched === undefined ? `Nothing was measured for ${name}.` : '',
  ]);
}

function survivalClause({ run, figures }: RunView): string {
  const { opened = 0, held = 0, ended = 0 } = figures.counts;
  const { startUs = 0, endUs = 0 } = run.phases.find(({ phase }) => phase === 'steady') ?? {};
  const kept =
    held === 0
      ? `none of ${counted(opened, 'silent connection')} stayed open`
      : `${formatCount(held)} of ${counted(opened, 'silent connection')} ${held === 1 ? 'was' : 'were'} still open after ${formatTime(endUs - startUs)}`;
  if (ended === 0) return kept;
  const { lifetime } = figures.latencies;
  const when = lifetime?.p50 == null ? '' : `, half of them within ${formatTime(lifetime.p50)} of opening`;
  return `${kept}. ${counted(ended, 'was', 'were')} ended by ${enderOf(run, figures.failures.byStage.open)} (${endings(figures.failures.byStage.open)})${when}`;
}

/**
 * Returns which side closed the connections. Nginx never sends a close frame, because it does not process
 * WebSocket frames. The echo server always sends a close frame before it closes a connection. The close code
 * therefore identifies the side.
 */
function enderOf({ proxy, plan }: RunView['run'], kinds: Readonly<Record<string, number>>): string {
  // An external server, or a proxy in front of it, may also close connections without a close frame, so it is
  // unknown which of the two did.
  if (plan.target.kind === 'external') return 'the other side';
  const byServer = Object.keys(kinds).some((kind) => kind !== WITHOUT_FRAME);
  const enders = [
    ...(WITHOUT_FRAME in kinds ? [proxy === null ? 'the operating system' : PROXY] : []),
    ...(byServer ? ['the server or the client'] : []),
  ];
  return listed(enders);
}

/** Failure kind for a connection that ended without a close frame (RFC 6455 section 7.1.5). */
const WITHOUT_FRAME = 'closed-1006';

/** Lists how connections ended, as in `1,000 closed-1006, without a close frame`. */
function endings(kinds: Readonly<Record<string, number>>): string {
  return listed(
    Object.entries(kinds).map(
      ([kind, count]) =>
        `${formatCount(count)} ${kind}${kind === WITHOUT_FRAME ? ', without a close frame' : ''}`,
    ),
  );
}

function memorySentence(hold: RunView | undefined, touched: RunView | undefined): string {
  const untouched = hold?.figures.memorySlopes.proxy ?? null;
  const used = touched?.figures.memorySlopes.proxy ?? null;
  const kernel = clearOf((hold ?? touched)?.figures.memorySlopes.kernel);
  if (untouched === null && used === null)
    return kernel === null ? '' : `The kernel uses ${slopeText(kernel)} of memory for each connection.`;
  const first =
    untouched === null ? '' : `${PROXY} uses ${slopeText(untouched)} of memory for each idle connection`;
  const each = first === '' ? ' of memory for each connection' : '';
  const then =
    used === null ? '' : `${slopeText(used)}${each} once ${touchText(touched)} has passed through it`;
  const both = first === '' ? `${PROXY} uses ${then}` : then === '' ? first : `${first}, and ${then}`;
  return `${both}${kernel === null ? '' : `; the kernel uses ${slopeText(kernel)}`}.`;
}

/** Size of the message of the touched step. Older runs did not record the size, because it was fixed. */
function touchText(view: RunView | undefined): string {
  return formatBytes(Number(view?.run.plan.workload.options.touch ?? TOUCH_BYTES));
}

/**
 * Returns the memory per connection; null if its interval includes 0, because other programs may then have allocated
 * the measured memory.
 */
function clearOf(slope: Slope | null | undefined): Slope | null {
  return slope === null || slope === undefined || slope.low <= 0 ? null : slope;
}

/** Formats the memory per connection, as in `17.7 KiB (95 % CI 17.5 KiB to 17.9 KiB)`. */
function slopeText({ bytes, low, high }: Slope): string {
  return `${formatBytes(bytes)} (95 % CI ${formatBytes(low)} to ${formatBytes(high)})`;
}

function cells({ name, answers }: VariantView): Cells {
  const { hold, touched } = answers;
  const runs = [hold, touched].flatMap((view) => view ?? []);
  const { opened, held, ended = 0 } = hold?.figures.counts ?? {};
  return [
    ['variant', name],
    ['opened', formatCount(opened)],
    ['still open', formatCount(held)],
    ['ended by', hold === undefined || ended === 0 ? NOTHING : endings(hold.figures.failures.byStage.open)],
    ['nginx', formatBytes(hold?.figures.memorySlopes.proxy?.bytes)],
    ['nginx, touched', formatBytes(touched?.figures.memorySlopes.proxy?.bytes)],
    ['kernel', formatBytes(clearOf(hold?.figures.memorySlopes.kernel)?.bytes)],
    ['failed', formatCount(total(runs.map(({ figures }) => figures.connections.failed)))],
    ['validity', [...new Set(runs.map(verdictOf))].join(', ')],
  ];
}

function survival({ variants, isExternal }: View): Section {
  const runs = variants.flatMap(({ answers }) => answers.hold ?? []);
  const spec = ofAll(
    'chart-survival',
    runs,
    { title: 'open connections', unit: 'count', min: 0 },
    ({ open }) => open,
  );
  const finding = runs.map((view) => `${view.name}: ${survivalClause(view)}.`).join(' ');
  return {
    id: 'survival',
    title: 'Survival',
    charts: runs.length === 0 ? [] : [spec],
    body: html`${runs.length > 0 && chartFigure(spec, 'Open connections over time', finding, `A steep drop comes from a timer that all connections share; it usually counts from the last byte. ${isExternal ? 'Code 1006 means that the connection ended without a close frame.' : `${PROXY} cannot send a close frame, because it does not read frames after the upgrade, so its clients see code 1006.`}`)}
${table('How silent connections ended', ENDINGS, runs.flatMap(endingRows))}
<p class="how">Lifetimes count from the end of the handshake.${!isExternal && html` By default ${PROXY} ends a connection after 60 s without a byte (<code>proxy_read_timeout</code>); bytes in either direction restart the timer, including those of a ping.`}</p>`,
  };
}

const ENDINGS = [
  { title: 'Variant' },
  { title: 'Opened' },
  { title: 'Still open' },
  { title: 'Share' },
  { title: 'Ended' },
  { title: 'How', text: true },
  { title: 'Lifetime p50' },
  { title: 'Shortest' },
  { title: 'Longest' },
  { title: 'Pings' },
  { title: 'Pongs' },
];

function endingRows({ name, figures }: RunView): Content[][] {
  const { opened = 0, held = 0, ended = 0, pings = 0, pongs = 0 } = figures.counts;
  const { lifetime } = figures.latencies;
  return [
    [
      name,
      formatCount(opened),
      formatCount(held),
      formatShare(opened === 0 ? null : held / opened),
      formatCount(ended),
      endings(figures.failures.byStage.open) || NOTHING,
      ...[lifetime?.p50, lifetime?.min, lifetime?.max].map(formatTime),
      formatCount(pings),
      formatCount(pongs),
    ],
  ];
}

function memory({ variants, isExternal }: View): Section {
  const runs = variants.flatMap(({ answers }) => Object.values(answers));
  const measured = runs.filter(({ run }) => run.memory.some(({ proxyBytes }) => proxyBytes !== null));
  const spec = memoryChart(measured);
  return {
    id: 'memory',
    title: 'Memory per connection',
    charts: measured.length === 0 ? [] : [spec],
    body: html`${measured.length > 0 && chartFigure(spec, `Memory of ${PROXY} by open connections`, slopesFinding(measured), `The connections were opened in stages, and memory was measured after each. The slope of the line is the memory of one connection; its start is the memory of ${PROXY} itself.`)}
${table('Memory per connection', SLOPES, runs.flatMap(slopeRows))}
<p class="how">${!isExternal && `${PROXY}: proportional set size of its processes, so that shared pages count once. `}Kernel: slab memory that cannot be reclaimed, and TCP buffers, of the whole machine. ${isExternal ? 'Any' : 'That includes all four sockets of a connection; any'} other allocation at the same time widens the interval. The interval is that of an ordinary least squares slope.</p>`,
  };
}

function slopesFinding(runs: readonly RunView[]): string {
  const known = runs.flatMap(({ label, figures }) =>
    figures.memorySlopes.proxy === null
      ? []
      : [`${label}: ${slopeText(figures.memorySlopes.proxy)} per connection`],
  );
  return known.length === 0 ? 'Too few memory samples were taken.' : `${known.join('; ')}.`;
}

function memoryChart(runs: readonly RunView[]): LineSpec {
  const most = Math.max(1, ...runs.flatMap(({ run }) => run.memory.map(({ proxyBytes }) => proxyBytes ?? 0)));
  return {
    kind: 'line',
    id: 'chart-memory',
    x: { title: 'open connections', unit: 'count', min: 0 },
    y: bytesAxis(`memory of ${PROXY}`, 'bytes', most),
    series: runs.map(({ label, run, colour, pattern }, index) => ({
      label,
      colour,
      pattern: (pattern + index) % 6,
      points: run.memory.map(({ open, proxyBytes }) => ({ x: open, y: proxyBytes })),
    })),
  };
}

const SLOPES = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Samples' },
  { title: PROXY, optional: true },
  { title: '95 % CI', text: true, optional: true },
  { title: 'Kernel' },
  { title: '95 % CI', text: true },
];

function slopeRows({ name, step, run, figures }: RunView): Content[][] {
  const { proxy, kernel } = figures.memorySlopes;
  return [[name, step, formatCount(run.memory.length), ...slopeCells(proxy), ...slopeCells(kernel)]];
}

function slopeCells(slope: Slope | null): string[] {
  if (slope === null) return [NOTHING, NOTHING];
  return [formatBytes(slope.bytes), `${formatBytes(slope.low)} to ${formatBytes(slope.high)}`];
}
