/** The formats in which a result can be written besides its JSON and its report. */
export const EXPORTS = ['csv', 'hgrm', 'markdown', 'junit', 'openmetrics'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** An export that the user asked for. */
export interface WantedExport {
  name: ExportName;
  /**
   * Path of the file, or of the folder for exports with several files; null for the usual names in the run's
   * folder.
   */
  path: string | null;
}
