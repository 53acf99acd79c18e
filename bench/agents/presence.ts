import type { Bus } from './bus.ts';
import { encodeMessage, readMessage } from './message.ts';
import {
  type AgentFacts,
  LOST_MS,
  PRESENCE_MS,
  presenceSchema,
  presenceSubject,
  runnerSubject,
} from './protocol.ts';

/**
 * Watches whether the agents of a run still respond, and regularly tells the agents that the runner is still
 * active.
 *
 * @param onLost called at most once per agent, with a sentence that names the agent
 * @returns a function that stops watching
 */
export function watchPresence(
  connection: Bus,
  run: string,
  agents: readonly Pick<AgentFacts, 'name' | 'instance'>[],
  onLost: (agent: string, sentence: string) => void,
): () => void {
  const heardMs = new Map<string, number>();
  const lost = new Set<string>();
  const lose = (name: string, sentence: string) => {
    if (lost.has(name)) return;
    lost.add(name);
    onLost(name, sentence);
  };
  const subscriptions = agents.map(({ name, instance }) => {
    heardMs.set(name, performance.now());
    return connection.subscribe(presenceSubject(name), {
      callback(_, message) {
        const presence = readMessage(presenceSchema, message);
        if (presence === null) return;
        heardMs.set(name, performance.now());
        if (presence.instance !== instance) lose(name, `The agent ${name} was restarted during the run.`);
      },
    });
  });
  const publish = () => {
    if (!connection.isClosed()) connection.publish(runnerSubject(run), encodeMessage({}));
  };
  publish();
  const timer = setInterval(() => {
    publish();
    for (const [name, ms] of heardMs)
      if (performance.now() - ms > LOST_MS)
        lose(
          name,
          `The agent ${name} was lost during the run: nothing was heard from it for ${LOST_MS / 1000} s.`,
        );
  }, PRESENCE_MS);
  return () => {
    clearInterval(timer);
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
