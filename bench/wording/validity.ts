import { PROXY } from '../model/proxy.ts';
import type { Outcome } from '../model/run.ts';
import type { Work } from '../model/work.ts';
import { type Amount, formatCount, formatRate, formatShare, formatTime, mostOf } from './format.ts';
import { capital, counted, listed, ranges, sentence } from './words.ts';

/**
 * Utilisation of each component. For Nginx, it is a share of a core; for the others, it is a share of their
 * event loop's time, including time when the loop waits for a CPU. Null if unknown.
 */
export interface BusyFacts {
  /** Utilisation of the Nginx workers. `least` is null if all were about equally busy. */
  proxy: { busiest: Amount; least: Amount | null } | null;
  server: Amount | null;
  generator: Amount | null;
}

/** Evidence that a component was a run's bottleneck. */
export type EvidenceFacts =
  | { kind: 'busy'; busy: BusyFacts }
  | { kind: 'on-schedule'; ratio: Amount; perSecond: Amount; work?: Work | undefined; busy: BusyFacts }
  | { kind: 'late-spinner'; lagUs: Amount; work?: Work | undefined; busy: BusyFacts }
  | { kind: 'shared-cpus'; components: readonly ComponentName[]; used: Amount; busy: BusyFacts }
  | { kind: 'full-cpus'; used: Amount; busy: BusyFacts }
  | { kind: 'idle'; used: Amount; busy: BusyFacts }
  /** Nginx was observed by an agent, and its host had no CPU time left. */
  | { kind: 'full-host'; used: Amount; busy: BusyFacts }
  /** No observed component was the limit. Unobserved parts of an external target may have been. */
  | { kind: 'unobserved'; busy: BusyFacts };

/** The counter equations that do not hold; missing in older findings, which were about messages only. */
export interface ConservationFacts {
  broken?: readonly { readonly whole: string; readonly parts: readonly string[] }[] | undefined;
}

const OF_MESSAGES = [{ whole: 'sent', parts: ['echoed', 'outstanding', 'lost'] }];

/** Names the equations that do not hold, as in `sent is not echoed + outstanding + lost`. */
export function conservationClause(broken: ConservationFacts['broken'] = OF_MESSAGES): string {
  return listed(broken.map(({ whole, parts }) => `${whole} is not ${parts.join(' + ')}`));
}

/** Added to findings about runs whose work is not messages. */
export interface WorkFacts {
  work?: Work | undefined;
}

type ComponentName = 'proxy' | 'server' | 'generator';

/**
 * A run's disturbance: the number of disturbed seconds and their positions (empty if merged from several
 * runs). `stolen` is the highest share of CPU time that the host withheld in one second; `other` is the
 * highest share that other work took in one second.
 */
export interface DisturbanceFacts {
  count: Amount;
  seconds: readonly number[];
  of: Amount;
  /** Length of each interval in µs if the intervals are shorter than a second, as in an interleaved run. */
  eachUs?: Amount;
  stolen: Amount | null;
  other: Amount | null;
}

/** The word for completed work: messages are echoed or sent, connections are opened. */
export const DONE: Readonly<Record<Work, string>> = {
  messages: 'echoed',
  sends: 'sent',
  handshakes: 'opened',
};

const COMPONENTS = { proxy: PROXY, server: 'the echo server', generator: 'the generator' };

/** Reasons to doubt a run, and descriptions of its bottleneck. */
export const VALIDITY = {
  'not-judged': () => 'The run has not been judged yet.',
  'run-ended': ({ state, reason }: { state: Outcome['state']; reason: string }) =>
    `${STATES[state]}: ${sentence(reason)}`,
  'nothing-echoed': () => 'Nothing was echoed in the steady phase.',
  'action-failed': ({ action, reason, more }: { action: string; reason: string; more: Amount }) =>
    `The scenario could not carry out an action (${action}): ${sentence(capital(reason))}${more === 0 ? '' : ` ${capital(counted(more, 'other action'))} failed as well.`}`,
  'nothing-cut': () => 'No connection was cut, so the run does not show how clients reconnect.',
  'uneven-before': ({ least, most }: { least: Amount; most: Amount }) =>
    `Before the loss, the connections were already spread unevenly, from ${formatCount(least)} to ${formatCount(most)} per echo server. The run cannot show when the spread is even again.`,
  'nothing-sent': () => 'Nothing was sent in the steady phase.',
  'nothing-opened': () => 'No connection was opened in the steady phase.',
  'counts-differ': ({ broken }: ConservationFacts) =>
    `The counts do not add up: ${conservationClause(broken)}.`,
  losses: ({
    failed,
    asked,
    lost,
    unsent,
  }: {
    failed: Amount;
    asked: Amount;
    lost: Amount;
    unsent: Amount;
  }) =>
    `${formatCount(failed)} of ${counted(asked, 'connection')} failed and ${counted(lost, 'message was', 'messages were')} lost${unsent === 0 ? '' : `; for lack of an open connection, ${counted(unsent, 'message was', 'messages were')} never sent`}.`,
  'handshake-losses': ({
    started,
    refused,
    broken,
    unstarted,
    lost,
  }: Record<'started' | 'refused' | 'broken' | 'unstarted' | 'lost', Amount>) => {
    const losses = [
      refused === 0 ? '' : `${formatCount(refused)} of ${counted(started, 'handshake')} failed`,
      broken === 0 ? '' : `${counted(broken, 'open connection')} ended unexpectedly`,
      lost === 0 ? '' : `${counted(lost, 'message was', 'messages were')} lost`,
      unstarted === 0
        ? ''
        : `${counted(unstarted, 'handshake')} never started, because the maximum number of connections (--connections) had been reached`,
    ];
    return `${capital(losses.filter((text) => text !== '').join('; '))}.`;
  },
  'deliveries-lost': ({ lost, expected, skipped }: { lost: Amount; expected: Amount; skipped: Amount }) =>
    `${formatCount(lost)} of ${counted(expected, 'delivery', 'deliveries')} did not arrive${skipped === 0 ? '' : `; the server skipped ${formatCount(skipped)} of them because a member had fallen behind`}.`,
  'clock-error': ({ errorUs, p50Us }: { errorUs: Amount; p50Us: Amount }) =>
    `The clocks of the generator hosts may differ by ${formatTime(errorUs)}, and the median time from sender to receiver was ${formatTime(p50Us)}, so times from one host to another are too inaccurate. Use one agent.`,
  'http-missing': () => 'No HTTP request was sent during the load, so the effect of requests is unknown.',
  'http-counts-differ': () =>
    'The counts of HTTP requests do not add up: due should equal answered + broken + unanswered.',
  'http-unanswered': ({ due, failed, unanswered }: Record<'due' | 'failed' | 'unanswered', Amount>) =>
    `Of ${counted(due, 'HTTP request')} during the load, ${formatCount(failed)} failed and ${formatCount(unanswered)} had no response by the end${unanswered === 0 ? '' : '; use a lower --http-rate'}.`,
  stalled: ({
    count,
    seconds,
    of,
    usualUs,
  }: {
    count: Amount;
    seconds: readonly number[];
    of: Amount;
    usualUs: Amount;
  }) =>
    `Nothing was echoed in ${formatCount(count)} of ${counted(of, 'second')} of the steady phase${within(seconds)}, although half of all messages take less than ${formatTime(usualUs)}: ${PROXY} or an echo server stalled.`,
  'runner-stopped': ({ gapsUs, seconds }: { gapsUs: readonly number[]; seconds: readonly number[] }) =>
    `The runner was stopped, or had no CPU to run on: it took no sample for ${gapsUs.length === 0 ? 'some time' : listed(gapsUs.map(formatTime))}${seconds.length === 0 ? '' : ` (seconds ${ranges(seconds)} of the steady phase)`}. For that time, CPU, memory and disturbances are not known second by second.`,
  'machine-suspended': ({ us }: { us: Amount }) =>
    `The machine was suspended for ${formatTime(us)} during the load.`,
  disturbed: (facts: DisturbanceFacts) => `${disturbance(facts)}.`,
  'send-lag': ({ lagUs, share, work }: { lagUs: Amount; share: Amount } & WorkFacts) =>
    `The generator ${work === 'handshakes' ? 'started handshakes' : 'sent messages'} late: send lag p99 was ${formatTime(lagUs)}, ${formatShare(share)} of the response time's p99.`,
  'rate-missed': ({ ratio, work }: { ratio: Amount } & WorkFacts) =>
    `Only ${formatShare(ratio)} of the ${work === 'handshakes' ? 'connections' : 'messages'} due in the steady phase were ${DONE[work ?? 'messages']} during that phase.`,
  'late-echoes': ({ share, work }: { share: Amount } & WorkFacts) =>
    work === 'handshakes'
      ? `Only ${formatShare(share)} of the connections due in the steady phase were open within 1 s of their intended time.`
      : `Only ${formatShare(share)} of the messages due in the steady phase were echoed within 1 s of their intended time.`,
  backlog: ({ outstanding, work }: { outstanding: Amount } & WorkFacts) =>
    `The steady phase began with ${work === 'handshakes' ? `${counted(outstanding, 'handshake')} still in progress` : `${counted(outstanding, 'message')} still unanswered`}: the run had not settled. Use a longer --warmup or a lower --rate.`,
  'limited-by': ({
    component,
    evidence,
  }: {
    component: ComponentName | 'machine';
    evidence: EvidenceFacts;
  }) =>
    component === 'machine'
      ? `The machine had no CPU time left: ${evidenceClause(evidence)}.`
      : `${capital(COMPONENTS[component])} was the limit: ${evidenceClause(evidence)}.`,
  'generator-busy': ({ share, isExternal }: { share: Amount; isExternal?: boolean | undefined }) =>
    `The event loop of a generator worker was ${formatShare(share)} busy, so the result may reflect the generator rather than ${isExternal === true ? 'the server' : PROXY}.`,
  limit: ({ evidence }: { evidence: EvidenceFacts }) => `${capital(evidenceClause(evidence))}.`,
};

export const STATES: Record<Outcome['state'], string> = {
  completed: 'The run completed',
  aborted: 'The run was aborted',
  failed: 'The run failed',
};

/**
 * Describes disturbances, as in `2 of 10 seconds were disturbed (3, 7): other work took up to 12 % of the CPU
 * time`.
 */
export function disturbance({ count, seconds, of, eachUs, stolen, other }: DisturbanceFacts): string {
  const causes = [
    ...(stolen === null ? [] : [`the host withheld up to ${formatShare(mostOf(stolen))} of the CPU time`]),
    ...(other === null ? [] : [`other work took up to ${formatShare(mostOf(other))} of the CPU time`]),
  ];
  const intervals =
    eachUs === undefined ? counted(of, 'second') : `${counted(of, 'interval')} of ${formatTime(eachUs)}`;
  return `${formatCount(count)} of ${intervals} of the steady phase ${count === 1 ? 'was' : 'were'} disturbed${within(seconds)}: ${listed(causes)}`;
}

/** Lists seconds, as in ` (2, 5–7)`; empty if they are unknown. */
function within(seconds: readonly number[]): string {
  return seconds.length === 0 ? '' : ` (${ranges(seconds)})`;
}

export function evidenceClause(evidence: EvidenceFacts): string {
  const busy = busyClause(evidence.busy);
  switch (evidence.kind) {
    case 'busy':
      return busy;
    case 'on-schedule':
      return `${formatShare(evidence.ratio)} of the ${evidence.work === 'handshakes' ? 'connections' : 'messages'} scheduled at ${formatRate(evidence.perSecond)} were ${DONE[evidence.work ?? 'messages']}; ${busy}`;
    case 'late-spinner':
      return `the generator spun until each ${evidence.work === 'handshakes' ? 'handshake' : 'message'} was due and still fell behind, with a send lag p99 of ${formatTime(evidence.lagUs)}; ${busy}`;
    case 'shared-cpus':
      return `${listed(evidence.components.map((component) => COMPONENTS[component]))} share CPUs that were ${formatShare(evidence.used)} used; ${busy}`;
    case 'full-cpus':
      return `all processes together used ${formatShare(evidence.used)} of the CPUs, although no single process was at its limit; ${busy}`;
    case 'full-host':
      return `Nginx and everything else on its host used ${formatShare(evidence.used)} of the CPUs there; ${busy}`;
    case 'unobserved':
      return evidence.busy.proxy === null
        ? `the generator was not the limit, and the server was not observed; ${busy}`
        : `neither Nginx nor the generator was the limit, and nothing behind Nginx was observed; ${busy}`;
    case 'idle':
      return `no process was busy${evidence.used === 0 ? '' : `, and all processes together used ${formatShare(evidence.used)} of the CPUs`}; ${busy}`;
  }
}

/**
 * Returns a clause such as `the busiest Nginx worker used 97 % of a core, the least busy one 40 %; the event
 * loop of the busiest echo server was 40 % busy, that of the busiest generator worker 62 %`. The clause uses
 * two verbs because it contains two different measures.
 */
function busyClause({ proxy, server, generator }: BusyFacts): string {
  const workers =
    proxy === null ? [] : [`the busiest ${PROXY} worker used ${formatShare(proxy.busiest)} of a core`];
  if (proxy !== null && proxy.least !== null) workers.push(`the least busy one ${formatShare(proxy.least)}`);
  const loops = Object.entries({ 'echo server': server, 'generator worker': generator })
    .filter(([, share]) => share !== null)
    .map(([what, share], index) =>
      index === 0
        ? `the event loop of the busiest ${what} was ${formatShare(share)} busy`
        : `that of the busiest ${what} ${formatShare(share)}`,
    );
  const clauses = [workers, loops].filter((each) => each.length > 0).map((each) => each.join(', '));
  return clauses.length === 0 ? 'nothing is known about the processes' : clauses.join('; ');
}
