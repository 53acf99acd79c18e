import type { ProxyKind } from '../model/proxy.ts';
import type { Tuning } from '../model/variant.ts';
import type { ProxyBinary, ProxyDriver, ProxySource } from '../topology/driver.ts';
import { type EchoServer, startServers } from '../topology/servers.ts';
import type { RunningProxy } from '../topology/target.ts';
import type { Ears } from '../topology/workplace.ts';
import { type AgentRun, agentRun } from './agent-run.ts';
import { holdWorkplace } from './held-workplace.ts';
import { makeObserver } from './observer.ts';
import type { Outbox } from './outbox.ts';
import type { BeginProxy, BeginServer, Started } from './protocol.ts';

/** The proxies that an agent can start. */
export interface OwnProxy {
  /**
   * Returns the configuration of a profile from the package installed on this host.
   *
   * @throws Problem if there is no such profile, or if the profile has no proxy
   */
  sourceOf(profile: string, tunings: readonly Tuning[]): Promise<ProxySource>;
  driverOf(kind: ProxyKind): Promise<ProxyDriver>;
  /** @throws Problem('environment') if there is no binary on this host */
  find(kind: ProxyKind): Promise<ProxyBinary>;
}

/**
 * Starts and observes echo servers.
 *
 * @param listen address on which the servers listen
 */
export function beginServerRun(
  { run, first, count, kind, engine, args, maxPayloadBytes }: BeginServer,
  listen: string,
  outbox: Outbox,
  ears: Ears,
): AgentRun {
  let servers: readonly EchoServer[] = [];
  const observer = makeObserver(async () =>
    servers.map(({ launched: { name, pid } }) => ({ component: 'server', role: 'server', name, pid })),
  );
  const { ready, stop } = holdWorkplace(ears, outbox, async ({ processSet }): Promise<Started> => {
    servers = await startServers({
      ...{ count, firstNumber: first, host: listen, kind, engine, args, maxPayloadBytes },
      cpus: null,
      onLaunch: processSet.adopt,
      onLoop: observer.noteLoop,
    });
    return { role: 'server', servers: servers.map(({ host, port }) => ({ host, port })) };
  });
  const stats = () => Promise.all(servers.map((server) => server.stats().catch(() => null)));
  return agentRun({ run, ready, observer, stats, stop }, outbox);
}

/**
 * Starts and observes a proxy. The proxy uses a profile of the package, and runs in the same kind of sandbox as
 * the runner uses.
 *
 * @param listen address on which the proxy listens
 */
export function beginProxyRun(
  run: string,
  { kind, profile, tunings, proxy, upstreams }: NonNullable<BeginProxy['start']>,
  { sourceOf, driverOf, find }: OwnProxy,
  listen: string,
  outbox: Outbox,
  ears: Ears,
): AgentRun {
  let running: RunningProxy | null = null;
  const observer = makeObserver(async () => (await running?.processes()) ?? []);
  const { ready, stop } = holdWorkplace(ears, outbox, async ({ folder, processSet }): Promise<Started> => {
    const servers = upstreams.map(({ host, port }) => ({ host, port, socket: null, certPath: null }));
    const prepared = await (await driverOf(kind)).prepare(await sourceOf(profile, tunings));
    const plan = { placement: null, proxy };
    const target = await prepared.start(plan, await find(kind), servers, folder, processSet, {
      host: listen,
    });
    if (target.proxy === null) throw new TypeError('a proxy was started');
    running = target.proxy;
    const { host, ports, path, page, tls, http2, request } = target;
    const { facts, notices } = running;
    return {
      ...{ role: 'proxy', host, ports: [...ports], path, page, tls, http2, facts, notices },
      requestHost: request?.host ?? host,
    };
  });
  const readErrorLog = async () => (await running?.readErrorLog()) ?? [];
  return agentRun({ run, ready, observer, readErrorLog, stop }, outbox);
}
