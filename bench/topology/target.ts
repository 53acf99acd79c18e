import { userInfo } from 'node:os';
import { relative } from 'node:path';
import type { Notice } from '../model/notice.ts';
import type { RunPlan } from '../model/plan.ts';
import type { NginxFacts } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { type KeyType, keyTypeFor } from '../nginx/certificates.ts';
import { vitalParts } from '../nginx/complaint.ts';
import { type Listener, listenAddresses } from '../nginx/listen.ts';
import { collectChanges } from '../nginx/notices.ts';
import { lineRedactor, redacted } from '../nginx/redact.ts';
import { moveIntoSandbox } from '../nginx/sandbox.ts';
import { type ConfigurationSource, readTuned } from '../nginx/tuned.ts';
import { findPaths, hostOf } from '../nginx/websocket.ts';
import { writeAccepted } from './accepted.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { freePorts, startNginx } from './nginx.ts';
import type { Launched } from './process.ts';
import type { ProcessSet } from './process-set.ts';
import type { EchoServer } from './servers.ts';

const HOST = '127.0.0.1';
/** Where the configuration names no server. */
const SERVER_NAME = 'localhost';

/** Where the load goes in: Nginx, or in the profile `direct` the echo servers themselves. */
export interface StartedTarget extends Target {
  /** Pem of the certificate that clients have to trust, beside the name to ask for. */
  tls: { servername: string; ca: string } | null;
  /** The page for ordinary GETs; null where there is none. */
  page: { path: string; cached: boolean } | null;
  /** HTTP/2 is on for the listener. */
  http2: boolean;
  proxy: RunningNginx | null;
}

export interface RunningNginx {
  launched: Launched;
  facts: Omit<NginxFacts, 'errorLog'>;
  /** What the configuration runs otherwise than as it is written. */
  notices: Notice[];
  /** Makes a line of Nginx's log fit for a report. */
  redactLine(line: string): string;
}

/** The target without Nginx. */
export function directTarget(servers: readonly EchoServer[]): StartedTarget {
  return {
    host: HOST,
    ports: servers.map((server) => server.port),
    path: '/websocket',
    page: { path: '/page', cached: false },
    tls: null,
    http2: false,
    proxy: null,
  };
}

/** A configuration to put in front of the servers. */
export interface ProxySource extends ConfigurationSource {
  /** Of the certificate of a profile; that of a person's own configuration follows from its ciphers. */
  key: KeyType;
}

/**
 * Moves the configuration into the sandbox, has Nginx check it, and starts it in front of the servers.
 *
 * @throws Problem('configuration') in Nginx's own words, Problem('environment') where it does not start.
 */
export async function startProxy(
  source: ProxySource,
  plan: Pick<RunPlan, 'placement'> & { proxy: NonNullable<RunPlan['proxy']> },
  binary: NginxBinary,
  servers: readonly EchoServer[],
  folder: string,
  processSet: ProcessSet,
): Promise<StartedTarget> {
  const changes = collectChanges();
  const tree = await readTuned(source, changes.note);
  const { options } = source;
  const wanted = { websocketPath: options?.websocketPath ?? null, host: options?.host ?? null };
  const { server, levels } = findPaths(tree, wanted);
  const name = wanted.host ?? hostOf(server) ?? SERVER_NAME;
  const key = options === null ? source.key : keyTypeFor(levels);
  const certificate = await makeCertificate(folder, key, name);
  const spec = {
    ...plan.proxy,
    folder,
    host: HOST,
    ports: await freePorts(HOST, listenAddresses(tree).length),
    upstreams: servers.map(({ port, socket }) => ({ host: HOST, port, socket })),
    certificate,
    // Placed as a whole, like every other process; the workers inherit it.
    cpuAffinity: null,
    user: nginxUser(),
    nginxVersion: binary.version,
    buildArguments: binary.buildArguments,
    modulesPath: binary.modulesPath,
    streamModule: binary.streamModule,
    wanted,
    keepGuards: options?.keepGuards ?? true,
  };
  const sandbox = moveIntoSandbox(tree, spec, changes.note);
  const vital = vitalParts(tree, levels.at(-1));
  const accepted = await writeAccepted(binary, folder, sandbox.tree, vital, options && changes.note);
  const { confPath, text } = accepted.written;
  const launched = await startNginx({
    binary,
    confPath,
    folder,
    listeners: sandbox.listeners,
    workers: plan.proxy.workers,
    cpus: plan.placement?.proxy ?? null,
    launch: processSet.launch,
  });
  const { path, version, openssl, buildArguments } = binary;
  // Below the working folder the rest of the path is nobody's business who reads the report.
  const shown = relative(process.cwd(), path);
  const facts = {
    binary: shown.startsWith('..') ? path : shown,
    version,
    openssl,
    buildArguments,
    given: redacted(tree),
    configuration: redacted(accepted.tree),
  };
  return {
    ...targetOf(sandbox.listeners, certificate, name),
    request: { host: name, headers: options?.headers ?? [] },
    path: sandbox.websocketPath,
    page: pageOf(sandbox.httpPath, text),
    proxy: {
      launched,
      facts,
      notices: [...sandbox.notices, ...changes.notices(tree)],
      redactLine: lineRedactor(sandbox.tree),
    },
  };
}

function targetOf(
  [listener]: readonly Listener[],
  certificate: Certificate,
  servername: string,
): Pick<StartedTarget, 'host' | 'ports' | 'tls' | 'http2'> {
  return {
    host: listener?.host ?? HOST,
    ports: listener === undefined ? [] : [listener.port],
    tls: listener?.tls ? { ca: certificate.certPem, servername } : null,
    http2: listener?.http2 ?? false,
  };
}

/** The echo server's page below a location that passes ordinary GETs on. */
function pageOf(httpPath: string | null, configuration: string): StartedTarget['page'] {
  if (httpPath === null) return null;
  const path = httpPath.endsWith('/') ? `${httpPath}page` : httpPath;
  return { path, cached: configuration.includes('$upstream_cache_status') };
}

/** As root the workers would become another user, who may not enter the run's private folder. */
export function nginxUser(): string | null {
  return process.getuid?.() === 0 ? `${userInfo().username} root` : null;
}
