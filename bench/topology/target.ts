import type { FailureCounts } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { RunProcess, UsedProxy } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import { LOOPBACK } from './ports.ts';
import type { Launched } from './process.ts';
import type { ReachableServer } from './servers.ts';

/** Target of the load: a proxy, the echo servers themselves (profile `direct`), or an external server. */
export interface StartedTarget extends Target {
  /**
   * TLS settings of clients; null without TLS. `servername` is the server name to request. `ca` contains the
   * certificate authorities (PEM) that clients must trust; if it is missing, they accept any certificate.
   */
  tls: { servername: string; ca?: string } | null;
  /**
   * The page requested by ordinary GETs, and its path in a form that reports may show; null if there is no
   * page.
   */
  page: { path: string; shown: string; cached: boolean } | null;
  /** Whether HTTP/2 is enabled on the listener. */
  http2: boolean;
  proxy: RunningProxy | null;
  /** Notices about an external server, such as its resolved address or an unverified certificate. */
  notices?: readonly Notice[];
}

/** A proxy that a driver has started. */
export interface RunningProxy {
  /** The proxy's launched process; missing if the proxy runs on another host. */
  launched?: Launched;
  /** Returns the current masters and workers. A process keeps the name that it was first given. */
  processes(): Promise<RunProcess[]>;
  /**
   * Makes the target reload its configuration: new workers take over, and the old ones exit once their last
   * connection closes.
   *
   * @throws Problem('died') if the target no longer exists
   */
  reload(): void;
  /**
   * Replaces the target's binary with the upgrade binary that was given when the target was started. New
   * workers take over, and the old ones exit once their last connection closes, as after a reload.
   *
   * @throws Problem('configuration') if the new binary does not start; the old one then keeps running
   */
  upgrade(over: AbortSignal): Promise<void>;
  /**
   * Path at which the proxy serves `pageFolder` (see `Opening`); null if it serves no folder, as with
   * `stream`.
   */
  folderPath: string | null;
  facts: Omit<UsedProxy, 'errorLog'>;
  /** Notices about differences between the configuration as written and as run. */
  notices: Notice[];
  /**
   * Returns notices that explain why handshakes failed, if the kinds of failure reveal the cause. Returns an
   * empty list for a profile of the package.
   */
  explain(slices: readonly { failures: FailureCounts }[]): Notice[];
  /**
   * Returns the latest lines of the proxy's error log at level warn and above, in a form that a report may
   * show.
   */
  readErrorLog(): Promise<string[]>;
}

/** The target of a run without a proxy. */
export function directTarget(servers: readonly ReachableServer[]): StartedTarget {
  return {
    host: servers[0]?.host ?? LOOPBACK,
    ports: servers.map((server) => server.port),
    path: '/websocket',
    page: { path: '/page', shown: '/page', cached: false },
    tls: null,
    http2: false,
    proxy: null,
  };
}
