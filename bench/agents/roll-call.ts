import { setTimeout as sleep } from 'node:timers/promises';
import { createInbox } from '@nats-io/transport-node';
import { Problem } from '../model/failure.ts';
import type { AgentRole } from '../model/host.ts';
import type { Bus } from './bus.ts';
import { readMessage } from './message.ts';
import { type AgentFacts, agentFactsSchema, ROLL_CALL } from './protocol.ts';

/** Time allowed for agents to answer. Some may still be starting when the runner calls them. */
const ROLL_CALL_MS = 10_000;
const REPEAT_MS = 250;

/**
 * The agents that a run needs for a role. `which` is either a list of names or a number. If it is a number, any
 * agents with the role will do.
 */
export interface WantedAgents {
  role: AgentRole;
  which: number | readonly string[];
}

/**
 * Calls the agents, and returns those that the runs will use, sorted by name.
 *
 * @param version version of the runner; the agents must have the same version
 * @param signal when aborted, ends the wait for answers
 * @throws Problem('environment') that names missing or unsuitable agents; the signal's reason if the signal aborts
 */
export async function callAgents(
  connection: Bus,
  wanted: WantedAgents,
  version: string,
  signal: AbortSignal,
  withinMs = ROLL_CALL_MS,
): Promise<AgentFacts[]> {
  const found = new Map<string, AgentFacts>();
  const inbox = createInbox();
  const subscription = connection.subscribe(inbox, {
    callback(error, message) {
      const facts = error === null ? readMessage(agentFactsSchema, message) : null;
      if (facts !== null) found.set(facts.instance, facts);
    },
  });
  try {
    const end = performance.now() + withinMs;
    for (;;) {
      connection.publish(ROLL_CALL, '', { reply: inbox });
      await sleep(REPEAT_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      const all = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const answered =
        typeof wanted.which === 'number' ? all.filter(({ role }) => role === wanted.role) : all;
      const isOver = performance.now() >= end;
      if (isOver || missing(answered, wanted) === null) return choose(answered, wanted, version, withinMs);
    }
  } finally {
    subscription.unsubscribe();
  }
}

/**
 * Returns which agents are missing, as the beginning of a sentence; null if all wanted agents have answered.
 */
function missing(answered: readonly AgentFacts[], { which }: WantedAgents): string | null {
  if (typeof which === 'number') {
    if (answered.length >= which) return null;
    const names = answered.map(({ name }) => name).join(', ');
    return `${answered.length} of ${which} agents answered${names === '' ? '' : ` (${names})`}`;
  }
  const absent = which.filter((name) => !answered.some((each) => each.name === name));
  return absent.length === 0
    ? null
    : `${absent.length === 1 ? 'The agent' : 'The agents'} ${absent.join(', ')} did not answer`;
}

/**
 * Chooses as many agents as are wanted, and checks them. An unsuitable agent causes an error instead of being
 * skipped.
 */
function choose(
  answered: readonly AgentFacts[],
  wanted: WantedAgents,
  version: string,
  withinMs: number,
): AgentFacts[] {
  const lack = missing(answered, wanted);
  const { which, role: wantedRole } = wanted;
  if (lack !== null) {
    const start = `nginx-ws-bench agent --nats URL --role ${wantedRole}${wantedRole === 'proxy' ? ' --watch nginx' : ''}`;
    throw new Problem(
      'environment',
      `${lack} within ${withinMs / 1000} s. Start ${typeof which === 'number' ? 'one on each host' : 'what is missing'}: ${start}.`,
    );
  }
  const taken =
    typeof which === 'number'
      ? answered.slice(0, which)
      : answered.filter(({ name }) => which.includes(name));
  for (const { name, instance, version: other, role, run } of taken) {
    if (role !== wantedRole) {
      throw new Problem(
        'environment',
        `The agent ${name} has the role ${role}, but an agent with the role ${wantedRole} is needed. Name another agent.`,
      );
    }
    if (other !== version) {
      throw new Problem(
        'environment',
        `The agent ${name} runs version ${other}, but the runner runs version ${version}. Install the same version on all hosts.`,
      );
    }
    if (taken.some((each) => each.name === name && each.instance !== instance)) {
      throw new Problem(
        'environment',
        `Several agents are called ${name}. Restart them, each with a different --name.`,
      );
    }
    if (run !== null) {
      throw new Problem(
        'environment',
        `The agent ${name} is busy with another run. Wait for that run to end, or name another agent.`,
      );
    }
  }
  return taken;
}
