import { join } from 'node:path';
import type { RunPlan } from '../model/plan.ts';
import type { UsedProxy } from '../model/run.ts';
import { type Certificate, makeCertificate } from '../topology/certificate.ts';
import {
  type Opening,
  type PreparedProxy,
  type ProxyDriver,
  type ProxySource,
  shownPath,
  type Upstream,
} from '../topology/driver.ts';
import { startNameServer } from '../topology/name-server.ts';
import { LOOPBACK } from '../topology/ports.ts';
import type { Launched } from '../topology/process.ts';
import type { NamedProcess, ProcessSet } from '../topology/process-set.ts';
import { proxyProcesses } from '../topology/proxy-processes.ts';
import type { StartedTarget } from '../topology/target.ts';
import { atWorkplace, type Ears } from '../topology/workplace.ts';
import { findNginx, type NginxBinary } from './binary.ts';
import { keyTypeFor } from './certificates.ts';
import { acceptsTls } from './client-tls.ts';
import { vitalParts } from './complaint.ts';
import { namingEmptyIncludes } from './empty-include.ts';
import { readErrorLog } from './error-log.ts';
import { linkBinary } from './exchangeable.ts';
import { handshakeNotices, likelyLine } from './handshake-notice.ts';
import type { Listener } from './listen.ts';
import { type Changes, collectChanges } from './notices.ts';
import { PAGE_PATH, withPage } from './page.ts';
import { lineRedactor, redacted } from './redact.ts';
import { moveIntoSandbox } from './sandbox.ts';
import { sandboxed } from './sandboxed.ts';
import { givenSecrets, maskedFinding, maskerOf, maskProblems } from './secrets.ts';
import { readPid, reload, roleOf } from './start.ts';
import { lackOfStream, needsStreamModule } from './stream-module.ts';
import type { Node } from './tree.ts';
import { lackOfResolving, needNameServer, readTuned } from './tuned.ts';
import { type Upgradable, upgradeBinary } from './upgrade.ts';
import { passesOverTls } from './upstream-tls.ts';
import { findPaths, hostOf } from './websocket.ts';

/** Server name used if the configuration names no server. */
const SERVER_NAME = 'localhost';

/** How runs find, start and observe Nginx. */
export const NGINX: ProxyDriver<NginxBinary> = { kind: 'nginx', locate: findNginx, prepare, roleOf };

type ProxyPlan = NonNullable<RunPlan['proxy']>;

/** A configuration as it was read, and the changes made while it was read. */
interface ReadConfiguration {
  source: ProxySource;
  tree: readonly Node[];
  changes: Changes;
}

/** Reads a configuration. Secrets are masked in errors about it. */
async function prepare(source: ProxySource): Promise<PreparedProxy<NginxBinary>> {
  const { options } = source;
  const changes = collectChanges();
  return masking(source, changes, async () => {
    const tree = await readTuned(source, changes.note);
    const read = { source, tree, changes };
    const upstreamTls = options === null ? source.upstreamTls : passesOverTls(tree, options);
    return {
      upstreamTls,
      clientTls: acceptsTls(tree, options ?? undefined),
      lackIn: (binary) =>
        lackOfResolving(source, binary) ?? (needsStreamModule(tree) ? lackOfStream(binary) : null),
      check: (...given) => check(read, upstreamTls, ...given),
      start: (...given) => start(read, ...given),
    };
  });
}

/**
 * Masks secrets in errors. If a configuration is incomplete, the error also lists the includes that match no
 * file.
 */
function masking<T>({ options }: ProxySource, changes: Changes, act: () => Promise<T>): Promise<T> {
  const secrets = () => [...changes.secrets(), ...(options ? givenSecrets(options) : [])];
  return maskProblems(secrets, () => namingEmptyIncludes(changes, act));
}

async function start(
  given: ReadConfiguration,
  plan: Pick<RunPlan, 'placement'> & { proxy: ProxyPlan },
  binary: NginxBinary,
  servers: readonly Upstream[],
  folder: string,
  processSet: ProcessSet,
  opening: Opening<NginxBinary> = {},
): Promise<StartedTarget> {
  const { upgradeTo = null } = opening;
  const { source } = given;
  const nameServer = needNameServer(source.tunings) ? await startNameServer() : null;
  if (nameServer !== null) processSet.closing('name server', nameServer.close);
  const { read, name, levels, sandbox, changes, secrets, servesFolder } = await accept(
    given,
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
  const lineFor = source.options && likelyLine(levels, source.options.keepGuards);
  return {
    ...targetOf(moved.listeners, sandbox.certificate, name),
    request: { host: name, headers: source.options?.headers ?? [] },
    path: moved.websocketPath,
    page: pageOf(moved.httpPath, sandbox.written.text, maskSecrets),
    proxy: {
      launched,
      processes: proxyProcesses(NGINX.kind, roleOf, masters),
      reload: () => reload(masters.at(-1) ?? launched),
      async upgrade(over) {
        if (upgradeTo === null)
          throw new TypeError('This Nginx was not started in a way that allows its binary to be upgraded');
        await upgradeBinary(upgradable, upgradeTo, over);
      },
      folderPath: servesFolder ? PAGE_PATH : null,
      facts,
      notices: [...moved.notices, ...changes.notices(read)].map((each) => maskedFinding(each, maskSecrets)),
      explain: (slices) => handshakeNotices(slices, lineFor),
      readErrorLog: async () => (await readErrorLog(folder)).map(redactLine),
    },
  };
}

/** Returns the Nginx master. Unless the binary can be upgraded, the master is the launched process. */
async function masterOf(launched: Launched, folder: string, upgradable: boolean): Promise<NamedProcess> {
  return { name: 'nginx master', pid: upgradable ? await readPid(folder) : launched.pid };
}

function upgradeFacts(binary: NginxBinary): NonNullable<UsedProxy['upgrade']> {
  const { origin, version, openssl } = binary;
  return { binary: shownPath(binary), origin, version, openssl };
}

async function check(
  read: ReadConfiguration,
  upstreamTls: boolean,
  proxy: ProxyPlan,
  binary: NginxBinary,
  servers: number,
  ears: Ears,
): Promise<void> {
  await atWorkplace(ears, async ({ folder, processSet }) => {
    const { certPath } = upstreamTls ? await makeCertificate(join(folder, 'upstream')) : { certPath: null };
    const places = Array.from({ length: servers }, (_, index) => ({
      certPath,
      host: LOOPBACK,
      port: 1 + index,
      socket: join(folder, `echo-${index + 1}.sock`),
    }));
    const nameServer = needNameServer(read.source.tunings) ? `${LOOPBACK}:53` : null;
    await accept(read, proxy, binary, places, folder, processSet, {}, nameServer);
  });
}

/**
 * Moves the configuration into the sandbox and has Nginx check it.
 *
 * @param nameServer `host:port` of the run's own name server; null if the run has none
 */
async function accept(
  { source, tree: read, changes: made }: ReadConfiguration,
  proxy: ProxyPlan,
  binary: NginxBinary,
  servers: readonly Upstream[],
  folder: string,
  processSet: ProcessSet,
  { host = LOOPBACK, port = null, pageFolder }: Opening,
  nameServer: string | null,
) {
  const { options } = source;
  const changes = made.copy();
  return masking(source, changes, async () => {
    const wanted = { websocketPath: options?.websocketPath ?? null, host: options?.host ?? null };
    const tree = pageFolder === undefined ? read : withPage(read, findPaths(read, wanted).server, pageFolder);
    const { server, levels } = findPaths(tree, wanted);
    const name = wanted.host ?? hostOf(server) ?? SERVER_NAME;
    const sandbox = await sandboxed(
      tree,
      {
        binary,
        folder,
        processSet,
        proxy,
        key: options === null ? source.key : keyTypeFor(levels),
        names: [name],
        host,
        port,
        nameServer,
        upstreams: servers.map(({ host, port, socket, certPath }) => ({ host, port, socket, certPath })),
        keepGuards: options?.keepGuards ?? true,
        vital: vitalParts(tree, levels.at(-1)),
        onChange: options && changes.note,
      },
      (spec, isDraft) => moveIntoSandbox(tree, { ...spec, wanted }, isDraft ? () => {} : changes.note),
    );
    const secrets = [...changes.secrets(), ...(options ? givenSecrets(options) : [])];
    return { read: tree, name, levels, sandbox, changes, secrets, servesFolder: tree !== read };
  });
}

function targetOf(
  [listener]: readonly Listener[],
  certificate: Certificate | null,
  servername: string,
): Pick<StartedTarget, 'host' | 'ports' | 'tls' | 'http2'> {
  return {
    host: listener?.host ?? LOOPBACK,
    ports: listener === undefined ? [] : [listener.port],
    tls: listener?.tls && certificate !== null ? { ca: certificate.certPem, servername } : null,
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
