import type { CheckInput, CheckReport } from '../check/check.ts';
import type { ExperimentInput } from '../experiment/experiment.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { Profile, ShippedTuning } from '../model/profile.ts';
import type { Environment } from '../model/result.ts';
import type { Library, Side } from '../plan/variants.ts';

/** What a command gives the experiment; the rest comes with the installation. */
export type ExperimentRequest = Omit<ExperimentInput, 'cacheDir' | 'onProcesses' | 'serverArguments'>;

/** What a command gives to a check. */
export type CheckRequested = Omit<CheckInput, 'binary'> & {
  nginxPath: string | null;
  say: (line: string) => void;
};

/** What a command does to the machine or learns of it: handed in, so that tests run without one. */
export interface Services {
  /** All profiles that come with the package. */
  loadProfiles(): Promise<Profile[]>;
  loadTunings(): Promise<ShippedTuning[]>;
  /** @throws Problem where a configuration cannot be read, or a tuning does not fit it */
  checkTunings(side: Side): Promise<void>;
  /** What this Nginx lacks to run a side, as a sentence with the remedy; null: nothing. */
  missingModule(
    side: Side,
    nginx: { path: string | null; say: (line: string) => void; signal: AbortSignal },
  ): Promise<string | null>;
  /** Whether this system shows what a run has to be judged by. */
  canObserve(): boolean;
  readEnvironment(): Promise<Environment>;
  readMachine(): Promise<Machine>;
  /** What a person should know of the machine before the first run. */
  watchMachine(): Promise<Notice[]>;
  /** Whether the strategy came to its end. */
  runExperiment(input: ExperimentRequest): Promise<boolean>;
  /** Whatever it starts has ended when it is over. */
  checkConfiguration(input: CheckRequested): Promise<CheckReport>;
  readVersion(): Promise<string>;
  now(): Date;
  /** Of a monotonic clock. */
  elapsedMs(): number;
  /** A whole number below 2^32. */
  drawSeed(): number;
}

/** What variants are made of. */
export async function readLibrary(services: Services): Promise<Library> {
  const [profiles, tunings] = await Promise.all([services.loadProfiles(), services.loadTunings()]);
  return { profiles, tunings };
}
