import type { Result } from '../model/result.ts';
import { hgrmFiles } from './exports/hgrm.ts';
import { reportHtml } from './html.ts';
import type { OutputFile } from './output-file.ts';

/** The outputs of a result, by name: pure functions that each produce one or several files. */
export const OUTPUTS = {
  html: (result) => [{ name: 'report.html', text: reportHtml(result) }],
  hgrm: hgrmFiles,
} as const satisfies Record<string, (result: Result) => OutputFile[]>;
