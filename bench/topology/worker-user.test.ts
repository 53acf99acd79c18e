import assert from 'node:assert/strict';
import fs from 'node:fs';
import promises, { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { asNobody, COMMON_FOLDER } from '../../test/nobody.ts';
import {
  covers,
  maySwitch,
  openFolderToWorkers,
  openToWorkers,
  unprivilegedUser,
  workerUser,
} from './worker-user.ts';

/** Simulates a system with these files, on which the tests run as root, and which has the user nobody. */
function system(t: TestContext) {
  const files: Record<string, string> = {
    '/etc/passwd': 'nobody:x:65534:65534:nobody:/:/bin/false\n',
    '/etc/group': 'nogroup:x:65534:\n',
    '/proc/self/uid_map': '0 0 4294967295\n',
    '/proc/self/gid_map': '0 0 4294967295\n',
    '/proc/self/status': 'CapEff:\t00000000000000c0\n',
  };
  const user = { uid: 0 };
  t.mock.method(process as { getuid(): number }, 'getuid', () => user.uid);
  t.mock.method(fs, 'readFileSync', (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no ${path}`);
    return text;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { files, user };
}

describe('the user of the workers, if Nginx is started as root', () => {
  it('is nobody, with its group on this system', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';
    const debian = 'root:x:0:\nnogroup:x:65534:\n';
    assert.deepEqual(unprivilegedUser(passwd, debian), {
      name: 'nobody',
      uid: 65_534,
      group: 'nogroup',
      gid: 65_534,
    });
    assert.equal(unprivilegedUser(passwd, 'nobody:x:65534:')?.group, 'nobody');
  });

  it('is another user if there is no nobody, but never an alias of root', () => {
    const passwd = 'nobody:x:0:0::/:/bin/sh\nnginx:x:101:102::/:/bin/false\n';
    assert.equal(unprivilegedUser(passwd, 'nginx:x:102:\nroot:x:0:')?.name, 'nginx');
    assert.equal(unprivilegedUser(passwd, 'root:x:0:'), null);
    assert.equal(unprivilegedUser('', ''), null);
    assert.equal(unprivilegedUser('nobody:x:5:0::/:', 'root:x:0:'), null);
    assert.equal(unprivilegedUser('nobody:x:0:5::/:', 'x:x:5:'), null);
    const twice = 'nobody:x:5:5::/:\nnobody:x:6:6::/:\n';
    assert.equal(unprivilegedUser(twice, 'x:x:6:\nx:x:5:\n')?.uid, 5);
    const both = 'daemon:x:1:1::/:\nwww-data:x:33:33::/:\n';
    const web = { name: 'www-data', uid: 33, group: 'first', gid: 33 };
    assert.deepEqual(unprivilegedUser(both, 'daemon:x:1:\nfirst:x:33:\nsecond:x:33:\n'), web);
    assert.equal(unprivilegedUser(both, 'daemon:x:1:\n')?.name, 'daemon');
  });

  it('is determined by the files of the system', (t) => {
    const { files, user: own } = system(t);
    const nobody = { name: 'nobody', uid: 65_534, group: 'nogroup', gid: 65_534 };
    const change = (path: string, text: string) => {
      const before = files[path] ?? '';
      files[path] = text;
      const user = workerUser();
      files[path] = before;
      return user;
    };
    assert.deepEqual(
      [
        workerUser(),
        change('/proc/self/uid_map', '0 0 1\n'),
        change('/proc/self/gid_map', '0 0 1\n'),
        change('/proc/self/status', 'CapEff:\t0000000000000080\n'),
        change('/proc/self/status', 'CapEff:\t0000000000000040\n'),
      ],
      [nobody, null, null, null, null],
    );
    assert.throws(() => change('/etc/passwd', ''), { kind: 'environment' });
    own.uid = 1;
    assert.equal(workerUser(), null);
  });

  it('must exist in the user namespace', () => {
    assert.equal(covers('         0          0 4294967295\n', 65_534), true);
    assert.equal(covers('         0       1000          1\n', 65_534), false);
    assert.equal(covers('0 1000 1\n1 100000 65536\n', 65_534), true);
    assert.equal(covers('', 65_534), true);
    const map = '10 1000 5\n';
    assert.deepEqual(
      [9, 10, 14, 15].map((id) => covers(map, id)),
      [false, true, true, false],
    );
    assert.equal(covers('\n', 0), false);
  });

  it('cannot be changed if a container lacks the capabilities', () => {
    assert.equal(maySwitch('Name:\tnode\nCapEff:\t00000000a80425fb\n'), true);
    assert.equal(maySwitch('CapEff:\t00000000a804253b\n'), false);
    assert.equal(maySwitch('CapEff:\t0000000000000000\n'), false);
    assert.equal(maySwitch(''), true);
  });
});

/** Without root there is only one user, so no folder has to be opened for another. */
const IS_ROOT = process.getuid?.() === 0;

describe('a private folder', () => {
  it('can be entered only by the workers’ group, and listed by no other user', () =>
    inFolder(async (above) => {
      await chmod(above, 0o755);
      const folder = join(above, 'private');
      await mkdir(folder, { mode: 0o700 });
      await writeFile(join(folder, 'key.pem'), 'key', { mode: 0o600 });
      await writeFile(join(folder, 'page'), 'page', { mode: 0o600 });
      await openFolderToWorkers(folder);
      await openToWorkers(join(folder, 'page'), 0o640);
      const { mode, gid } = await stat(folder);
      assert.deepEqual([mode & 0o777, gid !== process.getgid?.()], [IS_ROOT ? 0o710 : 0o700, IS_ROOT]);
      const { mode: ofKey, gid: ofKeyGroup } = await stat(join(folder, 'key.pem'));
      assert.deepEqual([ofKey & 0o777, ofKeyGroup], [0o600, process.getgid?.()]);
      if (IS_ROOT) await asNobody(() => assert.rejects(readdir(folder), { code: 'EACCES' }));
    }, COMMON_FOLDER));

  it('is rejected in a folder that the workers cannot enter', () =>
    inFolder(async (above) => {
      const folder = join(above, 'private');
      await mkdir(folder);
      const opened = openFolderToWorkers(folder);
      const message = new RegExp(`which has no access to ${above}\\. Set TMPDIR`);
      await (IS_ROOT ? assert.rejects(opened, { kind: 'environment', message }) : opened);
    }, COMMON_FOLDER));

  for (const [what, above, access] of [
    ['of the workers’ user', { uid: 65_534, gid: 65_534 }, 0o100],
    ['of the workers’ group', { uid: 0, gid: 65_534 }, 0o010],
    ['of others', { uid: 0, gid: 0 }, 0o001],
  ] as const)
    it(`needs folders above it that are open to the workers, also those ${what}`, async (t) => {
      system(t);
      const done: string[] = [];
      const folders: Record<string, number> = {};
      t.mock.method(
        promises,
        'chown',
        async (...change: unknown[]) => void done.push(`chown ${change.join(' ')}`),
      );
      t.mock.method(promises, 'chmod', async (path: string, mode: number) => {
        done.push(`chmod ${path} ${mode.toString(8)}`);
      });
      t.mock.method(promises, 'stat', async (path: string) => {
        done.push(path);
        return { mode: folders[path] ?? 0o111, ...above };
      });
      syncBuiltinESMExports();
      await openFolderToWorkers('/a/b/c');
      assert.deepEqual(done, ['chown /a/b/c 0 65534', 'chmod /a/b/c 710', '/a/b', '/a', '/']);
      for (const folder of ['/a/b', '/a', '/']) {
        folders[folder] = access;
        await openFolderToWorkers('/a/b/c');
        folders[folder] = 0o777 - access;
        await assert.rejects(openFolderToWorkers('/a/b/c'), {
          kind: 'environment',
          message: new RegExp(`run as nobody, which has no access to ${folder}\\.`),
        });
        folders[folder] = 0o111;
      }
    });
});
