import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { inFolder } from '../../test/folder.ts';
import type { Execute } from '../topology/workplace.ts';
import { fetchDebianNginx, fetchFromSystem } from './debian.ts';
import type { FetchOptions, Program } from './fetch.ts';

const PROGRAM: Program = {
  name: 'made',
  title: 'Made Up',
  binary: 'usr/bin/made',
  packages: ['made'],
  optional: [],
};

/** What an archive depends on, as dpkg-deb prints it; the archive is empty. */
const DPKG_DEB = '#!/bin/sh\necho "Depends: libc6, libgcc-s1, libz1, perl"\n';

/**
 * Fetches from simulated packages. Each contains a script as the program.
 *
 * @returns the result, the packages that were downloaded, and what was said
 */
async function fetching(
  script: string,
  fetch: (options: FetchOptions) => ReturnType<typeof fetchDebianNginx>,
  binary: string,
) {
  const asked: string[] = [];
  const said: string[] = [];
  const execute: Execute = async (command, args, options) => {
    const names = command === 'apt-get' ? args.slice(args.indexOf('download') + 1) : [];
    if (args.includes('download')) asked.push(...names);
    if (args.includes('download'))
      for (const name of names) await writeFile(join(options?.cwd ?? '', `${name}_1.2-3_all.deb`), '');
    const [, archive = '', to = ''] = args;
    const path = join(to, binary);
    if (command === 'dpkg-deb' && basename(binary) === basename(archive).split('_')[0]) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return { stderr: '' };
  };
  const { PATH } = process.env;
  const results: Awaited<ReturnType<typeof fetch>>[] = [];
  let cache = '';
  await inFolder(async (folder) => {
    cache = join(folder, 'cache');
    await writeFile(join(folder, 'apt-get'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(folder, 'dpkg-deb'), DPKG_DEB, { mode: 0o755 });
    process.env.PATH = [folder, PATH].join(delimiter);
    try {
      const fetched = await fetch({
        cacheDir: cache,
        say: (line) => said.push(line),
        place: async (cacheDir, work) => work(await mkdtemp(join(cacheDir, 'work-')), execute),
      });
      results.push(fetched);
    } finally {
      process.env.PATH = PATH;
    }
  });
  return { fetched: results[0], asked, said, cache };
}

/** Name and release of this system. */
async function systemOf(): Promise<string> {
  const {
    ID = process.platform,
    VERSION_ID,
    VERSION_CODENAME,
  } = parseEnv(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  return `${ID}-${VERSION_ID ?? VERSION_CODENAME ?? 'unknown'}`;
}

test('a program that starts is fetched without libraries, into a folder of this system', async () => {
  const system = await systemOf();
  const of = (options: FetchOptions) => fetchFromSystem(PROGRAM, '--fine', options);
  const { fetched, asked, said, cache } = await fetching('[ "$1" = --fine ]', of, PROGRAM.binary);
  const root = join(cache, `made-${system}-${process.arch}`);
  assert.deepEqual(fetched, {
    path: join(root, PROGRAM.binary),
    libraryPath: null,
    origin: `made 1.2-3 of ${system}`,
  });
  assert.deepEqual(asked, ['made']);
  assert.equal(said.length, 1);
});

test('a program that lacks a library is fetched with those that its package depends on, except the system’s', async () => {
  const { asked } = await fetching(
    'exit 1',
    (options) => fetchFromSystem(PROGRAM, '-v', options),
    PROGRAM.binary,
  );
  assert.deepEqual(asked, ['made', 'libz1']);
});

test('Nginx is asked for its version to find out whether it starts', async () => {
  const { fetched, asked } = await fetching('[ "$1" = -V ]', fetchDebianNginx, 'usr/sbin/nginx');
  assert.deepEqual(asked, ['nginx', 'libnginx-mod-stream']);
  assert.equal(fetched?.origin, `nginx 1.2-3 of ${await systemOf()}`);
});
