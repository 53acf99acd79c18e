import type { Capacity, Summary } from '../../../measure/figures.ts';
import { PROXY } from '../../../model/proxy.ts';
import type { Run, Validity } from '../../../model/run.ts';
import { expectationOf } from '../../../model/target.ts';
import type { RunView, VariantView } from '../../../report/view.ts';
import {
  formatCount,
  formatRate,
  formatRough,
  formatShare,
  formatTime,
  NOTHING,
} from '../../../wording/format.ts';

/**
 * Summarises a variant in one sentence: its throughput with the limiting factor, and its latency at the rate
 * of the latency step. The times of a closed loop are not latency and are not included.
 */
export function answerSentence({ name, answers, leftOut }: VariantView): string {
  const { throughput = null, latency = null } = answers;
  const carried = throughput === null ? null : carriedClause(throughput);
  const cameBack = latency === null ? null : latencyClause(latency);
  if (carried === null && cameBack === null) return `Nothing was measured for ${name}.`;
  const whole =
    carried === null ? `${name}: ${cameBack}.` : `${name} ${[carried, cameBack ?? []].flat().join('; ')}.`;
  return cameBack === null && leftOut !== null ? `${whole} Latency was not measured: ${leftOut.text}` : whole;
}

const LIMIT_CLAUSE: Record<Validity['limit']['component'], string> = {
  proxy: `, limited by ${PROXY}`,
  server: ', limited by the echo server',
  generator: ', limited by the load generator',
  machine: ', limited by the CPUs, all of which were busy',
  schedule: ', all that was offered',
  none: ', with no component at its limit',
};

/** Returns what limited a run, as a clause that follows its throughput. */
export function limitClause({ plan, validity: { limit } }: Run): string {
  if (plan.target.kind === 'external' && limit.component === 'none') {
    return plan.proxyAgent === undefined
      ? '; the generator was not the limit'
      : '; neither Nginx nor the generator was the limit';
  }
  return LIMIT_CLAUSE[limit.component];
}

function carriedClause({ figures, run }: RunView): string {
  const { perSecond } = figures.messages;
  if (perSecond === null) return 'never reached the steady phase of the throughput step';
  return `carried ${formatRough(perSecond)} messages per second${limitClause(run)}`;
}

function latencyClause({ figures, run }: RunView): string {
  const { work, offered } = figures;
  const at = `at ${formatRough(offered?.perSecond)} messages per second`;
  if (work.perSecond !== null && expectationOf(run.plan.target) === 'none')
    return `${formatRough(work.perSecond)} of ${formatRough(offered?.perSecond)} messages per second were sent; no answer was expected`;
  if (figures.messages.perSecond === null) return `${at}, it never reached the steady phase`;
  const within = withinClause(figures.latencies.response);
  return within === '' ? `${at}, there were too few answers to measure latency` : `${at}, ${within}`;
}

/**
 * Returns a clause such as `half of the messages came back within 310 µs and 99 % within 2.1 ms`. Percentiles
 * with too few samples are omitted.
 */
function withinClause(times: Summary | null): string {
  if (times === null || times.p50 === null) return '';
  const tail = times.p99 === null ? '' : ` and 99 % within ${formatTime(times.p99)}`;
  return `half of the messages came back within ${formatTime(times.p50)}${tail}`;
}

/** Formats per-core capacity, such as `≥ 27.8k/s`. It is a lower bound unless Nginx itself was the limit. */
export function formatCapacity(capacity: Capacity | null): string {
  if (capacity === null) return NOTHING;
  return `${capacity.bound === 'at-least' ? '≥ ' : ''}${formatRate(capacity.perSecond)}`;
}

/** Explains how per-core capacity is derived from throughput; empty if it is unknown. */
export function capacitySentence({ figures }: RunView): string {
  const { perCoreCapacity: capacity, messages } = figures;
  if (capacity === null || messages.perSecond === null) return '';
  const share = formatShare(messages.perSecond / capacity.perSecond);
  const perCore = `${formatRough(capacity.perSecond)} per core`;
  const bound = capacity.bound === 'measured' ? `${perCore} (measured)` : `at least ${perCore}`;
  return `${PROXY} used ${share} of a core for ${formatRough(messages.perSecond)} messages per second: ${bound}.`;
}

/** The figures over the undisturbed seconds, if only some seconds were disturbed; otherwise empty. */
export function undisturbedSentence({ figures: { disturbed, undisturbed } }: RunView): string {
  if (disturbed === null || disturbed.seconds === 0 || undisturbed === null) return '';
  const { seconds, of } = disturbed;
  const count = `${formatCount(seconds)} of ${formatCount(of)} seconds ${seconds === 1 ? 'was' : 'were'} disturbed`;
  if (undisturbed.response === null)
    return `${count}; in the others, the run carried ${formatRough(undisturbed.perSecond)} messages per second.`;
  const within = withinClause(undisturbed.response);
  return within === ''
    ? `${count}; the others contain too few messages to measure latency.`
    : `${count}; in the others, ${within}.`;
}

/**
 * The share of the offered rate that was achieved, if something kept the run below that rate; otherwise
 * empty.
 */
export function offeredSentence({ figures: { offered }, run }: RunView): string {
  if (offered === null || offered.ratio === null || run.validity.limit.component === 'schedule') return '';
  return `The run achieved ${formatShare(offered.ratio)} of the ${formatRate(offered.perSecond)} offered.`;
}
