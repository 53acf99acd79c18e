import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readResult } from '../store/read.ts';
import { writeReport } from './report.ts';
import { fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

const ID = '20250102T030405Z-tls';

const report = (...argv: string[]) => obey(['report', ...argv], fakeServices());

/** Runs once and returns the folder of the result. */
async function stored(t: TestContext): Promise<string> {
  const reports = await temporaryFolder(t);
  assert.equal((await obey(['-p', 'tls', '--reports', reports], fakeServices())).code, 0);
  return join(reports, ID);
}

test('if report.html cannot be written, everything else is, and the exit code is 1', async (t) => {
  const folder = await stored(t);
  const whole = await report(folder, '--json');
  assert.equal(whole.code, 0);
  await rm(join(folder, 'report.html'));
  await mkdir(join(folder, 'report.html'));
  await rm(join(folder, '../index.html'));
  for (const name of await readdir(folder)) if (name.endsWith('.hgrm')) await rm(join(folder, name));
  const { code, out, said } = await report(folder, '--json', '--export', 'csv', '--export', 'junit');
  assert.equal(code, 1);
  assert.equal(said.length, 1);
  assert.match(
    said[0] ?? '',
    /report\.html" cannot be written: it is a folder\. Remove it, or choose another/,
  );
  assert.deepEqual(JSON.parse(out), { ...JSON.parse(whole.out), reportPath: null });
  const files = await readdir(folder);
  for (const name of ['slices.csv', 'junit.xml', '1-tls-throughput-service.hgrm'])
    assert.ok(files.includes(name), files.join());
  assert.match(await readFile(join(folder, '../index.html'), 'utf8'), /<title>/);
  const told = await report(folder);
  assert.match(told.out, /messages|throughput/);
  assert.doesNotMatch(told.out, /Report:/);
});

test('an export that cannot be written affects neither the other exports nor the summary', async (t) => {
  const place = await temporaryFolder(t);
  const folder = await stored(t);
  await mkdir(join(folder, 'junit.xml'));
  const { code, out, said } = await report(folder, '--export', 'junit', '--export', `csv=${place}/a.csv`);
  assert.deepEqual([code, said.length], [1, 1]);
  assert.match(said[0] ?? '', /junit\.xml" cannot be written: it is a folder/);
  assert.match(out, /\nReport: /);
  assert.match(await readFile(join(place, 'a.csv'), 'utf8'), /^run,/);
});

test('an export is checked before anything is written', async (t) => {
  const folder = await stored(t);
  const before = await readdir(folder);
  const { code, out, said } = await report(folder, '--export', `csv=${folder}/nowhere/a.csv`);
  assert.deepEqual([code, out, said.length, await readdir(folder)], [2, '', 1, before]);
});

test('an export to stdout is all that is printed there, and the report is named on stderr', async (t) => {
  const folder = await stored(t);
  const { code, out, said } = await report(folder, '--export', 'markdown=-');
  assert.equal(code, 0);
  assert.match(out, /^## WebSocket through Nginx: /);
  assert.deepEqual([out.endsWith('\n\n'), said], [false, [`Report: ${join(folder, 'report.html')}`]]);
});

test('a report that cannot be written has no path', async (t) => {
  const folder = await stored(t);
  const result = await readResult(folder);
  assert.equal(await writeReport(folder, result, assert.fail), join(folder, 'report.html'));
  await rm(join(folder, 'report.html'));
  await mkdir(join(folder, 'report.html'));
  const said: string[] = [];
  assert.equal(await writeReport(folder, result, (line) => said.push(line)), null);
  const exported = await report(folder, '--export', 'markdown=-');
  assert.deepEqual([exported.code, exported.said, said.length], [1, said, 1]);
});

test('if many files fail for the same reason, some are named and the others counted', async (t) => {
  const folder = await stored(t);
  const names = (await readdir(folder)).filter((name) => /\.(hgrm|html)$/.test(name));
  for (const name of names) {
    await rm(join(folder, name));
    await mkdir(join(folder, name));
  }
  const { code, said } = await report(folder);
  assert.equal(code, 1);
  assert.equal(said.length, 2);
  assert.match(said[0] ?? '', /report\.html" cannot be written: it is a folder/);
  const named = /^The same applies to ((?:[\w.-]+\.hgrm, ){3})(\d+) more\.$/.exec(said[1] ?? '');
  assert.equal(Number(named?.[2]), names.length - 1 - 3, said[1]);
  // The report is written first. Up to three others are named, and the names alone suffice.
  const [first, second, third] = names.filter((name) => name.endsWith('.hgrm')).sort();
  for (const some of [[first, second, third], [first], []]) {
    for (const name of names)
      if (name !== 'report.html' && !some.includes(name)) await rm(join(folder, name), { recursive: true });
    const { said: told } = await report(folder);
    const others = (told[1] ?? '')
      .replace(/^The same applies to |\.$/g, '')
      .split(', ')
      .sort();
    assert.deepEqual([told.length, others], some.length === 0 ? [1, ['']] : [2, some]);
  }
});

test("links in a result's folder cannot redirect any output", async (t) => {
  const folder = await stored(t);
  const victim = join(await temporaryFolder(t), 'victim');
  await writeFile(victim, 'untouched');
  for (const name of ['report.html', 'slices.csv', '1-tls-throughput-service.hgrm']) {
    await rm(join(folder, name), { force: true });
    await symlink(victim, join(folder, name));
  }
  assert.equal((await report(folder, '--export', 'csv')).code, 0);
  assert.equal(await readFile(victim, 'utf8'), 'untouched');
  assert.match(await readFile(join(folder, 'report.html'), 'utf8'), /^<!doctype html>/i);
});

test('a result that is cut off, damaged or missing is a usage error in every command that reads one', async (t) => {
  const folder = await stored(t);
  const cut = join(folder, '../cut');
  await cp(folder, cut, { recursive: true });
  const text = await readFile(join(cut, 'result.json'), 'utf8');
  await writeFile(join(cut, 'result.json'), text.slice(0, 500));
  for (const line of [
    ['report', cut],
    ['compare', cut, folder],
    ['publish', cut, '--out', `${cut}-site`],
  ]) {
    const { code, said } = await obey(line, fakeServices());
    assert.deepEqual([code, said.length], [2, 1], line.join(' '));
    assert.match(said[0] ?? '', /result\.json" is cut off after/);
  }
});
