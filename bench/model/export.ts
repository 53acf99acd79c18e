/** What a result can be written as, beside its JSON and its report. */
export const EXPORTS = ['csv', 'hgrm', 'markdown', 'junit', 'openmetrics'] as const;
export type ExportName = (typeof EXPORTS)[number];

/** An export that a person asked for. */
export interface WantedExport {
  name: ExportName;
  /** Of the file, or of the folder where it makes several; null: in the run's folder, under their usual names. */
  path: string | null;
}
