import type { Notice } from '../model/finding.ts';
import { type ConfineSpec, confine } from './confine.ts';
import { noteGuards, withoutGuards } from './guards.ts';
import { withCertificates, withSslParameters } from './legacy.ts';
import { type Listener, type ListenSpec, moveListens } from './listen.ts';
import type { OnChange } from './notices.ts';
import { closeOff } from './outside.ts';
import { refuseOtherTargets } from './targets.ts';
import { traceLocations } from './trace.ts';
import type { Directive, Node } from './tree.ts';
import { redirectUpstreams, type UpstreamServer } from './upstream.ts';
import { findPaths, upgradeNotices, type Wanted } from './websocket.ts';

/** Settings for Nginx from the plan and the topology. */
export interface SandboxSpec extends ConfineSpec {
  /** A loopback address, such as `127.0.0.1`. */
  host: string;
  /** Free ports on it, one for each of `listenAddresses(tree)`. */
  ports: readonly number[];
  /** Backlog of every listening socket. */
  backlog: number;
  /** Whether every listening socket gets `reuseport`. */
  reuseport: boolean;
  /** The echo servers; at least one. */
  upstreams: readonly UpstreamServer[];
  nginxVersion: string;
  /** The user's settings for the WebSockets. */
  wanted: Wanted;
  /** Keeps access rules and limits. */
  keepGuards: boolean;
}

/** A configuration that runs without touching anything else on the machine. */
export interface Sandbox {
  tree: Node[];
  /** The first one is for the WebSockets: a TLS listener, if the server has one. */
  listeners: Listener[];
  websocketPath: string;
  /** For ordinary GETs; null if the server has no location that proxies them. */
  httpPath: string | null;
  /** Which location was chosen, and what it lacks. Removed or redirected directives are among the changes. */
  notices: Notice[];
}

/**
 * Moves a configuration into the sandbox: Nginx listens on loopback, proxies to the echo servers, connects to
 * nothing else, writes only into its folder, stays in the foreground, and names the worker and the upstream
 * server in its responses. Everything else is unchanged, because it is what is measured. Pure: no file is
 * read or written.
 *
 * @param tree With its includes expanded (readConfiguration).
 * @param onChange Called for each directive that works differently than in the original configuration.
 * @throws Problem('configuration') if there is no location for WebSockets, or if it cannot be determined
 * whether Nginx would connect to another host.
 */
export function moveIntoSandbox(tree: readonly Node[], spec: SandboxSpec, onChange: OnChange): Sandbox {
  const open = opened(tree, spec, onChange);
  const paths = findPaths(open, spec.wanted);
  const { websocketPath, httpPath } = paths;
  return {
    ...enclosed(open, paths.server, spec, onChange),
    websocketPath,
    httpPath,
    notices: [...paths.notices, ...upgradeNotices(paths, spec.nginxVersion)],
  };
}

/**
 * Like `moveIntoSandbox`, for callers that find the WebSockets' locations themselves to test whether
 * WebSockets get through. No server takes precedence, each socket keeps its default server, and locations
 * that accept no WebSocket are not repaired.
 */
export function moveAllServers(
  tree: readonly Node[],
  spec: Omit<SandboxSpec, 'wanted'>,
  onChange: OnChange,
): Pick<Sandbox, 'tree' | 'listeners'> {
  return enclosed(opened(tree, spec, onChange), null, { ...spec, keepHttp2Alone: true }, onChange);
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
  spec: Omit<SandboxSpec, 'wanted'> & Pick<ListenSpec, 'keepHttp2Alone'>,
  onChange: OnChange,
): Pick<Sandbox, 'tree' | 'listeners'> {
  const { tree: moved, listeners } = moveListens(open, { ...spec, main }, onChange);
  const closed = closeOff(redirectUpstreams(moved, spec.upstreams, onChange), spec.upstreams, onChange);
  const tree = confine(traceLocations(closed), spec, onChange);
  refuseOtherTargets(tree, spec);
  return { tree, listeners };
}
