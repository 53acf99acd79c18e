import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { identityOf, thisOwner } from './owner.ts';
import {
  createPrivateFolder,
  isPrivateFolder,
  isTooLongForSockets,
  RECORD,
  recordGroup,
  sweepAbandoned,
} from './private-folder.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'private-folder-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const OWNER = thisOwner() ?? assert.fail();
const GONE = { ...OWNER, start: '1' };

describe('a private folder', () => {
  test('is only for this user, and records its owner and the groups that use it', (t) => {
    const folder = createPrivateFolder(temporary(t), 'x-');
    const record = join(folder, RECORD);
    assert.deepEqual(
      [folder, record].map((path) => statSync(path).mode & 0o777),
      [0o700, 0o600],
    );
    recordGroup(folder, process.pid);
    recordGroup(folder, 10_000_000);
    recordGroup('/no/such/folder', process.pid);
    const lines = readFileSync(record, 'utf8').split('\n');
    assert.deepEqual(
      [lines.slice(0, -1).map((line) => JSON.parse(line)), lines.at(-1)],
      [[OWNER, identityOf(process.pid)], ''],
    );
  });

  test('does not remain if its owner cannot be recorded', (t) => {
    const parent = temporary(t);
    t.mock.method(fs, 'writeFileSync', () => {
      throw new Error('the disk is full');
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    assert.throws(() => createPrivateFolder(parent, 'x-'), { message: 'the disk is full' });
    assert.deepEqual(readdirSync(parent), []);
  });

  test('is not a link, not writable by others, and has a record that is a file', (t) => {
    const parent = temporary(t);
    const folder = createPrivateFolder(parent, 'x-');
    const record = join(folder, RECORD);
    symlinkSync(folder, join(parent, 'link'));
    const modes = [0o700, 0o755, 0o720, 0o702].map((mode) => {
      chmodSync(folder, mode);
      return isPrivateFolder(folder);
    });
    chmodSync(folder, 0o700);
    assert.deepEqual([modes, isPrivateFolder(join(parent, 'link'))], [[true, true, false, false], false]);
    const { getuid } = process;
    t.mock.method(process as { getuid(): number }, 'getuid', () => (getuid?.() ?? 0) + 1);
    assert.equal(isPrivateFolder(folder), false);
    t.mock.restoreAll();
    assert.equal(isPrivateFolder(record), false);
    rmSync(record);
    assert.equal(isPrivateFolder(folder), false);
    mkdirSync(record);
    assert.equal(isPrivateFolder(folder), false);
  });

  test('may be in any folder in which the path of a socket has at most 107 bytes', () => {
    const rest = '/nginx-ws-bench-XXXXXX/backend-10.sock'.length;
    const parent = (bytes: number) => `/${'x'.repeat(bytes - 1)}`;
    assert.deepEqual(
      [parent(107 - rest), parent(108 - rest), `${parent(105 - rest)}ä`, `${parent(106 - rest)}ä`].map(
        isTooLongForSockets,
      ),
      [false, true, false, true],
    );
  });
});

describe('what a killed bench leaves behind', () => {
  /** Creates a folder with these lines as its record, the last of which is whole. */
  function folderWith(parent: string, prefix: string, lines: readonly unknown[], rest = ''): string {
    const folder = createPrivateFolder(parent, prefix);
    writeFileSync(join(folder, RECORD), lines.map((line) => `${JSON.stringify(line)}\n`).join('') + rest);
    return folder;
  }

  test('is removed with the processes that still use it', async (t) => {
    const parent = temporary(t);
    const children = [0, 1, 2].map(() => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }));
    t.after(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    const [one, two, other] = children.map(({ pid = 0 }) => identityOf(pid) ?? assert.fail());
    const ended = children.slice(0, 2).map((child) => once(child, 'exit'));
    const both = folderWith(parent, 'x-', [GONE, one, two, { ...other, start: '1' }], '{"pid":');
    const none = folderWith(parent, 'x-', [GONE]);
    const elsewhere = folderWith(parent, 'y-', [GONE]);
    const said = await sweepAbandoned(parent, 'x-');
    assert.deepEqual(
      said.toSorted(),
      [
        `A bench that was killed left ${both} behind. This bench removed it and ended 2 processes that used it.`,
        `A bench that was killed left ${none} behind. This bench removed it.`,
      ].toSorted(),
    );
    assert.deepEqual(await Promise.all(ended), [
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    assert.ok(identityOf(other?.pid ?? 0));
    assert.deepEqual(readdirSync(parent), [elsewhere.slice(parent.length + 1)]);
    assert.deepEqual(await sweepAbandoned('/no/such/folder', 'x-'), []);
  });

  test('stays if its record is not valid', async (t) => {
    const parent = temporary(t);
    const group = { pid: 2, start: '1' };
    const invalid: readonly (readonly unknown[])[] = [
      [],
      [null],
      ['x'],
      [{ ...GONE, pid: 1 }],
      [{ ...GONE, pid: 1.5 }],
      [{ ...GONE, pid: '7' }],
      [{ ...GONE, start: 1 }],
      [{ ...GONE, host: undefined }],
      [{ ...GONE, boot: 1 }],
      [{ ...GONE, namespace: null }],
      [GONE, null],
      [GONE, group, { ...group, pid: 1 }],
      [GONE, { ...group, pid: 0 }],
      [GONE, { ...group, start: undefined }],
    ];
    const folders = [
      ...invalid.map((lines) => folderWith(parent, 'x-', lines)),
      folderWith(parent, 'x-', [], '{'),
      folderWith(parent, 'x-', [], JSON.stringify(GONE)),
      folderWith(parent, 'x-', [GONE], '{\n'),
    ];
    assert.deepEqual(await sweepAbandoned(parent, 'x-'), []);
    assert.deepEqual(
      folders.filter((folder) => !existsSync(folder)),
      [],
    );
    folderWith(parent, 'x-', [{ ...GONE, pid: 2 }, group]);
    assert.equal((await sweepAbandoned(parent, 'x-')).length, 1);
  });

  test('stays for a minute if it has no record, and as long as it contains anything', async (t) => {
    const parent = temporary(t);
    const now = Date.now();
    t.mock.method(Date, 'now', () => now);
    const make = (name: string, ageMs: number) => {
      const folder = join(parent, `x-${name}`);
      mkdirSync(folder, { mode: 0o700 });
      const then = Math.floor((now - ageMs) / 1000);
      return { folder, age: () => utimesSync(folder, then, then) };
    };
    const made = [make('young', 58_000), make('old', 61_000), make('full', 90_000)];
    writeFileSync(join(parent, 'x-full/file'), '');
    writeFileSync(join(parent, 'x-file'), '');
    utimesSync(join(parent, 'x-file'), 0, 0);
    for (const { age } of made) age();
    assert.deepEqual(await sweepAbandoned(parent, 'x-'), []);
    assert.deepEqual(readdirSync(parent).toSorted(), ['x-file', 'x-full', 'x-young']);
  });
});
