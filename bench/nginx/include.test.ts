import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { readConfiguration } from './include.ts';
import { directives, texts } from './tree.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'include-test-'));
  await mkdir(join(folder, 'conf.d'));
  for (const site of ['a', 'a-b']) await mkdir(join(folder, 'sites', site), { recursive: true });
  const files: Record<string, string> = {
    'nginx.conf': 'a 1;\nhttp {\n include conf.d/*.conf;\n include mime.types;\n include none/*.conf;\n}\n',
    'conf.d/b.conf': 'c 3;\n',
    // Relative to the main file's folder, not to its own.
    'conf.d/a.conf': 'b 2;\ninclude deeper;\n',
    'conf.d/.hidden.conf': 'hidden 1;',
    'conf.d/c.txt': 'other 1;',
    deeper: '\nd 4;',
    'missing.conf': 'a;\ninclude nowhere.conf;',
    'circle.conf': 'include circle.conf;',
    'broken.conf': 'include broken-part.conf;',
    'broken-part.conf': 'a;\n}',
    'sites/a/x': 'second;',
    'sites/a-b/x': 'first;',
    'sites.conf': 'include sites/*/x;',
    'two.conf': 'include a b;',
    'ranges.conf': 'include conf.d/[a-b].con?;\ninclude conf.d/[!a].conf;',
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
});
after(() => rm(folder, { recursive: true, force: true }));

async function names(file: string): Promise<string[]> {
  return directives(await readConfiguration(join(folder, file))).map((node) =>
    [node.name, ...texts(node)].join(' '),
  );
}

test('included files stand in the place of the include, sorted, and know where they came from', async () => {
  const [, http] = directives(await readConfiguration(join(folder, 'nginx.conf')));
  const inner = directives(http?.block ?? null);
  assert.deepEqual(
    inner.map(({ name }) => name),
    ['b', 'd', 'c'],
  );
  assert.deepEqual(inner[1]?.origin, { file: join(folder, 'deeper'), line: 2 });
});

test('mime.types that are not on this machine are left out, with a comment that says so', async () => {
  const [, http] = directives(await readConfiguration(join(folder, 'nginx.conf')));
  const comments = (http?.block ?? []).flatMap((node) => (node.kind === 'comment' ? [node.text] : []));
  assert.deepEqual(comments, [" mime.types is not on this machine: nginx's built-in MIME types apply"]);
});

test('patterns', async () => {
  assert.deepEqual(await names('ranges.conf'), ['b 2', 'd 4', 'c 3', 'c 3']);
});

test('files of a pattern come in the order of their whole paths, as from glob(3)', async () => {
  assert.deepEqual(await names('sites.conf'), ['first', 'second']);
});

test('an include that nginx does not understand is left for it to complain of', async () => {
  assert.deepEqual(await names('two.conf'), ['include a b']);
});

async function refuses(file: string, words: RegExp, kind = 'configuration'): Promise<void> {
  await assert.rejects(
    names(file),
    (error) => error instanceof Problem && error.kind === kind && words.test(error.message),
  );
}

test('complaints name the file and who includes it', async () => {
  await refuses(
    'missing.conf',
    /nowhere\.conf, included at .*missing\.conf:2 cannot be read: there is no such file\./,
  );
  await refuses('circle.conf', /circle\.conf:1 include each other in a circle\./);
  await refuses('broken.conf', /unexpected "}" in .*broken-part\.conf:2\./);
  await refuses('not-there.conf', /not-there\.conf cannot be read: there is no such file\./, 'usage');
  await refuses('.', /cannot be read: it is a folder\./, 'usage');
});
