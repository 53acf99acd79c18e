import type { Notice } from '../model/finding.ts';
import { type ConfineSpec, confine } from './confine.ts';
import { noteGuards, withoutGuards } from './guards.ts';
import { httpAddresses, innerConnections, listenedFor } from './hop.ts';
import { withCertificates, withSslParameters } from './legacy.ts';
import { type Listener, type ListenSpec, listenAddresses, moveListens } from './listen.ts';
import type { OnChange } from './notices.ts';
import { closeOff } from './outside.ts';
import { refuseOtherTargets } from './targets.ts';
import { traceLocations } from './trace.ts';
import type { Directive, Node } from './tree.ts';
import { type Redirection, redirectUpstreams, type UpstreamServer } from './upstream.ts';
import { findPaths, streamProxies, upgradeNotices, type Wanted } from './websocket.ts';

/** Settings for Nginx, derived from the plan and the topology. */
export interface SandboxSpec extends ConfineSpec {
  /** Loopback address, such as `127.0.0.1`. */
  host: string;
  /** Free ports on the host, one for each of `listenAddresses(tree)`. */
  ports: readonly number[];
  backlog: number;
  reuseport: boolean;
  /** The echo servers; at least one. */
  upstreams: readonly UpstreamServer[];
  nginxVersion: string;
  wanted: Wanted;
  /** Whether access rules and limits are preserved. */
  keepGuards: boolean;
  /** `host:port` of the run's own name server; null or missing if the run has none. */
  nameServer?: string | null;
}

/** A configuration that runs without touching anything else on the machine. */
export interface Sandbox {
  tree: Node[];
  /** The first listener is for the WebSockets. It is a TLS listener if the server has one. */
  listeners: Listener[];
  websocketPath: string;
  /** Path for ordinary GETs; null if the server has no location that proxies them. */
  httpPath: string | null;
  /**
   * The location that was chosen, and the WebSocket settings that it lacks. Removed or redirected directives
   * are reported as changes.
   */
  notices: Notice[];
}

/**
 * Moves a configuration into the sandbox. Nginx listens on loopback, proxies to the echo servers, connects to
 * nothing else and writes only into its folder. It stays in the foreground, and its responses name the worker
 * and the upstream server. Everything else stays unchanged, because it is the part that is being measured. A
 * pure function: it neither reads nor writes files.
 *
 * @param tree with its includes expanded (readConfiguration)
 * @param onChange called for each directive that does not work as it did in the original configuration, and
 * for each guard that is kept
 * @throws Problem('configuration') if there is no location for WebSockets, or if Nginx might connect to
 * another host
 */
export function moveIntoSandbox(tree: readonly Node[], spec: SandboxSpec, onChange: OnChange): Sandbox {
  const open = opened(tree, spec, onChange);
  const paths = findPaths(open, spec.wanted);
  const { websocketPath, httpPath } = paths;
  const main = paths.server ?? streamProxies(open)[0] ?? null;
  return {
    ...enclosed(open, main, spec, onChange),
    websocketPath,
    httpPath,
    notices: [...paths.notices, ...upgradeNotices(paths, spec.nginxVersion)],
  };
}

/**
 * Like `moveIntoSandbox`, for callers that find the WebSocket locations themselves and test whether a
 * WebSocket can connect. No server takes precedence, each socket keeps its default server, and locations that
 * accept no WebSocket are not repaired.
 */
export function moveAllServers(
  tree: readonly Node[],
  spec: Omit<SandboxSpec, 'wanted'>,
  onChange: OnChange,
): Pick<Sandbox, 'tree' | 'listeners'> {
  const asWritten = { ...spec, keepHttp2Alone: true, keepEntries: true, keepInner: true };
  return enclosed(opened(tree, spec, onChange), null, asWritten, onChange);
}

function opened(
  tree: readonly Node[],
  { certificate, keepGuards }: Pick<SandboxSpec, 'certificate' | 'keepGuards'>,
  onChange: OnChange,
): Node[] {
  const current = withCertificates(withSslParameters(tree), certificate, onChange);
  return keepGuards ? noteGuards(current, onChange) : withoutGuards(current, onChange);
}

function enclosed(
  open: readonly Node[],
  main: Directive | null,
  spec: Omit<SandboxSpec, 'wanted'> &
    Pick<ListenSpec, 'keepHttp2Alone'> &
    Pick<Redirection, 'keepEntries'> & { keepInner?: boolean },
  onChange: OnChange,
): Pick<Sandbox, 'tree' | 'listeners'> {
  const inner = spec.keepInner ? innerConnections(open) : { servers: [], addresses: [] };
  const { tree: moved, listeners } = moveListens(
    open,
    { ...spec, main, proxyProtocol: inner.addresses },
    onChange,
  );
  let hasHops = false;
  const all = listenAddresses(open);
  const leadingTo = (listened: string | null) => {
    hasHops ||= listened !== null;
    return listened === null ? null : `${spec.host}:${spec.ports[all.indexOf(listened)]}`;
  };
  const http = httpAddresses(open);
  const places = inner.servers.map(({ origin }) => origin);
  const redirection: Redirection = {
    servers: spec.upstreams,
    hop: (address, usualPort) => leadingTo(listenedFor(address, http, usualPort)),
    streamHop: (address) => (spec.keepInner ? leadingTo(listenedFor(address, all)) : null),
    isInner: (server) =>
      places.length > 0 && (server === null || (server.origin !== null && places.includes(server.origin))),
    keepEntries: spec.keepEntries ?? false,
    resolvesNames: spec.nameServer != null,
  };
  const redirected = redirectUpstreams(moved, redirection, onChange);
  const closed = closeOff(redirected, spec.upstreams, onChange, spec.nameServer);
  const tree = confine(traceLocations(closed), hasHops ? withHops(spec) : spec, onChange);
  refuseOtherTargets(tree, spec);
  return { tree, listeners };
}

/**
 * Doubles the connection limits, because a WebSocket that passes through the same worker twice needs twice as
 * many connections.
 */
function withHops<T extends Pick<ConfineSpec, 'workerConnections' | 'workerFiles'>>(spec: T): T {
  return { ...spec, workerConnections: spec.workerConnections * 2, workerFiles: spec.workerFiles * 2 };
}
