import type { CheckInput, CheckReport } from '../check/check.ts';
import type { ExperimentInput } from '../experiment/experiment.ts';
import type { CalibratedMachine, KeptCalibration } from '../model/calibration.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { Profile, ShippedTuning } from '../model/profile.ts';
import type { Environment } from '../model/result.ts';
import type { FindOptions, NginxBinary } from '../nginx/binary.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { Library, Side } from '../plan/variants.ts';
import type { ConfigFile } from '../request/config.ts';
import type { NginxSources } from '../request/nginx.ts';
import type { Ears } from '../topology/workplace.ts';
import type { UpInput } from '../up/up.ts';
import type { Facts } from './doctor/examine.ts';

/** What a command gives the experiment; the rest comes with the installation. */
export type ExperimentRequest = Omit<ExperimentInput, 'onProcesses' | 'serverArguments'>;

/** What a command does to the machine or learns of it: handed in, so that tests run without one. */
export interface Services {
  /** All profiles that come with the package. */
  loadProfiles(): Promise<Profile[]>;
  loadTunings(): Promise<ShippedTuning[]>;
  /** @throws Problem where a configuration cannot be read, or a tuning does not fit it */
  checkTunings(side: Side): Promise<void>;
  /**
   * Has Nginx check the configuration of a side as a run would hand it over (`nginx -t`).
   *
   * @throws Problem('configuration') in Nginx's own words
   */
  checkSide(planned: PlannedRun, binary: NginxBinary, ears: Ears): Promise<void>;
  /** What a calibration found of such a machine; null: none was made. */
  findCalibration(machine: CalibratedMachine): Promise<KeptCalibration | null>;
  /** Keeps it for comparisons to come, and returns its path. */
  keepCalibration(kept: KeptCalibration): Promise<string>;
  /**
   * Finds an Nginx, or fetches it.
   *
   * @param source As in `FindOptions`.
   */
  findNginx(
    source: string | null,
    progress: { say: (line: string) => void; signal: AbortSignal },
  ): Promise<NginxBinary>;
  /** What the Nginx of a side lacks to run it, as a sentence with the remedy; null: nothing. */
  missingModule(side: Side, binary: NginxBinary): Promise<string | null>;
  /**
   * Whether the Nginx of a side passes the WebSockets on over TLS.
   *
   * @throws Problem('configuration') where it has no location for them
   */
  passesOverTls(side: Side): Promise<boolean>;
  /** Whether this system shows what a run has to be judged by. */
  canObserve(): boolean;
  readEnvironment(): Promise<Environment>;
  readMachine(): Promise<Machine>;
  /** Everything that decides what the machine can do. */
  examine(nginx: Pick<FindOptions, 'source' | 'say'>): Promise<Facts>;
  /** What a person should know of the machine before the first run. */
  watchMachine(): Promise<Notice[]>;
  /** Whether the strategy came to its end. */
  runExperiment(input: ExperimentRequest): Promise<boolean>;
  /** Keeps a topology running until the signal. */
  keepUp(topology: UpInput): Promise<void>;
  /** @param path The value of --config; null: what the working folder has. */
  readConfigFile(path: string | null): Promise<ConfigFile | null>;
  /** Whatever it starts has ended when it is over. */
  checkConfiguration(input: CheckInput): Promise<CheckReport>;
  readVersion(): Promise<string>;
  /** Names of this machine and its user, which nothing that is redacted may hold. */
  readIdentity(): string[];
  now(): Date;
  /** Of a monotonic clock. */
  elapsedMs(): number;
  /** A whole number below 2^32. */
  drawSeed(): number;
}

/**
 * What variants are made of.
 *
 * @param nginx Those that a person named; null: variants are listed, not chosen.
 */
export async function readLibrary(services: Services, nginx: NginxSources | null): Promise<Library> {
  const [profiles, tunings] = await Promise.all([services.loadProfiles(), services.loadTunings()]);
  return { profiles, tunings, binaries: [...(nginx?.named.keys() ?? [])] };
}
