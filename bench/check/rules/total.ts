import { httpHops, streamHops } from '../../nginx/hop.ts';
import { addressesOf } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, type Node, place, texts } from '../../nginx/tree.ts';
import type { CapacityLimit } from '../../wording/check/limits.ts';
import { finding } from '../../wording/finding.ts';
import { activeServers, type Candidate, upstreamsOf } from '../candidate.ts';
import { isSound, mainSetting, type Rule, type Subject, workerConnections } from '../subject.ts';
import { EACH, USUAL_FILES } from './capacity.ts';
import { countOf, PORTS, portsOf, rateOf } from './limits.ts';

/** A limit, with the line that sets it. */
type Limit = Omit<CapacityLimit, 'place'> & { line: Directive | null };

/**
 * Reports the number of WebSockets that a configuration allows: the lowest of all limits for the location that
 * allows the most.
 */
export const total: Rule = (subject) => {
  // The limits in the main file, which apply to every location, are unknown.
  if (subject.isPart) return [];
  const ways = subject.candidates
    .filter((candidate) => isSound(subject, candidate) && isEntrance(subject, candidate))
    .map((candidate) => ({ candidate, limits: limitsOf(subject.tree, candidate) }));
  const [best] = ways.toSorted((a, b) => lowest(b.limits) - lowest(a.limits));
  const [first] = best?.limits ?? [];
  if (best === undefined || first === undefined) return [];
  const { webSockets, perWorker } = first;
  return [
    {
      rule: 'capacity',
      level: 'note',
      origin: first.line?.origin ?? null,
      ...finding('capacity', {
        webSockets,
        perWorker,
        limits: best.limits.map(({ line, ...limit }) => ({ ...limit, place: place(line?.origin ?? null) })),
        handshakes: handshakeRate(subject.tree, best.candidate),
      }),
      seen: null,
      remedies: [],
    },
  ];
};

const lowest = ([first]: readonly Limit[]) => first?.webSockets ?? Number.POSITIVE_INFINITY;

/** Whether clients connect to the candidate's server, and not to another server in front of it. */
function isEntrance({ candidates }: Subject, { server, entrance }: Candidate): boolean {
  const isInner = (each: Directive) =>
    addressesOf(each).every((address) => /^(127\.|localhost:|\[::1\]|unix:)/.test(address));
  return entrance === server && (!isInner(server) || candidates.every((each) => isInner(each.server)));
}

/** All limits on the WebSockets to a candidate, the lowest first. */
function limitsOf(tree: readonly Node[], candidate: Candidate): Limit[] {
  const all = [...workerLimits(tree, candidate), ...locationLimits(tree, candidate)];
  return all.toSorted((a, b) => a.webSockets - b.webSockets);
}

/** The limits of the workers. With `worker_processes auto`, the number of workers depends on the machine. */
function workerLimits(tree: readonly Node[], candidate: Candidate): Limit[] {
  const written = Number(mainSetting(tree, 'worker_processes') ?? 1);
  const perWorker = !Number.isInteger(written) || written < 1;
  const workers = perWorker ? 1 : written;
  const each = EACH * (passesInside(tree, candidate) ? 2 : 1);
  const [events = null] = directives(tree, 'events');
  const [connections = events] = directives(events?.block, 'worker_connections');
  const [files = null] = directives(tree, 'worker_rlimit_nofile');
  const openFiles = files === null ? USUAL_FILES : Number(files.args[0]?.text);
  const within = (count: number) => ({ webSockets: Math.floor(count / each) * workers, perWorker });
  return [
    { what: 'worker-connections', ...within(workerConnections(tree)), line: connections },
    { what: 'open-files', ...within(openFiles), line: files ?? connections },
  ];
}

/** Whether a WebSocket passes through the workers twice, because another server of the configuration follows. */
function passesInside(tree: readonly Node[], { sign, server, self }: Candidate): boolean {
  // With `pass`, the other server takes over the connection, which passes through the workers only once.
  if (sign === 'stream' && directives(self.block, 'proxy_pass').length === 0) return false;
  if (sign === 'stream') return streamHops(tree).some((each) => each.server === server);
  return httpHops(tree, { server, location: self }).length > 0;
}

function locationLimits(tree: readonly Node[], candidate: Candidate): Limit[] {
  const counts = inherited(candidate.levels, 'limit_conn').flatMap((line): Limit[] => {
    const { limit, perClient } = countOf(tree, line, candidate);
    return perClient ? [] : [{ what: 'limit-conn', webSockets: limit, perWorker: false, line }];
  });
  const ports = portsOf(tree, candidate);
  const [upstream] = upstreamsOf(tree, candidate);
  return [
    ...counts,
    ...(upstream === undefined ? [] : mostConnections(upstream)),
    ...(ports === null
      ? []
      : [
          {
            what: 'ports' as const,
            webSockets: PORTS * ports.addresses.length,
            perWorker: false,
            line: ports.line,
          },
        ]),
  ];
}

/**
 * The sum of `max_conns`, if every server of an upstream sets it. The workers share this limit only if the
 * upstream has a `zone`.
 */
function mostConnections(upstream: Directive): Limit[] {
  const entries = activeServers(upstream);
  const counts = entries.map((entry) =>
    Number(
      /^max_conns=(\d+)$/.exec(texts(entry).find((each) => each.startsWith('max_conns=')) ?? '')?.[1] ?? 0,
    ),
  );
  const [line = null] = entries;
  const isShared = directives(upstream.block, 'zone').length > 0;
  if (line === null || !isShared || counts.some((count) => count === 0)) return [];
  const webSockets = counts.reduce((sum, count) => sum + count, 0);
  return [{ what: 'max-conns', webSockets, perWorker: false, line }];
}

function handshakeRate(tree: readonly Node[], candidate: Candidate) {
  const [line] = inherited(candidate.levels, 'limit_req');
  if (line === undefined) return null;
  const { rate, perClient } = rateOf(tree, line, candidate);
  return { rate, place: place(line.origin), perClient };
}
