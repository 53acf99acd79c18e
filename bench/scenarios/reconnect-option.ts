import { RECONNECT } from '../load/sessions/reconnect.ts';
import type { ScenarioOption } from './definition.ts';

/** The option that sets when clients reconnect. All scenarios in which clients reconnect share it. */
export const RECONNECT_OPTION = {
  value: 'POLICY',
  kind: 'text',
  pattern: RECONNECT,
  expected: 'none, immediate, a delay such as 500ms, or a range of delays such as 100ms..10s',
  default: '100ms..10s',
  help: 'When clients reconnect: none, immediate, 1s or 1s..5s [100ms..10s]',
} as const satisfies ScenarioOption;
