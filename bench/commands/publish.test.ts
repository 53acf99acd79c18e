import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeOpenFolder } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { readResult } from '../store/read.ts';
import { fakeServices, filesIn, obey, temporaryFolder } from './services.test.fixture.ts';

/** The results that `reportsOf` copies, each in a folder of its own; by command line, because each is made once. */
const originals = new Map<string, string>();
after(() =>
  Promise.all([...originals.values()].map((folder) => rm(folder, { recursive: true, force: true }))),
);

async function originalOf(line: string): Promise<string> {
  const made = originals.get(line);
  if (made !== undefined) return made;
  const folder = makeOpenFolder(join(tmpdir(), 'publish-test-'));
  originals.set(line, folder);
  const { code, said } = await obey([...line.split(' '), '--reports', folder], fakeServices());
  assert.equal(code, 0, said.join());
  await rm(join(folder, 'index.html'));
  return folder;
}

/** A folder with reports of these command lines, at a second each: that of `fakeServices`, and those after it. */
async function reportsOf(t: TestContext, ...lines: string[]): Promise<string> {
  const reports = await temporaryFolder(t);
  for (const [index, line] of lines.entries()) {
    const original = await originalOf(line);
    const second = String(5 + index).padStart(2, '0');
    for (const name of await filesIn(original)) {
      const path = join(reports, name.replace(/T030405Z/, `T0304${second}Z`));
      await mkdir(dirname(path), { recursive: true });
      const text = await readFile(join(original, name), 'utf8');
      await writeFile(
        path,
        text.replaceAll('T030405Z', `T0304${second}Z`).replaceAll('T03:04:05', `T03:04:${second}`),
      );
    }
  }
  return reports;
}

const publish = (...argv: string[]) => obey(['publish', ...argv], fakeServices());

const RUN = 'run -p tls --no-http';
const TLS = '20250102T030405Z-tls';

test('the site has all results of a folder, with the reports as they are stored', async (t) => {
  const reports = await reportsOf(t, RUN, 'compare plain tls --rounds 1');
  const out = join(await temporaryFolder(t), 'deep/site');
  // A report that differs from what this version would draw.
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
  assert.match(index, /Too few rounds to compare tls with plain/);
  for (const file of files.filter((name) => /^series.*html$/.test(name)))
    assert.ok(index.includes(`href="${file}"`), file);
});

test('a missing report is drawn; an unreadable result is skipped with a message, unless it was named', async (t) => {
  const reports = await reportsOf(t, RUN, RUN, RUN);
  const [first = '', second = '', third = ''] = (await readdir(reports)).filter(
    (name) => name !== 'index.html',
  );
  const page = await readFile(join(reports, first, 'report.html'), 'utf8');
  await rm(join(reports, first, 'report.html'));
  await writeFile(join(reports, second, 'result.json'), '{');
  // The index can be read, but the runs from which a report would be drawn are missing.
  await rm(join(reports, third, 'report.html'));
  await rm(join(reports, third, 'runs'), { recursive: true });
  await mkdir(join(reports, 'something else'));
  const out = join(await temporaryFolder(t), 'site');
  const { code, said } = await publish(reports, '--out', out);
  assert.equal(code, 0);
  assert.equal(said.length, 2);
  assert.match(said.join('\n'), /Skipped: "[^"]*result\.json" is cut off after/);
  assert.match(said.join('\n'), /Skipped: "[^"]*runs[^"]*" is missing/);
  assert.equal(await readFile(join(out, 'results', first, 'report.html'), 'utf8'), page);
  const named = await publish(join(reports, second), '--out', out);
  assert.equal(named.code, 2);
  assert.match(named.said.join(), /is cut off after/);
});

test('results may be named one by one; duplicates count once, and others with the same id get a number', async (t) => {
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

test('a site is overwritten by the next one, and any other folder is left alone', async (t) => {
  const reports = await reportsOf(t, RUN, RUN);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  await writeFile(join(out, 'CNAME'), 'bench.example');
  // A site can be published from its own results.
  await rm(join(out, 'results', TLS), { recursive: true });
  await publish(out, '--out', out);
  assert.deepEqual(await readdir(join(out, 'results')), ['20250102T030406Z-tls']);
  assert.equal(await readFile(join(out, 'CNAME'), 'utf8'), 'bench.example');
  const copy = join(await temporaryFolder(t), 'copy');
  assert.match((await publish(join(out, 'results'), '--out', copy)).out, /^Site of 1 result:/);

  for (const name of ['results', 'letter.txt', '.hidden']) {
    const other = await temporaryFolder(t);
    await mkdir(join(other, name));
    const refused = await publish(reports, '--out', other);
    assert.equal(refused.code, 2);
    assert.match(
      refused.said.join(),
      /contains files that `publish` did not write\. Name an empty folder with --out/,
    );
    assert.deepEqual(await readdir(other), [name]);
  }
  const page = await temporaryFolder(t);
  await writeFile(join(page, 'index.html'), '<title>Of somebody else</title>');
  assert.equal((await publish(reports, '--out', page)).code, 2);
  assert.deepEqual(await readdir(page), ['index.html']);
  for (const path of ['/', join(out, 'CNAME'), '/proc/site']) {
    const refused = await publish(reports, '--out', path);
    assert.equal(refused.code, 2, path);
    assert.match(refused.said.join(), /Name an(other| empty) folder with --out/);
  }
});

test('a folder without results, or a missing path, is a usage error', async (t) => {
  const empty = await temporaryFolder(t);
  const out = join(empty, 'site');
  for (const path of [empty, join(empty, 'nowhere')]) {
    const { code, said } = await publish(path, '--out', out);
    assert.equal(code, 2);
    assert.match(said.join(), /(There is no result at|No results found in) "/);
  }
});

/** Returns the text of every file of a site. */
async function contentsOf(site: string): Promise<Map<string, string>> {
  const files = await filesIn(site);
  return new Map(
    await Promise.all(
      files.map(async (name) => [name, await readFile(join(site, name), 'utf8')] as [string, string]),
    ),
  );
}

test('pipes and links in a result are neither waited for nor copied', async (t) => {
  const folder = await temporaryFolder(t);
  const secret = join(folder, 'secret');
  await writeFile(secret, 'a secret');
  const plants: ((path: string) => unknown)[] = [
    (path) => execFileSync('mkfifo', [path]),
    (path) => symlink(secret, path),
    (path) => symlink('/dev/zero', path),
  ];
  for (const plant of plants) {
    const reports = await reportsOf(t, RUN, RUN, RUN);
    const [first = '', second = '', third = ''] = (await readdir(reports)).filter((name) => /tls/.test(name));
    const [run = ''] = await readdir(join(reports, second, 'runs'));
    for (const path of [join(first, 'report.html'), join(second, 'runs', run)]) {
      await rm(join(reports, path));
      await plant(join(reports, path));
    }
    // A symbolic link to a result's folder is not found as a result.
    await rename(join(reports, third), join(folder, third));
    await symlink(join(folder, third), join(reports, third));
    const out = join(await temporaryFolder(t), 'site');
    const none = await publish(reports, '--out', out);
    assert.equal(none.code, 2);
    assert.deepEqual(
      none.said.map((line) => /^Skipped: .*(not a regular file|a symbolic link)/.test(line)),
      [true, true, false],
      none.said.join('\n'),
    );
    assert.match(none.said.at(-1) ?? '', /^No results found in /);
    assert.deepEqual(await readdir(dirname(out)), [], 'nothing is left of a site of nothing');
    await rm(join(reports, third));
    await rename(join(folder, third), join(reports, third));
    const some = await publish(reports, '--out', out);
    assert.equal(some.code, 0);
    assert.deepEqual(await readdir(join(out, 'results')), [third]);
    for (const text of (await contentsOf(out)).values()) assert.doesNotMatch(text, /a secret/);
  }
});

/** Runs a command line in a separate process, for effects that cannot be observed within this one. */
function cli(argv: readonly string[], before = ''): ChildProcess {
  const script = fileURLToPath(new URL('../cli.js', import.meta.url));
  const command = `${before} exec "$0" "$@"`;
  return spawn('/bin/sh', ['-c', command, process.execPath, script, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** @returns the exit code and the text on stderr */
async function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = await once(child, 'close');
  return { code, said: Buffer.concat(said).toString() };
}

test('a full disk makes publishing fail, and the old site remains', {
  timeout: 600_000,
}, async (t) => {
  const reports = await reportsOf(t, RUN);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  const before = await contentsOf(out);
  const more = await reportsOf(t, RUN, 'compare plain tls --rounds 1');
  // With the largest of the limits below, all files can be written except for this one.
  const [run = ''] = await readdir(join(more, TLS, 'runs'));
  await appendFile(join(more, TLS, 'runs', run), ' '.repeat(2 ** 23));
  // The limits count blocks of 512 bytes, or of 1024 bytes in some shells.
  for (const blocks of [1, 200, 4000]) {
    const { code, said } = await ended(cli(['publish', more, '--out', out], `ulimit -f ${blocks};`));
    assert.equal(code, 1, said);
    assert.match(said, /cannot be written: the file would exceed the size limit\. /);
    if (blocks === 4000) assert.ok(said.includes(run), said);
    assert.doesNotMatch(said, /defect/);
    assert.deepEqual(await contentsOf(out), before);
    assert.deepEqual(
      (await readdir(out)).filter((name) => name.startsWith('.')),
      [],
    );
  }
});

/** Publishes, and sends a signal as soon as the draft contains a file. */
async function interrupted(reports: string, out: string, signal: NodeJS.Signals) {
  const child = cli(['publish', reports, '--out', out]);
  const end = ended(child);
  const isWriting = async () =>
    (await filesIn(out).catch(() => [])).some((name) => /draft\/results/.test(name));
  while (child.exitCode === null && !(await isWriting())) await setTimeout(2);
  child.kill(signal);
  return end;
}

test('if publishing is killed, the old site remains, and the next publication cleans up', {
  timeout: 600_000,
}, async (t) => {
  const reports = await reportsOf(t, ...Array.from({ length: 40 }, () => RUN));
  const out = join(await temporaryFolder(t), 'site');
  for (const [signal, expected] of [
    ['SIGKILL', null],
    ['SIGINT', 130],
  ] as const) {
    const { code, said } = await interrupted(reports, out, signal);
    assert.equal(code, expected, said);
    const left = await readdir(out).catch(() => null);
    if (signal === 'SIGINT') {
      assert.equal(left, null);
      assert.match(said, /Interrupted before the site was published/);
    } else
      assert.deepEqual(
        left?.map((name) => name.slice(0, 23)),
        ['.nginx-ws-bench-publish'],
      );
    assert.equal((await publish(join(reports, TLS), '--out', out)).code, 0);
    const before = await contentsOf(out);
    await interrupted(reports, out, signal);
    const after = await contentsOf(out);
    for (const [name, text] of before) assert.equal(after.get(name), text, name);
    assert.equal((await publish(join(reports, TLS), '--out', out)).code, 0);
    assert.deepEqual(await contentsOf(out), before);
    await rm(out, { recursive: true });
  }
});

test('a publication that was killed while replacing the old site is completed by the next one', async (t) => {
  const reports = await reportsOf(t, RUN, RUN);
  const out = join(await temporaryFolder(t), 'site');
  const reference = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', reference);
  const whole = await contentsOf(reference);
  /** A process that has already ended. */
  const child = cli(['--version']);
  await ended(child);
  const order = ['results', 'series', 'claims.html', 'feed.xml', 'index.html'];
  for (const installed of [0, 1, 2, 4]) {
    await publish(join(reports, TLS), '--out', out);
    const work = join(out, `.nginx-ws-bench-publish-${child.pid}-abcdef`);
    await cp(reference, join(work, 'complete'), { recursive: true });
    await mkdir(join(work, 'old'));
    for (const name of order.slice(0, installed)) {
      await rename(join(out, name), join(work, 'old', name));
      await rename(join(work, 'complete', name), join(out, name));
    }
    // The interrupted publication is completed first, even by an invocation that fails afterwards.
    assert.equal((await publish(join(out, 'nowhere'), '--out', out)).code, 2);
    assert.deepEqual(await contentsOf(out), whole);
    await rm(out, { recursive: true });
  }
});

test('folders that only look like remains of a publication are left alone', async (t) => {
  const reports = await reportsOf(t, RUN);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  const name = '.nginx-ws-bench-publish-';
  const elsewhere = await temporaryFolder(t);
  await writeFile(join(elsewhere, 'letter'), 'mine');
  const child = cli(['--version']);
  await ended(child);
  await mkdir(join(out, `${name}${child.pid}-abcdef`));
  await symlink(elsewhere, join(out, `${name}${child.pid}-abcdef`, 'complete'));
  await symlink(elsewhere, join(out, `${name}${child.pid}-ghijkl`));
  await mkdir(join(out, `${name}mine`));
  await mkdir(join(out, `${name}${child.pid}-mnopqr`));
  await writeFile(join(out, `${name}${child.pid}-mnopqr`, 'letter'), 'mine');
  // Only root can give a folder to another user.
  if (process.geteuid?.() === 0) {
    const theirs = join(out, `${name}${child.pid}-stuvwx`);
    await mkdir(join(theirs, 'draft'), { recursive: true });
    await chown(theirs, 65_534, 65_534);
  }
  const before = await readdir(out);
  assert.equal((await publish(reports, '--out', out)).code, 0);
  assert.deepEqual(await readdir(out), before);
  assert.deepEqual(await readdir(elsewhere), ['letter']);
  // While another publication is still running, publishing fails.
  await mkdir(join(out, `${name}${process.ppid}-abcdef`));
  const { code, said } = await publish(reports, '--out', out);
  assert.equal(code, 1);
  assert.match(said.join(), /^Another `publish` command \(process \d+\) is writing to ".*site"\. /);
});

test('an unreadable result in the site itself is kept, unless the site is redacted', async (t) => {
  const reports = await reportsOf(t, RUN, RUN, RUN);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  const [first = '', second = ''] = await readdir(join(out, 'results'));
  // This index cannot be read, as if a newer version had written it. From any other folder, such a result is skipped.
  for (const folder of [reports, join(out, 'results')])
    await writeFile(join(folder, second, 'result.json'), '{}');
  await rm(join(out, 'results', first), { recursive: true });
  const again = await publish(join(out, 'results'), '--out', out);
  assert.deepEqual([again.code, again.said.length], [0, 1]);
  assert.equal((await readdir(join(out, 'results'))).length, 2);
  assert.equal(await readFile(join(out, 'results', second, 'result.json'), 'utf8'), '{}');
  assert.ok((await readdir(join(out, 'results', second))).includes('report.html'));
  const hidden = await publish(join(out, 'results'), '--out', out, '--redact');
  assert.equal(hidden.code, 2);
  assert.match(hidden.said.at(-1) ?? '', /is part of the site and cannot be redacted\. /);
  assert.equal((await publish(reports, '--out', out)).code, 0);
  assert.equal((await readdir(join(out, 'results'))).includes(second), false);
});

const PRIVATE = /alice|chat\.acme|secret-place|Tell nobody/i;

/** Services whose results contain names of their owner. */
function telling() {
  return fakeServices({
    readEnvironment: async () => ({ ...makeResult([]).environment, kernel: '6.1-alices-laptop' }),
    watchMachine: async () => [
      { level: 'info', code: 'machine-busy', data: {}, text: 'Work of alice in /home/alice/secret-place.' },
    ],
  });
}

test('--redact: neither pages nor data of the site contain private words of the stored result', async (t) => {
  const reports = await temporaryFolder(t);
  const line = 'run -p tls --no-http --name alice --label branch=main --note Why.';
  await obey([...line.split(' '), '--reports', reports], telling());
  const stored = join(reports, '20250102T030405Z-alice');
  assert.match(await readFile(join(stored, 'result.json'), 'utf8'), PRIVATE);
  const out = join(await temporaryFolder(t), 'site');
  await publish(reports, '--out', out);
  // A file that somebody put next to a result's runs is not part of the result.
  await mkdir(join(out, 'results', TLS, 'runs'), { recursive: true });
  await writeFile(join(out, 'results', TLS, 'runs/alice.json'), 'alice');
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

test('--redact of a run: neither the stored result nor its folder name contains private words', async (t) => {
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
