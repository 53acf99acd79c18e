import type { MetricUnit } from '../model/metric.ts';
import { PROXY } from '../model/proxy.ts';
import { type Amount, formatCount, formatFigure, formatRate, formatShare, formatTime } from './format.ts';
import {
  type ConservationFacts,
  conservationClause,
  type DisturbanceFacts,
  disturbance,
  type WorkFacts,
} from './validity.ts';
import { counted, listed, paragraph } from './words.ts';

/** Headline figures of a step over some of its seconds: a closed loop's rate, or an open loop's p99 times. */
export interface HeadlineFacts {
  perSecond: Amount | null;
  responseUs: Amount | null;
  sendLagUs: Amount | null;
}

/**
 * Figures over all seconds and over the undisturbed seconds; null if there are no undisturbed seconds to
 * compare with.
 */
export interface DisturbedFigures extends WorkFacts {
  all: HeadlineFacts | null;
  undisturbed: HeadlineFacts | null;
}

export const MISSED_THRESHOLD = 'threshold-missed';

/** Notices for readers of a run's figures. */
export const NOTICES = {
  [MISSED_THRESHOLD]: ({
    threshold,
    metric,
    value,
    unit,
  }: {
    threshold: string;
    metric: string;
    value: Amount | null;
    unit: MetricUnit;
  }) =>
    value === null
      ? `${threshold}: missed; this run has no ${metric} (too few samples, or nothing to measure).`
      : `${threshold}: missed; ${metric} is ${formatFigure(value, unit)}.`,
  'target-address': ({ host, address }: { host: string; address: string }) =>
    `All connections went to ${address}, the address of ${host} when the run began.`,
  'target-unverified': () =>
    'The certificate of the server was not verified (--insecure), so the load may have gone to the wrong server.',
  'target-answers-any': () =>
    'Any message from the server counts as the answer to the oldest unanswered message (--expect any). If the server sends other messages, or answers in a different order, response times are wrong.',
  'target-answers-none': () =>
    'No answer was expected (--expect none), so this run only shows what was sent. Whether the server processed it is unknown.',
  'target-unasked': ({ count }: { count: Amount }) =>
    `The server sent ${counted(count, 'message')} while no message awaited an answer. Other such messages may have been mistaken for answers (--expect any), so response times may be too short.`,
  'h2-not-used': ({ alpn, extendedConnect }: { alpn: string | null; extendedConnect: boolean }) => {
    const used = `negotiated ${alpn ?? 'no ALPN protocol'} and ran over HTTP/1.1, each on a connection of its own`;
    return extendedConnect
      ? `The listener speaks HTTP/2 and advertises extended CONNECT (RFC 8441). The WebSockets of this run ${used}.`
      : `The listener speaks HTTP/2 but does not advertise extended CONNECT (RFC 8441), so no WebSocket can run over HTTP/2 here. The WebSockets of this run ${used}, so the metrics of this run say nothing about WebSocket over HTTP/2.`;
  },
  'tls-resumption': ({
    protocol,
    cipher,
    resumed,
    boringSsl,
    resumes = false,
  }: {
    protocol: string;
    cipher: string | null;
    resumed: boolean;
    boringSsl: boolean;
    /** Whether the connections of the load resume TLS sessions; missing in older results. */
    resumes?: boolean | undefined;
  }) =>
    `${protocol}, ${cipher ?? 'unknown cipher'}; a second connection ${resumed ? 'resumed' : 'could not resume'} the session of the first. The connections of the load ${resumes ? 'resume the sessions of earlier ones where the server permits it' : 'each make a full handshake'}${boringSsl ? ', and prefer TLS_AES_128_GCM_SHA256, as Bun (BoringSSL) does' : ''}.`,
  'cache-serves-gets': ({
    share,
    requests,
    backend,
    echoed,
    servers,
  }: Record<'share' | 'requests' | 'backend' | 'echoed' | 'servers', Amount>) =>
    `The cache answered ${formatShare(share)} of ${counted(requests, 'ordinary GET')}. In total, ${counted(backend, 'GET')} reached an echo server. The cache does not affect WebSocket messages: all ${counted(echoed, 'echo', 'echoes')} came from the ${servers === 1 ? 'echo server' : counted(servers, 'echo server')}.`,
  'http-failed': ({
    failed,
    asked,
    path,
    answered,
    lost,
    unanswered,
  }: {
    failed: Amount;
    asked: Amount;
    path: string;
    /** Number of failed responses by status class, such as `{ '5xx': 7 }`. */
    answered: Readonly<Record<string, Amount>>;
    lost: Amount;
    unanswered: Amount;
  }) => {
    const how = [
      ...Object.entries(answered).map(([kind, count]) => `${formatCount(count)} answered with ${kind}`),
      ...(lost === 0 ? [] : [`${formatCount(lost)} lost with their connections`]),
      ...(unanswered === 0 ? [] : [`${formatCount(unanswered)} not answered in time`]),
    ];
    return `${formatCount(failed)} of ${counted(asked, 'ordinary GET')} of ${path} failed${how.length === 0 ? '' : ` (${how.join(', ')})`}. HTTP metrics cover only the GETs that succeeded and say nothing about a cache. Use --no-http to skip all ordinary GETs.`;
  },
  'worker-skew': ({ least, most }: { least: Amount; most: Amount }) =>
    `Connections are spread unevenly over the ${PROXY} workers: from ${formatCount(least)} to ${formatCount(most)} per worker. A connection stays with the worker that accepted it. With listen … reuseport, a hash distributes the connections.`,
  'ramp-not-reached': ({ perSecond, asked }: { perSecond: Amount; asked: Amount }) =>
    `Connections were opened at ${formatCount(perSecond)} per second instead of the requested ${formatCount(asked)}.`,
  'pacing-spin': (facts: PacingFacts) =>
    `The generator spins until the next ${unitOf(facts)} is due: ${pacing(facts)}.`,
  'pacing-sleep': (facts: PacingFacts) =>
    `The generator has no CPU to itself, so it sleeps until the next ${unitOf(facts)} is due: ${pacing(facts)}.`,
  'comeback-lag': ({ lagUs }: { lagUs: Amount }) =>
    `While clients reconnected, the generator sent messages late (send lag p99 was ${formatTime(lagUs)}), because one machine does the work of all clients. The response times in that period, and the times that clients took to reconnect, include this delay. The generator was on time before and after.`,
  'nginx-worker-ended': ({ count, how }: { count: Amount; how: string }) =>
    count === 1
      ? `An ${PROXY} worker process exited ${how} during this run or the HTTP requests before it. Its connections were cut, and the worker that replaced it started without connections.`
      : `${formatCount(count)} ${PROXY} worker processes exited during this run or the HTTP requests before it, the first ${how}. Their connections were cut, and the workers that replaced them started without connections.`,
  'nginx-log': ({ lines, first }: { lines: Amount; first: string }) =>
    `${PROXY} logged ${counted(lines, 'line')} at level warn or above; the first: ${first}`,
  conservation: ({ generators, broken }: { generators: readonly number[] } & ConservationFacts) =>
    `The counts of ${generators.length === 0 ? 'the generators' : `${generators.length === 1 ? 'generator' : 'generators'} ${listed(generators.map(String))}`} do not add up: ${conservationClause(broken)}. This is a defect of the bench; please report it.`,
  'temporary-folder-full': () =>
    `The disk of the temporary folder is full: ${PROXY} may have lost lines of its logs, and with them the cause of a failure. Free some space, or set TMPDIR to another folder.`,
  'affinity-missing': () => unplaced('taskset (package util-linux) is not on PATH'),
  'affinity-refused': () =>
    unplaced('the system does not allow it to call sched_setaffinity, as is common in containers'),
  'placement-differs': ({
    step,
    placed,
  }: {
    step: string;
    placed: readonly { variant: string; cpus: CpuLists | null }[];
  }) =>
    `In the ${step} step, the variants did not all run on the same CPUs, which may explain a difference between them. ${placed.map(({ variant, cpus }) => `${variant}: ${placementText(cpus)}`).join('. ')}.`,
  'variant-passed-over': ({ variant, missing }: { variant: string; missing: string }) =>
    `${variant} was skipped: ${missing}`,
  'nginx-versions': ({ sides }: { sides: readonly NginxSide[] }) => {
    const told = sides.map(
      ({ variants, version, openssl, origin }) =>
        `${variants.join(', ')}: ${PROXY} ${version}, ${openssl ?? 'no TLS'}, ${origin}`,
    );
    return paragraph([
      `${told.join('; ')}.`,
      sides.length > 1
        ? `A difference between these variants may be due to ${PROXY} or to its libraries.`
        : '',
    ]);
  },
  'compared-with-itself': () =>
    'Both sides are the same stored result, so any difference between them is zero. Name two different results.',
  'disturbed-seconds': (facts: DisturbanceFacts & DisturbedFigures) =>
    paragraph([`${disturbance(facts)}.`, besideText(facts)]),
};

/** An Nginx binary, and the variants that use it. */
export interface NginxSide {
  variants: readonly string[];
  version: string;
  openssl: string | null;
  /** The package from which Nginx was installed, or the path of its binary. */
  origin: string;
}

/** CPUs of each component in taskset's list format, such as `0,2`; empty if the component has none. */
export type CpuLists = Readonly<Record<'proxy' | 'server' | 'generator' | 'runner', string>>;

const COMPONENTS: readonly (readonly [component: keyof CpuLists, name: string])[] = [
  ['proxy', PROXY],
  ['server', 'servers'],
  ['generator', 'generators'],
  ['runner', 'runner'],
];

/** Lists the CPUs of each component that has any, as in `Nginx 1; servers 0; generators 0; runner 0`. */
export function placementText(cpus: CpuLists | null): string {
  if (cpus === null) return 'chosen by the kernel';
  return COMPONENTS.filter(([component]) => cpus[component] !== '')
    .map(([component, name]) => `${name} ${cpus[component]}`)
    .join('; ');
}

function unplaced(why: string): string {
  return `The bench could not pin processes to CPUs, because ${why}. The kernel chose where they ran, so the generator and the echo servers may have taken CPU time from ${PROXY}: metrics vary more, and the limit is harder to identify.`;
}

/** CPU usage and lateness of a generator that keeps a schedule. */
export interface PacingFacts extends WorkFacts {
  /** CPU usage of the generator, as a share of a core. */
  cores: Amount;
  perMessageUs: Amount | null;
  lagUs: Amount | null;
}

function unitOf({ work }: WorkFacts): string {
  return work === 'handshakes' ? 'handshake' : 'message';
}

function pacing({ cores, perMessageUs, lagUs, work }: PacingFacts): string {
  const each =
    perMessageUs === null ? '' : `, ${formatTime(perMessageUs)} per ${unitOf({ work })} including the wait`;
  const lag = lagUs === null ? '' : `, and send lag p99 was ${formatTime(lagUs)}`;
  return `it used ${formatShare(cores)} of a core${each}${lag}`;
}

function besideText({ all, undisturbed: calm, work }: DisturbedFigures): string {
  if (all === null || calm === null) return 'There is no undisturbed second to compare with.';
  const pair = (
    what: string,
    [a, b]: readonly [Amount | null, Amount | null],
    format: (figure: Amount) => string,
  ) =>
    a === null || b === null
      ? ''
      : `${what} ${format(a)} over all seconds and ${format(b)} over the undisturbed ones.`;
  return paragraph([
    pair(
      work === 'handshakes' ? 'Connections were opened at' : 'Throughput was',
      [all.perSecond, calm.perSecond],
      formatRate,
    ),
    pair('Response time p99 was', [all.responseUs, calm.responseUs], formatTime),
    pair('Send lag p99 was', [all.sendLagUs, calm.sendLagUs], formatTime),
  ]);
}
