/** A file of a result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
