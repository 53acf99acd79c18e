import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { affinityNotices, canPin, keepTo, placed, tryPinning } from './affinity.ts';

/** Returns the CPUs on which each thread of this process may run. */
function allowed(): Set<string> {
  const threads = readdirSync('/proc/self/task');
  const lists = threads.map((thread) => readFileSync(`/proc/self/task/${thread}/status`, 'utf8'));
  return new Set(lists.map((status) => /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? assert.fail()));
}

/** Creates a folder with a simulated taskset. */
function fakeTaskset(t: TestContext, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'affinity-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'taskset');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return folder;
}

const PLACEMENT = { proxy: [1], server: [0], generator: [0], runner: [0] };

describe('affinity', () => {
  it('a command is not changed if no CPU is given', () => {
    assert.deepEqual(placed(['node', 'x'], null), ['node', 'x']);
    assert.deepEqual(placed(['node', 'x'], []), ['node', 'x']);
  });

  it('a command is started on CPUs if possible', () => {
    const command = placed(['node', 'x'], [2, 5]);
    assert.deepEqual(command, canPin() ? ['taskset', '-c', '2,5', 'node', 'x'] : ['node', 'x']);
  });

  it('this process is pinned to CPUs with all its threads, and released again', async () => {
    const before = allowed();
    const [cpu = assert.fail()] = [...before].join(',').split(/[-,]/);
    const letGo = await keepTo([Number(cpu)]);
    assert.deepEqual(allowed(), canPin() ? new Set([cpu]) : before);
    const again = await keepTo([Number(cpu)]);
    await letGo();
    await again();
    assert.deepEqual(allowed(), before);
  });

  it('is not pinned if no CPU is given', async () => {
    const before = allowed();
    for (const cpus of [null, []]) await (await keepTo(cpus))();
    assert.deepEqual(allowed(), before);
  });

  it('causes a notice, not a failure, if taskset is missing or not permitted', (t) => {
    const refusing = fakeTaskset(
      t,
      'echo "taskset: failed to set affinity: Operation not permitted" >&2; exit 1',
    );
    const nowhere = join(refusing, 'empty');
    for (const [PATH, found] of [
      [refusing, 'refused'],
      [nowhere, 'missing'],
    ] as const) {
      const expected = process.platform === 'linux' ? found : 'missing';
      assert.equal(tryPinning({ PATH }), expected);
      const [notice] = affinityNotices(PLACEMENT, found);
      assert.deepEqual([notice?.level, notice?.code], ['warning', `affinity-${found}`]);
      assert.equal(affinityNotices(PLACEMENT, found).length, 1);
      assert.deepEqual(affinityNotices(PLACEMENT, 'possible'), []);
      assert.deepEqual(affinityNotices(null, found), []);
    }
    assert.deepEqual(affinityNotices(PLACEMENT).length, canPin() ? 0 : 1);
  });

  it('ignores a thread that ends meanwhile, and reports one that cannot be pinned', async (t) => {
    if (!canPin()) return;
    const before = allowed();
    const cpu = Number.parseInt([...before][0] ?? '0', 10);
    const path = process.env.PATH;
    t.after(() => {
      process.env.PATH = path;
    });
    const failsTwice = fakeTaskset(
      t,
      `echo x >> "$0.tries"; [ "$(wc -l < "$0.tries")" -le 2 ] && exit 1; PATH=\${PATH#*:} exec taskset "$@"`,
    );
    process.env.PATH = `${failsTwice}:${path}`;
    const letGo = await keepTo([cpu]);
    assert.equal(readFileSync(join(failsTwice, 'taskset.tries'), 'utf8').length, 3 * 2);
    await letGo();
    assert.equal(readFileSync(join(failsTwice, 'taskset.tries'), 'utf8').length, 4 * 2);
    assert.deepEqual(allowed(), before);
    const fails = fakeTaskset(t, 'echo x >> "$0.tries"; exit 1');
    process.env.PATH = `${fails}:${path}`;
    await assert.rejects(keepTo([cpu]), (error: Error) => {
      assert.match(error.message, /could not be pinned to CPUs \d+: Command failed: taskset -a .*--no-pin/);
      assert.equal((error.cause as { code?: number }).code, 1);
      return true;
    });
    assert.equal(readFileSync(join(fails, 'taskset.tries'), 'utf8').length, 5 * 2);
  });
});
