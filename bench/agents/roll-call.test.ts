import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Msg, MsgCallback } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import type { AgentFacts } from './protocol.ts';
import { callAgents, type WantedAgents } from './roll-call.ts';

const SYSTEM = { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 };

const agent = (name: string, changes: Partial<AgentFacts> = {}): AgentFacts => ({
  ...{ name, instance: `instance of ${name}`, version: '1.2.3', role: 'generator', run: null },
  ...{ cpus: 2, openFiles: 1024, somaxconn: null, listen: null, ports: 10, reusesPorts: false, bun: false },
  ...{ system: SYSTEM, machine: 'm', network: 'n' },
  ...changes,
});

/** A connection on which agents answer from the call with this number on. */
function answering(agents: readonly unknown[], fromCall = 1) {
  let hear: MsgCallback<Msg> = () => {};
  const state = { calls: 0, isListening: false };
  const bus = {
    subscribe(_: string, { callback }: { callback: MsgCallback<Msg> }) {
      hear = callback;
      state.isListening = true;
      return { unsubscribe: () => (state.isListening = false) };
    },
    publish() {
      state.calls += 1;
      if (state.calls < fromCall) return;
      for (const each of agents) {
        const error = each instanceof Error ? each : null;
        hear(error, { json: () => each } as unknown as Msg);
      }
    },
  };
  return { bus: bus as unknown as Bus, state };
}

const call = (wanted: Partial<WantedAgents>, agents: readonly unknown[], withinMs = 1) =>
  callAgents(
    answering(agents).bus,
    { role: 'generator', which: 1, ...wanted },
    '1.2.3',
    new AbortController().signal,
    withinMs,
  );

const [A, B, C] = [agent('a'), agent('b'), agent('c')];

test('as many agents as needed are taken, by name, whatever the order of their answers', async () => {
  const server = agent('0', { role: 'server' });
  const many = [C, server, { name: 'x' }, new Error('lost'), A, A, B];
  const found = await Promise.all([
    call({ which: 2 }, many, 60_000),
    call({ which: 3 }, many),
    call({ which: ['c', 'a'] }, many, 60_000),
    call({ which: ['0'], role: 'server' }, many),
    call({ which: 1, role: 'server' }, many),
  ]);
  assert.deepEqual(found, [[A, B], [A, B, C], [A, C], [server], [server]]);
});

test('agents that are missing or unsuitable are named, with a remedy', async () => {
  const again = { ...A, instance: 'another' };
  const busy = agent('a', { run: '00000000-0000-0000-0000-000000000000' });
  const cases: [wanted: Partial<WantedAgents>, agents: readonly unknown[], message: string][] = [
    [
      { which: 2 },
      [A, agent('s', { role: 'server' })],
      '1 of 2 agents answered (a) within 0.001 s. Start one on each host: nginx-ws-bench agent --nats URL --role generator.',
    ],
    [
      { which: 3 },
      [B, A],
      '2 of 3 agents answered (a, b) within 0.001 s. Start one on each host: nginx-ws-bench agent --nats URL --role generator.',
    ],
    [
      { which: 1, role: 'server' },
      [],
      '0 of 1 agents answered within 0.001 s. Start one on each host: nginx-ws-bench agent --nats URL --role server.',
    ],
    [
      { which: ['p'], role: 'proxy' },
      [A],
      'The agent p did not answer within 0.001 s. Start what is missing: nginx-ws-bench agent --nats URL --role proxy --watch nginx.',
    ],
    [
      { which: ['a', 'b', 'c'] },
      [B],
      'The agents a, c did not answer within 0.001 s. Start what is missing: nginx-ws-bench agent --nats URL --role generator.',
    ],
    [
      { which: ['a'], role: 'server' },
      [A],
      'The agent a has the role generator, but an agent with the role server is needed. Name another agent.',
    ],
    [
      { which: 1 },
      [agent('a', { version: '9' })],
      'The agent a runs version 9, but the runner runs version 1.2.3. Install the same version on all hosts.',
    ],
    [{ which: 2 }, [A, again], 'Several agents are called a. Restart them, each with a different --name.'],
    [
      { which: ['a'] },
      [again, A],
      'Several agents are called a. Restart them, each with a different --name.',
    ],
    [
      { which: 1 },
      [busy],
      'The agent a is busy with another run. Wait for that run to end, or name another agent.',
    ],
  ];
  await Promise.all(
    cases.map(([wanted, agents, message]) =>
      assert.rejects(call(wanted, agents), { kind: 'environment', message }, message),
    ),
  );
});

test('agents that are still starting are called again, until all have answered or the wait is aborted', async () => {
  const { bus, state } = answering([A], 2);
  const { signal } = new AbortController();
  assert.deepEqual(await callAgents(bus, { role: 'generator', which: 1 }, '1.2.3', signal), [A]);
  assert.deepEqual(state, { calls: 2, isListening: false });
  const aborted = new AbortController();
  const silent = answering([]);
  const waiting = callAgents(silent.bus, { role: 'generator', which: 1 }, '1.2.3', aborted.signal);
  const reason = new Error('interrupted');
  aborted.abort(reason);
  await assert.rejects(waiting, reason);
  assert.deepEqual(silent.state, { calls: 1, isListening: false });
});
