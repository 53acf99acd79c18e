import type { Result } from '../model/result.ts';
import { hgrmFiles } from './exports/hgrm.ts';
import { reportHtml } from './html.ts';

/** The outputs of a result, by name: pure functions that each produce one or several files. */
export const OUTPUTS = {
  html: (result) => [{ name: 'report.html', text: reportHtml(result) }],
  hgrm: hgrmFiles,
} as const satisfies Record<string, (result: Result) => OutputFile[]>;

/** A file in a result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
