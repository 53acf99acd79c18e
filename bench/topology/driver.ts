import { relative } from 'node:path';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { ProxyKind } from '../model/proxy.ts';
import type { UsedProxy } from '../model/run.ts';
import type { Variant } from '../model/variant.ts';
import type { KeyType } from './certificate.ts';
import type { ProcessSet } from './process-set.ts';
import type { RoleOf } from './proxy-processes.ts';
import type { ReachableServer } from './servers.ts';
import type { StartedTarget } from './target.ts';
import type { Ears, FetchPlace } from './workplace.ts';

/**
 * Finds, starts and observes one kind of proxy. Facts that are known beforehand, such as the proxy's title and limits,
 * are in `PROXIES`.
 */
export interface ProxyDriver<Binary extends ProxyBinary = ProxyBinary> {
  kind: ProxyKind;
  /**
   * Finds a binary, or fetches one.
   *
   * @throws Problem('environment') whose message contains the command that installs the proxy on this system
   */
  locate(options: FindOptions): Promise<Binary>;
  /**
   * Reads a configuration once for all runs that use it.
   *
   * @throws Problem if it cannot be read, or does not handle WebSockets anywhere
   */
  prepare(source: ProxySource): Promise<PreparedProxy<Binary>>;
  roleOf: RoleOf;
}

/** A binary that is known to start. */
export interface ProxyBinary extends Pick<UsedProxy, 'version' | 'openssl' | 'origin'> {
  path: string;
}

/**
 * Returns the path to show in a report. A path inside the working folder is shown relative to that folder, because the
 * path of the folder is private.
 */
export function shownPath({ path }: Pick<ProxyBinary, 'path'>): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') ? path : below;
}

export interface FindOptions {
  /** Path of a binary, or a Debian suite such as `debian:trixie`; null searches for a binary. */
  source: string | null;
  /** Folders to search, in the format of PATH. */
  searchPath: string;
  /** Cache folder for fetched packages; created when needed. */
  cacheDir: string;
  /** Shows one line to the user. */
  say: (line: string) => void;
  signal?: AbortSignal;
  /**
   * Provides the folder that a binary is fetched into. The default is a temporary folder that is removed at the end
   * unless this process is killed.
   */
  place?: FetchPlace;
}

/** A configuration to put in front of the echo servers. */
export interface ProxySource {
  path: string;
  tunings: readonly { name: string; text: string }[];
  /**
   * Options for reading the user's own configuration; null for a profile of the package, which is used
   * unchanged.
   */
  options: ConfigurationOptions | null;
  /**
   * Key type of a profile's certificate. For the user's own configuration, its ciphers determine the key
   * type.
   */
  key: KeyType;
  /**
   * Whether the echo servers behind a profile use TLS. For a user's own configuration, the configuration
   * itself determines this.
   */
  upstreamTls: boolean;
}

/**
 * Returns the configuration that a profile's variant puts in front of the servers; null if the profile has no proxy.
 */
export function proxySource(
  { configurationPath: path, options, key, upstreamTls }: Profile,
  { proxy }: Variant,
): ProxySource | null {
  return path === null ? null : { path, tunings: proxy?.tunings ?? [], options, key, upstreamTls };
}

/**
 * Settings for starting a proxy. All except `upgradeTo` are only used if the topology runs for the user,
 * without a measurement.
 */
export interface Opening<Binary extends ProxyBinary = ProxyBinary> {
  /** Address to listen on; default: 127.0.0.1. */
  host?: string;
  /** Port that clients connect to; null or missing selects a free port. */
  port?: number | null;
  /** Folder to serve to browsers, in the same server block as the WebSockets. */
  pageFolder?: string;
  /** The binary to which the running proxy is upgraded; null or missing if there is no upgrade. */
  upgradeTo?: Binary | null;
}

/** Where a proxy forwards connections: an echo server, or a placeholder for one. */
export type Upstream = Pick<ReachableServer, 'host' | 'port' | 'socket' | 'certPath'>;

type ProxyPlan = NonNullable<RunPlan['proxy']>;

/** A configuration that has been read. Any number of proxies can be started with it. */
export interface PreparedProxy<Binary extends ProxyBinary = ProxyBinary> {
  /** Whether the proxy connects to the echo servers over TLS. */
  upstreamTls: boolean;
  /** Whether clients connect to the proxy over TLS. */
  clientTls: boolean;
  /**
   * Returns a sentence about a feature that the configuration needs and the binary lacks, and how to get it; null if
   * nothing is missing.
   */
  lackIn(binary: Binary): string | null;
  /**
   * Has the proxy check the configuration exactly as `start` would use it, without starting any process of a
   * topology.
   *
   * @param servers number of echo servers to assume
   * @throws Problem('configuration') in the proxy's own words
   */
  check(plan: ProxyPlan, binary: Binary, servers: number, ears: Ears): Promise<void>;
  /**
   * Adapts the configuration to the sandbox, has the proxy check it, and starts the proxy in front of the servers.
   *
   * @throws Problem('configuration') in the proxy's own words; Problem('environment') if the proxy does not start
   */
  start(
    plan: Pick<RunPlan, 'placement'> & { proxy: ProxyPlan },
    binary: Binary,
    servers: readonly Upstream[],
    folder: string,
    processSet: ProcessSet,
    opening?: Opening<Binary>,
  ): Promise<StartedTarget>;
}

/** The proxy that the runs of a variant start in front of their servers. */
export interface VariantProxy {
  binary: ProxyBinary;
  prepared: PreparedProxy;
  /** The binary to which a run upgrades the proxy if its timeline says so; null if there is none. */
  upgradeTo: ProxyBinary | null;
}
