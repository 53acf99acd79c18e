import { RECONNECT } from '../load/sessions/reconnect.ts';
import type { ScenarioOption } from './definition.ts';

/** When clients reconnect after losing their connection. Shared by all scenarios in which this happens. */
export const RECONNECT_OPTION = {
  value: 'POLICY',
  kind: 'text',
  pattern: RECONNECT,
  expected: 'none, immediate, a delay such as 500ms, or a range of delays such as 100ms..10s',
  default: '100ms..10s',
  help: 'When clients reconnect: none, immediate, 1s [100ms..10s]',
} as const satisfies ScenarioOption;
