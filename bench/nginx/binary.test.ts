import assert from 'node:assert/strict';
import fs from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { FindOptions } from '../topology/driver.ts';
import { findNginx, installCommand, nginxCommand } from './binary.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binary-test-'));
  await script(
    'sbin/nginx',
    'echo "nginx version: nginx/1.27.3" >&2; echo "configure arguments: --with-stream=dynamic" >&2',
  );
  await mkdir(join(folder, 'lib/nginx/modules'), { recursive: true });
  await writeFile(join(folder, 'lib/nginx/modules/ngx_stream_module.so'), '');
  await script(
    'static/nginx',
    'echo "nginx version: nginx/1.27.3" >&2; echo "configure arguments: --with-stream" >&2',
  );
  await script(
    'lame',
    'echo "lame: error while loading shared libraries: libpcre2-8.so.0: cannot open" >&2; exit 127',
  );
  await script('beside/sbin/nginx', 'echo "nginx version: nginx/1.18.0" >&2');
  await mkdir(join(folder, 'beside/lib/nginx/modules'), { recursive: true });
  await writeFile(join(folder, 'beside/lib/nginx/modules/ngx_stream_module.so'), '');
  await script('other', 'echo "GNU Make 4.3"');
  await writeFile(join(folder, 'plain-file'), '');
});
after(() => rm(folder, { recursive: true, force: true }));

async function script(name: string, body: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

function options(changes: Partial<FindOptions>): FindOptions {
  return {
    source: null,
    searchPath: '',
    cacheDir: join(folder, 'cache'),
    say: () => assert.fail('nothing to say'),
    ...changes,
  };
}

test('the binary on PATH, with the dynamic module next to it', async () => {
  const found = await findNginx(options({ searchPath: `/nowhere:${join(folder, 'sbin')}` }));
  assert.deepEqual(found, {
    path: join(folder, 'sbin/nginx'),
    version: '1.27.3',
    openssl: null,
    buildArguments: '--with-stream=dynamic',
    modulesPath: join(folder, 'lib/nginx/modules'),
    streamModule: join(folder, 'lib/nginx/modules/ngx_stream_module.so'),
    libraryPath: null,
    origin: null,
  });
});

test('a named binary takes precedence over PATH; built-in stream needs no module', async () => {
  const path = join(folder, 'static/nginx');
  const found = await findNginx(options({ source: path, searchPath: join(folder, 'sbin') }));
  assert.equal(found.path, path);
  assert.equal(found.streamModule, null);
});

test('a stream module that was built with it counts', async () => {
  const { streamModule } = await findNginx(options({ source: join(folder, 'beside/sbin/nginx') }));
  assert.equal(streamModule, join(folder, 'beside/lib/nginx/modules/ngx_stream_module.so'));
});

/** @param kind `usage` if the path itself is wrong */
async function refuses(name: string, kind: 'usage' | 'environment', words: RegExp): Promise<void> {
  await assert.rejects(
    findNginx(options({ source: join(folder, name) })),
    (error) => error instanceof Problem && error.kind === kind && words.test(error.message),
  );
}

test('a file that is not an Nginx binary is rejected', async () => {
  await refuses(
    'not-there',
    'usage',
    /not-there cannot be used as Nginx: there is no such file\. Check the path, or name a Debian suite/,
  );
  await refuses('plain-file', 'usage', /plain-file cannot be used as Nginx: it is not an executable file\./);
  await refuses(
    'other',
    'environment',
    /other cannot be used as Nginx: it does not respond to -V as Nginx does\.$/,
  );
  await refuses('lame', 'environment', /libpcre2-8\.so\.0: cannot open\. A library is missing or too old\. /);
});

test('a binary’s own libraries are not visible to other programs', () => {
  assert.deepEqual(nginxCommand({ path: '/n', libraryPath: '/a:/b' }, ['-V']), [
    'env',
    'LD_LIBRARY_PATH=/a:/b',
    '/n',
    '-V',
  ]);
  assert.deepEqual(nginxCommand({ path: '/n', libraryPath: null }, ['-t']), ['/n', '-t']);
});

test('the command that installs Nginx is that of the system, or of one that it is like', () => {
  const of = (release: string) => installCommand('linux', release);
  assert.deepEqual(
    [
      installCommand('darwin', 'ID=debian'),
      of('NAME=x\nID=debian\n'),
      of('ID=mint\nID_LIKE="ubuntu debian"'),
      of('ID="rocky"\nID_LIKE="x rhel fedora"'),
      of('VERSION_ID=arch\nXID=arch'),
      of('ID=alpine\nID_LIKE=arch'),
      of(''),
    ],
    [
      'brew install nginx',
      'sudo apt-get install nginx libnginx-mod-stream',
      'sudo apt-get install nginx libnginx-mod-stream',
      'sudo dnf install nginx nginx-mod-stream',
      null,
      'sudo apk add nginx nginx-mod-stream',
      null,
    ],
  );
});

test('modules are next to the binary, in the folder of the build, or below its prefix', async () => {
  const found = async (name: string, build: string) => {
    await script(
      `${name}/bin/nginx`,
      `echo "nginx version: nginx/1.27.3" >&2; echo "configure arguments: ${build}" >&2`,
    );
    const { modulesPath, streamModule } = await findNginx(
      options({ source: join(folder, name, 'bin/nginx') }),
    );
    return [modulesPath, streamModule];
  };
  const modules = join(folder, 'elsewhere/modules');
  await mkdir(modules, { recursive: true });
  assert.deepEqual(await found('m1', `--modules-path=${modules} --with-stream=dynamic`), [modules, null]);
  assert.deepEqual(await found('m2', `--prefix=${join(folder, 'elsewhere')}`), [modules, null]);
  assert.deepEqual(await found('m3', `--prefix=${join(folder, 'none')}`), [null, null]);
  const module = join(modules, 'ngx_stream_module.so');
  await writeFile(module, '');
  assert.deepEqual(await found('m4', `--modules-path=${modules}`), [modules, module]);
  assert.deepEqual(await found('m5', `--modules-path=${modules} --with-stream`), [modules, null]);
  assert.deepEqual(await found('m6', `--modules-path=${modules} --with-stream_ssl_module`), [
    modules,
    module,
  ]);
});

test('a binary that fails has its last line as the reason, or its exit code', async () => {
  await script('says', 'echo one >&2; echo two. >&2; exit 3');
  await script('silent', 'exit 3');
  await refuses('says', 'environment', /says cannot be used as Nginx: two\.$/);
  await refuses('silent', 'environment', /silent cannot be used as Nginx: it exited with code 3\.$/);
  await refuses('sbin', 'usage', /it is not an executable file\./);
  await assert.rejects(findNginx(options({ source: 'debian:UPPER' })), { kind: 'usage' });
  await assert.rejects(findNginx(options({ source: 'debian:' })), { kind: 'usage' });
});

test('a binary without its libraries is rejected with the command that installs Nginx, if it is known', async (t) => {
  const advised = async (release: string | null) => {
    t.mock.method(fs.promises, 'readFile', async (path: string, encoding: string) => {
      assert.deepEqual([path, encoding], ['/etc/os-release', 'utf8']);
      if (release === null) throw new Error('none');
      return release;
    });
    syncBuiltinESMExports();
    const error = await findNginx(options({ source: join(folder, 'lame') })).catch((each: Error) => each);
    t.mock.restoreAll();
    syncBuiltinESMExports();
    return error instanceof Problem ? error.message.split('too old. ').at(1) : assert.fail();
  };
  const none = 'See https://nginx.org/en/docs/install.html for how to install Nginx.';
  assert.deepEqual(
    [await advised('ID=arch\n'), await advised('ID=other\n'), await advised(null)],
    ['Install Nginx with: sudo pacman -S nginx.', none, none],
  );
});

test('a binary that fails for another reason is rejected without advice', async () => {
  await script('fails', 'echo "cannot open" >&2; exit 2');
  await refuses('fails', 'environment', /fails cannot be used as Nginx: cannot open\.$/);
});

test('the working directory is not searched, although PATH may name it by an empty part', async (t) => {
  const before = process.cwd();
  process.chdir(join(folder, 'static'));
  t.after(() => process.chdir(before));
  const { path } = await findNginx(options({ searchPath: `:${join(folder, 'sbin')}` }));
  assert.equal(path, join(folder, 'sbin/nginx'));
});

test('a suite that cannot be fetched is named with the reason, unless the fetch itself is faulty', async (t) => {
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
  });
  for (const name of ['apt-get', 'dpkg-deb']) await script(`tools/${name}`, 'exit 0');
  process.env.PATH = [join(folder, 'tools'), PATH].join(delimiter);
  const failing = (failure: Error) =>
    findNginx(options({ source: 'debian:made-up', say: () => {}, place: () => Promise.reject(failure) }));
  await assert.rejects(failing(new Problem('usage', 'Made up.')), {
    kind: 'environment',
    message: /debian:made-up .*Made up\./,
  });
  const faulty = new TypeError('made up');
  await assert.rejects(failing(faulty), faulty);
});

test('without any Nginx, a failed fetch is the reason, unless the fetch itself is faulty', async (t) => {
  const failing = async (method: 'access' | 'lstat', failure: Error) => {
    // A method that is mocked twice stays mocked, so each is mocked once.
    const failures = { access: new Error('none'), [method]: failure };
    for (const [name, error] of Object.entries(failures))
      t.mock.method(fs.promises, name as 'access', () => Promise.reject(error));
    syncBuiltinESMExports();
    try {
      await findNginx(options({ say: () => {} }));
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
  };
  await assert.rejects(failing('access', new Error('none')), { kind: 'environment' });
  const faulty = new TypeError('made up');
  await assert.rejects(failing('lstat', faulty), faulty);
});
