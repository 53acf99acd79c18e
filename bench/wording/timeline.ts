import { PROXY } from '../model/proxy.ts';
import type { Action } from '../model/timeline.ts';
import { ranges } from './words.ts';

/** Returns an action's label for a chart, such as `reload`, `upgrade to new` or `echo server 2 killed`. */
export function actionText(action: Action): string {
  if ('server' in action) return `echo server ${action.server + 1} ${DONE[action.kind]}`;
  if (action.kind === 'upgrade') return action.to === null ? 'upgrade' : `upgrade to ${action.to}`;
  return ALONE[action.kind];
}

/** Like `actionText`, for actions of one kind that were carried out together. */
export function actionsText(actions: readonly Action[]): string {
  const [first] = actions;
  if (first === undefined) return '';
  const servers = actions.flatMap((action) => ('server' in action ? [action.server + 1] : []));
  if (servers.length < 2 || !('server' in first)) return actionText(first);
  return `echo servers ${ranges(servers)} ${DONE[first.kind]}`;
}

const ALONE = {
  reload: 'reload',
  'kill-proxy-workers': `${PROXY} workers killed`,
  'cut-clients': 'clients cut all connections',
  'stall-clients': 'clients stop reading',
  'resume-clients': 'clients resume reading',
  'start-http': 'HTTP requests start',
  'stop-http': 'HTTP requests end',
} as const;
const DONE = {
  'kill-server': 'killed',
  'start-server': 'started again',
  'stop-server': 'stopped',
  'continue-server': 'continued',
} as const;
