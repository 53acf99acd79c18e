import type { ExportName } from '../../model/export.ts';
import type { Result } from '../../model/result.ts';
import type { OutputFile } from '../outputs.ts';
import { slicesCsv } from './csv.ts';
import { hgrmFiles } from './hgrm.ts';
import { junitXml } from './junit.ts';
import { resultMarkdown } from './markdown.ts';
import { openMetrics } from './openmetrics.ts';

/** Converts a result for use in another tool: a pure function that produces one or more files. */
export type Export =
  /** `file` is the file's name in the result's folder. */
  { file: string; text(result: Result): string } | { files(result: Result): OutputFile[] };

export const EXPORT_FORMATS: Readonly<Record<ExportName, Export>> = {
  csv: { file: 'slices.csv', text: slicesCsv },
  hgrm: { files: hgrmFiles },
  markdown: { file: 'report.md', text: resultMarkdown },
  junit: { file: 'junit.xml', text: junitXml },
  openmetrics: { file: 'openmetrics.txt', text: openMetrics },
};
