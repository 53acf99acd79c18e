/** Export formats available in addition to a result's JSON and its report. */
export const EXPORTS = ['csv', 'hgrm', 'markdown', 'junit', 'openmetrics'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** The path that denotes standard output. */
export const STDOUT = '-';

/** An export requested by the user. */
export interface WantedExport {
  name: ExportName;
  /**
   * Path of the file, or of the folder if the export has several files. `-` writes to stdout; null uses the
   * default names in the run's folder.
   */
  path: string | null;
}
