import { ratio } from '../../measure/arithmetic.ts';
import { EVEN, isEven } from '../../measure/backends.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { formatCount, formatRate, formatShare, formatTime } from '../../wording/format.ts';
import type { RunView, View } from '../view.ts';
import type { Claim, Judgement } from './claim.ts';
import { effectOf, NGINX_CPU, P50, P50_WITH_HTTP, SERVER_CPU_WITH_HTTP, variantOf } from './effect.ts';
import { runsOf, verdictFrom } from './proxying.ts';

/** Claims in this file: the article's four best practices. */
export const encryption: Claim = {
  id: 'tls',
  title: 'TLS encrypts WebSocket',
  says: 'WebSocket itself does not encrypt data; TLS, configured in Nginx, does.',
  shownBy:
    'Run the tls profile. Confirmed if the listener negotiates TLS and every connection of the load made a TLS handshake before its upgrade; refuted if any connection did not. The cost compared with plain is shown as well.',
  needs: ['tls'],
  judge: (view) => {
    // Scenarios that open connections during the load only report the handshakes of some phases.
    const first = runsOf(view, 'tls').find(
      ({ run }) => !('tls' in scenarioNamed(run.plan.workload.scenario).phasesRead),
    );
    const { probe } = first?.run ?? {};
    if (first === undefined || !probe) return null;
    const handshakes = first.figures.latencies.tls?.count ?? 0;
    const { opened } = first.figures.connections;
    const all = probe.tlsProtocol !== null && handshakes === opened && opened > 0;
    return {
      verdict: all ? 'confirmed' : handshakes < opened ? 'refuted' : 'not shown',
      basis: 'fact',
      evidence: [
        `${probe.tlsProtocol ?? 'No TLS'}${probe.tlsCipher === null ? '' : `, ${probe.tlsCipher}`}: ${formatCount(handshakes)} TLS handshakes for ${formatCount(opened)} connections.`,
        ...evidenceOf(effectOf(view, 'plain', 'tls', NGINX_CPU), 'Cost of TLS. '),
        ...handshakeCost(view),
      ],
    };
  },
};

function handshakeCost(view: View): string[] {
  const [plain, tls] = ['plain', 'tls'].map(
    (name) => variantOf(view, name)?.answers.throughput?.figures.connect.cpuUsPerConnection.proxy,
  );
  return plain == null || tls == null
    ? []
    : [
        `Opening a connection took ${formatTime(tls)} of Nginx CPU with TLS and ${formatTime(plain)} without.`,
      ];
}

export const http2: Claim = {
  id: 'http2',
  title: 'HTTP/2 makes WebSockets faster',
  says: 'Enabling HTTP/2 in Nginx improves the performance of WebSocket communication.',
  shownBy:
    'Run the http2 profile. Refuted if the listener speaks HTTP/2 but does not advertise extended CONNECT (RFC 8441): then no WebSocket can run over HTTP/2, and HTTP/2 cannot make WebSockets faster. The claim could be confirmed only by WebSockets over HTTP/2 that are faster than those of the tls profile, but this bench opens no WebSockets over HTTP/2.',
  needs: ['http2'],
  judge: (view) => {
    const [first] = runsOf(view, 'http2');
    const { probe } = first?.run ?? {};
    if (first === undefined || !probe) return null;
    const effects = [P50, NGINX_CPU].flatMap((figure) => effectOf(view, 'tls', 'http2', figure) ?? []);
    // An improvement beyond chance would need another explanation, because no WebSocket used HTTP/2.
    const gain = effects.some(({ direction }) => direction === 'lower');
    const unused = probe.alpnOffered === 'h2' && probe.extendedConnect === false && probe.alpn !== 'h2';
    return {
      verdict: unused && !gain ? 'refuted' : 'not shown',
      basis: 'fact',
      evidence: [
        http2Sentence(first, unused),
        ...effects.map(({ sentence }) => sentence),
        ...(unused && gain ? ['HTTP/2 cannot cause this difference, so the cause is unknown.'] : []),
      ],
    };
  },
};

function http2Sentence({ run, figures }: RunView, unused: boolean): string {
  if (unused)
    return `Nginx ${run.proxy?.version ?? ''} negotiates h2 with clients that offer it, but does not advertise extended CONNECT: none of ${formatCount(figures.connections.opened)} WebSockets ran over HTTP/2; all ran over HTTP/1.1.`;
  if (run.probe?.alpnOffered !== 'h2')
    return 'The listener did not negotiate h2, so the claim was not tested.';
  return 'WebSockets over HTTP/2 may have been possible, but this bench used HTTP/1.1.';
}

export const cachedMessages: Claim = {
  id: 'cache-messages',
  title: 'A cache stores WebSocket messages',
  says: 'Nginx can cache the data of WebSockets, which makes communication faster and reduces the load on the backend.',
  shownBy:
    'Run the cache profile. Refuted if every echo came over a connection to an echo server: all messages differ and each echo is compared with its message, so no echo can come from a cache. Nothing that this bench measures could confirm the claim.',
  needs: ['cache'],
  judge: (view) => {
    const [first] = runsOf(view, 'cache');
    if (first === undefined) return null;
    const { echoed } = first.figures.messages;
    const answered = first.run.spread
      .filter(({ component }) => component === 'server')
      .reduce((sum, { messages }) => sum + messages, 0);
    if (echoed === 0) return { verdict: 'not shown', basis: 'fact', evidence: ['No message came back.'] };
    const failed = runsOf(view, 'cache').flatMap(failedGets);
    if (failed.length > 0) return { verdict: 'not shown', basis: 'fact', evidence: failed };
    return {
      verdict: answered >= echoed ? 'refuted' : 'not shown',
      basis: 'fact',
      evidence: [
        `${formatCount(answered)} of ${formatCount(echoed)} echoes came over connections to an echo server. After the 101 response, Nginx only relays bytes.`,
        ...[NGINX_CPU, P50].flatMap((figure) => evidenceOf(effectOf(view, 'plain', 'cache', figure))),
      ],
    };
  },
};

/**
 * Reports failed requests through the cache, before the load and during it. If any failed, the run shows nothing
 * about the cache.
 */
function failedGets({ figures }: RunView): string[] {
  const http = [figures.httpLoad, figures.http].find((each) => each != null && each.failed > 0) ?? null;
  if (http === null) return [];
  return [
    `${formatCount(http.failed)} of ${formatCount(http.failed + http.succeeded)} ordinary GETs failed, so nothing is known about the cache.`,
  ];
}

/**
 * A cache counts as relieving the backend if less than this share of the requests still reach the backend.
 */
const SPARED = 0.5;

export const cachedRequests: Claim = {
  id: 'cache-requests',
  title: 'A cache takes load off the backend',
  says: 'A cache in Nginx reduces the load on the servers behind it.',
  shownBy:
    'Run the cache profile. Messages are never cached, so the claim is tested with ordinary HTTP requests: confirmed if less than half of the GETs through the cache reached an echo server, refuted if all did.',
  needs: ['cache'],
  judge: (view) => {
    const cached = runsOf(view, 'cache').find(({ run }) => run.http !== null && run.http.cache !== null);
    const leg = cached?.figures.httpLoad ?? cached?.figures.http;
    if (cached === undefined || leg == null) return null;
    const failed = failedGets(cached);
    if (failed.length > 0) return { verdict: 'not shown', basis: 'fact', evidence: failed };
    const share = leg.backend === null ? null : ratio(leg.backend, leg.succeeded);
    if (share === null) return null;
    const plain = runsOf(view, 'plain').find(({ figures }) => figures.http?.failed === 0)?.figures.http;
    const isPaced = cached.run.plan.http?.ratePerSecond != null;
    const uncached =
      plain == null || isPaced ? '' : `; without a cache, it was ${formatRate(plain.requestsPerSecond)}`;
    return {
      verdict: share < SPARED ? 'confirmed' : share >= 1 ? 'refuted' : 'not shown',
      basis: 'fact',
      evidence: [
        `${formatCount(leg.backend)} of ${formatCount(leg.succeeded)} ordinary GETs${cached.figures.httpLoad === null ? '' : ' alongside the WebSockets'} reached an echo server (${formatShare(share)}). The rate of the GETs was ${formatRate(leg.requestsPerSecond)}${uncached}. WebSocket messages are not included.`,
      ],
    };
  },
};

export const cachedBackend: Claim = {
  id: 'cache-mixed',
  title: 'A cache makes WebSockets faster by taking load off the backend',
  says: 'A cache in Nginx takes load off the servers behind it, so WebSockets perform better.',
  shownBy:
    'Run the profiles plain and cache with --scenario mixed, which sends HTTP requests at the same rate alongside the same WebSocket load. Confirmed if, while HTTP requests are sent, the median response time of the WebSockets is lower with the cache; refuted if it is higher. The CPU that the echo servers used during that time is shown as well.',
  needs: ['plain', 'cache'],
  judge: (view) => {
    const judgement = verdictFrom([[effectOf(view, 'plain', 'cache', P50_WITH_HTTP), 'lower']]);
    if (judgement === null) return null;
    const failed = ['plain', 'cache'].flatMap((name) => runsOf(view, name).flatMap(failedGets));
    if (failed.length > 0) return { ...judgement, verdict: 'not shown', evidence: failed };
    return {
      ...judgement,
      evidence: [
        ...judgement.evidence,
        ...evidenceOf(effectOf(view, 'plain', 'cache', SERVER_CPU_WITH_HTTP)),
        ...['plain', 'cache'].flatMap((name) => reachedBackend(runsOf(view, name)[0])),
      ],
    };
  },
};

/** States how many of the HTTP requests alongside WebSockets reached an echo server. */
function reachedBackend(view: RunView | undefined): string[] {
  const { backend = null, succeeded = 0 } = view?.figures.httpLoad ?? {};
  if (view === undefined || backend === null) return [];
  return [
    `${view.name}: ${formatCount(backend)} of ${formatCount(succeeded)} ordinary GETs alongside the WebSockets reached an echo server.`,
  ];
}

export const balancing: Claim = {
  id: 'balancing',
  title: 'Load balancing spreads the connections',
  says: 'Nginx distributes the connections over several backends and can therefore handle many connections.',
  shownBy: `Run the load-balanced profile. Confirmed if each of several echo servers got an even share of the connections (within a factor of ${EVEN}); refuted if one got all of them. With --scenario backend-loss, the verdict is based on the shares before the loss, and the evidence also describes the shares after it.`,
  needs: ['load-balanced'],
  judge: (view) => {
    const [first] = runsOf(view, 'load-balanced');
    const before = first?.figures.backends?.before ?? null;
    const servers = first?.run.spread.filter(({ component }) => component === 'server') ?? [];
    const counts = before ?? servers.map(({ connections }) => connections);
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (first === undefined || all === 0 || first.run.plan.servers < 2) return null;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return {
      verdict:
        counts.length === first.run.plan.servers && isEven(counts)
          ? 'confirmed'
          : most === all
            ? 'refuted'
            : 'not shown',
      basis: 'fact',
      evidence: [
        `${formatCount(all)} connections on ${formatCount(counts.length)} of ${formatCount(first.run.plan.servers)} echo servers: ${formatCount(least)} to ${formatCount(most)} each.`,
        ...busiestServers(view),
        ...afterLoss(first),
      ],
    };
  },
};

/** States how the connections were spread after one of the echo servers had been lost and had come back. */
function afterLoss({ figures: { backends } }: RunView): string[] {
  if (backends?.lost == null || backends.returnedUs === null || backends.atEnd === null) return [];
  const all = backends.atEnd.reduce((sum, open) => sum + open, 0);
  const { evenAfterUs } = backends;
  const end =
    evenAfterUs === null
      ? 'the shares were still uneven then, because Nginx spreads new connections but does not move open ones'
      : `the connections were spread evenly again ${formatTime(evenAfterUs)} after its return`;
  return [
    `The echo server that was lost and came back had ${formatCount(backends.atEnd[backends.lost])} of ${formatCount(all)} connections at the end; ${end}.`,
  ];
}

/**
 * Compares the CPU utilisation of the busiest echo server with one and with several servers, at the same message rate.
 */
function busiestServers(view: View): string[] {
  const [plain, balanced] = ['plain', 'load-balanced'].map((name) => {
    const shares = variantOf(view, name)
      ?.answers.latency?.figures.processes.filter(({ component }) => component === 'server')
      .flatMap(({ cpuShare }) => cpuShare ?? []);
    return shares === undefined || shares.length === 0 ? null : Math.max(...shares);
  });
  const rate = variantOf(view, 'load-balanced')?.answers.latency?.figures.offered?.perSecond;
  return plain == null || balanced == null
    ? []
    : [
        `At ${formatRate(rate)}, the busiest echo server used ${formatShare(balanced)} of a core with the load-balanced profile and ${formatShare(plain)} with plain.`,
      ];
}

function evidenceOf(effect: ReturnType<typeof effectOf>, before = ''): Judgement['evidence'] {
  return effect === null ? [] : [`${before}${effect.sentence}`];
}
