import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { canPin, keepTo, placed } from './affinity.ts';

/** Where each thread of this process may run. */
function allowed(): Set<string> {
  const threads = readdirSync('/proc/self/task');
  const lists = threads.map((thread) => readFileSync(`/proc/self/task/${thread}/status`, 'utf8'));
  return new Set(lists.map((status) => /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? assert.fail()));
}

describe('affinity', () => {
  it('a command is left alone where no CPU is named', () => {
    assert.deepEqual(placed(['node', 'x'], null), ['node', 'x']);
    assert.deepEqual(placed(['node', 'x'], []), ['node', 'x']);
  });

  it('a command is started on CPUs where that can be done', () => {
    const command = placed(['node', 'x'], [2, 5]);
    assert.deepEqual(command, canPin() ? ['taskset', '-c', '2,5', 'node', 'x'] : ['node', 'x']);
  });

  it('this process is kept to CPUs with all its threads, and let go again', async () => {
    const before = allowed();
    const [cpu = assert.fail()] = [...before].join(',').split(/[-,]/);
    const letGo = await keepTo([Number(cpu)]);
    assert.deepEqual(allowed(), canPin() ? new Set([cpu]) : before);
    const again = await keepTo([Number(cpu)]);
    await letGo();
    await again();
    assert.deepEqual(allowed(), before);
  });

  it('is left alone where no CPU is named', async () => {
    const before = allowed();
    await (await keepTo(null))();
    assert.deepEqual(allowed(), before);
  });
});
