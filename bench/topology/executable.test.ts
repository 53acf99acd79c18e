import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findExecutable, onPath } from './executable.ts';

test('a command is found in the first folder of PATH in which it can be executed', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'executable-test-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, mode] of [
    ['a', 0o644],
    ['b', 0o755],
    ['c', 0o755],
  ] as const) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'tool'), '');
    chmodSync(join(root, name, 'tool'), mode);
  }
  mkdirSync(join(root, 'd/tool'), { recursive: true });
  const path = (...names: string[]) => ({ PATH: names.map((name) => name && join(root, name)).join(':') });
  assert.deepEqual(
    [path('d', 'a', 'none', 'b', 'c'), path('c', 'b'), path('a', 'd'), {}].map((env) => onPath('tool', env)),
    [join(root, 'b/tool'), join(root, 'c/tool'), null, null],
  );
  const before = process.cwd();
  process.chdir(join(root, 'b'));
  t.after(() => process.chdir(before));
  assert.equal(onPath('tool', path('', 'c')), join(root, 'c/tool'));
  assert.equal(findExecutable('tool', 'x', path('c')), join(root, 'c/tool'));
  assert.equal(findExecutable('./tool', 'x', path('c')), join(root, 'b/tool'));
  assert.equal(findExecutable('../c/tool', 'x', {}, join(root, 'a')), join(root, 'c/tool'));
});
