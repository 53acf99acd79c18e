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
   * The certificate authorities (PEM) that clients must trust, missing if they accept any certificate, and the
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
  proxy: RunningProxy | null;
  /** How an external server is reached and judged. */
  notices?: readonly Notice[];
}

/** A proxy that a driver has started. */
export interface RunningProxy {
  /** Missing if it runs on another host. */
  launched?: Launched;
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
   * Replaces the target's binary with the one given for the upgrade when it was started. New workers take over,
   * and the old ones exit once their last connection closes, as after a reload.
   *
   * @throws Problem('configuration') if the new binary does not start; the old one then keeps running
   */
  upgrade(over: AbortSignal): Promise<void>;
  /** Path at which it serves the given folder; null if it serves none, as with `stream`. */
  folderPath: string | null;
  facts: Omit<UsedProxy, 'errorLog'>;
  /** The differences between the configuration as written and as run. */
  notices: Notice[];
  /** Explains why handshakes failed, if their failures show it; empty for a profile of the package. */
  explain(slices: readonly { failures: FailureCounts }[]): Notice[];
  /** The latest lines of its error log at level warn and above, in a form that a report may show. */
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
