import type { ExperimentInput } from '../experiment/experiment.ts';
import type { RunFigures } from '../measure/figures.ts';
import type { Machine } from '../model/machine.ts';
import type { Profile } from '../model/profile.ts';
import type { Progress } from '../model/progress.ts';
import type { Environment, Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';

/** What a command gives the experiment; the rest comes with the installation. */
export type ExperimentRequest = Omit<
  ExperimentInput,
  'version' | 'cacheDir' | 'onProcesses' | 'serverArguments'
>;

/** What the commands are made of: handed in, so that tests run them without a machine. */
export interface Services {
  /** All profiles that come with the package. */
  loadProfiles(): Promise<Profile[]>;
  /** `names` with commas between them, or `all`. */
  chooseProfiles(all: readonly Profile[], names: string): Profile[];
  readEnvironment(): Promise<Environment>;
  readMachine(): Promise<Machine>;
  runExperiment(input: ExperimentRequest): Promise<Result>;
  figuresOf(run: Run): RunFigures;
  /** Saves result.json whole, or not at all. */
  writeResult(folder: string, result: Result): Promise<unknown>;
  /** Draws the report beside it; the path of report.html. */
  writeReport(folder: string, result: Result): Promise<string>;
  /** Writes index.html over all run folders of a reports folder. */
  writeListing(reports: string): Promise<unknown>;
  /** From a run folder, or from the result.json in it. */
  readResult(path: string): Promise<Result>;
  /** What --json prints. */
  jsonSummary(result: Result, reportPath: string): unknown;
  /** The table at the end of a run; ends in a line end. */
  summaryText(result: Result): string;
  progressLine(progress: Progress): string;
  readVersion(): Promise<string>;
  now(): Date;
  /** A whole number below 2^32. */
  drawSeed(): number;
}
