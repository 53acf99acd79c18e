/// <reference types="node" preserve="true" />
/** What `import … from 'nginx-ws-bench'` provides to configuration and scenario files. */
import type { Section, View } from './report/view.ts';
import type { OwnScenario } from './scenarios/own-scenario.ts';

export { makePacer } from './load/pacing/pacer.ts';
export type { Client, ClientContext, OpenSessions } from './load/sessions/client.ts';
export type { Session } from './load/sessions/session.ts';
export { Messages } from './measure/messages.ts';
export type { PhaseTimes, Recorder } from './measure/recorder.ts';
export { chartFigure } from './report/chart-figure.ts';
export { table } from './report/elements.ts';
export { html, type Markup } from './report/markup.ts';
export type { RunView, Section, VariantView, View } from './report/view.ts';
export { type Config, defineConfig } from './request/define-config.ts';
export type {
  Conversation,
  MakeConversation,
  Meaning,
  OwnMessage,
  Talker,
} from './scenarios/conversation.ts';
export type { MakeOwnClient, OwnClient, OwnMetric, OwnScenario } from './scenarios/own-scenario.ts';
export { formatBytes, formatCount, formatRate, formatShare, formatTime } from './wording/format.ts';

/** What a scenario file exports: a scenario, and what it adds to the reports of its results. */
export type ScenarioFile<State> = OwnScenario<State> & { sections?: readonly ((view: View) => Section)[] };

/**
 * Returns its argument unchanged. It gives a scenario file a type, so that editors and the compiler can check it:
 * `export default defineScenario({ … })`.
 */
export function defineScenario<State = undefined>(scenario: ScenarioFile<State>): ScenarioFile<State> {
  return scenario;
}
