import assert from 'node:assert/strict';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { UnreadableFile } from '../files/regular-file.ts';
import { candidates, find, folderAbove, locate } from './locate.ts';

/** Calls a function with a folder that contains these files, and these links with their targets. */
function within(
  files: readonly string[],
  links: (folder: string) => Record<string, string>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (given) => {
    const folder = await realpath(given);
    const all = [...files.map((name) => [name, null] as const), ...Object.entries(links(folder))];
    for (const [name, target] of all) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await (target === null ? writeFile(path, '') : symlink(target, path));
    }
    await work(folder);
  });
}

test('the folder of a partial configuration is above the folder of its kind', () => {
  const parts = ['conf.d', 'http.d', 'sites-enabled', 'vhosts', 'vhosts.d', 'vhost', 'templates'];
  assert.deepEqual(
    [...parts, 'site', 'xconf.d', 'conf.dx'].map((name) => folderAbove(`/a/${name}/x.conf`)),
    [...parts.map(() => '/a'), '/a/site', '/a/xconf.d', '/a/conf.dx'],
  );
});

test('a path is looked up in the folder, in the first root that fits, or below the folder, step by step', () => {
  const where = {
    folder: '/site',
    roots: [
      { from: '/etc/nginx', to: '/one' },
      { from: '/etc', to: '/two' },
    ],
  };
  assert.deepEqual(
    ['a/b', '../a', '/etc/nginx/a', '/etc/a', '/etc/nginxa', '/site/a/b', '/site', '/siteX/a', '/'].map(
      (path) => candidates(path, where),
    ),
    [
      ['/site/a/b'],
      ['/a'],
      ['/one/a'],
      ['/two/a'],
      ['/two/nginxa'],
      ['/site/a/b'],
      ['/site/site'],
      ['/site/siteX/a', '/site/a'],
      [],
    ],
  );
  assert.deepEqual(
    ['/usr/a/*.conf', '/*.conf', 'a/*'].map((path) => candidates(path, where, true)),
    [['/site/usr/a/*.conf', '/site/a/*.conf'], [], ['/site/a/*']],
  );
});

test('links are followed to their end, an absolute one into the root for its target', () =>
  within(
    ['site/a', 'away/b', 'third/deep/c'],
    (folder) => ({
      'site/relative': '../away/./b',
      'site/up': '..',
      'site/absolute': '/srv/shared/deep',
      'site/outside': join(folder, 'away'),
      'site/base': join(folder, 'other/deep'),
      'site/loop': 'loop',
    }),
    async (folder) => {
      const roots = [
        { from: '/srv/shared', to: join(folder, 'third') },
        { from: '/srv/base', to: join(folder, 'site/base') },
        { from: join(folder, 'other'), to: join(folder, 'third') },
      ];
      const at = async (path: string) => {
        const { real, isOwn } = await locate(path, { folder: join(folder, 'site'), roots });
        return [real.replace(`${folder}/`, ''), isOwn];
      };
      const site = (path: string) => at(join(folder, 'site', path));
      assert.deepEqual(await site('a'), ['site/a', true]);
      assert.deepEqual(await site('relative'), ['away/b', false]);
      assert.deepEqual(await site('up/away//b'), ['away/b', false]);
      assert.deepEqual(await site('absolute/c'), ['third/deep/c', true]);
      assert.deepEqual(await site('outside/b'), ['away/b', false]);
      // The folder of the configuration comes before a root within it.
      assert.deepEqual(await site('base/c'), ['third/deep/c', true]);
      assert.deepEqual(await at(join(folder, 'site')), ['site', true]);
      assert.deepEqual(await at(join(folder, 'siteX')), ['siteX', false]);
      assert.deepEqual(await at(join(folder, 'third/none')), ['third/none', true]);
      assert.deepEqual(await at('/usr/share/nginx/modules-available/a'), [
        '/usr/share/nginx/modules-available/a',
        true,
      ]);
      assert.deepEqual(await at('/usr/share/nginx/other'), ['/usr/share/nginx/other', false]);
      await assert.rejects(site('loop'), UnreadableFile);
      const everything = await locate(join(folder, 'away/b'), { folder: '/', roots: [] });
      assert.deepEqual(everything, { real: join(folder, 'away/b'), isOwn: true });
    },
  ));

test('up to 40 links are followed in a path', () =>
  within(
    ['0'],
    () => Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`${index + 1}`, `${index}`])),
    async (folder) => {
      const where = { folder, roots: [] };
      assert.deepEqual(await locate(join(folder, '40'), where), { real: join(folder, '0'), isOwn: true });
      await assert.rejects(locate(join(folder, '41'), where), UnreadableFile);
    },
  ));

test('the first candidate of the wanted kind is found, unless it is outside', () =>
  within(
    ['site/srv/a/x', 'site/a/y', 'site/x', 'away/z', 'away/in/w'],
    () => ({ 'site/out': '../away/z', 'site/folder': '../away/in', 'site/loop': 'loop' }),
    async (folder) => {
      const where = { folder: join(folder, 'site'), roots: [] };
      const found = async (path: string, wanted: 'file' | 'folder') => {
        const result = await find(path, where, wanted);
        return result.kind === 'own' ? result.path.replace(`${folder}/`, '') : result.kind;
      };
      assert.deepEqual(
        await Promise.all(
          ['/srv/a/x', '/srv/a/y', '/none/x', '/srv/a', 'none', 'out', 'loop', 'folder'].map((path) =>
            found(path, 'file'),
          ),
        ),
        ['site/srv/a/x', 'site/a/y', 'site/x', 'missing', 'missing', 'outside', 'missing', 'missing'],
      );
      assert.deepEqual(
        await Promise.all(
          ['/srv/a', '/none/a', '/a/y', '.', 'folder', 'x'].map((path) => found(path, 'folder')),
        ),
        ['site/srv/a', 'site/a', 'missing', 'outside', 'outside', 'missing'],
      );
    },
  ));
