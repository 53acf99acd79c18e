import type { Step } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import type { Outcome } from '../model/run.ts';
import { type Amount, formatShort, formatTime } from './format.ts';
import { type EvidenceFacts, evidenceClause, STATES, type WorkFacts } from './validity.ts';
import { listed, paragraph, sentence } from './words.ts';

/** The step on which a conclusion is based; missing if it is the throughput step. */
export interface StepFacts extends WorkFacts {
  step?: Step | undefined;
}

/**
 * CPU time that the busiest CPU spends per message or handshake, in µs per component; null for a component that does
 * not run on that CPU.
 */
export interface DemandFacts extends StepFacts {
  variant: string;
  proxyUs: Amount | null;
  serverUs: Amount | null;
  /** Only set for handshakes, which cost the generator about as much CPU as Nginx. */
  generatorUs?: Amount | null | undefined;
  /**
   * CPU time of the proxy per message in the open loop ÷ CPU time per message in the measured closed loop; missing in
   * results from versions that did not estimate this ratio.
   */
  proxyRatio?: Amount | undefined;
  /** CPU time of the `ws` echo server ÷ CPU time of the measured lean server; 1 if both are the same server. */
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
      chosen(facts, 'The first choice was'),
      `The first choice was too high for ${facts.tooMuchFor}${evidence === undefined ? '' : ` (${evidenceClause(evidence)})`}, so it was halved.`,
    ]),
  'step-ended': ({ state, reason, step }: { state: Outcome['state']; reason: string } & StepFacts) =>
    `In its ${step ?? 'throughput'} step, ${STATES[state].toLowerCase()}: ${sentence(reason)}`,
  'step-without-echo': ({ step, work }: StepFacts) =>
    `${work === 'handshakes' ? 'No connection was opened' : 'Nothing was echoed'} in its ${step ?? 'throughput'} step.`,
  'cpu-unknown': ({ work }: WorkFacts) =>
    `The CPU time per ${unitOf(work)}, from which the rate is derived, is unknown. Use --rate to set the rate.`,
  'search-ceiling': () => 'No higher level was tried (--max).',
  'machine-ceiling': ({ reason }: { reason: string }) =>
    `This machine cannot hold more connections: ${reason}`,
  'no-samples': ({ metric }: { metric: string }) =>
    `The run has no ${metric}: too few samples, or nothing to measure.`,
};

function unitOf(work: WorkFacts['work']): string {
  return work === 'handshakes' ? 'handshake' : 'message';
}

/** @param opening how the sentence about the rate begins */
function chosen(facts: DemandFacts, opening = 'This is'): string {
  const { variant, proxyUs, serverUs, generatorUs, proxyRatio = 1, wsRatio, step, work } = facts;
  const parts = [
    ...(proxyUs === null ? [] : [`${PROXY} ${formatTime(proxyUs)}`]),
    ...(serverUs === null ? [] : [`the echo servers ${formatTime(serverUs)}`]),
    ...(generatorUs == null ? [] : [`the generator ${formatTime(generatorUs)}`]),
  ];
  return paragraph([
    `${opening} the highest rate, rounded down, at which no CPU used by ${PROXY}${work === 'handshakes' ? ', the echo servers or the generator' : ' or the echo servers'} is more than half busy, judging by the CPU time per ${unitOf(work)} in the ${step ?? 'throughput'} step.`,
    `${variant} uses the most time on a single CPU: ${listed(parts)} per ${unitOf(work)}.`,
    proxyRatio === 1
      ? ''
      : `${PROXY} is estimated to use ${formatShort(proxyRatio)} times as much CPU per message in an open loop as in the closed loop that was measured.`,
    wsRatio === 1
      ? ''
      : `The ws echo server is estimated to use ${formatShort(wsRatio)} times as much CPU as the lean server that was measured.`,
  ]);
}
