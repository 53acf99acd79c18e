import { mkdir } from 'node:fs/promises';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { Target } from '../model/target.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { keyTypeFor } from '../nginx/certificates.ts';
import { addressesOf, listenAddresses } from '../nginx/listen.ts';
import type { OnChange } from '../nginx/notices.ts';
import { moveAllServers } from '../nginx/sandbox.ts';
import { sandboxed } from '../nginx/sandboxed.ts';
import type { Node } from '../nginx/tree.ts';
import type { UpstreamServer } from '../nginx/upstream.ts';
import { LOOPBACK } from '../topology/ports.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { openFolderToWorkers } from '../topology/worker-user.ts';
import type { Candidate } from './candidate.ts';
import { withAuthStandIn } from './stand-in.ts';
import { workerConnections as connectionsIn } from './subject.ts';

const BACKLOG = 1024;
/** At startup, Nginx allocates a record for every possible connection, but the trials need few connections. */
const MOST_CONNECTIONS = 4096;
/** With a single worker, results do not depend on which worker accepts a connection. */
const WORKERS = 1;

/** Options for running a configuration. */
export interface RaiseOptions {
  binary: NginxBinary;
  processSet: ProcessSet;
  backends: readonly UpstreamServer[];
  candidates: readonly Candidate[];
  configuration: ConfigurationOptions;
  /** `worker_connections` as set in the configuration. */
  workerConnections: number;
  onChange: OnChange;
}

/** A configuration running in the sandbox, with all of its servers. */
export interface Raised {
  nginx: Launched;
  /**
   * `worker_connections` of the running Nginx: more than configured if connections pass through Nginx twice.
   */
  workerConnections: number;
  /** Folder that contains the logs. */
  folder: string;
  /** The authority that signed the certificate, in PEM format; null for a configuration without TLS. */
  ca: string | null;
  /** Returns the target for WebSockets to a location; null if no host or path leads to the location. */
  targetOf(candidate: Candidate): Target | null;
}

/**
 * Moves a configuration into the sandbox and starts Nginx with it. Anything unknown to this Nginx is removed,
 * because the rest is still worth checking.
 *
 * @param folder created by this function, inside the private folder of the check
 * @throws Problem('configuration') if the configuration cannot be moved or is rejected by Nginx
 */
export async function raise(
  tree: readonly Node[],
  folder: string,
  { binary, processSet, backends, candidates, configuration, workerConnections, onChange }: RaiseOptions,
): Promise<Raised> {
  await mkdir(folder, { mode: 0o700 });
  await openFolderToWorkers(folder);
  const addresses = listenAddresses(tree);
  const connections = Math.min(workerConnections, MOST_CONNECTIONS);
  const sandbox = await sandboxed(
    tree,
    {
      binary,
      folder,
      processSet,
      proxy: {
        workers: WORKERS,
        workerConnections: connections,
        workerFiles: connections * 2,
        backlog: BACKLOG,
        reuseport: false,
      },
      key: candidates.some(({ levels }) => keyTypeFor(levels) === 'rsa') ? 'rsa' : 'ecdsa',
      names: [...new Set(candidates.flatMap(({ host }) => (host === null ? [] : [host])))],
      host: LOOPBACK,
      upstreams: backends,
      keepGuards: configuration.keepGuards,
      vital: [],
      onChange,
    },
    (spec) => moveAllServers(configuration.keepGuards ? withAuthStandIn(tree) : tree, spec, onChange),
  );
  const { ports } = sandbox;
  const { listeners } = sandbox.moved;
  const nginx = await sandbox.start(null);
  return {
    nginx,
    workerConnections: connectionsIn(sandbox.tree),
    folder,
    ca: sandbox.certificate?.certPem ?? null,
    targetOf({ entrance, passesTls, path, host }) {
      const own = addressesOf(entrance).map((address) => ports[addresses.indexOf(address)]);
      const there = listeners.filter(({ port }) => own.includes(port));
      const listener = there.find(({ tls }) => tls) ?? there[0];
      if (listener === undefined || path === null || host === null) return null;
      const tls = listener.tls || passesTls;
      return {
        host: LOOPBACK,
        ports: [listener.port],
        path,
        tls: tls ? { servername: host } : null,
        request: { host, headers: withOrigin(configuration.headers, host, tls) },
      };
    },
  };
}

/**
 * Adds an Origin header, because browsers send it with every handshake (RFC 6455 section 4.1), and servers
 * may refuse a handshake without it.
 */
function withOrigin(headers: ConfigurationOptions['headers'], host: string, tls: boolean) {
  if (headers.some(({ name }) => name.toLowerCase() === 'origin')) return headers;
  return [{ name: 'Origin', value: `${tls ? 'https' : 'http'}://${host}` }, ...headers];
}
