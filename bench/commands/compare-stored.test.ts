import assert from 'node:assert/strict';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readResult } from '../store/read.ts';
import { fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

const VERSION_1 = fileURLToPath(new URL('../../../test/fixtures/result-version-1.json', import.meta.url));

/** Runs these command lines with generated runs, and returns the folders of all results. */
async function measured(reports: string, ...lines: string[]): Promise<string[]> {
  for (const line of lines) await obey([...line.split(' '), '--reports', reports], fakeServices());
  return (await readdir(reports)).filter((name) => name !== 'index.html').map((name) => join(reports, name));
}

test('comparing two stored results makes a new one that can be drawn without them', async (t) => {
  const reports = await temporaryFolder(t);
  const [a = '', b = ''] = await measured(
    reports,
    'compare plain tls --rounds 2 -R 5k --name a',
    'compare plain direct --rounds 3 -R 5k -c 2000 --name b',
  );
  const markdown = join(reports, 'stored.md');
  const line = ['compare', a, join(b, 'result.json'), '--reports', reports, '--name', 'both'];
  const { code, out } = await obey([...line, '--markdown', markdown], fakeServices());
  assert.equal(code, 0, out);
  assert.match(
    out,
    /^Too few runs to compare plain \(B\) with plain \(A\) in Nginx CPU per message \(2 and 3\)/,
  );
  assert.match(out, /\nA is \S+-a \(2025-01-02\), B is \S+-b \(2025-01-02\)\. Their runs are not paired/);
  assert.match(out, /\nAlso different: throughput: connections: 1000 in A, 2000 in B\.\n/);
  assert.match(out, /\ntls is only in A\.\ndirect is only in B\.\n/);
  const folder = join(reports, '20250102T030405Z-both');
  const { runs, variants, conclusions } = await readResult(folder);
  assert.deepEqual(
    variants.map(({ name }) => name),
    ['plain (A)', 'plain (B)'],
  );
  assert.equal(runs.length, 2 * (2 + 3));
  assert.equal(conclusions.length, 1);
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  assert.match(page, /Also different/);
  assert.match(page, /Run by run/);
  assert.match(await readFile(markdown, 'utf8'), /^## plain \\?\(B\\?\) compared with plain \\?\(A\\?\)\n/);
  assert.equal((await obey(['report', folder], fakeServices())).out, out);
});

test('--json has the format of a comparison, and names the two results', async (t) => {
  const reports = await temporaryFolder(t);
  const [a = ''] = await measured(reports, 'compare plain tls --rounds 2 -R 5k');
  const line = ['compare', a, a, '--json', '--reports', reports, '--name', 'same'];
  const { code, out, said } = await obey(line, fakeServices());
  assert.equal(code, 0);
  const { notices } = await readResult(join(reports, '20250102T030405Z-same'));
  assert.deepEqual(
    notices.map((notice) => notice.code),
    ['compared-with-itself'],
  );
  assert.deepEqual(
    said,
    notices.map(({ text }) => text),
  );
  const summary = JSON.parse(out);
  assert.deepEqual([summary.baseline, summary.rounds], ['plain (A)', { asked: null, used: 2 }]);
  assert.deepEqual(
    summary.comparisons.map(({ baseline, variant, verdict }: Record<string, string>) => [
      baseline,
      variant,
      verdict,
    ]),
    [
      ['plain (A)', 'plain (B)', 'too few rounds'],
      ['tls (A)', 'tls (B)', 'too few rounds'],
    ],
  );
  assert.deepEqual([summary.stored.differences, summary.runs.length], [[], 16]);
});

test('a result of schema version 1 can be compared like any other', async (t) => {
  const reports = await temporaryFolder(t);
  const old = join(reports, 'old.json');
  await cp(VERSION_1, old);
  const { code, out } = await obey(['compare', old, old, '--reports', reports], fakeServices());
  assert.equal(code, 0, out);
  assert.match(out, /Too few runs to compare .* \(B\) with .* \(A\)/);
  assert.match(out, /With one run per step, the variation between runs is unknown/);
});

test('anything other than a pair of stored results is rejected with a sentence', async (t) => {
  const reports = await temporaryFolder(t);
  const [a = ''] = await measured(reports, 'compare plain tls --rounds 1 -R 5k');
  const refused = async (...line: string[]) => {
    const { code, said } = await obey(['compare', ...line], fakeServices());
    return `${code} ${said.join()}`;
  };
  assert.match(await refused(a, 'tls'), /^2 .*"tls" is not a stored result/);
  assert.match(await refused(a, a, '--conf', 'x.conf'), /^2 .*"--conf" is not a stored result/);
  assert.match(await refused(a), /^2 `compare` takes two stored results/);
  assert.match(await refused(a, a, a), /^2 `compare` takes two stored results/);
  assert.match(await refused(a, a, '--rounds', '3'), /^2 --rounds only applies to runs/);
  assert.match(await refused(a, `${a}-not`), /^2 There is no result at /);
});
