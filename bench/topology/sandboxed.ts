import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { KeyType } from '../nginx/certificates.ts';
import { withoutCulprit } from '../nginx/complaint.ts';
import { listenAddresses } from '../nginx/listen.ts';
import { nearestWord, wordsIn } from '../nginx/misspelt.ts';
import type { OnChange } from '../nginx/notices.ts';
import { parse } from '../nginx/parse.ts';
import type { Sandbox, SandboxSpec } from '../nginx/sandbox.ts';
import { type OwnAddresses, refuseOtherTargets } from '../nginx/targets.ts';
import { type Directive, type Node, rewrite } from '../nginx/tree.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import {
  checkNginx,
  freePorts,
  REJECTED_BY_NGINX,
  startNginx,
  type WrittenConfiguration,
  writeConfiguration,
} from './nginx.ts';
import type { Launched } from './process.ts';
import type { ProcessSet } from './process-set.ts';
import { nginxUser } from './worker-user.ts';

export const LOOPBACK = '127.0.0.1';

/** What a configuration is put into the sandbox with. */
export interface SandboxedOptions extends Pick<SandboxSpec, 'host' | 'upstreams' | 'keepGuards'> {
  binary: NginxBinary;
  /** Private to the run; it gets the certificate, the configuration and the logs. */
  folder: string;
  processSet: ProcessSet;
  proxy: NonNullable<RunPlan['proxy']>;
  /** The certificate's key, and the host names for which it is valid beside the addresses. */
  key: KeyType;
  names: readonly string[];
  /** What the WebSockets go through: there nothing is taken out. */
  vital: readonly Directive[];
  /** Null for a profile of the package: it runs as it is, or not at all. */
  onChange: OnChange | null;
  /** Where the WebSockets are to be listened for; null: on any free port. */
  port?: number | null;
}

/** A configuration that Nginx accepts in the sandbox. */
export interface Sandboxed<Moved> {
  moved: Moved;
  /** As it runs: without what this Nginx cannot do. */
  tree: readonly Node[];
  written: WrittenConfiguration;
  certificate: Certificate;
  /** One for each of the addresses that the configuration listens on. */
  ports: readonly number[];
  /**
   * @param cpus where Nginx may run; null: wherever the kernel likes
   * @throws Problem('environment') where it does not start
   */
  start(cpus: readonly number[] | null): Promise<Launched>;
}

/**
 * Moves a configuration into the sandbox, with free ports and a fresh certificate, and has Nginx check it.
 *
 * @param move which of the servers are moved, and how; a draft only shows which port is for the WebSockets
 * @throws Problem('configuration') where it cannot be moved, or Nginx refuses it
 */
export async function sandboxed<Moved extends Pick<Sandbox, 'tree' | 'listeners'>>(
  tree: readonly Node[],
  { binary, folder, processSet, proxy, key, names, vital, onChange, port = null, ...place }: SandboxedOptions,
  move: (spec: Omit<SandboxSpec, 'wanted'>, isDraft: boolean) => Moved,
): Promise<Sandboxed<Moved>> {
  const { host } = place;
  const certificate = await makeCertificate(folder, key, names, [...new Set([LOOPBACK, host])]);
  const free = await freePorts(host, listenAddresses(tree).length);
  const draft = {
    ...proxy,
    ...place,
    folder,
    ports: free,
    certificate,
    // Placed as a whole, like every other process; the workers inherit it.
    cpuAffinity: null,
    user: nginxUser(),
    nginxVersion: binary.version,
    buildArguments: binary.buildArguments,
    modulesPath: binary.modulesPath,
    streamModule: binary.streamModule,
  };
  const ports = port === null ? free : withPort(free, move(draft, true).listeners[0]?.port, port);
  const spec = { ...draft, ports };
  const moved = move(spec, false);
  const { launch, launchTask } = processSet;
  const accepted = await writeAccepted(binary, folder, moved.tree, spec, vital, onChange, launchTask);
  const { confPath } = accepted.written;
  const { listeners } = moved;
  return {
    moved,
    ...accepted,
    certificate,
    ports,
    start: (cpus) =>
      startNginx({ binary, confPath, folder, listeners, workers: proxy.workers, cpus, launch }),
  };
}

/** The ports with another in place of one of them; where that is among them already, the two are exchanged. */
function withPort(ports: readonly number[], used: number | undefined, wanted: number): number[] {
  return ports.map((each) => (each === used ? wanted : each === wanted ? (used ?? each) : each));
}

/**
 * Writes a configuration and has Nginx check it; what this Nginx cannot do is taken out, one complaint after
 * the other, because each run of `nginx -t` tells only the first. What is written is judged before Nginx sees it,
 * each time: without an `upstream` that was taken out, a name in `proxy_pass` would be that of a host.
 *
 * @param own What Nginx may connect to and listen on.
 * @param vital What the WebSockets go through: there nothing is taken out.
 * @param onChange Null for a profile of the package: it runs as it is, or not at all.
 * @throws Problem('configuration') in Nginx's own words where that does not help.
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
    if (meant !== null) throw withMeant(error, meant);
    const rest = withoutCulprit(tree, complaint, vital, onChange);
    if (rest === null) throw error;
    return writeAccepted(binary, folder, rest, own, vital, onChange, launchTask);
  }
}

/** What is meant by a directive that Nginx does not know, if it is only misspelt: then it is no other module's. */
async function meantDirective(complaint: string, binary: NginxBinary): Promise<string | null> {
  const name = /unknown directive "([^"]+)"/.exec(complaint)?.[1];
  return name === undefined ? null : nearestWord(name, await wordsIn(binary));
}

function withMeant({ kind, message, code, data }: Problem, meant: string): Problem {
  return new Problem(kind, `${message} Did you mean "${meant}"?`, { code, data });
}

/** The tree as Nginx will read it, with places in the person's files. */
function readBack({ confPath, text, origins }: WrittenConfiguration): Node[] {
  return rewrite(parse(text, confPath), (node) => [
    { ...node, origin: origins[(node.origin?.line ?? 0) - 1] ?? node.origin },
  ]);
}
