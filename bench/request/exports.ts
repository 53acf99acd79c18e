import { resolve } from 'node:path';
import { EXPORTS, type ExportName, STDOUT, type WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { suggestion } from './nearest.ts';
import type { GivenOptions, Options } from './options.ts';
import { quoted } from './units.ts';

const SEVERAL_FILES: readonly ExportName[] = ['hgrm'];

export const EXPORT_OPTION = {
  export: { value: 'NAME[=FILE]', many: true, help: `Also write ${EXPORTS.join(', ')}; - is stdout` },
} as const satisfies Options;

/**
 * Parses `--export`, and `--markdown` if the command has it; throws a `usage` Problem if a value is invalid.
 */
export function exportsOf(given: GivenOptions): WantedExport[] {
  const markdown = (given.get('markdown') ?? []).map((path) => ({ name: 'markdown' as const, path }));
  const wanted = [...(given.get('export') ?? []).map(parseExport), ...markdown];
  const fileOf = ({ name, path }: WantedExport) => (path === null ? name : resolve(path));
  const files = wanted.map(fileOf);
  const twice = wanted.find((each, index) => files.indexOf(fileOf(each)) < index);
  if (twice !== undefined) {
    throw new Problem(
      'usage',
      twice.path === null
        ? `--export ${twice.name} is given twice. Give it once, or name a file for the second.`
        : `Two exports write to ${quoted(twice.path)}. Give each its own file.`,
    );
  }
  const printed = wanted.find(({ path }) => path === STDOUT);
  if (printed !== undefined && given.has('json')) {
    throw new Problem(
      'usage',
      `--json and --export ${printed.name}=${STDOUT} both write to stdout. Name a file for the export.`,
    );
  }
  return wanted;
}

function parseExport(text: string): WantedExport {
  const [word = '', path] = text.split(/=(.*)/s);
  const name = EXPORTS.find((each) => each === word.trim());
  if (name === undefined) {
    throw new Problem(
      'usage',
      `--export ${quoted(text)} does not name a format.${suggestion(word, EXPORTS)} The formats are ${EXPORTS.join(', ')}.`,
    );
  }
  if (path?.trim() === '') {
    throw new Problem(
      'usage',
      `--export ${quoted(text)} has no file name. Use --export ${name}=FILE, or just --export ${name}.`,
    );
  }
  if (path === STDOUT && SEVERAL_FILES.includes(name)) {
    throw new Problem(
      'usage',
      `--export ${name}=${STDOUT}: ${name} writes several files, which cannot go to stdout. Name a folder.`,
    );
  }
  return { name, path: path ?? null };
}
