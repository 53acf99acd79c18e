import assert from 'node:assert/strict';
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { exchangeBinary, isUpgradable, linkBinary, upgradableCommand } from './exchangeable.ts';

const PLAIN = {
  ...{ path: '/old/nginx', version: '1.0.0', openssl: null, buildArguments: '', modulesPath: null },
  ...{ streamModule: null, libraryPath: null, origin: null },
};
const MODULAR = { ...PLAIN, path: '/new/nginx', modulesPath: '/m', streamModule: '/m/stream.so' };

test('a binary and its modules are reached through links, which an exchange replaces', () =>
  inFolder(async (folder) => {
    const [binary, modules] = [join(folder, 'nginx'), join(folder, 'modules')];
    assert.deepEqual(await linkBinary(folder, PLAIN), { ...PLAIN, path: binary });
    assert.deepEqual(await readdir(folder), ['nginx']);
    assert.equal(await readlink(binary), '/old/nginx');
    // What an exchange that was cut short has left.
    await writeFile(join(folder, 'nginx.new'), '');
    await exchangeBinary(folder, MODULAR);
    assert.deepEqual([await readlink(binary), await readlink(modules)], ['/new/nginx', '/m']);
    assert.deepEqual(await linkBinary(folder, MODULAR), {
      ...MODULAR,
      path: binary,
      modulesPath: modules,
      streamModule: join(modules, 'stream.so'),
    });
    await exchangeBinary(folder, { ...PLAIN, path: "/it's/nginx", libraryPath: '/a:/b' });
    assert.equal(
      await readFile(binary, 'utf8'),
      `#!/bin/sh\nLD_LIBRARY_PATH='/a:/b' exec '/it'\\''s/nginx' "$@"\n`,
    );
    assert.equal((await stat(binary)).mode & 0o777, 0o700);
    assert.equal(await readlink(modules), '/m');
    await exchangeBinary(folder, PLAIN);
    assert.equal(await readlink(binary), '/old/nginx');
    assert.deepEqual((await readdir(folder)).sort(), ['modules', 'nginx']);
  }));

test('an Nginx that can be upgraded is started by a shell, which leaves a file when it is ready', () =>
  inFolder(async (folder) => {
    const pidPath = join(folder, 'nginx.pid');
    const [shell, option, script, ...rest] = upgradableCommand(pidPath, ['/nginx', '-p', '/f']);
    assert.deepEqual([shell, option, ...rest], ['sh', '-c', pidPath, '/nginx', '-p', '/f']);
    assert.match(script ?? '', /"\$0\.detached"/);
    assert.equal(isUpgradable(pidPath), false);
    await writeFile(`${pidPath}.detached`, '');
    assert.equal(isUpgradable(pidPath), true);
  }));
