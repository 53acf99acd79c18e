import type { Result } from '../../model/result.ts';
import { topicOf } from '../external.ts';
import type { Block, TitledSummary } from '../kinds/kind.ts';
import { kindOf } from '../kinds/kinds.ts';
import { scenarioReport, summaryTable } from '../scenario.ts';
import { remarksOf } from '../terminal.ts';
import { viewOf } from '../view.ts';

/** Summary of a result as Markdown, for a pull request or a CI job summary. */
export function resultMarkdown(result: Result): string {
  const of = kindOf(result);
  const { title, sentences, blocks } = of?.kind.markdown(of.found, result) ?? runsMarkdown(result);
  const all = [
    `## ${escaped(title)}`,
    '',
    ...listOf(sentences),
    ...blocks.map(linesOf).flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines])),
    ...originOf(result),
  ];
  return `${all.join('\n')}\n`;
}

function runsMarkdown(result: Result): TitledSummary {
  const view = viewOf(result);
  const names = view.variants.map(({ name }) => name).join(', ');
  const report = scenarioReport(result);
  const { answer, words } = report;
  const { rows } = summaryTable(report, view);
  const head = (rows[0] ?? []).map(([heading]) => heading);
  return {
    title: `${topicOf(result)}: ${names}`,
    sentences: view.variants.map(answer),
    blocks: [
      {
        head,
        rows: rows.map((row) => row.map(([, cell]) => cell)),
        words: head.flatMap((heading, column) => (words.includes(heading) ? [column] : [])),
        isOptional: true,
      },
      remarksOf(view).filter((line) => line !== ''),
    ],
  };
}

function linesOf(block: Block): readonly string[] {
  if (typeof block === 'string') return [escaped(block)];
  if (!('rows' in block)) return listOf(block);
  const { head, rows, words, note, isOptional } = block;
  if (isOptional && rows.length === 0) return [];
  return [...table([head, ...rows], words), ...(note === undefined ? [] : ['', escaped(note)])];
}

function listOf(texts: readonly string[]): string[] {
  return texts.map((text) => `- ${escaped(text)}`);
}

/** The machine, the version of the bench, and the result's id. */
function originOf({ environment: machine, tool, id }: Result): string[] {
  const origin = `${machine.cpuModel}, ${machine.cpus} CPUs, ${machine.os}; ${tool.name} ${tool.version}, ${id}`;
  return ['', `<sub>${escaped(origin)}</sub>`];
}

function table([head = [], ...rows]: readonly (readonly string[])[], words: readonly number[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_, column) => (words.includes(column) ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** Escapes names, because they are external input and must not be interpreted as markup. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#&~]/g, (sign) => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`));
}
