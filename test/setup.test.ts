import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inFolder } from './folder.ts';

/** Tests the setup that `npm test` gives test files, using sample files. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Ended {
  code: number | null;
  output: string;
  folder: string;
}

/**
 * Runs sample test files in the same way as `npm test`.
 *
 * @param change shortens the time limits
 */
async function suite(
  folder: string,
  files: Record<string, string>,
  change: (script: string) => string = (script) => script,
): Promise<Ended> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const [, , command = ''] = /^(.* biome check \. && )(.*)$/.exec(scripts.test) ?? [];
  const paths = Object.keys(files).map((name) => join(folder, name));
  const script = change(command)
    .replace(/\$\(node .*\)/, paths.join(' '))
    .replace('--test ', '--test --test-reporter=tap ');
  assert.ok(script.endsWith(paths.join(' ')), `not the project's own files: ${script}`);
  // NODE_TEST_CONTEXT would make them children of this file.
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    OUT: folder,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  };
  const child = spawn('sh', ['-c', script], { cwd: ROOT, env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, folder };
}

const PASSES = "require('node:test').test('passes', () => {});";

test('a file whose test never yields is stopped and reported, and the others run', {
  timeout: 90_000,
}, async () => {
  await inFolder(async (folder) => {
    const loops = "require('node:test').test('loops', () => { for (;;); });";
    const { code, output } = await suite(
      folder,
      { 'loops.test.js': loops, 'passes.test.js': PASSES },
      (script) => script.replace(/ulimit -t \d+/, 'ulimit -t 3'),
    );
    assert.equal(code, 1, output);
    assert.match(output, /^not ok \d - .*loops\.test\.js$/m);
    assert.match(output, /^ok \d - passes$/m);
  });
});

test('a file whose test waits forever is stopped and reported', { timeout: 90_000 }, async () => {
  await inFolder(async (folder) => {
    const waits = "require('node:test').test('waits', () => new Promise(() => setInterval(() => {}, 1000)));";
    const { code, output } = await suite(folder, { 'waits.test.js': waits }, (script) =>
      script.replace(/--test-timeout=\d+/, '--test-timeout=1000'),
    );
    assert.equal(code, 1, output);
    assert.match(output, /^ *not ok \d - /m);
    assert.match(output, /waits\.test\.js/);
  });
});

test('each file shares a separate temporary folder with its threads and processes, which is removed with the file', async () => {
  await inFolder(async (folder) => {
    const tells = `
      const { fork } = require('node:child_process');
      const { appendFileSync, writeFileSync } = require('node:fs');
      const { tmpdir } = require('node:os');
      const { basename, join } = require('node:path');
      const { Worker, isMainThread } = require('node:worker_threads');
      const tell = () => appendFileSync(join(process.env.OUT, basename(__filename) + '.txt'), tmpdir() + '\\n');
      tell();
      if (isMainThread && process.argv[2] !== 'child') {
        writeFileSync(join(tmpdir(), 'left'), '');
        require('node:test').test('tells', async () => {
          await new Promise((done) => fork(__filename.replace('.test', '-child'), ['child']).on('exit', done));
          await new Promise((done) => new Worker(__filename).on('exit', done));
        });
      }`;
    const child =
      "process.send(1); require('node:fs').appendFileSync(process.env.OUT + '/child.txt', require('node:os').tmpdir() + '\\n');process.disconnect()";
    await writeFile(join(folder, 'one-child.js'), child);
    await writeFile(join(folder, 'two-child.js'), child);
    const { code, output } = await suite(folder, { 'one.test.js': tells, 'two.test.js': tells });
    assert.equal(code, 0, output);
    const lines = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim().split('\n');
    const [one, two] = await Promise.all([lines('one.test.js.txt'), lines('two.test.js.txt')]);
    for (const told of [one, two]) assert.deepEqual(told, [told[0], told[0]]);
    assert.notEqual(one[0], two[0]);
    assert.deepEqual((await lines('child.txt')).toSorted(), [one[0], two[0]].toSorted());
    for (const own of [one[0], two[0]]) assert.equal(existsSync(own ?? ''), false);
  });
});
