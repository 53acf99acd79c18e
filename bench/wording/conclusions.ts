import type { Outcome } from '../model/run.ts';
import { type Amount, formatShort, formatTime } from './format.ts';
import { type EvidenceFacts, evidenceClause, STATES } from './validity.ts';
import { listed, paragraph, sentence } from './words.ts';

/**
 * CPU time that the busiest CPU spends per message, in µs per component; null for a component that does not
 * run on it.
 */
export interface DemandFacts {
  variant: string;
  proxyUs: Amount | null;
  serverUs: Amount | null;
  /**
   * Cost of the `ws` echo server ÷ cost of the lean server that was measured; 1 if the servers are the same.
   */
  wsRatio: Amount;
}

/**
 * Reasons for the latency step's rate, for excluding a variant from that step, and for the end of a search.
 */
export const CONCLUSIONS = {
  'rate-given': () => 'The rate was set with --rate.',
  'rate-chosen': (facts: DemandFacts) => chosen(facts),
  'rate-halved': ({
    evidence,
    ...facts
  }: DemandFacts & { evidence?: EvidenceFacts | undefined; tooMuchFor: string }) =>
    paragraph([
      chosen(facts),
      `That was too much for ${facts.tooMuchFor}${evidence === undefined ? '' : ` (${evidenceClause(evidence)})`}, so the rate was halved.`,
    ]),
  'step-ended': ({ state, reason }: { state: Outcome['state']; reason: string }) =>
    `Its throughput step: ${STATES[state].toLowerCase()}. ${sentence(reason)}`,
  'step-without-echo': () => 'Nothing was echoed in its throughput step.',
  'cpu-unknown': () =>
    'The CPU time per message, from which the rate follows, is not known. Use --rate to set one.',
  'search-ceiling': () => 'Nothing higher was tried (--max).',
  'machine-ceiling': ({ reason }: { reason: string }) => `This machine cannot run more: ${reason}`,
  'no-samples': ({ metric }: { metric: string }) =>
    `The run has no ${metric}: too few samples, or nothing to measure.`,
};

function chosen({ variant, proxyUs, serverUs, wsRatio }: DemandFacts): string {
  const parts = [
    ...(proxyUs === null ? [] : [`Nginx ${formatTime(proxyUs)}`]),
    ...(serverUs === null ? [] : [`the echo servers ${formatTime(serverUs)}`]),
  ];
  return paragraph([
    'This is the highest rate, rounded down, at which no CPU used by Nginx or the echo servers is more than half busy, going by the CPU per message of the throughput step.',
    `${variant} needs the most of one CPU: ${listed(parts)} per message.`,
    wsRatio === 1
      ? ''
      : `The echo server on ws is estimated to cost ${formatShort(wsRatio)} times as much as the lean server that was measured.`,
  ]);
}
