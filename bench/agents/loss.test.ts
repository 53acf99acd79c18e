import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Coordinator, Generator } from '../load/coordinator.ts';
import { counted } from '../model/recording.ts';
import type { AgentInput } from './agent.ts';
import { findOn, startAgent, type TestAgent, until } from './agents.test.fixture.ts';
import { type Hub, makeHub } from './hub.test.fixture.ts';
import { CONNECTIONS, generatorPids, PHASES, putLoad, startEcho } from './small-load.test.fixture.ts';

interface Setting {
  hub: Hub;
  a: TestAgent;
  b: TestAgent;
  port: number;
  echoed(): number;
  coordinator: Coordinator;
  start(): Promise<Generator>;
}

/** Starts two agents and a runner on a separate hub. */
async function setUp(t: TestContext, changes: Partial<AgentInput> = {}): Promise<Setting> {
  const hub = makeHub();
  const { port, echoed } = await startEcho(t);
  const [a, b] = await Promise.all(['a', 'b'].map((name) => startAgent(t, hub, name, changes)));
  assert.ok(a && b);
  const { coordinator } = await findOn(t, hub, ['a', 'b']);
  const target = { host: '127.0.0.1', ports: [port] };
  const start = () => coordinator.start({ workers: 2, client: 'lean', engine: 'node', cpus: null, target });
  return { hub, a, b, port, echoed, coordinator, start };
}

const lossOf = (generator: Generator) => new Promise<string>((resolve) => generator.onLost(resolve));

/** Asserts that all messages sent were recorded, and arrived at the server. */
async function assertWhole({ start, port, echoed }: Setting, during?: Parameters<typeof putLoad>[2]) {
  const generator = await start();
  const { merger, fleet, faults, repeated } = await putLoad(generator, port, during);
  assert.deepEqual(faults(), []);
  const sent = merger.slices().reduce((sum, { counters }) => sum + counted(counters, 'sent'), 0);
  assert.equal(sent, echoed());
  assert.equal(
    fleet.totals().reduce((sum, each) => sum + counted(each, 'sent'), 0),
    sent,
  );
  await generator.end();
  return repeated();
}

describe('network faults and reports', { concurrency: true }, () => {
  test('reports that arrive twice and in another order are counted once', async (t) => {
    const setting = await setUp(t);
    Object.assign(setting.hub.delivery, { repeats: true, shuffles: true });
    assert.ok((await assertWhole(setting)) > 0);
  });

  test('a runner that is slow to read misses nothing', async (t) => {
    const setting = await setUp(t);
    setting.hub.delivery.delayMs = 800;
    await assertWhole(setting);
  });

  for (const name of ['runner', 'agent a'])
    test(`a short interruption of the connection of ${name} loses nothing`, async (t) => {
      const setting = await setUp(t);
      await assertWhole(setting, (phase) => {
        if (phase !== 'warm-up') return;
        setting.hub.cut(name);
        setTimeout(() => setting.hub.restore(name), 1_500);
      });
    });
});

describe('events that end a run', { concurrency: true }, () => {
  test('an agent that cannot be reached for too long is named, ends its workers, and is free again', async (t) => {
    const setting = await setUp(t);
    const { hub, a, start, port } = setting;
    const generator = await start();
    const lost = lossOf(generator);
    await putLoad(generator, port, (phase, fleet) => {
      if (phase !== 'steady') return;
      hub.cut('agent a');
      void lost.then(() => fleet.stop());
    });
    assert.match(await lost, /^The agent a was lost/);
    await generator.end();
    await a.says(/runner is gone/);
    hub.restore('agent a');
    await assertWhole({ ...setting, echoed: countFrom(setting) });
  });

  test('agents whose runner was killed end their workers, and are free for the next', async (t) => {
    const { hub, a, b, start, port } = await setUp(t);
    const generator = await start();
    void putLoad(generator, port, (phase) => phase === 'steady' && hub.cut('runner'));
    await Promise.all([a.says(/runner is gone/), b.says(/runner is gone/)]);
    const next = await findOn(t, hub, 2);
    assert.deepEqual(next.hosts.generators?.agents, ['a', 'b']);
  });

  test('a restarted agent is not mistaken for the one that began the run', async (t) => {
    const { hub, a, start, port } = await setUp(t);
    const generator = await start();
    const lost = lossOf(generator);
    let driven: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      driven = putLoad(generator, port, (phase, fleet) => {
        if (phase !== 'steady') return;
        // Its last words do not get through, as if it had been killed.
        hub.cut('agent a');
        void a.stop();
        void lost.then(() => fleet.stop());
        resolve();
      });
    });
    await startAgent(t, hub, 'a');
    assert.match(await lost, /^The agent a was restarted/);
    await driven;
    await generator.end();
  });
});

describe('an agent that is stopped', { concurrency: true }, () => {
  for (const stopped of PHASES)
    test(`ends the run when it is ${stopped}, and reports why`, async (t) => {
      const { b, start, port } = await setUp(t);
      const generator = await start();
      const lost = lossOf(generator);
      const ended = new Promise<void>((resolve) => {
        void putLoad(generator, port, (phase, fleet) => {
          if (phase !== stopped) return;
          void b.stop();
          void lost.then(() => fleet.stop());
        }).then(() => resolve());
      });
      // In the drain, its workers may already have finished.
      if (stopped !== 'drain') assert.equal(await lost, 'The agent b gave up: it was stopped.');
      await ended;
      await generator.end();
    });
});

test('agents that do not answer are named; one refuses another version, and a run beyond its limits', async (t) => {
  const limited = { limits: { connections: CONNECTIONS / 2 - 1, ratePerSecond: null } };
  const { hub, a, start, port } = await setUp(t, limited);
  await Promise.all([
    assert.rejects(findOn(t, hub, ['a', 'c']), /The agent c did not answer/),
    assert.rejects(
      findOn(t, hub, 1, '1.2.4'),
      /agent a runs version 1\.2\.3, but the runner runs version 1\.2\.4/,
    ),
  ]);
  const generator = await start();
  const lost = lossOf(generator);
  const driven = putLoad(generator, port, (_, fleet) => void lost.then(() => fleet.stop()));
  assert.match(await lost, /^The agent [ab] refused the run: .*--max-connections/);
  await driven;
  await generator.end();
  assert.ok(a.lines.some((line) => /^Refused a run: /.test(line)));
});

test('no worker outlives all this', async () => {
  await until(() => generatorPids().length === 0, 'no worker runs');
});

/** Counts the messages that a server echoes from now on. */
function countFrom({ echoed }: Pick<Setting, 'echoed'>): () => number {
  const before = echoed();
  return () => echoed() - before;
}
