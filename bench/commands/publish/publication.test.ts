import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GENERATOR } from '../../site/site.ts';
import { beginPublication } from './publication.ts';

const PREFIX = '.nginx-ws-bench-publish-';
/** No process has this ID: it is above the largest that Linux allows. */
const DEAD = 4_194_305;
const INDEX = `<meta name="generator" content="${GENERATOR}">`;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'publication-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files, given by their paths. */
function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The paths of all files and empty folders in a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const inside = filesIn(join(folder, entry.name));
      return inside.length === 0 ? [`${entry.name}/`] : inside.map((path) => `${entry.name}/${path}`);
    })
    .sort();
}

test('a site replaces the old one, except for what it keeps', async (t) => {
  const out = join(temporary(t), 'site');
  const first = await beginPublication(out);
  assert.deepEqual(filesIn(first.draft), ['results/', 'series/']);
  write(first.draft, { 'index.html': INDEX, 'results/a/x': '1', 'results/b/x': '1', 'series/s.html': '' });
  await first.install();
  await first.discard();
  assert.deepEqual(filesIn(out), ['index.html', 'results/a/x', 'results/b/x', 'series/s.html']);

  const second = await beginPublication(out);
  write(second.draft, { 'index.html': `${INDEX}2`, 'results/a/x': '2', 'page.html': '' });
  await second.keep('b');
  assert.equal(readFileSync(join(out, 'index.html'), 'utf8'), INDEX, 'the old site stays until then');
  await second.install();
  assert.deepEqual(filesIn(out), ['index.html', 'page.html', 'results/a/x', 'results/b/x', 'series/']);
  assert.equal(readFileSync(join(out, 'index.html'), 'utf8'), `${INDEX}2`);
  assert.equal(readFileSync(join(out, 'results/a/x'), 'utf8'), '2');
  assert.equal(readFileSync(join(out, 'results/b/x'), 'utf8'), '1');
});

test('a publication that is given up leaves no trace, neither in a new folder nor in an old one', async (t) => {
  const folder = temporary(t);
  const site = join(folder, 'site');
  await (await beginPublication(site)).discard();
  assert.ok(!existsSync(site));
  mkdirSync(site);
  await (await beginPublication(site)).discard();
  assert.deepEqual(filesIn(folder), ['site/']);
});

test('a folder with files but without a site is left alone', async (t) => {
  const folder = temporary(t);
  write(folder, { 'index.html': '<p>mine</p>' });
  await assert.rejects(beginPublication(folder), { kind: 'usage', message: /contains files that/ });
  assert.deepEqual(filesIn(folder), ['index.html']);
  await assert.rejects(beginPublication(join(folder, 'index.html')), { kind: 'usage' });
});

test('a publication that was killed is completed if it was whole, and otherwise removed', async (t) => {
  const out = temporary(t);
  write(out, {
    'index.html': INDEX,
    'results/old/x': '',
    [`${PREFIX}${DEAD}-aaaaaa/draft/index.html`]: 'half',
    [`${PREFIX}${process.pid}-bbbbbb/draft/index.html`]: 'half, of an earlier process with this ID',
  });
  const whole = join(out, `${PREFIX}${DEAD}-cccccc`);
  write(whole, { 'complete/index.html': `${INDEX}2`, 'complete/results/new/x': '' });
  const next = await beginPublication(out);
  await next.discard();
  assert.deepEqual(filesIn(out), ['index.html', 'results/new/x']);
  assert.equal(readFileSync(join(out, 'index.html'), 'utf8'), `${INDEX}2`);
});

test('a publication that is still running is waited for, and a similar folder is not touched', async (t) => {
  const out = temporary(t);
  const running = join(out, `${PREFIX}${process.ppid}-aaaaaa`);
  write(out, { 'index.html': INDEX, [`${PREFIX}${DEAD}-bbbbbb/draft/x`]: '' });
  write(running, { 'draft/x': '' });
  await assert.rejects(beginPublication(out), {
    kind: 'environment',
    message: new RegExp(`^Another \`publish\` command \\(process ${process.ppid}\\) is writing to `),
  });
  rmSync(running, { recursive: true });
  const similar = [
    `${PREFIX}${DEAD}-long-name/draft/x`,
    `${PREFIX}${DEAD}-cccccc/notes.txt`,
    `${PREFIX}${DEAD}-dddddd/other/x`,
    `${PREFIX}${DEAD}-ffffff/draft/x`,
    `${PREFIX}${DEAD}-ffffff/notes.txt`,
  ];
  write(out, Object.fromEntries(similar.map((path) => [path, ''])));
  write(out, { [`${PREFIX}${DEAD}-eeeeee`]: 'a file' });
  await (await beginPublication(out)).discard();
  assert.deepEqual(filesIn(out), [...similar, `${PREFIX}${DEAD}-eeeeee`, 'index.html'].sort());
});

test('a publication that was killed after its last file had been moved still returns what is kept', async (t) => {
  const out = temporary(t);
  const work = join(out, `${PREFIX}${DEAD}-aaaaaa`);
  write(out, { 'index.html': INDEX, 'results/new/x': '' });
  write(work, { 'old/results/kept/x': '', 'old/results/new/x': '', 'old/series/s.html': '' });
  for (const empty of [join(work, 'complete'), join(out, 'results/kept')]) mkdirSync(empty);
  await (await beginPublication(out)).discard();
  assert.deepEqual(filesIn(out), ['index.html', 'results/kept/x', 'results/new/x']);
});

test('a publication that cannot be put in place is not lost, and the next one completes it', async (t) => {
  const out = join(temporary(t), 'site');
  mkdirSync(join(out, 'page.html'), { recursive: true });
  write(out, { 'index.html': INDEX });
  const first = await beginPublication(out);
  write(first.draft, { 'index.html': `${INDEX}2`, 'page.html': 'new' });
  await assert.rejects(first.install(), { kind: 'environment', message: /^The site could not be written / });
  await first.discard();
  rmSync(join(out, 'page.html'), { recursive: true });
  await (await beginPublication(out)).discard();
  assert.deepEqual(filesIn(out), ['index.html', 'page.html', 'results/', 'series/']);
  assert.equal(readFileSync(join(out, 'index.html'), 'utf8'), `${INDEX}2`);
});
