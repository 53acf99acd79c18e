import type { Notice } from '../model/notice.ts';
import { type ConfineSpec, confine } from './confine.ts';
import { type Listener, moveListens } from './listen.ts';
import { type Change, noticesOf, type OnChange } from './notices.ts';
import { closeOff } from './outside.ts';
import { traceLocations } from './trace.ts';
import type { Directive, Node } from './tree.ts';
import { redirectUpstreams, type UpstreamServer } from './upstream.ts';
import { findPaths } from './websocket.ts';

/** What a run decides for nginx. */
export interface SandboxSpec extends ConfineSpec {
  /** A loopback address, as in `127.0.0.1`. */
  host: string;
  /** Free ports on it, one for each of `listenAddresses(tree)`. */
  ports: readonly number[];
  /** Of every listening socket. */
  backlog: number;
  /** `reuseport` on every listening socket. */
  reuseport: boolean;
  /** The echo servers, one at the least. */
  upstreams: readonly UpstreamServer[];
  nginxVersion: string;
}

/** A configuration that can run beside whatever else the machine does. */
export interface Sandbox {
  tree: Node[];
  /** The first one takes the WebSockets: TLS where the server has it. */
  listeners: Listener[];
  websocketPath: string;
  /** For ordinary GETs; null where the same server proxies none. */
  httpPath: string | null;
  /** What runs otherwise than it is written: left out, or directed elsewhere. */
  notices: Notice[];
}

/**
 * Moves a configuration into the sandbox: it listens on loopback, proxies to the echo servers, writes
 * only into its folder, stays in the foreground, and names worker and upstream server in its
 * responses. Everything else is left as it is: that is what is measured. Pure: opens nothing.
 *
 * @param tree With its includes expanded (readConfiguration).
 * @throws Problem('configuration') where no location takes WebSockets.
 */
export function moveIntoSandbox(tree: readonly Node[], spec: SandboxSpec): Sandbox {
  const changed = new Map<Change, Directive[]>();
  const onChange: OnChange = (change, node) => changed.set(change, [...(changed.get(change) ?? []), node]);
  const { server, websocketPath, httpPath } = findPaths(tree);
  const { tree: moved, listeners } = moveListens(tree, { ...spec, main: server }, onChange);
  const closed = closeOff(redirectUpstreams(moved, spec.upstreams, onChange), spec.upstreams, onChange);
  const settled = confine(traceLocations(closed), spec, onChange);
  return { tree: settled, listeners, websocketPath, httpPath, notices: noticesOf(changed, tree) };
}
