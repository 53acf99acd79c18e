import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import { type Certificate, type KeyType, makeCertificate } from '../topology/certificate.ts';
import { freePorts, LOOPBACK } from '../topology/ports.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { workerUser } from '../topology/worker-user.ts';
import type { NginxBinary } from './binary.ts';
import { namesTls } from './client-tls.ts';
import { templateRemedy, withoutCulprit } from './complaint.ts';
import { listenAddresses } from './listen.ts';
import { nearestWord, wordsIn } from './misspelt.ts';
import type { OnChange } from './notices.ts';
import { parse } from './parse.ts';
import type { Sandbox, SandboxSpec } from './sandbox.ts';
import {
  checkNginx,
  REJECTED_BY_NGINX,
  rejection,
  startNginx,
  type WrittenConfiguration,
  writeConfiguration,
} from './start.ts';
import { type OwnAddresses, refuseOtherTargets, UNKNOWN_DIRECTIVE } from './targets.ts';
import { type Directive, type Node, rewrite } from './tree.ts';

/** Parameters for moving a configuration into the sandbox. */
export interface SandboxedOptions
  extends Pick<SandboxSpec, 'host' | 'upstreams' | 'keepGuards' | 'nameServer'> {
  binary: NginxBinary;
  /** The run's private folder; receives the certificate, the configuration and the logs. */
  folder: string;
  processSet: ProcessSet;
  proxy: NonNullable<RunPlan['proxy']>;
  /** Key type of the certificate, which is valid for `names` in addition to the addresses. */
  key: KeyType;
  names: readonly string[];
  /** Directives that the WebSockets depend on; an unknown directive within them is an error. */
  vital: readonly Directive[];
  /** Null for a profile of the package, which runs either unchanged or not at all. */
  onChange: OnChange | null;
  /** Port for the WebSockets; null uses any free port. */
  port?: number | null;
}

/** A configuration that Nginx accepts in the sandbox. */
export interface Sandboxed<Moved> {
  moved: Moved;
  /** The configuration that Nginx runs with, without the directives that this Nginx does not support. */
  tree: readonly Node[];
  written: WrittenConfiguration;
  /** Null for a configuration without TLS. */
  certificate: Certificate | null;
  /** One port for each address that the configuration listens on. */
  ports: readonly number[];
  /**
   * @param cpus CPUs to which Nginx is pinned; null leaves the choice to the kernel
   * @param upgradable as in `StartOptions`
   * @throws Problem('environment') if Nginx does not start
   */
  start(cpus: readonly number[] | null, upgradable?: boolean): Promise<Launched>;
}

/**
 * Moves a configuration into the sandbox, with free ports and a new certificate, and has Nginx check it.
 *
 * @param move determines which servers are moved, and how. If `port` is given, `move` is first called for a
 * draft, which only serves to find the listener for the WebSockets.
 * @throws Problem('configuration') if the configuration cannot be moved, or Nginx rejects it
 */
export async function sandboxed<Moved extends Pick<Sandbox, 'tree' | 'listeners'>>(
  tree: readonly Node[],
  { binary, folder, processSet, proxy, key, names, vital, onChange, port = null, ...place }: SandboxedOptions,
  move: (spec: Omit<SandboxSpec, 'wanted'>, isDraft: boolean) => Moved,
): Promise<Sandboxed<Moved>> {
  const { host } = place;
  const addresses = [...new Set([LOOPBACK, host])];
  // A certificate is made only if needed, because the library that makes it is slow to import.
  const certificate = namesTls(tree) ? await makeCertificate(folder, key, names, addresses) : null;
  const free = await freePorts(host, listenAddresses(tree).length);
  const draft = {
    ...proxy,
    ...place,
    folder,
    ports: free,
    certificate,
    // Nginx is pinned as a whole, like every other process, and its workers inherit the affinity.
    cpuAffinity: null,
    user: userArguments(),
    nginxVersion: binary.version,
    buildArguments: binary.buildArguments,
    modulesPath: binary.modulesPath,
    streamModule: binary.streamModule,
  };
  const { moved, spec } = await orMisspelt(binary, () => {
    const ports = port === null ? free : withPort(free, move(draft, true).listeners[0]?.port, port);
    const spec = { ...draft, ports };
    return { moved: move(spec, false), spec };
  });
  const { launch, launchTask } = processSet;
  const accepted = await writeAccepted(binary, folder, moved.tree, spec, vital, onChange, launchTask);
  const { confPath } = accepted.written;
  const { listeners } = moved;
  return {
    moved,
    ...accepted,
    certificate,
    ports: spec.ports,
    start: (cpus, upgradable = false) =>
      startNginx({ binary, confPath, folder, listeners, workers: proxy.workers, cpus, upgradable, launch }),
  };
}

/** Arguments of the `user` directive; null if Nginx does not run as root. */
function userArguments(): string | null {
  if (process.getuid?.() !== 0) return null;
  const user = workerUser();
  return user === null ? 'root root' : `${user.name} ${user.group}`;
}

/**
 * Moves a configuration. If the bench does not recognise a directive whose name looks misspelt, the error
 * suggests the correct name. Without this check, a misspelt `proxy_pass` would look like a directive of
 * another module.
 */
async function orMisspelt<T>(binary: NginxBinary, move: () => T): Promise<T> {
  try {
    return move();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== UNKNOWN_DIRECTIVE) throw error;
    const complaint = `unknown directive "${error.data.name}" in ${error.data.place}`;
    const meant = await meantDirective(complaint, binary);
    throw meant === null ? error : withRemedy(rejection(complaint), didYouMean(meant));
  }
}

/** Replaces one of the ports with another; if the other port is already in the list, the two are swapped. */
function withPort(ports: readonly number[], used: number | undefined, wanted: number): number[] {
  return ports.map((each) => (each === used ? wanted : each === wanted ? (used ?? each) : each));
}

/**
 * Writes a configuration and has Nginx check it. Directives that this Nginx does not support are removed one
 * at a time, because each run of `nginx -t` reports only the first. Before each run of Nginx, all addresses
 * in the configuration are checked again: after an unsupported `upstream` has been removed, its name in
 * `proxy_pass` would be read as a host name.
 *
 * @param own the only addresses that Nginx may connect to and listen on
 * @param vital directives that the WebSockets depend on; an unknown directive within them is an error
 * @param onChange null for a profile of the package, which runs either unchanged or not at all
 * @throws Problem('configuration') in Nginx's own words if Nginx still rejects it
 */
export async function writeAccepted(
  binary: NginxBinary,
  folder: string,
  tree: readonly Node[],
  own: OwnAddresses,
  vital: readonly Directive[],
  onChange: OnChange | null,
  launchTask: ProcessSet['launchTask'],
): Promise<{ tree: readonly Node[]; written: WrittenConfiguration }> {
  const written = await writeConfiguration(folder, tree);
  refuseOtherTargets(readBack(written), own);
  try {
    await checkNginx(binary, written.confPath, folder, written.origins, launchTask);
    return { tree, written };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== REJECTED_BY_NGINX || onChange === null) throw error;
    const complaint = String(error.data.complaint);
    const meant = await meantDirective(complaint, binary);
    if (meant !== null) throw withRemedy(error, didYouMean(meant));
    const rest = withoutCulprit(tree, complaint, vital, onChange);
    const remedy = rest === null ? templateRemedy(tree, complaint) : null;
    if (rest === null) throw remedy === null ? error : withRemedy(error, remedy);
    return writeAccepted(binary, folder, rest, own, vital, onChange, launchTask);
  }
}

/**
 * If an unknown directive is a misspelling, the directive that the user meant; otherwise null, as for a
 * directive of another module.
 */
async function meantDirective(complaint: string, binary: NginxBinary): Promise<string | null> {
  const name = /unknown directive "([^"]+)"/.exec(complaint)?.[1];
  return name === undefined ? null : nearestWord(name, await wordsIn(binary));
}

function didYouMean(meant: string): string {
  return `Did you mean "${meant}"?`;
}

function withRemedy({ kind, message, code, data }: Problem, remedy: string): Problem {
  return new Problem(kind, `${message} ${remedy}`, { code, data });
}

/**
 * Parses the printed configuration as Nginx will read it. The user's directives keep their locations in the
 * user's files.
 */
function readBack({ confPath, text, origins }: WrittenConfiguration): Node[] {
  return rewrite(parse(text, confPath), (node) => [
    { ...node, origin: origins[(node.origin?.line ?? 0) - 1] ?? node.origin },
  ]);
}
