import type { Outcome } from '../model/run.ts';
import { type Amount, formatCount, formatRate, formatShare, formatTime, mostOf } from './format.ts';
import { capital, counted, listed, ranges, sentence } from './words.ts';

/**
 * How busy each component was: Nginx as shares of a core, the others as shares of their event loop's time, which also
 * passes while a loop waits for a CPU. Null if not known.
 */
export interface BusyFacts {
  /** Of Nginx's workers; `least` is null where all were alike. */
  proxy: { busiest: Amount; least: Amount | null } | null;
  server: Amount | null;
  generator: Amount | null;
}

/** What shows that a component was the limit of a run. */
export type EvidenceFacts =
  | { kind: 'busy'; busy: BusyFacts }
  | { kind: 'on-schedule'; ratio: Amount; perSecond: Amount; busy: BusyFacts }
  | { kind: 'late-spinner'; lagUs: Amount; busy: BusyFacts }
  | { kind: 'shared-cpus'; components: readonly ComponentName[]; used: Amount; busy: BusyFacts }
  | { kind: 'full-cpus'; used: Amount; busy: BusyFacts }
  | { kind: 'idle'; used: Amount; busy: BusyFacts };

type ComponentName = 'proxy' | 'server' | 'generator';

/** What disturbed a run: how many of its seconds and which (empty: of several runs), and the most of the CPUs' time that went elsewhere in one. */
export interface DisturbanceFacts {
  count: Amount;
  seconds: readonly number[];
  of: Amount;
  stolen: Amount | null;
  other: Amount | null;
}

const COMPONENTS = { proxy: 'Nginx', server: 'the echo server', generator: 'the generator' };

/** Reasons against a run, and what limited it. */
export const VALIDITY = {
  'not-judged': () => 'The run has not been judged yet.',
  'run-ended': ({ state, reason }: { state: Outcome['state']; reason: string }) =>
    `${STATES[state]}: ${sentence(reason)}`,
  'nothing-echoed': () => 'Nothing was echoed in the steady phase.',
  'counts-differ': () => 'The counts do not add up: sent is not echoed + outstanding + lost.',
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
    `${formatCount(failed)} of ${counted(asked, 'connection')} failed and ${counted(lost, 'message was', 'messages were')} lost${unsent === 0 ? '' : `; ${counted(unsent, 'message')} had no open connection to carry them`}.`,
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
    `Nothing was echoed in ${formatCount(count)} of ${counted(of, 'second')} of the steady phase${within(seconds)}, although half of all messages take less than ${formatTime(usualUs)}: Nginx or an echo server stood still.`,
  'runner-stopped': ({ gapsUs, seconds }: { gapsUs: readonly number[]; seconds: readonly number[] }) =>
    `The runner was stopped, or had no CPU to run on: it took no sample for ${gapsUs.length === 0 ? 'some time' : listed(gapsUs.map(formatTime))}${seconds.length === 0 ? '' : ` (seconds ${ranges(seconds)} of the steady phase)`}. CPU, memory and disturbances of that time are not known by the second.`,
  'machine-suspended': ({ us }: { us: Amount }) =>
    `The machine was suspended for ${formatTime(us)} during the load.`,
  disturbed: (facts: DisturbanceFacts) => `${disturbance(facts)}.`,
  'send-lag': ({ lagUs, share }: { lagUs: Amount; share: Amount }) =>
    `The generator sent late: send lag p99 was ${formatTime(lagUs)}, ${formatShare(share)} of the response time's p99.`,
  'rate-missed': ({ ratio }: { ratio: Amount }) =>
    `Only ${formatShare(ratio)} of the offered rate was echoed in the steady phase.`,
  'late-echoes': ({ share }: { share: Amount }) =>
    `Only ${formatShare(share)} of the messages due in the steady phase were echoed within 1 s of their intended time.`,
  backlog: ({ outstanding }: { outstanding: Amount }) =>
    `The steady phase began with ${counted(outstanding, 'message')} still unanswered: the run had not settled. Use a longer --warmup or a lower --rate.`,
  'limited-by': ({
    component,
    evidence,
  }: {
    component: ComponentName | 'machine';
    evidence: EvidenceFacts;
  }) =>
    component === 'machine'
      ? `No CPU was left for more: ${evidenceClause(evidence)}.`
      : `${capital(COMPONENTS[component])} was the limit: ${evidenceClause(evidence)}.`,
  'generator-busy': ({ share }: { share: Amount }) =>
    `The event loop of a generator worker was ${formatShare(share)} busy, so the result may reflect the generator rather than Nginx.`,
  /** What kept a run from going faster. */
  limit: ({ evidence }: { evidence: EvidenceFacts }) => `${capital(evidenceClause(evidence))}.`,
};

export const STATES: Record<Outcome['state'], string> = {
  completed: 'The run completed',
  aborted: 'The run was aborted',
  failed: 'The run failed',
};

/** `2 of 10 seconds were disturbed (3, 7): other work took up to 12 % of the CPU time`. */
export function disturbance({ count, seconds, of, stolen, other }: DisturbanceFacts): string {
  const causes = [
    ...(stolen === null
      ? []
      : [`the host gave up to ${formatShare(mostOf(stolen))} of the CPU time to others`]),
    ...(other === null ? [] : [`other work took up to ${formatShare(mostOf(other))} of the CPU time`]),
  ];
  return `${formatCount(count)} of ${counted(of, 'second')} of the steady phase ${count === 1 ? 'was' : 'were'} disturbed${within(seconds)}: ${listed(causes)}`;
}

/** ` (2, 5–7)`; empty where they are not known. */
function within(seconds: readonly number[]): string {
  return seconds.length === 0 ? '' : ` (${ranges(seconds)})`;
}

export function evidenceClause(evidence: EvidenceFacts): string {
  const busy = busyClause(evidence.busy);
  switch (evidence.kind) {
    case 'busy':
      return busy;
    case 'on-schedule':
      return `${formatShare(evidence.ratio)} of the ${formatRate(evidence.perSecond)} on schedule were echoed; ${busy}`;
    case 'late-spinner':
      return `it spins until the next message is due and still fell behind, with a send lag p99 of ${formatTime(evidence.lagUs)}; ${busy}`;
    case 'shared-cpus':
      return `${listed(evidence.components.map((component) => COMPONENTS[component]))} share CPUs that were ${formatShare(evidence.used)} used; ${busy}`;
    case 'full-cpus':
      return `all processes together used ${formatShare(evidence.used)} of the CPUs, and none was busy by itself; ${busy}`;
    case 'idle':
      return `no process was busy${evidence.used === 0 ? '' : `, and all together used ${formatShare(evidence.used)} of the CPUs`}; ${busy}`;
  }
}

/**
 * `the busiest Nginx worker used 97 % of a core, the least busy one 40 %; the event loop of the busiest echo server was
 * 40 % busy, that of the busiest generator worker 62 %`: two measures, and therefore two verbs.
 */
function busyClause({ proxy, server, generator }: BusyFacts): string {
  const workers =
    proxy === null ? [] : [`the busiest Nginx worker used ${formatShare(proxy.busiest)} of a core`];
  if (proxy !== null && proxy.least !== null) workers.push(`the least busy one ${formatShare(proxy.least)}`);
  const loops = Object.entries({ 'echo server': server, 'generator worker': generator })
    .filter(([, share]) => share !== null)
    .map(([what, share], index) =>
      index === 0
        ? `the event loop of the busiest ${what} was ${formatShare(share)} busy`
        : `that of the busiest ${what} ${formatShare(share)}`,
    );
  const clauses = [workers, loops].filter((each) => each.length > 0).map((each) => each.join(', '));
  return clauses.length === 0 ? 'nothing is known of the processes' : clauses.join('; ');
}
