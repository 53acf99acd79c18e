import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { readResult } from '../store/read.ts';
import { fakeServices, filesIn, obey, temporaryFolder } from './services.test.fixture.ts';

/** A folder with reports of these command lines, at a second each. */
async function reportsOf(t: TestContext, ...lines: string[]): Promise<string> {
  const reports = await temporaryFolder(t);
  for (const [second, line] of lines.entries()) {
    const services = fakeServices({ now: () => new Date(Date.UTC(2025, 0, 2, 3, 4, 5 + second)) });
    const { code, said } = await obey([...line.split(' '), '--reports', reports], services);
    assert.equal(code, 0, said.join());
  }
  return reports;
}

const publish = (...argv: string[]) => obey(['publish', ...argv], fakeServices());

const RUN = 'run -p tls --no-http';
const TLS = '20250102T030405Z-tls';

test('a site of all results of a folder, with the reports as they are stored', async (t) => {
  const reports = await reportsOf(t, RUN, 'compare plain tls --rounds 1');
  const out = join(await temporaryFolder(t), 'deep/site');
  // Drawn by another version, say.
  await writeFile(join(reports, TLS, 'report.html'), 'As it is stored.');
  const { code, out: printed } = await publish(reports, '--out', out, '--title', 'Of <two>');
  assert.equal(code, 0);
  assert.equal(printed, `Site of 2 results: ${join(out, 'index.html')}\n`);
  const files = await filesIn(out);
  assert.deepEqual(
    files.filter((name) => !/^series|runs/.test(name)),
    [
      'claims.html',
      'feed.xml',
      'index.html',
      `results/${TLS}/report.html`,
      `results/${TLS}/result.json`,
      'results/20250102T030406Z-compare-plain-tls/report.html',
      'results/20250102T030406Z-compare-plain-tls/result.json',
    ],
  );
  assert.equal(await readFile(join(out, `results/${TLS}/report.html`), 'utf8'), 'As it is stored.');
  assert.deepEqual(await readResult(join(out, 'results', TLS)), await readResult(join(reports, TLS)));
  const index = await readFile(join(out, 'index.html'), 'utf8');
  assert.match(index, /<h1>Of &lt;two&gt;<\/h1>/);
  assert.match(index, /tls against plain: too few rounds/);
  for (const file of files.filter((name) => /^series.*html$/.test(name)))
    assert.ok(index.includes(`href="${file}"`), file);
});

test('a report that is missing is drawn; what cannot be read is left out and told, unless it was named', async (t) => {
  const reports = await reportsOf(t, RUN, RUN, RUN);
  const [first = '', second = '', third = ''] = (await readdir(reports)).filter(
    (name) => name !== 'index.html',
  );
  const page = await readFile(join(reports, first, 'report.html'), 'utf8');
  await rm(join(reports, first, 'report.html'));
  await writeFile(join(reports, second, 'result.json'), '{');
  // Its index can be read, and what a report would be drawn from cannot.
  await rm(join(reports, third, 'report.html'));
  await rm(join(reports, third, 'runs'), { recursive: true });
  await mkdir(join(reports, 'something else'));
  const out = join(await temporaryFolder(t), 'site');
  const { code, said } = await publish(reports, '--out', out);
  assert.equal(code, 0);
  assert.equal(said.length, 2);
  assert.match(said.join('\n'), /Left out: "[^"]*result\.json" ends in the middle/);
  assert.match(said.join('\n'), /Left out: "[^"]*runs[^"]*" is missing/);
  assert.equal(await readFile(join(out, 'results', first, 'report.html'), 'utf8'), page);
  const named = await publish(join(reports, second), '--out', out);
  assert.equal(named.code, 1);
  assert.match(named.said.join(), /ends in the middle/);
});

test('results may be named one by one; the same one counts once, another of its id gets a number', async (t) => {
  const [a, b] = [await reportsOf(t, RUN), await reportsOf(t, `${RUN} --seed 9`)];
  const out = join(await temporaryFolder(t), 'site');
  const { out: printed } = await publish(
    join(a, TLS),
    join(a, TLS, 'result.json'),
    a,
    join(b, TLS),
    '--out',
    out,
  );
  assert.match(printed, /^Site of 2 results/);
  assert.deepEqual((await readdir(join(out, 'results'))).sort(), [TLS, `${TLS}-2`]);
});

test('a site is written over by the next, and any other folder is left alone', async (t) => {
  const reports = await reportsOf(t, RUN, RUN);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  await writeFile(join(out, 'CNAME'), 'bench.example');
  // The site's own results may be what is published.
  await rm(join(out, 'results', TLS), { recursive: true });
  await publish(join(out, 'results'), '--out', out);
  assert.deepEqual(await readdir(join(out, 'results')), ['20250102T030406Z-tls']);
  assert.equal(await readFile(join(out, 'CNAME'), 'utf8'), 'bench.example');

  const other = await temporaryFolder(t);
  await mkdir(join(other, 'results'));
  const refused = await publish(reports, '--out', other);
  assert.equal(refused.code, 2);
  assert.match(
    refused.said.join(),
    /holds files that `publish` did not write: name an empty folder with --out/,
  );
  assert.deepEqual(await readdir(other), ['results']);
});

test('a folder without a result, and a path that is not there, are wrong use', async (t) => {
  const empty = await temporaryFolder(t);
  const out = join(empty, 'site');
  for (const path of [empty, join(empty, 'nowhere')]) {
    const { code, said } = await publish(path, '--out', out);
    assert.equal(code, 2);
    assert.match(said.join(), /There is no result (at|in) "/);
  }
});

const PRIVATE = /alice|chat\.acme|secret-place|Tell nobody/i;

/** Results of a configuration that tells whose it is. */
function telling() {
  return fakeServices({
    readEnvironment: async () => ({ ...makeResult([]).environment, kernel: '6.1-alices-laptop' }),
    watchMachine: async () => [
      { level: 'info', code: 'machine-busy', text: 'Work of alice in /home/alice/secret-place.' },
    ],
  });
}

test('--redact: neither pages nor data of a published site have what the stored result has', async (t) => {
  const reports = await temporaryFolder(t);
  const line = 'run -p tls --no-http --name alice --label branch=main --note Why.';
  await obey([...line.split(' '), '--reports', reports], telling());
  const stored = join(reports, '20250102T030405Z-alice');
  assert.match(await readFile(join(stored, 'result.json'), 'utf8'), PRIVATE);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  await publish(reports, '--out', out, '--redact');
  const files = await filesIn(out);
  assert.ok(files.includes(`results/${TLS}/report.html`) && files.some((name) => name.includes('/runs/')));
  for (const name of files) {
    assert.doesNotMatch(name, PRIVATE);
    assert.doesNotMatch(await readFile(join(out, name), 'utf8'), PRIVATE, name);
  }
  const { plan } = await readResult(join(out, 'results', TLS));
  assert.deepEqual([plan.labels, plan.note], [{ branch: 'main' }, 'Why.']);
});

test('--redact of a run: what is stored has none of it, and the folder neither', async (t) => {
  const reports = await temporaryFolder(t);
  const line = `run -p tls --no-http --name alice --redact --reports ${reports}`;
  const { code } = await obey(line.split(' '), telling());
  assert.equal(code, 0);
  const files = await filesIn(reports);
  assert.ok(files.includes(`${TLS}/runs/1-tls-throughput.json`), files.join());
  for (const name of files) {
    assert.doesNotMatch(name, PRIVATE);
    assert.doesNotMatch(await readFile(join(reports, name), 'utf8'), PRIVATE, name);
  }
});
