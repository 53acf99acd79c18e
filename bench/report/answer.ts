import type { Capacity, Summary } from '../measure/figures.ts';
import type { Validity } from '../model/run.ts';
import { formatCount, formatRate, formatRough, formatShare, formatTime, NOTHING } from './page/format.ts';
import type { RunView, VariantView } from './view.ts';
import { sentence } from './words.ts';

/**
 * Both answers for a variant in one sentence: how much it carried and what the limit was, and how fast it was at
 * the rate of the latency step. The times of a closed loop are not latency and are not included.
 */
export function answerSentence({ name, throughput, latency, leftOut }: VariantView): string {
  const carried = throughput === null ? null : carriedClause(throughput);
  const cameBack = latency === null ? null : latencyClause(latency);
  if (carried === null && cameBack === null) return `Nothing was measured of ${name}.`;
  const whole =
    carried === null ? `${name}: ${cameBack}.` : `${name} ${[carried, cameBack ?? []].flat().join('; ')}.`;
  return cameBack === null && leftOut !== null ? `${whole} No latency: ${sentence(leftOut)}` : whole;
}

const LIMIT_CLAUSE: Record<Validity['limit']['component'], string> = {
  proxy: ', and Nginx was the limit',
  server: ', and the echo server was the limit',
  generator: ', and the load generator was the limit',
  machine: ', and no CPU was left for more',
  schedule: ', which is what was offered',
  none: ', with no process at its limit',
};

function carriedClause({ figures, run }: RunView): string {
  const { perSecond } = figures.messages;
  if (perSecond === null) return 'did not come to the steady phase of its step throughput';
  return `carried ${formatRough(perSecond)} messages a second${LIMIT_CLAUSE[run.validity.limit.component]}`;
}

function latencyClause({ figures }: RunView): string {
  const at = `at ${formatRough(figures.offered?.perSecond)} a second`;
  if (figures.messages.perSecond === null) return `${at} it did not come to the steady phase`;
  const within = withinClause(figures.latencies.response);
  return within === '' ? `${at} too few messages came back to tell a latency` : `${at} ${within}`;
}

/** `half of all messages came back within 310 µs and 99 of 100 within 2.1 ms`, as far as the samples support it. */
function withinClause(times: Summary | null): string {
  if (times === null || times.p50 === null) return '';
  const tail = times.p99 === null ? '' : ` and 99 of 100 within ${formatTime(times.p99)}`;
  return `half of all messages came back within ${formatTime(times.p50)}${tail}`;
}

/** `≥ 27.8k/s`: what one core of Nginx carries. It is a lower bound unless Nginx itself was the limit. */
export function formatCapacity(capacity: Capacity | null): string {
  if (capacity === null) return NOTHING;
  return `${capacity.bound === 'at-least' ? '≥ ' : ''}${formatRate(capacity.perSecond)}`;
}

/** How per-core capacity is derived from throughput; empty if it is unknown. */
export function capacitySentence({ figures }: RunView): string {
  const { perCoreCapacity: capacity, messages } = figures;
  if (capacity === null || messages.perSecond === null) return '';
  const share = formatShare(messages.perSecond / capacity.perSecond);
  const a = `${formatRough(capacity.perSecond)}/s a core`;
  const bound = capacity.bound === 'measured' ? `${a}, measured` : `at least ${a}`;
  return `Nginx carried ${formatRough(messages.perSecond)}/s with ${share} of a core: ${bound}.`;
}

/** If only some seconds were disturbed: the answer over the undisturbed seconds. Otherwise empty. */
export function undisturbedSentence({ figures: { disturbed, undisturbed } }: RunView): string {
  if (disturbed === null || disturbed.seconds === 0 || undisturbed === null) return '';
  const { seconds, of } = disturbed;
  const told = `${formatCount(seconds)} of its ${formatCount(of)} seconds ${seconds === 1 ? 'was' : 'were'} disturbed`;
  if (undisturbed.response === null)
    return `${told}; in the others it carried ${formatRough(undisturbed.perSecond)} messages a second.`;
  const within = withinClause(undisturbed.response);
  return within === '' ? `${told}; the others hold too few messages.` : `${told}; in the others ${within}.`;
}

/** The share of the offered rate that was achieved, if something kept it from being all; otherwise empty. */
export function offeredSentence({ figures: { offered }, run }: RunView): string {
  if (offered === null || offered.ratio === null || run.validity.limit.component === 'schedule') return '';
  return `It achieved ${formatShare(offered.ratio)} of the ${formatRate(offered.perSecond)} offered.`;
}
