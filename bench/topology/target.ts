import { join } from 'node:path';
import type { Notice } from '../model/finding.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { NginxFacts, RunProcess } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { Variant } from '../model/variant.ts';
import { type NginxBinary, shownPath } from '../nginx/binary.ts';
import { type KeyType, keyTypeFor } from '../nginx/certificates.ts';
import { vitalParts } from '../nginx/complaint.ts';
import { namingEmptyIncludes } from '../nginx/empty-include.ts';
import { type LikelyLine, likelyLine } from '../nginx/handshake-notice.ts';
import type { Listener } from '../nginx/listen.ts';
import { type Changes, collectChanges } from '../nginx/notices.ts';
import { withPage } from '../nginx/page.ts';
import { lineRedactor, redacted } from '../nginx/redact.ts';
import { moveIntoSandbox } from '../nginx/sandbox.ts';
import { givenSecrets, maskedFinding, maskerOf, maskProblems } from '../nginx/secrets.ts';
import { type ConfigurationSource, needNameServer, readTuned } from '../nginx/tuned.ts';
import { findPaths, hostOf } from '../nginx/websocket.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { linkBinary } from './exchangeable.ts';
import { startNameServer } from './name-server.ts';
import { nginxProcesses, readPid, reload } from './nginx.ts';
import type { Launched } from './process.ts';
import type { NamedProcess, ProcessSet } from './process-set.ts';
import { LOOPBACK, sandboxed } from './sandboxed.ts';
import type { EchoServer } from './servers.ts';
import { type Upgradable, upgradeBinary } from './upgrade.ts';
import { atWorkplace, type Ears } from './workplace.ts';

/** Server name used if the configuration names no server. */
const SERVER_NAME = 'localhost';

/** Where the load connects to: Nginx, the echo servers themselves (profile `direct`), or an external server. */
export interface StartedTarget extends Target {
  /**
   * The certificate authorities (PEM) that clients have to trust, missing if they are to trust any, and the
   * server name to request; null without TLS.
   */
  tls: { servername: string; ca?: string } | null;
  /**
   * The page requested by ordinary GETs, and its path in a form that a report may show; null if there is
   * none.
   */
  page: { path: string; shown: string; cached: boolean } | null;
  /** Whether HTTP/2 is enabled on the listener. */
  http2: boolean;
  proxy: RunningNginx | null;
  /** How an external server is reached and judged. */
  notices?: readonly Notice[];
}

export interface RunningNginx {
  launched: Launched;
  /** The processes that do the work at the time of the call. A process keeps the name it was first given. */
  processes(): Promise<RunProcess[]>;
  /**
   * Makes the target reload its configuration: new workers take over, and the old ones exit once their last
   * connection closes.
   *
   * @throws Problem('died') if the target no longer exists
   */
  reload(): void;
  /**
   * Replaces the target's binary by the one that it was started with in mind. New workers take over, and the
   * old ones exit once their last connection closes, as after a reload.
   *
   * @throws Problem('configuration') if the new binary does not start; the old one then keeps running
   */
  upgrade(over: AbortSignal): Promise<void>;
  /** Whether the target serves the given folder; `stream` serves none. */
  servesFolder: boolean;
  facts: Omit<NginxFacts, 'errorLog'>;
  /** The differences between the configuration as written and as run. */
  notices: Notice[];
  /**
   * Finds the configuration line that most likely makes handshakes fail; null for a profile of the package.
   */
  likelyLine?: LikelyLine | null;
  /** Redacts a line of Nginx's log for a report. */
  redactLine(line: string): string;
}

type ProxyPlan = NonNullable<RunPlan['proxy']>;

/** The target of a run without Nginx. */
export function directTarget(servers: readonly EchoServer[]): StartedTarget {
  return {
    host: LOOPBACK,
    ports: servers.map((server) => server.port),
    path: '/websocket',
    page: { path: '/page', shown: '/page', cached: false },
    tls: null,
    http2: false,
    proxy: null,
  };
}

/** A configuration to put in front of the echo servers. */
export interface ProxySource extends ConfigurationSource {
  /**
   * Key type of a profile's certificate. For the user's own configuration, its ciphers determine the key
   * type.
   */
  key: KeyType;
  /** Whether the echo servers behind it use TLS. */
  upstreamTls: boolean;
}

/** The configuration that a profile's variant puts in front of the servers; null if it has no proxy. */
export function proxySource(
  { configurationPath: path, options, key, upstreamTls }: Profile,
  { proxy }: Variant,
): ProxySource | null {
  return path === null ? null : { path, tunings: proxy?.tunings ?? [], options, key, upstreamTls };
}

/** Settings for a topology. All but `upgradeTo` are for one that runs for the user, without a measurement. */
export interface Opening {
  /** Address to listen on; default: 127.0.0.1. */
  host?: string;
  /** Port that clients connect to; a free one is used if null or missing. */
  port?: number | null;
  /** Folder to serve below PAGE_PATH, on the server that handles the WebSockets. */
  pageFolder?: string;
  /** The binary to which Nginx is upgraded while it runs; null or missing if it is not. */
  upgradeTo?: NginxBinary | null;
}

/** Where Nginx forwards connections: an echo server, or a placeholder for one. */
type Upstream = Pick<EchoServer, 'port' | 'socket' | 'certPath'>;

/**
 * Moves the configuration into the sandbox, has Nginx check it, and starts Nginx in front of the servers.
 *
 * @throws Problem('configuration') in Nginx's own words; Problem('environment') if Nginx does not start
 */
export async function startProxy(
  source: ProxySource,
  plan: Pick<RunPlan, 'placement'> & { proxy: ProxyPlan },
  binary: NginxBinary,
  servers: readonly EchoServer[],
  folder: string,
  processSet: ProcessSet,
  opening: Opening = {},
): Promise<StartedTarget> {
  const { upgradeTo = null } = opening;
  const nameServer = needNameServer(source.tunings) ? await startNameServer() : null;
  if (nameServer !== null) processSet.closing('name server', nameServer.close);
  const { read, name, levels, sandbox, changes, secrets, servesFolder } = await prepare(
    source,
    plan.proxy,
    upgradeTo === null ? binary : await linkBinary(folder, binary),
    servers,
    folder,
    processSet,
    opening,
    nameServer?.address ?? null,
  );
  const { moved } = sandbox;
  const redactLine = lineRedactor(moved.tree, secrets);
  const maskSecrets = maskerOf(secrets);
  const launched = await maskProblems(
    () => secrets,
    () => sandbox.start(plan.placement?.proxy ?? null, upgradeTo !== null),
  );
  await nameServer?.asked;
  const masters = [await masterOf(launched, folder, upgradeTo !== null)];
  if (upgradeTo !== null) masters.forEach(processSet.watch);
  const { workers } = plan.proxy;
  const upgradable: Upgradable = { folder, binary, masters, workers, processSet, redactLine };
  const { origin, version, openssl, buildArguments } = binary;
  const facts = {
    binary: shownPath(binary),
    origin,
    version,
    openssl,
    buildArguments,
    given: redacted(read, secrets),
    configuration: redacted(sandbox.tree, secrets),
    upgrade: upgradeTo === null ? null : upgradeFacts(upgradeTo),
  };
  return {
    ...targetOf(moved.listeners, sandbox.certificate, name),
    request: { host: name, headers: source.options?.headers ?? [] },
    path: moved.websocketPath,
    page: pageOf(moved.httpPath, sandbox.written.text, maskSecrets),
    proxy: {
      launched,
      processes: nginxProcesses(masters),
      reload: () => reload(masters.at(-1) ?? launched),
      async upgrade(over) {
        if (upgradeTo === null) throw new TypeError('Nginx was not started for an upgrade');
        await upgradeBinary(upgradable, upgradeTo, over);
      },
      servesFolder,
      facts,
      notices: [...moved.notices, ...changes.notices(read)].map((each) => maskedFinding(each, maskSecrets)),
      likelyLine: source.options && likelyLine(levels, source.options.keepGuards),
      redactLine,
    },
  };
}

/** The master, which is the launched process unless the binary can be upgraded. */
async function masterOf(launched: Launched, folder: string, upgradable: boolean): Promise<NamedProcess> {
  return { name: 'nginx master', pid: upgradable ? await readPid(folder) : launched.pid };
}

function upgradeFacts(binary: NginxBinary): NonNullable<NginxFacts['upgrade']> {
  const { origin, version, openssl } = binary;
  return { binary: shownPath(binary), origin, version, openssl };
}

/**
 * Has Nginx check a configuration exactly as `startProxy` would use it, without starting any process of a
 * topology.
 *
 * @param servers number of echo servers to assume
 * @throws Problem('configuration') in Nginx's own words
 */
export async function checkProxy(
  source: ProxySource,
  proxy: ProxyPlan,
  binary: NginxBinary,
  servers: number,
  ears: Ears,
): Promise<void> {
  await atWorkplace(ears, async ({ folder, processSet }) => {
    const { certPath } = source.upstreamTls
      ? await makeCertificate(join(folder, 'upstream'))
      : { certPath: null };
    const places = Array.from({ length: servers }, (_, index) => ({
      certPath,
      port: 1 + index,
      socket: join(folder, `echo-${index + 1}.sock`),
    }));
    const nameServer = needNameServer(source.tunings) ? `${LOOPBACK}:53` : null;
    await prepare(source, proxy, binary, places, folder, processSet, {}, nameServer);
  });
}

/**
 * Reads the configuration, moves it into the sandbox and has Nginx check it. Secrets are masked in its
 * errors.
 */
async function prepare(
  source: ProxySource,
  proxy: ProxyPlan,
  binary: NginxBinary,
  servers: readonly Upstream[],
  folder: string,
  processSet: ProcessSet,
  opening: Opening,
  nameServer: string | null,
) {
  const changes = collectChanges();
  const secrets = () => [...changes.secrets(), ...(source.options ? givenSecrets(source.options) : [])];
  return maskProblems(secrets, async () => {
    const prepared = await namingEmptyIncludes(changes, () =>
      checked(source, proxy, binary, servers, folder, processSet, opening, nameServer, changes),
    );
    return { ...prepared, changes, secrets: secrets() };
  });
}

async function checked(
  source: ProxySource,
  proxy: ProxyPlan,
  binary: NginxBinary,
  servers: readonly Upstream[],
  folder: string,
  processSet: ProcessSet,
  { host = LOOPBACK, port = null, pageFolder }: Opening,
  nameServer: string | null,
  changes: Changes,
) {
  const read = await readTuned(source, changes.note);
  const { options } = source;
  const wanted = { websocketPath: options?.websocketPath ?? null, host: options?.host ?? null };
  const tree = pageFolder === undefined ? read : withPage(read, findPaths(read, wanted).server, pageFolder);
  const { server, levels } = findPaths(tree, wanted);
  const name = wanted.host ?? hostOf(server) ?? SERVER_NAME;
  const key = options === null ? source.key : keyTypeFor(levels);
  const sandbox = await sandboxed(
    tree,
    {
      binary,
      folder,
      processSet,
      proxy,
      key,
      names: [name],
      host,
      port,
      nameServer,
      upstreams: servers.map(({ port, socket, certPath }) => ({ host: LOOPBACK, port, socket, certPath })),
      keepGuards: options?.keepGuards ?? true,
      vital: vitalParts(tree, levels.at(-1)),
      onChange: options && changes.note,
    },
    (spec, isDraft) => moveIntoSandbox(tree, { ...spec, wanted }, isDraft ? () => {} : changes.note),
  );
  return { read: tree, name, levels, sandbox, servesFolder: tree !== read };
}

function targetOf(
  [listener]: readonly Listener[],
  certificate: Certificate,
  servername: string,
): Pick<StartedTarget, 'host' | 'ports' | 'tls' | 'http2'> {
  return {
    host: listener?.host ?? LOOPBACK,
    ports: listener === undefined ? [] : [listener.port],
    tls: listener?.tls ? { ca: certificate.certPem, servername } : null,
    http2: listener?.http2 ?? false,
  };
}

/** The echo server's page, reached through a location that forwards ordinary GETs. */
function pageOf(
  httpPath: string | null,
  configuration: string,
  mask: (text: string) => string,
): StartedTarget['page'] {
  if (httpPath === null) return null;
  const path = httpPath.endsWith('/') ? `${httpPath}page` : httpPath;
  return { path, shown: mask(path), cached: configuration.includes('$upstream_cache_status') };
}
