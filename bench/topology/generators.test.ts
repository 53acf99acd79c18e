import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canPin } from './affinity.ts';
import { startGenerators, startHttpWorker } from './generators.ts';
import type { Launched } from './process.ts';
import type { ProcessSet } from './process-set.ts';

const ENTRY = fileURLToPath(new URL('../load/worker.js', import.meta.url));
const HTTP_ENTRY = fileURLToPath(new URL('../load/http/http-worker.js', import.meta.url));

/** Kills every process at once, so that no generator becomes ready. */
function deadly() {
  const adopted: Launched[] = [];
  const processSet: Partial<ProcessSet> = {
    adopt(launched) {
      adopted.push(launched);
      launched.child.kill('SIGKILL');
    },
  };
  return { adopted, processSet: processSet as ProcessSet };
}

/** The command line of a process, without the part that pins it. */
function commandOf({ child }: Launched): string[] {
  const { spawnargs } = child;
  return spawnargs.slice(spawnargs.indexOf(process.execPath) + 1);
}

describe('generators', () => {
  for (const [client, cpus, options] of [
    ['lean', null, ['--expose-gc', '--max-semi-space-size=1']],
    ['lean', [0], ['--expose-gc', '--max-semi-space-size=1', '--no-parallel-scavenge']],
    ['lean', [0, 1], ['--expose-gc', '--max-semi-space-size=1']],
    ['ws', [0], ['--expose-gc']],
  ] as const)
    test(`of ${client} on CPUs ${cpus} have their options, and are named by their numbers`, async () => {
      const { adopted, processSet } = deadly();
      await assert.rejects(startGenerators(processSet, [3, 4], client, 'node', cpus), {
        kind: 'environment',
        message: /^generator [34] did not start\.$/,
      });
      const pinned = cpus === null || !canPin() ? [] : ['taskset', '-c', cpus.join(',')];
      assert.deepEqual(
        adopted.map((each) => [
          each.name,
          each.component,
          commandOf(each),
          each.child.spawnargs.slice(0, pinned.length),
        ]),
        ['generator 3', 'generator 4'].map((name) => [name, 'generator', [...options, ENTRY], pinned]),
      );
      await Promise.all(adopted.map(({ exited }) => exited));
    });

  test('that the ws client drives run on Node whatever the engine', async () => {
    const { adopted, processSet } = deadly();
    await assert.rejects(startGenerators(processSet, [1], 'ws', 'bun', null), { kind: 'environment' });
    assert.equal(adopted[0]?.child.spawnfile, process.execPath);
  });

  test('that write a reason before they exit are reported with it', async () => {
    const processSet: Partial<ProcessSet> = {
      adopt({ child }) {
        child.stderr?.emit('data', 'out of memory\n');
        child.kill('SIGKILL');
      },
    };
    await assert.rejects(startGenerators(processSet as ProcessSet, [1], 'ws', 'node', null), {
      message: 'generator 1 did not start: out of memory',
    });
  });

  test('are ready when each has spoken', async (t) => {
    const adopted: Launched[] = [];
    const processSet: Partial<ProcessSet> = {
      adopt(launched) {
        adopted.push(launched);
        // Only the test speaks for it.
        launched.child.kill('SIGSTOP');
      },
    };
    t.after(() => Promise.all(adopted.map((each) => each.stop('SIGKILL', 0))));
    let isReady = false;
    const starting = startGenerators(processSet as ProcessSet, [1, 2], 'ws', 'node', null).finally(() => {
      isReady = true;
    });
    const [first, second] = adopted;
    first?.child.emit('message', { type: 'ready' });
    await new Promise((done) => setImmediate(done));
    assert.equal(isReady, false);
    second?.child.emit('message', { type: 'ready' });
    assert.deepEqual(
      (await starting).map(({ launched }) => launched),
      adopted,
    );
  });
});

test('the process for HTTP requests has a channel, which is silent once it has exited', async () => {
  const adopted: Launched[] = [];
  const processSet: Partial<ProcessSet> = { adopt: (launched) => void adopted.push(launched) };
  const { launched, send, onReport } = startHttpWorker<string, string>(processSet as ProcessSet, null);
  assert.deepEqual(adopted, [launched]);
  assert.deepEqual(
    [launched.name, launched.component, commandOf(launched)],
    ['HTTP generator', 'generator', [HTTP_ENTRY]],
  );
  const reports: string[] = [];
  onReport((report) => void reports.push(report));
  launched.child.emit('message', 'one');
  assert.deepEqual(reports, ['one']);
  const sent: unknown[] = [];
  const { child } = launched;
  const original = child.send;
  child.send = (command: unknown) => sent.push(command) > 0;
  send('go');
  child.send = original;
  child.disconnect();
  await once(child, 'exit');
  send('stop');
  assert.deepEqual(sent, ['go']);
  assert.deepEqual(await launched.exited, { code: 0, signal: null });
});
