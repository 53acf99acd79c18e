import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { FindOptions } from '../topology/driver.ts';
import { findNginx, nginxCommand } from './binary.ts';

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
    /other cannot be used as Nginx: it does not answer -V as Nginx does\.$/,
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
