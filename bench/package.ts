/** What `import … from 'nginx-ws-bench'` provides to configuration and scenario files. */
export type { Client, ClientContext, OpenSessions } from './load/sessions/client.ts';
export type { Session } from './load/sessions/session.ts';
export { Messages } from './measure/messages.ts';
export type { PhaseTimes, Recorder } from './measure/recorder.ts';
export { type Config, defineConfig } from './request/define-config.ts';
export type {
  Conversation,
  MakeConversation,
  Meaning,
  OwnMessage,
  Talker,
} from './scenarios/conversation.ts';
export {
  defineScenario,
  type MakeOwnClient,
  type OwnClient,
  type OwnMetric,
  type OwnScenario,
} from './scenarios/own-scenario.ts';
