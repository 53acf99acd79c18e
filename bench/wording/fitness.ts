import type { Outcome, Validity } from '../model/run.ts';
import type { Amount } from './format.ts';
import { type EvidenceFacts, evidenceClause, STATES } from './validity.ts';
import { counted, sentence } from './words.ts';

/** Reasons why a run does not qualify for a metric. */
export const FITNESS = {
  'not-completed': ({ state, reason }: { state: Outcome['state']; reason: string }) =>
    `${STATES[state]}: ${sentence(reason)}`,
  'lost-some': ({ failed, lost }: { failed: Amount; lost: Amount }) =>
    `${counted(failed, 'connection')} failed and ${counted(lost, 'message was', 'messages were')} lost.`,
  'off-schedule': ({ evidence }: { evidence?: EvidenceFacts | undefined }) =>
    `The run did not keep to its schedule${evidence === undefined ? '' : `: ${evidenceClause(evidence)}`}.`,
  'not-valid': ({ verdict }: { verdict: Validity['verdict'] }) => `The run is ${verdict}.`,
};
