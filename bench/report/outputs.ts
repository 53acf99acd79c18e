import type { Result } from '../model/result.ts';
import { hgrmFiles } from './exports/hgrm.ts';
import { reportHtml } from './html.ts';

/** Ways to write a result to files, by name; each is a pure function that produces one or several files. */
export const OUTPUTS = {
  html: (result) => [{ name: 'report.html', text: reportHtml(result) }],
  hgrm: hgrmFiles,
} as const satisfies Record<string, (result: Result) => OutputFile[]>;

/** A file in a result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
