import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Launched } from './process.ts';
import { makeProcessSet, type ProcessSet } from './process-set.ts';
import { createScope, type Scope } from './scope.ts';
import type { Warden } from './warden.ts';

interface Gathered {
  processSet: ProcessSet;
  scope: Scope;
  /** Messages to the clean-up process, in order. */
  told: [what: 'watch' | 'forget', pid: number][];
  /** Sentences passed to `lost`. */
  lost: string[];
}

function gather(t: TestContext): Gathered {
  const told: Gathered['told'] = [];
  const warden: Warden = {
    pid: 0,
    watch: (pid) => told.push(['watch', pid]),
    forget: (pid) => told.push(['forget', pid]),
    makeFolder: () => assert.fail('no folder is needed'),
    removeFolder: async () => {},
    close: async () => ({ code: 0, signal: null }),
  };
  const scope = createScope();
  t.after(() => scope.close());
  const processSet = makeProcessSet(scope, warden);
  const lost: string[] = [];
  void processSet.unexpectedExit.then((sentence) => lost.push(sentence));
  return { processSet, scope, told, lost };
}

/** Starts a shell script. Resolves once it has printed a word. */
async function shell(processSet: ProcessSet, name: string, script = 'sleep 60'): Promise<Launched> {
  const launched = processSet.launch({
    name,
    component: 'server',
    command: 'sh',
    args: ['-c', `echo up; ${script}`],
    cpus: null,
    ipc: false,
    stdout: 'pipe',
  });
  assert.ok(launched.child.stdout);
  await once(launched.child.stdout, 'data');
  return launched;
}

describe('processSet', () => {
  it('stops all processes in reverse order when the scope closes, and tells the clean-up process', async (t) => {
    const { processSet, scope, told, lost } = gather(t);
    const ends: string[] = [];
    const launched = [await shell(processSet, 'first'), await shell(processSet, 'second')];
    for (const { name, exited } of launched) void exited.then(() => ends.push(name));
    const [first = 0, second = 0] = launched.map(({ pid }) => pid);
    assert.deepEqual(told, [
      ['watch', first],
      ['watch', second],
    ]);
    processSet.dismiss();
    assert.deepEqual(await scope.close(), []);
    assert.deepEqual(ends, ['second', 'first']);
    assert.deepEqual(told.slice(2), [
      ['forget', second],
      ['forget', first],
    ]);
    assert.deepEqual([lost, processSet.hasUnexpectedExit()], [[], false]);
  });

  it('reports a process that was killed', async (t) => {
    const { processSet } = gather(t);
    const { pid, child } = await shell(processSet, 'nginx');
    assert.equal(processSet.hasUnexpectedExit(), false);
    process.kill(pid, 'SIGKILL');
    await once(child, 'exit');
    assert.equal(processSet.hasUnexpectedExit(), true);
    assert.equal(
      await processSet.unexpectedExit,
      `nginx (process ${pid}) was killed by SIGKILL during the run.`,
    );
  });

  it('reports a process that exited by itself, with its last output', async (t) => {
    const { processSet } = gather(t);
    const { pid } = await shell(processSet, 'echo server 1', 'echo one >&2; echo out of memory >&2; exit 3');
    assert.equal(
      await processSet.unexpectedExit,
      `echo server 1 (process ${pid}) exited with code 3 during the run. Its last output: out of memory`,
    );
  });

  it('reports an uncaught error instead of the version that Node or Bun prints last', async (t) => {
    for (const [output, words] of [
      ['node:fs:1\n\nTypeError: no reader\n    at file.js:1\n\nNode.js v20.20.2', 'TypeError: no reader'],
      ['Error [ERR_X]: no file\n    at file.js:1\n\nNode.js v20.20.2', 'Error [ERR_X]: no file'],
      ['1 | x\nerror: no ring\n      at file.js:1\n\nBun v1.4.5 (Linux x64)', 'error: no ring'],
    ] as const) {
      const { processSet } = gather(t);
      await shell(processSet, 'generator 1', `printf '${output.replaceAll('\n', '\\n')}' >&2; exit 1`);
      const reason = await processSet.unexpectedExit;
      assert.equal(reason.split(' Its last output: ')[1], words);
    }
  });

  it('does not report a retired process, but still reports the others', async (t) => {
    const { processSet, lost, told } = gather(t);
    const one = await shell(processSet, 'one');
    const other = await shell(processSet, 'other');
    await processSet.retire(one);
    assert.deepEqual([lost, processSet.hasUnexpectedExit()], [[], false]);
    assert.deepEqual(told.at(-1), ['forget', one.pid]);
    process.kill(other.pid, 'SIGTERM');
    assert.equal(
      await processSet.unexpectedExit,
      `other (process ${other.pid}) was killed by SIGTERM during the run.`,
    );
  });

  it('does not report a process whose end is part of the run, but still reports the others', async (t) => {
    const { processSet, lost, told } = gather(t);
    const one = await shell(processSet, 'one');
    const other = await shell(processSet, 'other');
    processSet.expectExit(one);
    assert.equal(one.child.signalCode, null, 'it is not asked to end');
    process.kill(one.pid, 'SIGKILL');
    await one.exited;
    assert.deepEqual([lost, processSet.hasUnexpectedExit()], [[], false]);
    assert.deepEqual(told.at(-1), ['forget', one.pid]);
    process.kill(other.pid, 'SIGKILL');
    assert.equal(
      await processSet.unexpectedExit,
      `other (process ${other.pid}) was killed by SIGKILL during the run.`,
    );
  });

  it('reports a process that is not a child, unless its end is part of the run', async (t) => {
    const { processSet } = gather(t);
    // Each shell starts another process, and keeps running after that one is killed.
    const ofGroup = async (name: string) => {
      const { pid } = await shell(processSet, `shell of ${name}`, 'sleep 60 & wait; sleep 60');
      let children = '';
      for (; children === ''; await sleep(5))
        children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return { name, pid: Number(children) };
    };
    const [one, other] = [await ofGroup('one'), await ofGroup('other')];
    processSet.watch(one);
    processSet.watch(other);
    processSet.expectExit(one);
    process.kill(one.pid, 'SIGKILL');
    process.kill(other.pid, 'SIGKILL');
    const sentence = `other (process ${other.pid}) exited during the run.`;
    assert.equal(await processSet.unexpectedExit, sentence);
    assert.equal(processSet.hasUnexpectedExit(), true);
  });

  it('does not report an exit after it was dismissed', async (t) => {
    const { processSet, lost } = gather(t);
    const { pid, exited } = await shell(processSet, 'one');
    processSet.dismiss();
    process.kill(pid, 'SIGKILL');
    await exited;
    assert.deepEqual([lost, processSet.hasUnexpectedExit()], [[], false]);
  });

  it('kills processes at once that would exit slowly', async (t) => {
    const { processSet, lost } = gather(t);
    const stubborn = 'trap "" TERM INT; while :; do sleep 1; done';
    const launched = [await shell(processSet, 'one', stubborn), await shell(processSet, 'two', stubborn)];
    processSet.kill();
    for (const { exited } of launched) assert.deepEqual(await exited, { code: null, signal: 'SIGKILL' });
    assert.deepEqual([lost, processSet.hasUnexpectedExit()], [[], false]);
  });

  it('reports the loss of what all processes need, unless it was dismissed', async (t) => {
    const { processSet, lost } = gather(t);
    processSet.fail('The folder is gone.');
    assert.equal(processSet.hasUnexpectedExit(), true);
    assert.equal(await processSet.unexpectedExit, 'The folder is gone.');
    assert.deepEqual(lost, ['The folder is gone.']);
    const dismissed = gather(t);
    dismissed.processSet.dismiss();
    dismissed.processSet.fail('The folder is gone.');
    await new Promise((done) => setImmediate(done));
    assert.deepEqual([dismissed.lost, dismissed.processSet.hasUnexpectedExit()], [[], false]);
    const killed = gather(t);
    killed.processSet.kill();
    killed.processSet.fail('The folder is gone.');
    assert.equal(killed.processSet.hasUnexpectedExit(), false);
  });

  it('looks every 250 ms at a process that is not a child, until it is gone, dismissed or closed', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const gone = { name: 'master 2', pid: 10_000_000 };
    const looked = async (before: (processSet: ProcessSet) => void, closes: boolean) => {
      const { processSet, scope, lost } = gather(t);
      processSet.watch(gone);
      before(processSet);
      if (closes) await scope.close();
      t.mock.timers.tick(249);
      const early = processSet.hasUnexpectedExit();
      t.mock.timers.tick(1);
      await new Promise((done) => setImmediate(done));
      return [early, processSet.hasUnexpectedExit(), lost];
    };
    const nothing = [false, false, []];
    assert.deepEqual(
      [
        await looked(() => {}, false),
        await looked((processSet) => processSet.dismiss(), false),
        await looked((processSet) => processSet.expectExit(gone), false),
        await looked(() => {}, true),
      ],
      [[false, true, ['master 2 (process 10000000) exited during the run.']], nothing, nothing, nothing],
    );
    const alive = gather(t);
    alive.processSet.watch({ name: 'runner', pid: process.pid });
    t.mock.timers.tick(1000);
    assert.equal(alive.processSet.hasUnexpectedExit(), false);
  });

  it('closes what was registered after the processes that were launched later', async (t) => {
    const { processSet, scope } = gather(t);
    const order: string[] = [];
    processSet.closing('name server', () => void order.push('name server'));
    const task = processSet.launchTask({
      ...{ name: 'task', component: 'runner', command: 'sleep', args: ['60'], cpus: null, ipc: false },
    });
    void task.exited.then(() => order.push('task'));
    await scope.close();
    assert.deepEqual([order, processSet.hasUnexpectedExit()], [['task', 'name server'], false]);
  });

  it('gives processes three seconds to end, unless they are killed', async (t) => {
    const stops: unknown[] = [];
    const launched = (name: string): Launched => ({
      ...{ name, component: 'server', pid: 10_000_000, stderrTail: () => '', exited: new Promise(() => {}) },
      child: new EventEmitter() as Launched['child'],
      async stop(signal, graceMs) {
        stops.push([name, signal, graceMs]);
        return { code: 0, signal: null };
      },
    });
    const { processSet, scope } = gather(t);
    const [one, other] = [launched('one'), launched('other')];
    processSet.adopt(one);
    processSet.adopt(other);
    await processSet.retire(one);
    processSet.kill();
    await scope.close();
    assert.deepEqual(stops, [
      ['one', 'SIGTERM', 3000],
      ['one', 'SIGKILL', 0],
      ['other', 'SIGKILL', 0],
      ['other', 'SIGTERM', 3000],
      ['one', 'SIGTERM', 3000],
    ]);
  });
});
