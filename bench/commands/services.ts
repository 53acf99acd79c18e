import type { FoundAgents } from '../agents/found-agents.ts';
import type { CheckInput, CheckReport } from '../check/check.ts';
import type { ExperimentInput } from '../experiment/experiment.ts';
import type { CalibratedMachine, KeptCalibration } from '../model/calibration.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { Profile, ShippedTuning } from '../model/profile.ts';
import type { ProxyKind } from '../model/proxy.ts';
import type { Environment } from '../model/result.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { Library } from '../plan/variants.ts';
import type { AgentRequest } from '../request/agent.ts';
import type { AgentsRequest } from '../request/agents.ts';
import type { ConfigFile } from '../request/config.ts';
import type { NginxSources } from '../request/nginx.ts';
import type {
  FindOptions,
  PreparedProxy,
  ProxyBinary,
  ProxySource,
  VariantProxy,
} from '../topology/driver.ts';
import type { Ears } from '../topology/workplace.ts';
import type { UpInput } from '../up/up.ts';
import type { Facts } from './doctor/examine.ts';

/** How a long-running service reports its progress, and the signal that stops the service. */
export interface Progress {
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Input of an experiment that the command provides; the installation adds the rest. */
export type ExperimentRequest = Omit<ExperimentInput, 'onProcesses' | 'serverArguments'>;

/**
 * All effects of a command on the machine, and all data that it reads from the machine. Injected so that
 * tests need no real machine.
 */
export interface Services {
  loadProfiles(): Promise<Profile[]>;
  loadTunings(): Promise<ShippedTuning[]>;
  /**
   * Makes a side's proxy check its configuration, exactly as a run would use it.
   *
   * @throws Problem('configuration') with the proxy's own error message
   */
  checkSide(planned: PlannedStep, proxy: VariantProxy, ears: Ears): Promise<void>;
  /** The calibration stored for this machine, `outdated` if it no longer applies; null if there is none. */
  findCalibration(machine: CalibratedMachine): Promise<KeptCalibration | 'outdated' | null>;
  /** Stores a calibration for later comparisons, and returns its path. */
  keepCalibration(kept: KeptCalibration): Promise<string>;
  /**
   * Finds a binary of this kind of proxy, or fetches one.
   *
   * @param source as in `FindOptions`
   */
  findProxy(kind: ProxyKind, source: string | null, progress: Progress): Promise<ProxyBinary>;
  /** Finds an Nginx binary for `check`, which only checks configurations of Nginx. */
  findNginx(source: string | null, progress: Progress): Promise<NginxBinary>;
  /**
   * Reads a side's configuration.
   *
   * @throws Problem if the configuration cannot be read, does not fit a tuning, or has no WebSocket location
   */
  prepareProxy(kind: ProxyKind, source: ProxySource): Promise<PreparedProxy>;
  /** Whether this system provides the data needed to judge a run. */
  canObserve(): boolean;
  readEnvironment(): Promise<Environment>;
  readMachine(): Promise<Machine>;
  /** Collects the facts that determine which runs are possible on this machine. */
  examine(nginx: Pick<FindOptions, 'source' | 'say'>): Promise<Facts>;
  /** Warnings about the machine, for the user to read before the first run. */
  watchMachine(): Promise<Notice[]>;
  /** Resolves to whether the strategy ran to completion. */
  runExperiment(input: ExperimentRequest): Promise<boolean>;
  /**
   * Connects to NATS and finds the agents that take part in the runs.
   *
   * @throws Problem('environment') if NATS or an agent cannot be reached, or if an agent cannot take part in the run
   */
  findAgents(request: AgentsRequest, signal: AbortSignal): Promise<FoundAgents>;
  /** Runs an agent for runs that are started elsewhere, until the signal aborts. */
  serveAgent(request: AgentRequest, ears: Ears & { signal: AbortSignal }): Promise<void>;
  /** Keeps a topology running until the signal aborts. */
  keepUp(topology: UpInput): Promise<void>;
  /** @param path the value of --config; null for the configuration file in the working directory, if any */
  readConfigFile(path: string | null): Promise<ConfigFile | null>;
  /**
   * Imports a scenario file, and adds its scenario to those that a request can name.
   *
   * @param path as in --scenario
   * @throws Problem('usage') for any mistake in the file
   */
  addScenario(path: string): Promise<void>;
  /** Checks a configuration. Resolves only after all processes started by the check have ended. */
  checkConfiguration(input: CheckInput): Promise<CheckReport>;
  /**
   * Reads a configuration from standard input.
   *
   * @throws Problem('usage') if the input cannot be read or is too large; the signal's reason if the signal
   * aborts
   */
  readStandardInput(signal: AbortSignal): Promise<string>;
  readVersion(): Promise<string>;
  /** Names of this machine and its user, which must not appear in redacted output. */
  readIdentity(): string[];
  now(): Date;
  /** Reads a monotonic clock. */
  elapsedMs(): number;
  /** Draws a random integer from 0 to 2^32 − 1. */
  drawSeed(): number;
}

/** Services needed to read the library of profiles and tunings. */
export type LibraryNeed = 'loadProfiles' | 'loadTunings';

/**
 * Reads the building blocks of variants.
 *
 * @param nginx the Nginx binaries named by the user; null if variants are only listed, not chosen
 * @param upgradeTo as in `Library`
 */
export async function readLibrary(
  services: Pick<Services, LibraryNeed>,
  nginx: NginxSources | null,
  upgradeTo?: string | null,
): Promise<Library> {
  const [profiles, tunings] = await Promise.all([services.loadProfiles(), services.loadTunings()]);
  return { profiles, tunings, binaries: [...(nginx?.named.keys() ?? [])], upgradeTo };
}
