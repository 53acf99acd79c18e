import type { Result } from '../model/result.ts';
import { hgrmFiles } from './exports/hgrm.ts';
import { reportHtml } from './html.ts';

/** Output formats of a result. Each is a pure function that returns one or more files. */
export const OUTPUTS = {
  html: (result) => [{ name: 'report.html', text: reportHtml(result) }],
  hgrm: hgrmFiles,
} as const satisfies Record<string, (result: Result) => OutputFile[]>;

/** A generated file, to be written to the result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
