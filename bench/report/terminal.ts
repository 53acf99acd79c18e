import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { formatCapacity } from './answer.ts';
import { noticesOf, type Said, type SaidAlike, saidAlike, saidOnce } from './notices.ts';
import { formatBytes, formatCount, formatRate, formatTime, NOTHING } from './page/format.ts';
import { hasLosses, LIMIT_NAMES, lossSentence, outcomeSentence, verdictOf } from './verdict.ts';
import { type RunView, type VariantView, type View, viewOf } from './view.ts';
import { capital, rateReason, sentence } from './words.ts';

/** For terminals that do not report their width; some report 0 columns. */
const USUAL_COLUMNS = 80;

/**
 * Both answers for every variant, followed by what the reader must know about the runs. Ends with a line break. It
 * is a table if that fits the width, otherwise a few lines per variant.
 *
 * @param columns of the terminal; null for a file, in which nothing is wrapped
 */
export function summaryText(result: Result, columns: number | null): string {
  const view = viewOf(result);
  if (view.runs.length === 0) return 'No run ended.\n';
  const width = columns || USUAL_COLUMNS;
  const answers = tableOf(view.variants.map(answerCells));
  const isNarrow = columns !== null && answers.some((line) => [...line].length > width);
  const lines = [
    ...(isNarrow ? view.variants.flatMap((variant) => stacked(answerCells(variant))) : answers),
    ...rateLines(view),
    ...remarksOf(view),
  ];
  return `${(columns === null ? lines : lines.flatMap((line) => wrapped(line, width))).join('\n')}\n`;
}

/** The cells of the table by heading, in the order in which readers want them. */
type Cells = readonly (readonly [heading: string, cell: string])[];

/** The answers for one variant, with a dash for missing values. */
export function answerCells({ name, throughput, latency }: VariantView): Cells {
  const both = [throughput, latency].filter((view) => view !== null);
  const figures = both.map((view) => view.figures);
  const response = latency?.figures.latencies.response;
  const limit = throughput?.run.validity.limit.component;
  const cells: Cells = [
    ['variant', name],
    ['throughput', formatRate(throughput?.figures.messages.perSecond)],
    ['set by', limit === undefined ? NOTHING : LIMIT_NAMES[limit]],
    ['nginx/core', formatCapacity(throughput?.figures.perCoreCapacity ?? null)],
    ['p50', formatTime(response?.p50)],
    ['p99', formatTime(response?.p99)],
    ['p99.9', formatTime(response?.p999)],
    ['nginx/msg', formatTime(figures[0]?.cpuUsPerMessage.proxy)],
    ['nginx/conn', formatBytes(figures[0]?.memoryPerConnectionBytes.proxy)],
    ['failed', formatCount(figures.reduce((sum, { connections }) => sum + connections.failed, 0))],
    ['lost', formatCount(figures.reduce((sum, { messages }) => sum + messages.lost, 0))],
    ['validity', [...new Set(both.map(verdictOf))].join(', ')],
  ];
  return cells.map(([heading, cell]) => [heading, printable(cell)]);
}

/** Words are aligned to the left of their column, figures to the right. */
export const WORDS = new Set(['variant', 'set by', 'validity']);

function tableOf(variants: readonly Cells[]): string[] {
  const headings = (variants[0] ?? []).map(([heading]) => heading);
  const rows = [headings, ...variants.map((cells) => cells.map(([, cell]) => cell))];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const [head = '', ...body] = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, WORDS.has(headings[column] ?? '')))
      .join('  ')
      .trimEnd(),
  );
  return [head, '─'.repeat(Math.max(...[head, ...body].map((line) => [...line].length))), ...body];
}

function pad(cell: string, width: number, left: boolean): string {
  const space = ' '.repeat(Math.max(0, width - [...cell].length));
  return left ? cell + space : space + cell;
}

/** The same values, as far as measured, in lines below the name of the variant. */
function stacked([[, name] = ['', ''], ...cells]: Cells): string[] {
  const told = (...headings: string[]): string =>
    cells
      .filter(([heading, cell]) => headings.includes(heading) && cell !== NOTHING)
      .map(([heading, cell]) => `${heading} ${cell}`)
      .join(', ');
  const times = told('p50', 'p99', 'p99.9');
  const lines = [
    told('throughput', 'set by'),
    times === '' ? '' : `response time ${times}`,
    told('nginx/core', 'nginx/msg', 'nginx/conn'),
    told('failed', 'lost', 'validity'),
  ];
  return [name, ...lines.filter((line) => line !== '').map((line) => `  ${line}`)];
}

/**
 * What the figures refer to: the rate at which response times were measured, its reason, and variants without one.
 */
function rateLines({ rate, steps, variants }: View): string[] {
  const step = steps.find(({ step }) => step === 'latency');
  const offered = new Set(step?.runs.map(({ figures }) => formatRate(figures.offered?.perSecond)));
  const times = 'p50, p99 and p99.9 are response times';
  const told =
    rate !== null
      ? [`${times} at ${formatRate(rate.ratePerSecond)}. ${rateReason(rate.reason)}`]
      : offered.size === 0
        ? []
        : [`${times} at ${[...offered].join(', ')}.`];
  const leftOut = variants.flatMap(({ name, leftOut }) =>
    leftOut === null ? [] : `${name} has no latency: ${sentence(leftOut)}`,
  );
  const lines = [...told, ...leftOut].map(printable);
  const nginx =
    'nginx/core: messages a second that a core of Nginx carries; nginx/msg: its CPU per message; nginx/conn: its memory per connection.';
  return [
    '',
    ...lines,
    ...(variants.some(({ latency, throughput }) => (throughput ?? latency)?.run.proxy) ? [nginx] : []),
  ];
}

/** How runs ended if not well, what was lost, why they cannot be trusted, and the notices. Each appears once. */
export function remarksOf(view: View): string[] {
  const ofEach = (told: (run: RunView) => string[]) =>
    view.runs.flatMap((of) => told(of).map((what) => ({ what, of })));
  const said: Said<string>[] = [
    ...saidOnce(ofEach(endOf), view, (text) => text),
    ...saidAlike(ofEach(doubtsOf), view),
    ...noticesOf(view).flatMap(noticeLines),
  ];
  const lines = said.map(({ what, whose }) => printable(whose === '' ? what : `${whose}: ${what}`));
  return lines.length === 0 ? [] : ['', ...lines];
}

/**
 * Up to this many of one kind are shown one by one. If there are more, only one is shown, with the runs that have
 * others.
 */
const MOST_OF_A_KIND = 3;

function noticeLines({ what, whose, others }: SaidAlike): Said<string>[] {
  const lines = [{ what, whose }, ...others].map((each) => ({
    what: each.what.level === 'warning' ? each.what.text : `Note: ${each.what.text}`,
    whose: each.whose,
  }));
  const [first] = lines;
  if (first === undefined || lines.length <= MOST_OF_A_KIND) return lines;
  const more = `(The report has more of this kind: ${others.map((each) => each.whose).join('; ')}.)`;
  return [{ ...first, what: `${first.what} ${more}` }];
}

/** How the run ended if not well, and what was lost. */
function endOf(view: RunView): string[] {
  return [outcomeSentence(view), hasLosses(view) ? lossSentence(view) : ''].filter((text) => text !== '');
}

/** Omits a reason if a notice of the same run begins with it. */
function doubtsOf({ run }: RunView): string[] {
  const { verdict, reasons } = run.validity;
  const told = reasons.filter((reason) => !run.notices.some(({ text }) => text.startsWith(reason)));
  return verdict === 'valid' || told.length === 0
    ? []
    : [`${capital(verdict)}: ${told.map(sentence).join(' ')}`];
}

/** Breaks a line between words. Continuation lines have the same indentation plus two spaces. */
function wrapped(line: string, width: number): string[] {
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = '';
  for (const word of line.trim().split(' ')) {
    const longer = current === '' ? indent + word : `${current} ${word}`;
    if (current !== '' && [...longer].length > width) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current = longer;
  }
  return [...lines, current];
}
