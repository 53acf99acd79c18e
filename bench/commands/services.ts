import type { CheckInput, CheckReport } from '../check/check.ts';
import type { ExperimentInput } from '../experiment/experiment.ts';
import type { CalibratedMachine, KeptCalibration } from '../model/calibration.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
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

/** What a command passes to the experiment; the rest comes from the installation. */
export type ExperimentRequest = Omit<ExperimentInput, 'onProcesses' | 'serverArguments'>;

/**
 * Everything that a command does to the machine or reads from it. Passed in, so that tests need no real
 * machine.
 */
export interface Services {
  /** All profiles that come with the package. */
  loadProfiles(): Promise<Profile[]>;
  loadTunings(): Promise<ShippedTuning[]>;
  /** @throws Problem if a configuration cannot be read, or a tuning does not apply to it */
  checkTunings(side: Side): Promise<void>;
  /**
   * Has Nginx check the configuration of a side exactly as a run would pass it (`nginx -t`).
   *
   * @throws Problem('configuration') in Nginx's own words
   */
  checkSide(planned: PlannedRun, binary: NginxBinary, ears: Ears): Promise<void>;
  /** The calibration of such a machine; null if there is none. */
  findCalibration(machine: CalibratedMachine): Promise<KeptCalibration | null>;
  /** Stores it for later comparisons, and returns its path. */
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
  /** What the Nginx of a side lacks to run it, as a sentence with the remedy; null if nothing is missing. */
  missingModule(side: Side, binary: NginxBinary): Promise<string | null>;
  /**
   * Whether the Nginx of a side forwards the WebSockets over TLS.
   *
   * @throws Problem('configuration') if it has no location for them
   */
  passesOverTls(side: Side): Promise<boolean>;
  /** Whether this system provides what is needed to judge a run. */
  canObserve(): boolean;
  readEnvironment(): Promise<Environment>;
  readMachine(): Promise<Machine>;
  /** Collects everything that determines what the machine can do. */
  examine(nginx: Pick<FindOptions, 'source' | 'say'>): Promise<Facts>;
  /** What the user should know about the machine before the first run. */
  watchMachine(): Promise<Notice[]>;
  /** Resolves with whether the strategy ran to completion. */
  runExperiment(input: ExperimentRequest): Promise<boolean>;
  /** Keeps a topology running until the signal. */
  keepUp(topology: UpInput): Promise<void>;
  /**
   * @param path The value of --config; null: the file in the working folder, if any.
   */
  readConfigFile(path: string | null): Promise<ConfigFile | null>;
  /** All processes that it starts have ended when it resolves. */
  checkConfiguration(input: CheckInput): Promise<CheckReport>;
  /**
   * Reads a configuration from standard input.
   *
   * @throws Problem('usage') if it cannot be read or is too large, or the signal's reason if it is stopped
   */
  readStandardInput(signal: AbortSignal): Promise<string>;
  readVersion(): Promise<string>;
  /** Names of this machine and its user, which redacted output must not contain. */
  readIdentity(): string[];
  now(): Date;
  /** Time of a monotonic clock. */
  elapsedMs(): number;
  /** A whole number below 2^32. */
  drawSeed(): number;
}

/** Services needed to read a library. */
export type LibraryNeed = 'loadProfiles' | 'loadTunings';

/**
 * Reads the building blocks of variants.
 *
 * @param nginx The binaries that the user named; null if variants are only listed, not chosen.
 */
export async function readLibrary(
  services: Pick<Services, LibraryNeed>,
  nginx: NginxSources | null,
): Promise<Library> {
  const [profiles, tunings] = await Promise.all([services.loadProfiles(), services.loadTunings()]);
  return { profiles, tunings, binaries: [...(nginx?.named.keys() ?? [])] };
}
