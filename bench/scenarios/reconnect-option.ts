import { RECONNECT } from '../load/sessions/reconnect.ts';
import type { ScenarioOption } from './definition.ts';

/** When clients whose connection was cut come back; shared by the scenarios in which that happens. */
export const RECONNECT_OPTION = {
  value: 'POLICY',
  kind: 'text',
  pattern: RECONNECT,
  expected: 'none, immediate, a delay such as 500ms, or a range of delays such as 100ms..10s',
  default: '100ms..10s',
  help: 'When cut clients return: none, immediate, 1s [100ms..10s]',
} as const satisfies ScenarioOption;
