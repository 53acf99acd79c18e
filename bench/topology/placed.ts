import type { OtherHosts } from '../model/other-hosts.ts';
import type { EngineName, RunPlan } from '../model/plan.ts';
import type { ProxyKind } from '../model/proxy.ts';
import type { Tuning } from '../model/variant.ts';
import type { ReachableServer } from './servers.ts';
import type { StartedTarget } from './target.ts';

/** Plan for the echo servers that a run starts on other hosts. */
export interface PlacedServersPlan {
  count: number;
  kind: 'ws' | 'lean';
  engine: EngineName;
  /** Options of each server. */
  args: readonly string[];
  maxPayloadBytes: number;
}

/** Plan for the proxy that a run starts on another host. The proxy uses a profile of the package installed there. */
export interface PlacedProxyPlan {
  kind: ProxyKind;
  profile: string;
  tunings: readonly Tuning[];
  proxy: NonNullable<RunPlan['proxy']>;
  upstreams: readonly Pick<ReachableServer, 'host' | 'port'>[];
}

/** Starts parts of a run's topology on other hosts. A part whose method is missing runs on this host. */
export interface TopologyPlaces {
  /** @throws Problem('environment') if a host cannot start its echo servers */
  startServers?(plan: PlacedServersPlan): Promise<OtherHosts & { servers: ReachableServer[] }>;
  /** @throws Problem('environment') if the host cannot start the proxy */
  startProxy?(plan: PlacedProxyPlan): Promise<OtherHosts & { target: StartedTarget }>;
}
