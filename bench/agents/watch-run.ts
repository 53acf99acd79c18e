import { Problem } from '../model/failure.ts';
import type { RunProcess } from '../model/run.ts';
import { makeWatcher, type Watch } from '../observe/watched.ts';
import { type AgentRun, agentRun } from './agent-run.ts';
import { makeObserver } from './observer.ts';
import type { Outbox } from './outbox.ts';

/** Observes processes that the agent did not start, and only reads information about them. */
export function beginWatchRun(run: string, watches: readonly Watch[], outbox: Outbox): AgentRun {
  const find = makeWatcher(watches);
  const first = find();
  let isLost = false;

  async function look(): Promise<readonly RunProcess[]> {
    const found = find();
    if ('processes' in found) return found.processes;
    if (!isLost) outbox.add({ type: 'lost', reason: found.lack });
    isLost = true;
    return [];
  }

  const ready =
    'lack' in first ? Promise.reject(new Problem('environment', first.lack)) : Promise.resolve(null);
  return agentRun({ run, ready, observer: makeObserver(look), stop: async () => {} }, outbox);
}
