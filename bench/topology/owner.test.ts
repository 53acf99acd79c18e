import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { readFileSync, readlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { type TestContext, test } from 'node:test';
import { identityOf, isGone, isRunning, thisOwner } from './owner.ts';

const OWN = { pid: process.pid, start: identityOf(process.pid)?.start ?? '' };
const SYSTEM = {
  host: hostname(),
  boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  namespace: readlinkSync('/proc/self/ns/pid'),
};

/** Simulates a system on which these files cannot be read, or have other contents. */
function system(t: TestContext, files: Readonly<Record<string, string | null>>): void {
  t.mock.restoreAll();
  const { readFileSync: read } = fs;
  t.mock.method(fs, 'readFileSync', (path: string, encoding: BufferEncoding) => {
    const text = files[path];
    if (text === null) throw new Error(`no ${path}`);
    return text ?? read(path, encoding);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

test('a process is identified by its pid, its start and its system', async (t) => {
  assert.deepEqual(thisOwner(), { ...OWN, ...SYSTEM });
  const child = spawn('sleep', ['60']);
  t.after(() => child.kill('SIGKILL'));
  const identity = identityOf(child.pid ?? 0) ?? assert.fail();
  assert.deepEqual([isRunning(identity), isRunning({ ...identity, start: '1' })], [true, false]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual([identityOf(identity.pid), isRunning(identity)], [null, false]);
});

test('the start is the 22nd field, whatever the name of the process', (t) => {
  const fields = Array.from({ length: 50 }, (_, i) => `${i + 4}`).join(' ');
  system(t, {
    '/proc/7/stat': `7 (a) S (b) S ${fields}\n`,
    '/proc/8/stat': `8 (a) Z ${fields}\n`,
    '/proc/9/stat': '9 (a) S 1 2 3',
  });
  assert.deepEqual([7, 8, 9, 10_000_000].map(identityOf), [{ pid: 7, start: '22' }, null, null, null]);
});

test('a process is gone only if that is certain', () => {
  const owner = { ...OWN, ...SYSTEM };
  const gone = { ...owner, start: '1' };
  assert.deepEqual(
    [
      owner,
      gone,
      { ...gone, host: 'elsewhere' },
      { ...gone, namespace: 'pid:[1]' },
      { ...owner, namespace: 'pid:[1]' },
      { ...owner, boot: 'another' },
      { ...owner, boot: 'another', namespace: 'pid:[1]' },
      { ...gone, boot: 'another', host: 'elsewhere' },
    ].map(isGone),
    [false, true, false, false, false, true, true, false],
  );
});

test('without /proc, nothing is certain', (t) => {
  system(t, { '/proc/sys/kernel/random/boot_id': null });
  assert.equal(thisOwner(), null);
  assert.equal(isGone({ ...OWN, ...SYSTEM, start: '1' }), false);
  system(t, { [`/proc/${process.pid}/stat`]: null });
  assert.equal(thisOwner(), null);
});
