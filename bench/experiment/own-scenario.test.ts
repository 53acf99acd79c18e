import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { services } from '../commands/wiring.ts';
import { bunHere } from '../topology/engine.ts';
import { execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

/** Runs scenario files through a real Nginx: the one in the documentation, and the examples with their servers. */

ownTemporaryFolder();

/** From dist/bench/experiment. */
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

const SHORT = ['-p', 'plain', '-c', '6', '-w', '300ms', '-d', '1s', '--nginx-workers', '1'];

async function chatFile(t: TestContext, change: (text: string) => string = (text) => text): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  t.after(() => rm(folder, { recursive: true }));
  const documentation = await readFile(join(PROJECT, 'docs/scenarios.md'), 'utf8');
  const text =
    /```ts\n(import \{ defineScenario[\s\S]*?)```/.exec(documentation)?.[1] ?? assert.fail('no example');
  const path = join(folder, 'chat.ts');
  await writeFile(path, change(text));
  await services.addScenario(path);
  return path;
}

describe('a scenario file', { concurrency: false }, () => {
  for (const engine of ['node', ...(bunHere() === null ? [] : ['bun'])]) {
    it(`runs on ${engine}, and its counts add up`, async (t) => {
      const path = await chatFile(t);
      const line = [...SHORT, '--scenario', path, '-R', '200', '--engine', engine];
      const { run, figures } = await execute(t, line);
      assert.deepEqual(run.outcome, { state: 'completed' });
      assert.equal(run.plan.workload.scenario, 'chat');
      const { joined, due, sent, echoed, lost } = figures.counts;
      assert.deepEqual({ joined, due, lost }, { joined: 6, due: 260, lost: 0 });
      assert.deepEqual([sent, echoed], [260, 260]);
      assert.equal(figures.latencies.join?.count, 6);
      assert.equal(figures.conservation.ok, true);
    });

    it(`whose connections are cut on ${engine} reconnects if it says so, and begins again`, async (t) => {
      const path = await chatFile(t, (text) =>
        text.replace(
          '  steps: [',
          "  reconnects: true,\n  timeline: () => [{ atMs: 600, action: { kind: 'cut-clients' } }],\n  steps: [",
        ),
      );
      const line = [
        ...SHORT,
        '--scenario',
        path,
        '-R',
        '200',
        '--engine',
        engine,
        '--reconnect',
        'immediate',
      ];
      const { run, figures } = await execute(t, line);
      assert.deepEqual(run.outcome, { state: 'completed' });
      const { joined, cut, back, waiting, echoed = 0 } = figures.counts;
      assert.deepEqual({ joined, cut, back, waiting }, { joined: 12, cut: 6, back: 6, waiting: 0 });
      assert.ok(echoed > 0);
      assert.equal(figures.latencies.outage?.count, 6);
      assert.deepEqual([figures.conservation.ok, figures.failures.faults], [true, 0]);
      assert.ok(run.validity.reasons.every(({ code }) => code !== 'losses'));
    });

    it(`that throws on ${engine} is a failed run, whose reason names the line`, async (t) => {
      const path = await chatFile(t, (text) =>
        text.replace("return 'ready';", "throw new Error('broken on purpose');\n"),
      );
      const line = [...SHORT, '--scenario', path, '-R', '200', '--engine', engine];
      const { run } = await execute(t, line);
      assert.equal(run.outcome.state, 'failed');
      assert.match(JSON.stringify(run.outcome), /chat\.ts:\d+ threw Error: broken on purpose/);
    });
  }
});

describe('the examples', { concurrency: false }, () => {
  const backend = (name: string) =>
    `${process.execPath} ${join(PROJECT, 'examples', name, 'server.js')} --port {port}`;
  const exampleOf = async (t: TestContext, name: string, options: readonly string[]) => {
    const path = join(PROJECT, 'examples', name, 'scenario.ts');
    await services.addScenario(path);
    const executed = await execute(t, [...SHORT, '--scenario', path, '--backend', backend(name), ...options]);
    const { run, figures } = executed;
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(figures.failures.byKind, {});
    assert.deepEqual(figures.connections, { asked: 6, opened: 6, failed: 0 });
    assert.equal(figures.messages.lost, 0);
    assert.equal(figures.conservation.ok, true);
    assert.ok(figures.messages.echoed > 0);
    return executed;
  };

  it('Socket.IO: events are acknowledged', async (t) => {
    const { figures } = await exampleOf(t, 'socket.io', ['-R', '200']);
    assert.equal(figures.messages.echoed, 260);
  });

  it('graphql-ws: queries are answered and completed', async (t) => {
    const { figures } = await exampleOf(t, 'graphql-ws', ['--steps', 'graphql']);
    const { completed = 0, echoed = 0 } = figures.counts;
    assert.ok(completed <= echoed && completed >= echoed - 6);
  });

  it('MQTT: messages are delivered and acknowledged', async (t) => {
    const { figures } = await exampleOf(t, 'mqtt', ['-R', '200']);
    const { published, echoed } = figures.counts;
    assert.deepEqual({ published, echoed }, { published: 260, echoed: 260 });
  });
});
