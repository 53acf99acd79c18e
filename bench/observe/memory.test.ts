import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { countOpenFiles, readConnectionMemory } from './memory.ts';

/** Creates a simulated procfs with these files. */
function procfs(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'memory-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const FILES = {
  '7/smaps_rollup': 'Rss:\t900 kB\nPss:\t100 kB\n',
  '8/smaps_rollup': 'Rss:\t900 kB\nPss:\t50 kB\n',
  meminfo: 'Slab: 50 kB\nSUnreclaim: 30 kB\n',
  'net/sockstat': 'TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 5\n',
};

test('shared memory counts once, and TCP buffers are counted in pages', (t) => {
  assert.deepEqual(readConnectionMemory([7, 8], procfs(t, FILES)), {
    processBytes: 150 * 1024,
    kernelBytes: 30 * 1024 + 5 * 4096,
  });
});

test('an incomplete sum is unknown', (t) => {
  const path = procfs(t, FILES);
  assert.equal(readConnectionMemory([7, 9], path).processBytes, null);
  assert.equal(readConnectionMemory([], path).processBytes, null);
  const withoutSlab = { ...FILES, meminfo: 'Slab: 50 kB\n' };
  assert.deepEqual(readConnectionMemory([7], procfs(t, withoutSlab)), {
    processBytes: 100 * 1024,
    kernelBytes: null,
  });
  const withoutTcp = { ...FILES, 'net/sockstat': '' };
  assert.equal(readConnectionMemory([7], procfs(t, withoutTcp)).kernelBytes, null);
  assert.deepEqual(readConnectionMemory([7], '/no/such/folder'), { processBytes: null, kernelBytes: null });
});

test('open files are counted over all processes, or not at all', (t) => {
  const path = procfs(t, { '7/fd/0': '', '7/fd/1': '', '8/fd/0': '', '9/status': '' });
  assert.deepEqual(
    [[7, 8], [8], [7, 9], []].map((pids) => countOpenFiles(pids, path)),
    [3, 1, null, null],
  );
});
