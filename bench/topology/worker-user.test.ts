import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { asNobody, COMMON_FOLDER } from '../../test/nobody.ts';
import { covers, maySwitch, openFolderToWorkers, openToWorkers, unprivilegedUser } from './worker-user.ts';

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
  });

  it('must exist in the user namespace', () => {
    assert.equal(covers('         0          0 4294967295\n', 65_534), true);
    assert.equal(covers('         0       1000          1\n', 65_534), false);
    assert.equal(covers('0 1000 1\n1 100000 65536\n', 65_534), true);
    assert.equal(covers('', 65_534), true);
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
});
