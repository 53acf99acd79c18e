import type { Action } from '../model/timeline.ts';

/** Returns an action's label for a chart: `reload`, `echo server 2 killed`. */
export function actionText(action: Action): string {
  if (action.kind === 'reload') return 'reload';
  return `echo server ${action.server + 1} ${DONE[action.kind]}`;
}

const DONE = { 'kill-server': 'killed', 'stop-server': 'stopped', 'continue-server': 'continued' } as const;
