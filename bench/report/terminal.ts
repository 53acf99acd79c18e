import type { Finding } from '../model/finding.ts';
import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { NOTHING } from '../wording/format.ts';
import { capital, wrapped } from '../wording/words.ts';
import { conclusionOf } from './conclusion.ts';
import type { Block } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { noticesOf, type Said, type SaidAlike, saidAlike, saidOnce } from './notices.ts';
import { doubtLines, pairSentence, priceColumns, priceRows, priceSentence } from './price.ts';
import { type Cells, type ScenarioReport, scenarioReport, summaryTable } from './scenario.ts';
import { hasLosses, lossSentence, outcomeSentence } from './verdict.ts';
import { type RunView, type View, viewOf } from './view.ts';

/** Width assumed for terminals that report no width, or a width of 0 columns. */
const USUAL_COLUMNS = 80;

/**
 * Summary of every variant, followed by notices about the runs. The summary is a table if a table fits the
 * width, otherwise a few lines per variant. The text ends with a line break.
 *
 * @param columns width of the terminal; null for output to a file, which is not wrapped
 */
export function summaryText(result: Result, columns: number | null): string {
  const view = viewOf(result);
  if (view.runs.length === 0) return 'No run finished.\n';
  const width = columns || USUAL_COLUMNS;
  const report = scenarioReport(result);
  const { rows, legend } = summaryTable(report, view);
  const answers = answersTable(rows, report.words);
  const isNarrow = columns !== null && answers.some((line) => [...line].length > width);
  const lines = [
    ...(isNarrow ? rows.flatMap((row) => stacked(row, report.lines)) : answers),
    '',
    ...[...report.remarks(view), legend].filter((text) => text !== '').map(printable),
    ...remarksOf(view),
  ];
  return `${(columns === null ? lines : lines.flatMap((line) => wrapped(line, width))).join('\n')}\n`;
}

/** @param leftward headings of the columns that contain words and are aligned to the left */
function answersTable(variants: readonly Cells[], leftward: readonly string[]): string[] {
  const headings = (variants[0] ?? []).map(([heading]) => heading);
  const words = headings.flatMap((heading, column) => (leftward.includes(heading) ? [column] : []));
  return textTable(
    headings,
    variants.map((cells) => cells.map(([, cell]) => cell)),
    words,
  );
}

/** Formats a variant's cells as lines below its name, with only the values that were measured. */
function stacked([[, name] = ['', ''], ...cells]: Cells, groups: ScenarioReport['lines']): string[] {
  const lines = groups.map(({ before, headings }) => {
    const told = cells
      .filter(([heading, cell]) => headings.includes(heading) && cell !== NOTHING)
      .map(([heading, cell]) => `${heading} ${cell}`);
    return told.length === 0 ? '' : `${before}${told.join(', ')}`;
  });
  return [name, ...lines.filter((line) => line !== '').map((line) => `  ${line}`)];
}

/** Runs that did not complete, losses, reasons for doubt, and notices; each appears once. */
export function remarksOf(view: View): string[] {
  const ofEach = (told: (run: RunView) => string[]) =>
    view.runs.flatMap((of) => told(of).map((what) => ({ what, of })));
  const said: Said<string>[] = [
    ...saidOnce(ofEach(endOf), view, (text) => text),
    ...runDoubts(view),
    ...noticesOf(view).flatMap(noticeLines),
  ];
  const lines = said.map(({ what, whose }) => printable(whose === '' ? what : `${whose}: ${what}`));
  return lines.length === 0 ? [] : ['', ...lines];
}

/**
 * Up to this many notices of one kind are shown individually. If there are more, only one is shown, followed
 * by the runs to which the others apply.
 */
const MOST_OF_A_KIND = 3;

function noticeLines({ what, whose, others }: SaidAlike): Said<string>[] {
  const lines = [{ what, whose }, ...others].map((each) => ({
    what: each.what.level === 'warning' ? each.what.text : `Note: ${each.what.text}`,
    whose: each.whose,
  }));
  const [first] = lines;
  if (first === undefined || lines.length <= MOST_OF_A_KIND) return lines;
  const more = `(The report has more notices of this kind, for ${others.map((each) => each.whose).join('; ')}.)`;
  return [{ ...first, what: `${first.what} ${more}` }];
}

/** States how a run ended if it did not complete, and what it lost. */
function endOf(view: RunView): string[] {
  return [outcomeSentence(view), hasLosses(view) ? lossSentence(view) : ''].filter((text) => text !== '');
}

/** States why runs cannot be trusted; each reason appears once. */
function runDoubts(view: View): Said<string>[] {
  const doubts = view.runs.flatMap((of) => doubtsOf(of).map((what) => ({ what, of })));
  const verdicts = [...new Set(doubts.map(({ of }) => of.run.validity.verdict))];
  return verdicts.flatMap((verdict) =>
    saidAlike(
      doubts.filter(({ of }) => of.run.validity.verdict === verdict),
      view,
    ).map(({ what, whose }) => ({ what: `${capital(verdict)}: ${what.text}`, whose })),
  );
}

/**
 * Maps reasons for doubt to the codes of notices that give more detail. If a run has such a notice, the reason
 * is omitted.
 */
const DETAILED_BY: Readonly<Record<string, string>> = { disturbed: 'disturbed-seconds' };

function doubtsOf({ run }: RunView): Finding[] {
  const { verdict, reasons } = run.validity;
  if (verdict === 'valid') return [];
  return reasons.filter(({ code }) => !run.notices.some((notice) => notice.code === DETAILED_BY[code]));
}

/**
 * The summary of a result of any kind. If the result consists only of runs, the summary is the text of
 * `summaryText` and `priceText`. Otherwise, it describes the conclusion and includes only warnings about the
 * whole result; the report lists all notices.
 */
export function resultText(result: Result, columns: number | null): string {
  const of = kindOf(result);
  if (of === null) return summaryText(result, columns) + priceText(result);
  const { sentences, blocks } = of.kind.text(of.found, result);
  const warnings = result.notices.flatMap(({ level, text }) => (level === 'warning' ? [text] : []));
  return printed([...sentences, ...[...blocks, warnings].flatMap((each) => block(linesOf(each)))]);
}

function linesOf(block: Block): readonly string[] {
  if (typeof block === 'string') return [block];
  if (!('rows' in block)) return block;
  const { head, rows, words, note, isOptional } = block;
  if (isOptional && rows.length === 0) return [];
  return [...textTable(head, rows, words), ...(note === undefined ? [] : [note])];
}

/** Describes the cost of the proxy, below the summary; empty if the cost was not requested. */
export function priceText(result: Result): string {
  const price = conclusionOf(result, 'price');
  if (price === null) return '';
  return printed([
    '',
    'The price of the proxy',
    ...price.variants.map((each) => priceSentence(each, price.baseline)),
    pairSentence(price),
    ...block(textTable(priceColumns(price), priceRows(price), [0])),
    ...doubtLines(price),
  ]);
}

/** Returns the lines with a blank line before them, or an empty list if there are no lines. */
function block(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Joins lines into text that ends with a line break. Other control characters become spaces. */
function printed(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}

/** A table as lines of text, with figures right-aligned and words left-aligned in their columns. */
function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[],
): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)));
  const [first = '', ...body] = all.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        return words.includes(column) ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd(),
  );
  return [first, '─'.repeat(Math.max(...[first, ...body].map((line) => [...line].length))), ...body];
}
