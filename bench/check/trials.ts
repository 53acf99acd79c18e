import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { probeTls } from '../load/probe.ts';
import type { Probe } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import { type Directive, directives, type Node } from '../nginx/tree.ts';
import { type Backend, startBackend } from './backend.ts';
import { activeServers, allServers, type Candidate, upstreamsOf } from './candidate.ts';
import type { LocationSeen, Seen, UpstreamSeen } from './observation.ts';
import { readPassLog, withPassLog } from './pass-log.ts';
import { type Raised, type RaiseOptions, raise } from './raise.ts';
import { careless } from './rules/cache.ts';
import { shortened } from './shortened.ts';
import { mainSetting, workerConnections } from './subject.ts';
import { tryCache } from './trials/cache.ts';
import { tryCapacity } from './trials/capacity.ts';
import { tryHandshake } from './trials/handshake.ts';
import { tryIdle } from './trials/idle.ts';
import { tryLog } from './trials/log.ts';
import { tryReload } from './trials/reload.ts';
import { tryTrace } from './trials/trace.ts';
import { tryRecovery, trySpread } from './trials/upstream.ts';

/** Number of upstream servers: enough to see which one is chosen. */
const BACKENDS = 2;
/** Larger values of `worker_connections` are not tried, because that would take too many sockets. */
const MOST_TRIED = 1024;

export type TrialOptions = Omit<RaiseOptions, 'backends' | 'workerConnections'> & {
  tree: readonly Node[];
  /** The private folder of the check. */
  folder: string;
  isPart: boolean;
  signal: AbortSignal;
};

/** A location that may accept WebSockets, and its target. */
interface Way {
  candidate: Candidate;
  target: Target;
}

/**
 * Runs a configuration unchanged, then a copy with short timeouts, and opens WebSockets through each location
 * that may carry them.
 *
 * @throws Problem('configuration') if the configuration cannot be run; the signal's reason if the signal aborts
 */
export async function runTrials(options: TrialOptions): Promise<Seen> {
  const { folder, signal } = options;
  // Allows any number of listeners, because several WebSockets listen to the signal at the same time.
  setMaxListeners(0, signal);
  const backends: Backend[] = [];
  try {
    for (let index = 1; index <= BACKENDS; index += 1)
      backends.push(await startBackend(join(folder, `backend-${index}.sock`)));
    const asItStands = await tryAsItStands(options, backends);
    return { ...asItStands, ...(await tryShortened(options, backends, asItStands)) };
  } finally {
    await Promise.all(backends.map((backend) => backend.close()));
  }
}

type Before = Omit<Seen, 'reload'>;

async function tryAsItStands(options: TrialOptions, backends: readonly Backend[]): Promise<Before> {
  const { tree, folder, candidates, signal } = options;
  const connections = workerConnections(tree);
  const logged = withPassLog(tree);
  const raised = await raise(logged.tree, join(folder, 'as-it-stands'), {
    ...options,
    backends,
    workerConnections: connections,
  });
  const ways = waysOf(raised, candidates);
  const locations = new Map<Candidate, LocationSeen>();
  for (const { candidate, target } of ways) {
    const trace = candidate.sign === 'stream' ? null : await tryTrace(candidate, target, backends, signal);
    const seen = await tryHandshake(target, backends, signal);
    const passed = (await readPassLog(raised.folder, logged)).get(candidate.self) ?? null;
    const isCached = seen.handshake.outcome === 'echoed' && careless(candidate) !== null;
    const cache = isCached ? await tryCache(target, backends, signal) : null;
    locations.set(candidate, { ...seen, trace, passed, cache, idle: null });
  }
  const tls = await probeServers(ways, raised.ca, signal);
  const sound = ways.filter(({ candidate }) => stillOpens(locations.get(candidate)));
  const [first] = sound;
  const log = first === undefined ? null : await tryLog(raised.folder, first.target, signal);
  // With more connections than configured, the trial would not show the limit that the configuration sets.
  const isAsWritten = !options.isPart && raised.workerConnections === connections;
  const isTried = first !== undefined && isAsWritten && connections <= MOST_TRIED;
  const capacity = isTried ? await tryCapacity(first.target, connections, signal) : null;
  const upstreams = await tryUpstreams(tree, sound, backends, signal);
  await options.processSet.retire(raised.nginx);
  return { locations, tls, upstreams, log, capacity };
}

function waysOf(raised: Raised, candidates: readonly Candidate[]): Way[] {
  return candidates.flatMap((candidate) => {
    const target = raised.targetOf(candidate);
    return target === null ? [] : [{ candidate, target }];
  });
}

/**
 * Whether WebSockets can still be opened through a location after an ordinary GET, whose response may be in a
 * cache.
 */
function stillOpens(seen: LocationSeen | undefined): boolean {
  return seen?.handshake.outcome === 'echoed' && (seen.cache === null || seen.cache.afterGet === 'echoed');
}

/**
 * Returns the result of each server's TLS negotiation. If a server does not answer with TLS, its handshakes
 * have already failed.
 */
async function probeServers(
  ways: readonly Way[],
  ca: string | null,
  signal: AbortSignal,
): Promise<Map<Directive, Probe>> {
  const probes = new Map<Directive, Probe>();
  for (const { candidate, target } of ways) {
    const [port] = target.ports;
    if (target.tls === null || ca === null || port === undefined || probes.has(candidate.server)) continue;
    const probe = await probeTls({ host: target.host, port, ca, ...target.tls }, signal).catch(() => null);
    signal.throwIfAborted();
    if (probe !== null) probes.set(candidate.server, probe);
  }
  return probes;
}

/** Servers refuse connections only in the last trials, because Nginx considers such servers failed afterwards. */
async function tryUpstreams(
  tree: readonly Node[],
  ways: readonly Way[],
  backends: readonly Backend[],
  signal: AbortSignal,
): Promise<Map<Directive, UpstreamSeen>> {
  const leading = new Map<Directive, Target>();
  for (const { candidate, target } of ways) {
    const [only, ...others] = upstreamsOf(tree, candidate);
    const isChoice = only !== undefined && allServers(only).length > 1 && activeServers(only).length > 0;
    if (isChoice && others.length === 0) leading.set(only, target);
  }
  const spreads = new Map<Directive, UpstreamSeen['spread']>();
  for (const [upstream, target] of leading) {
    const isHashed = directives(upstream.block, 'ip_hash').length > 0;
    spreads.set(upstream, isHashed ? await trySpread(target, signal) : null);
  }
  const seen = new Map<Directive, UpstreamSeen>();
  for (const [upstream, target] of leading) {
    const recovery = await tryRecovery(target, activeServers(upstream).length, backends, signal);
    seen.set(upstream, { spread: spreads.get(upstream) ?? null, recovery });
  }
  return seen;
}

/**
 * Tries a copy of the configuration with short timeouts. In this copy, no ordinary GET precedes the
 * handshakes, so none of them is answered from a cache.
 */
async function tryShortened(
  options: TrialOptions,
  backends: readonly Backend[],
  { locations }: Before,
): Promise<Pick<Seen, 'locations' | 'reload'>> {
  const opening = options.candidates.filter((each) => locations.get(each)?.handshake.outcome === 'echoed');
  const { tree, folder, signal } = options;
  if (opening.length === 0) return { locations, reload: null };
  const raised = await raise(shortened(tree), join(folder, 'short'), {
    ...options,
    backends,
    // Enough for the trials of all locations, which run at the same time.
    workerConnections: MOST_TRIED,
    onChange: () => {},
  });
  const ways = waysOf(raised, opening);
  const [first] = ways;
  const expected = mainSetting(tree, 'worker_shutdown_timeout') === null ? 'stays' : 'cut';
  const idling = Promise.all(
    ways.map(async ({ candidate, target }) => [candidate, await tryIdle(target, signal)] as const),
  );
  idling.catch(() => {}); // it is awaited below
  // A reload disturbs the other WebSockets only if old workers cut connections.
  if (expected === 'cut') await idling;
  const reload = first === undefined ? null : await tryReload(raised, first.target, expected, signal);
  const idles = new Map(await idling);
  const all = [...locations].map(
    ([candidate, seen]) => [candidate, { ...seen, idle: idles.get(candidate) ?? null }] as const,
  );
  return { locations: new Map(all), reload };
}
