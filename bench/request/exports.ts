import { resolve } from 'node:path';
import { EXPORTS, type WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import { suggestion } from './nearest.ts';
import type { GivenOptions, Options } from './options.ts';
import { quoted } from './units.ts';

export const EXPORT_OPTION = {
  export: { value: 'NAME[=FILE]', many: true, help: `Write ${EXPORTS.join(', ')} as well` },
} as const satisfies Options;

/** Reads `--export`, and `--markdown` where a command has it; throws a Problem of kind `usage`. */
export function exportsOf(given: GivenOptions): WantedExport[] {
  const markdown = (given.get('markdown') ?? []).map((path) => ({ name: 'markdown' as const, path }));
  const wanted = [...(given.get('export') ?? []).map(parseExport), ...markdown];
  const files = wanted.map(({ name, path }) => (path === null ? name : resolve(path)));
  const twice = wanted.find((_, index) => files.indexOf(files[index] ?? '') !== index);
  if (twice === undefined) return wanted;
  throw new Problem(
    'usage',
    twice.path === null
      ? `--export ${twice.name} is given twice; give it once, or name a file for the second.`
      : `Two exports go to ${quoted(twice.path)}; give each a file of its own.`,
  );
}

function parseExport(text: string): WantedExport {
  const [, word = '', path] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const name = EXPORTS.find((each) => each === word.trim());
  if (name === undefined) {
    throw new Problem(
      'usage',
      `--export ${quoted(text)} names no format.${suggestion(word, EXPORTS)} There are ${EXPORTS.join(', ')}.`,
    );
  }
  if (path?.trim() === '') {
    throw new Problem(
      'usage',
      `--export ${quoted(text)} lacks its file: write --export ${name}=FILE, or --export ${name}.`,
    );
  }
  return { name, path: path ?? null };
}
