/** Export formats available in addition to the result's JSON and the report. */
export const EXPORTS = ['csv', 'hgrm', 'markdown', 'junit', 'openmetrics'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** The path that stands for standard output. */
export const STDOUT = '-';

/** An export requested by the user. */
export interface WantedExport {
  name: ExportName;
  /**
   * Path of the file, or of the folder if the export consists of several files. `-` writes to stdout; null
   * uses the default names in the result's folder.
   */
  path: string | null;
}
