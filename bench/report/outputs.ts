import type { Result } from '../model/result.ts';
import { hgrmFiles } from './exports/hgrm.ts';
import { reportHtml } from './html.ts';

/** Exports of a result, by name. Each is a pure function that produces one or several files. */
export const OUTPUTS = {
  html: (result) => [{ name: 'report.html', text: reportHtml(result) }],
  hgrm: hgrmFiles,
} as const satisfies Record<string, (result: Result) => OutputFile[]>;

/** A file in a result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
