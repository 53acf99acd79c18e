import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { AS_IT_LIES, readConfiguration } from './include.ts';
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

test('included files replace the include in sorted order, and keep their origin', async () => {
  const [, http] = directives(await readConfiguration(join(folder, 'nginx.conf')));
  const inner = directives(http?.block ?? null);
  assert.deepEqual(
    inner.map(({ name }) => name),
    ['b', 'd', 'c'],
  );
  assert.deepEqual(inner[1]?.origin, { file: join(folder, 'deeper'), line: 2 });
});

test('a mime.types that is not on this machine is omitted, with a comment', async () => {
  const [, http] = directives(await readConfiguration(join(folder, 'nginx.conf')));
  const comments = (http?.block ?? []).flatMap((node) => (node.kind === 'comment' ? [node.text] : []));
  assert.deepEqual(comments, [" mime.types is not on this machine: nginx's built-in MIME types apply"]);
});

test('patterns', async () => {
  assert.deepEqual(await names('ranges.conf'), ['b 2', 'd 4', 'c 3', 'c 3']);
});

test('files that match a pattern are in the order of their full paths, as with glob(3)', async () => {
  assert.deepEqual(await names('sites.conf'), ['first', 'second']);
});

test('an invalid include is kept, so that Nginx reports it', async () => {
  assert.deepEqual(await names('two.conf'), ['include a b']);
});

async function refuses(file: string, words: RegExp, kind = 'configuration'): Promise<void> {
  await assert.rejects(
    names(file),
    (error) => error instanceof Problem && error.kind === kind && words.test(error.message),
  );
}

test('errors name the file and the one that includes it', async () => {
  await refuses(
    'missing.conf',
    /nowhere\.conf, included at .*missing\.conf:2, cannot be read: there is no such file\./,
  );
  await refuses('circle.conf', /circle\.conf:1 include each other in a circle\./);
  await refuses('broken.conf', /unexpected "}" in .*broken-part\.conf:2\./);
  await refuses('not-there.conf', /not-there\.conf cannot be read: there is no such file\./, 'usage');
  await refuses('.', /cannot be read: it is a folder\./, 'usage');
});

test('absolute paths are looked up below the configuration or a given root, never in /etc', async () => {
  const changes: string[] = [];
  const read = async (text: string, roots: { from: string; to: string }[] = []) => {
    const file = join(folder, 'conf.d', 'part.txt');
    await writeFile(file, text);
    const onChange = (change: string) => changes.push(change);
    const tree = await readConfiguration(file, { ...AS_IT_LIES, roots, onChange });
    const [http] = directives(tree);
    return directives(http?.block ?? null).map(({ name }) => name);
  };
  assert.deepEqual(await read('server { } include /etc/nginx/deeper;'), ['server', 'd']);
  assert.deepEqual(await read('server { } include /etc/nginx/conf.d/b*.conf;'), ['server', 'c']);
  assert.deepEqual(await read('server { } include deeper;'), ['server', 'd']);
  const roots = [{ from: '/srv/shared', to: join(folder, 'sites') }];
  assert.deepEqual(await read('server { } include /srv/shared/a/x;', roots), ['server', 'second']);
  assert.deepEqual(
    changes.filter((change) => change !== 'wrapped-http'),
    ['moved-files', 'moved-files'],
  );
  await assert.rejects(read('server { } include /etc/passwd;'), {
    kind: 'configuration',
    message: /\/etc\/passwd, included at .*part\.txt:1, cannot be read: .* --conf-root \/etc=DIR\./,
  });
  changes.length = 0;
  assert.deepEqual(
    await read('server { } include /etc/*.conf; include fastcgi_params; ssl_dhparam /etc/none.pem;'),
    ['server'],
  );
  assert.deepEqual(changes, ['wrapped-http', 'no-files', 'well-known-files', 'missing-files']);
});

test('a byte order mark is rejected with its line, and certbot’s files are omitted if missing', async () => {
  const file = join(folder, 'conf.d', 'mark.txt');
  await writeFile(file, '\ufeffserver { }');
  await assert.rejects(readConfiguration(file), {
    kind: 'configuration',
    message: /byte order mark.* in .*mark\.txt:1\./,
  });
  const changes: string[] = [];
  await writeFile(file, 'server { include /etc/letsencrypt/options-ssl-nginx.conf; }');
  await readConfiguration(file, { ...AS_IT_LIES, onChange: (change) => changes.push(change) });
  assert.deepEqual(changes, ['wrapped-http', 'well-known-files']);
});

test('a file is replaced with its actual path, and one named by a variable is removed', async () => {
  const file = join(folder, 'conf.d', 'files.txt');
  await writeFile(file, 'server { ssl_dhparam /etc/nginx/deeper; ssl_trusted_certificate $name; }');
  const [http] = directives(await readConfiguration(file));
  const [server] = directives(http?.block ?? null);
  assert.deepEqual(directives(server?.block ?? null).map(texts), [[join(folder, 'deeper')]]);
});

test('a text is read like a file in the working directory, or with the given roots', async (t) => {
  const before = process.cwd();
  process.chdir(join(folder, 'conf.d'));
  t.after(() => process.chdir(before));
  const read = (text: string, roots: (typeof AS_IT_LIES)['roots'] = []) =>
    readConfiguration({ name: 'stdin', text }, { ...AS_IT_LIES, roots });
  const [own, included] = directives(await read('a 1;\ninclude c.txt;'));
  assert.deepEqual(own?.origin, { file: 'stdin', line: 1 });
  assert.deepEqual(included?.origin, { file: join(folder, 'conf.d', 'c.txt'), line: 1 });
  const roots = [{ from: '/etc/nginx', to: folder }];
  const [named] = directives(await read('include /etc/nginx/sites/a/x;', roots));
  assert.equal(named?.name, 'second');
  const rejects = (text: string, message: RegExp) =>
    assert.rejects(read(text), (error) => {
      assert.ok(error instanceof Problem && error.kind === 'configuration');
      assert.match(error.message, message);
      return true;
    });
  await rejects('a;\ninclude nowhere.conf;', /nowhere\.conf, included at stdin:2, cannot be read/);
  await rejects('a;\n}', /in stdin:2\b/);
  await rejects('include ../deeper;', /included at stdin:1, is in \S+, outside the folder/);
});
