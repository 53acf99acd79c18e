import assert from 'node:assert/strict';
import { access, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import type { Execute, FetchPlace } from '../topology/workplace.ts';
import { addLibraries, type Fetching, type FetchOptions, fetchOnce, NGINX } from './fetch.ts';

const BINARY = 'usr/sbin/nginx';

/** Packages of an archive, with the files in each. */
type Packages = Readonly<Record<string, readonly string[]>>;

interface Scene {
  /** Names of the requested packages, in order. */
  asked: string[];
  said: string[];
  fetch(
    options?: Partial<FetchOptions>,
    addLibraries?: Fetching['addLibraries'],
  ): ReturnType<typeof fetchOnce>;
}

/**
 * Calls `body` with a function that fetches from such an archive. The target folder is removed afterwards.
 *
 * @param mode mode of each file in the packages
 */
function archived(packages: Packages, work: (scene: Scene) => Promise<void>, mode = 0o755): Promise<void> {
  return inFolder(async (folder) => {
    const { PATH } = process.env;
    for (const name of ['apt-get', 'dpkg-deb'])
      await writeFile(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
    process.env.PATH = [folder, PATH].join(delimiter);
    const asked: string[] = [];
    const said: string[] = [];
    const place: FetchPlace = async (cacheDir, work) => {
      return work(await mkdtemp(join(cacheDir, 'work-')), executeOf(packages, asked, mode));
    };
    const fetch: Scene['fetch'] = (options, addLibraries = async () => {}) =>
      fetchOnce(
        NGINX,
        'system',
        { cacheDir: join(folder, 'cache'), say: (line) => said.push(line), place, ...options },
        { why: 'Fetching', sources: async () => null, addLibraries },
      );
    try {
      await work({ asked, said, fetch });
    } finally {
      process.env.PATH = PATH;
    }
  });
}

/** Simulates the parts of apt-get and dpkg-deb that are used here. */
function executeOf(packages: Packages, asked: string[], mode: number): Execute {
  return async (command, args, options) => {
    if (command === 'apt-get' && args.includes('download')) {
      const names = args.slice(args.indexOf('download') + 1);
      asked.push(...names);
      for (const name of names) {
        if (!(name in packages))
          throw Object.assign(new Error(), { stderr: `E: Unable to locate package ${name}\n` });
        await writeFile(join(options?.cwd ?? '', `${name}_1.2-3_all.deb`), '');
      }
    }
    if (command === 'dpkg-deb') {
      const [, archive = '', folder = ''] = args;
      for (const file of packages[basename(archive).split('_')[0] ?? ''] ?? []) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), '');
        await chmod(join(folder, file), mode);
      }
    }
    return { stderr: '' };
  };
}

const PLACES: readonly { of: string; packages: Packages; asked: string[]; origin: string }[] = [
  {
    of: 'in the first package',
    packages: { nginx: [BINARY] },
    asked: ['nginx'],
    origin: 'nginx 1.2-3',
  },
  {
    of: 'in the core package',
    packages: { nginx: ['usr/share/doc'], 'nginx-core': [BINARY], 'nginx-light': [BINARY] },
    asked: ['nginx', 'nginx-core'],
    origin: 'nginx-core 1.2-3',
  },
  {
    of: 'in the light package alone',
    packages: { nginx: [], 'nginx-light': [BINARY] },
    asked: ['nginx', 'nginx-core', 'nginx-light'],
    origin: 'nginx-light 1.2-3',
  },
];

for (const { of, packages, asked, origin } of PLACES)
  test(`the binary is found ${of}`, () =>
    archived(packages, async (scene) => {
      const fetched = await scene.fetch();
      assert.deepEqual(scene.asked, [...asked, 'libnginx-mod-stream']);
      assert.equal(fetched.origin, origin);
      assert.equal(fetched.libraryPath, null);
      await access(fetched.path);
    }));

test('a fetched binary is reused, and its packages are listed, the one with the binary first', () =>
  archived(
    {
      nginx: [BINARY, 'lib/a-linux-musl/a.so', 'lib/nginx/a.so'],
      'libnginx-mod-stream': ['usr/lib/x86_64-linux-gnu/a.so'],
    },
    async (scene) => {
      const fetched = await scene.fetch();
      assert.deepEqual(await scene.fetch(), fetched);
      assert.deepEqual([scene.asked, scene.said.length], [['nginx', 'libnginx-mod-stream'], 1]);
      const root = dirname(dirname(dirname(fetched.path)));
      assert.equal(
        fetched.libraryPath,
        `${join(root, 'lib/a-linux-musl')}:${join(root, 'usr/lib/x86_64-linux-gnu')}`,
      );
      assert.equal((await stat(join(root, 'packages'))).mode & 0o777, 0o644 & ~process.umask());
      assert.equal(
        await readFile(join(root, 'packages'), 'utf8'),
        'nginx_1.2-3_all\nlibnginx-mod-stream_1.2-3_all\n',
      );
      // A copy from before versions were recorded.
      await rm(join(root, 'packages'));
      assert.equal((await scene.fetch()).origin, 'nginx');
    },
  ));

test('a program that several variants need at the same time is fetched once; after a failure, it is tried again', async () => {
  await archived({ nginx: [BINARY] }, async ({ fetch, asked, said }) => {
    const [first, ...others] = await Promise.all([fetch(), fetch(), fetch()]);
    assert.deepEqual(others, [first, first]);
    assert.deepEqual([asked, said.length], [['nginx', 'libnginx-mod-stream'], 1]);
  });
  await archived({}, async ({ fetch, asked, said }) => {
    const outcomes = await Promise.allSettled([fetch(), fetch()]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    await assert.rejects(fetch(), /Unable to locate package nginx\.$/);
    assert.deepEqual([asked.filter((name) => name === 'nginx').length, said.length], [2, 2]);
  });
});

/** Prints the given file, which contains its dependencies. */
const DPKG_DEB = '#!/bin/sh\necho "Depends: $(cat "$2")"\n';

test('libraries are added with their own dependencies, each once, and nothing else', (t) =>
  inFolder(async (folder) => {
    const { PATH } = process.env;
    t.after(() => {
      process.env.PATH = PATH;
    });
    await writeFile(join(folder, 'dpkg-deb'), DPKG_DEB, { mode: 0o755 });
    process.env.PATH = [folder, PATH].join(delimiter);
    const depends: Record<string, string> = {
      nginx: 'libssl3, zlib1g, libc6, libnginx-mod-stream, perl, libssl3',
      libssl3: 'libc6, libzstd1, libssl3',
      zlib1g: 'libzstd1',
      libzstd1: 'libssl3',
    };
    const unpacked: [names: string[], to: string][] = [];
    const unpack = async (names: readonly string[], to: string) => {
      unpacked.push([[...names], to]);
      const archives = names.map((name) => join(folder, `${name}.deb`));
      for (const [at, archive] of archives.entries())
        await writeFile(archive, depends[names[at] ?? ''] ?? '');
      return archives;
    };
    const [archive = ''] = await unpack(['nginx'], 'first');
    await addLibraries({ run: async () => null, unpack }, archive, 'into', (name) => name !== 'libc6');
    assert.deepEqual(unpacked.slice(1), [
      [['libssl3', 'zlib1g'], 'into'],
      [['libzstd1'], 'into'],
    ]);
  }));

test('a fetch that is aborted ends with the reason, and tries no other package', async () => {
  for (const last of ['nginx', 'libnginx-mod-stream'])
    await archived({ nginx: [BINARY] }, async ({ fetch, asked }) => {
      const stop = new AbortController();
      const reason = new Error('stopped');
      const execute = executeOf({ nginx: [BINARY] }, asked, 0o755);
      const place: FetchPlace = async (cacheDir, work) =>
        work(await mkdtemp(join(cacheDir, 'work-')), async (command, args, options) => {
          const done = await execute(command, args, options).catch(() => ({ stderr: '' }));
          if (!args.includes(last)) return done;
          stop.abort(reason);
          throw new Error('killed');
        });
      await assert.rejects(fetch({ place, signal: stop.signal }), reason);
      assert.equal(asked.at(-1), last);
    });
});

test('without apt-get, nothing is fetched, and none is announced', () =>
  archived({ nginx: [BINARY] }, async ({ fetch, asked, said }) => {
    process.env.PATH = '/nowhere';
    await assert.rejects(fetch(), { kind: 'environment' });
    assert.deepEqual([asked, said], [[], []]);
  }));

test('a copy that another process has completed in the meantime is used', () =>
  archived({ nginx: [BINARY] }, async ({ fetch }) => {
    const fetched = await fetch({}, async (_, __, unpacked) => {
      const root = join(dirname(dirname(unpacked)), `nginx-system-${process.arch}`);
      await mkdir(join(root, 'usr/sbin'), { recursive: true, mode: 0o755 });
      await writeFile(join(root, BINARY), 'theirs', { mode: 0o755 });
      await writeFile(join(root, 'packages'), 'nginx_2-1_all\n');
    });
    assert.equal(fetched.origin, 'nginx 2-1');
    assert.equal(await readFile(fetched.path, 'utf8'), 'theirs');
  }));

test('a file in the place of the copy is an error', () =>
  archived({ nginx: [BINARY] }, async ({ fetch }) => {
    const fetching = fetch({}, (_, __, unpacked) =>
      writeFile(join(dirname(dirname(unpacked)), `nginx-system-${process.arch}`), ''),
    );
    await assert.rejects(fetching, { code: 'ENOTDIR' });
  }));

test('nothing is kept if no package has the binary', () =>
  archived({ nginx: [], 'nginx-light': [] }, async (scene) => {
    for (const time of [1, 2]) {
      await assert.rejects(
        scene.fetch(),
        (error) => error instanceof Problem && error.kind === 'environment',
      );
      assert.equal(scene.asked.length, 3 * time);
    }
  }));

test('packages without the binary are named', () =>
  archived({ nginx: [], 'nginx-core': [], 'nginx-light': [] }, async ({ fetch }) => {
    await assert.rejects(fetch(), { kind: 'environment', message: /nginx, nginx-core, nginx-light/ });
  }));

test('files that other users could change are not used, whether new or cached', async () => {
  const refused = (error: unknown) => error instanceof Problem && error.kind === 'environment';
  await archived(
    { nginx: [BINARY] },
    async (scene) => {
      await assert.rejects(scene.fetch(), refused);
      await assert.rejects(scene.fetch(), refused);
      assert.equal(scene.said.length, 1);
    },
    0o777,
  );
  await archived({ nginx: [BINARY] }, async (scene) => {
    const { path } = await scene.fetch();
    await chmod(path, 0o757);
    await assert.rejects(scene.fetch(), refused);
  });
});
