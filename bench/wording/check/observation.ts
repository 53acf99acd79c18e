import { type FailureKind, numberIn } from '../../model/failure.ts';
import { type Amount, formatSeconds } from '../format.ts';
import { counted } from '../words.ts';

/** A request that reached an upstream server. */
export interface ArrivalFacts {
  /** HTTP version, `1.0` or `1.1`. */
  httpVersion: string;
  upgrade: string | null;
  connection: string | null;
}

/** Reasons why a run's handshakes failed. */
export const FAILED = {
  'handshakes-failed': ({ count, kind, line }: { count: Amount; kind: string; line: string | null }) =>
    `${counted(count, 'WebSocket handshake')} failed: ${count === 1 ? 'it' : 'each'} ${outcomeClause(kind as FailureKind)}.${line === null ? '' : ` The likely cause is at ${line}.`} \`check\` shows what is wrong with this configuration.`,
};

/** Observations from running the configuration in a real Nginx. */
export const SEEN = {
  'handshake-answered': ({
    path,
    outcome,
    arrived,
  }: {
    path: string;
    outcome: FailureKind;
    arrived: ArrivalFacts | null;
  }) =>
    `A WebSocket to ${path} ${outcomeClause(outcome)}; ${arrived === null ? 'nothing reached the upstream server' : `the upstream server received ${requestClause(arrived)}`}.`,
  'get-arrived': ({ arrived }: { arrived: ArrivalFacts }) =>
    `For an ordinary GET, the upstream server received ${requestClause(arrived)}.`,
  'silent-closed': ({
    directive,
    setSeconds,
    closeCode,
    seconds,
    busyStayedOpen,
  }: {
    directive: string;
    setSeconds: number;
    closeCode: number;
    seconds: number;
    busyStayedOpen: boolean;
  }) =>
    `With ${directive} set to ${formatSeconds(setSeconds)}, a silent WebSocket was closed with code ${closeCode} after ${formatSeconds(seconds)}.${busyStayedOpen ? ' A WebSocket that kept sending messages stayed open.' : ''}`,
  'worker-full': ({ opened, outcome }: { opened: number; outcome: FailureKind }) =>
    `One worker accepted ${counted(opened, 'WebSocket')}; the next WebSocket ${outcomeClause(outcome)}.`,
  'cache-answered': ({
    path,
    outcome,
    together,
    reached,
  }: {
    path: string;
    outcome: FailureKind;
    together: number;
    reached: number;
  }) =>
    `After one ordinary GET of ${path}, a WebSocket to the same path ${outcomeClause(outcome)}; ${reached} of ${together} simultaneous handshakes reached the upstream server.`,
  'cache-not-kept': ({ path }: { path: string }) =>
    `After one ordinary GET of ${path}, WebSockets could still be opened: the 426 response to the GET has no caching headers, so it was not cached.`,
  'cache-queued': ({ together, seconds }: { together: number; seconds: number }) =>
    `The last of ${together} simultaneous handshakes took ${formatSeconds(seconds)}.`,
  'http2-settings': ({ extendedConnect }: { extendedConnect: boolean }) =>
    `A client that offers h2 and http/1.1 gets h2. The server's SETTINGS ${extendedConnect ? 'include' : 'do not include'} SETTINGS_ENABLE_CONNECT_PROTOCOL.`,
  'open-after-reload': ({ seconds }: { seconds: number }) =>
    `${formatSeconds(seconds)} after a reload, a WebSocket was still open and served by the old worker.`,
  'closed-after-reload': ({
    setSeconds,
    closeCode,
    seconds,
  }: {
    /** worker_shutdown_timeout in seconds; null if it is not set. */
    setSeconds: number | null;
    closeCode: number;
    seconds: number;
  }) =>
    `${setSeconds === null ? 'Without worker_shutdown_timeout' : `With worker_shutdown_timeout set to ${formatSeconds(setSeconds)}`}, a busy WebSocket was closed ${formatSeconds(seconds)} after a reload, with code ${closeCode}.`,
  'clients-spread': ({ clients, servers }: { clients: number; servers: number }) =>
    `WebSockets from ${clients} addresses in one network went to ${counted(servers, 'server')}.`,
  'servers-skipped': ({ tried, failed, outcome }: { tried: number; failed: number; outcome: FailureKind }) =>
    `After every server had refused one connection and was up again, ${failed} of ${tried} handshakes failed; the first of them ${outcomeClause(outcome)}.`,
  'session-not-resumed': ({ protocol }: { protocol: string | null }) =>
    `A second connection did not resume the TLS session of the first${protocol === null ? '' : ` (${protocol})`}.`,
  'log-at-close': () =>
    'Nothing was written to the access log while a WebSocket was open; one line was written after it had closed.',
};

/** Describes the outcome of a failed handshake, as in `was answered with status 426`. */
function outcomeClause(outcome: FailureKind): string {
  if (outcome === 'echo-timeout') return 'got no answer';
  if (outcome === 'protocol-error') return 'got an invalid response';
  if (outcome === 'reset') return 'was closed without an answer';
  const status = numberIn(outcome, 'status');
  if (status !== null) return `was answered with status ${status}`;
  const code = numberIn(outcome, 'closed');
  return code === null ? `failed (${outcome})` : `was closed with code ${code}`;
}

/** Describes a request, as in `HTTP/1.0 with no Upgrade header and "Connection: close"`. */
function requestClause({ httpVersion, upgrade, connection }: ArrivalFacts): string {
  const headers = [
    upgrade === null ? 'no Upgrade header' : `"Upgrade: ${upgrade}"`,
    connection === null ? 'no Connection header' : `"Connection: ${connection}"`,
  ];
  return `HTTP/${httpVersion} with ${headers.join(' and ')}`;
}
