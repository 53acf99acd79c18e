import { mkdir } from 'node:fs/promises';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { Target } from '../model/target.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { keyTypeFor } from '../nginx/certificates.ts';
import { addressesOf, listenAddresses } from '../nginx/listen.ts';
import type { OnChange } from '../nginx/notices.ts';
import { moveAllServers } from '../nginx/sandbox.ts';
import type { Node } from '../nginx/tree.ts';
import type { UpstreamServer } from '../nginx/upstream.ts';
import { writeAccepted } from '../topology/accepted.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { freePorts, startNginx } from '../topology/nginx.ts';
import type { Launched } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { nginxUser, openFolderToWorkers } from '../topology/worker-user.ts';
import type { Candidate } from './candidate.ts';

const HOST = '127.0.0.1';
const BACKLOG = 1024;
/** Each connection has a record in memory from the start: what a large number asks for is not needed here. */
const MOST_CONNECTIONS = 4096;
/** Of one worker: what is seen does not depend on which of them takes a connection. */
const WORKERS = 1;

/** What a configuration is run with. */
export interface RaiseOptions {
  binary: NginxBinary;
  processSet: ProcessSet;
  backends: readonly UpstreamServer[];
  candidates: readonly Candidate[];
  configuration: ConfigurationOptions;
  /** As the configuration has it. */
  workerConnections: number;
  onChange: OnChange;
}

/** A configuration that runs in the sandbox, with all of its servers. */
export interface Raised {
  nginx: Launched;
  /** With the logs. */
  folder: string;
  /** Authority that signed the certificate, in PEM. */
  ca: string;
  /** Where the WebSockets of a location go; null where no host or path leads there. */
  targetOf(candidate: Candidate): Target | null;
}

/**
 * Moves a configuration into the sandbox and starts Nginx with it. What this Nginx does not know is taken out,
 * wherever it stands: the rest is still worth a look.
 *
 * @param folder Made for it; below the private folder of the check
 * @throws Problem('configuration') where it cannot be moved, or Nginx refuses it
 */
export async function raise(
  tree: readonly Node[],
  folder: string,
  { binary, processSet, backends, candidates, configuration, workerConnections, onChange }: RaiseOptions,
): Promise<Raised> {
  await mkdir(folder, { mode: 0o700 });
  await openFolderToWorkers(folder);
  const addresses = listenAddresses(tree);
  const ports = await freePorts(HOST, addresses.length);
  const key = candidates.some(({ levels }) => keyTypeFor(levels) === 'rsa') ? 'rsa' : 'ecdsa';
  const names = [...new Set(candidates.flatMap(({ host }) => (host === null ? [] : [host])))];
  const certificate = await makeCertificate(folder, key, names);
  const connections = Math.min(workerConnections, MOST_CONNECTIONS);
  const own = { host: HOST, ports, upstreams: backends };
  const { tree: moved, listeners } = moveAllServers(
    tree,
    {
      ...own,
      folder,
      backlog: BACKLOG,
      reuseport: false,
      certificate,
      workers: WORKERS,
      workerConnections: connections,
      workerFiles: connections * 2,
      cpuAffinity: null,
      user: nginxUser(),
      buildArguments: binary.buildArguments,
      modulesPath: binary.modulesPath,
      streamModule: binary.streamModule,
      nginxVersion: binary.version,
      keepGuards: configuration.keepGuards,
    },
    onChange,
  );
  const { launch, launchTask } = processSet;
  const { written } = await writeAccepted(binary, folder, moved, own, [], onChange, launchTask);
  const nginx = await startNginx({
    binary,
    confPath: written.confPath,
    folder,
    listeners,
    workers: WORKERS,
    cpus: null,
    launch,
  });
  return {
    nginx,
    folder,
    ca: certificate.certPem,
    targetOf({ server, path, host }) {
      const own = addressesOf(server).map((address) => ports[addresses.indexOf(address)]);
      const there = listeners.filter(({ port }) => own.includes(port));
      const listener = there.find(({ tls }) => tls) ?? there[0];
      if (listener === undefined || path === null || host === null) return null;
      return {
        host: HOST,
        ports: [listener.port],
        path,
        tls: listener.tls ? { servername: host } : null,
        request: { host, headers: configuration.headers },
      };
    },
  };
}
