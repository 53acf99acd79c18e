/** A file in a result's folder. */
export interface OutputFile {
  name: string;
  text: string;
}
