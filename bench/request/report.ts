import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { EXPORT_OPTION, exportsOf } from './exports.ts';
import { JSON_OPTION } from './options.ts';

/** The request of `report`. */
export interface ReportRequest {
  /** Path of a result's folder, or of its result.json. */
  path: string;
  json: boolean;
  exports: readonly WantedExport[];
}

export const reportCommand = {
  operands: 'PATH',
  help: 'Regenerate the report for a stored result',
  options: { Options: { ...JSON_OPTION, ...EXPORT_OPTION } },
  takesFromFile: false,
  parse: (given, operands) => ({
    command: 'report',
    report: { path: pathOf(operands), json: given.has('json'), exports: exportsOf(given) },
  }),
} as const satisfies Command<{ command: 'report'; report: ReportRequest }>;

function pathOf(operands: readonly string[]): string {
  const [path, ...rest] = operands;
  if (path !== undefined && rest.length === 0) return path;
  throw new Problem('usage', '`report` takes one path: a folder in reports/, or the result.json in it.');
}
