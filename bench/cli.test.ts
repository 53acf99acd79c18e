import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeOpenFolder } from '../test/folder.ts';

const CLI = fileURLToPath(new URL('./cli.js', import.meta.url));

interface Ended {
  code: number;
  out: string;
  err: string;
}

async function cli(...argv: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, out, err };
}

test('wrong use: exit code 2, one line on stderr, nothing on stdout', async () => {
  const wrong = [
    ['tls'],
    ['--profile', '../tls'],
    ['--profile', 'tls', '--in-flight', '1', '--threshold', 'response.p99<5ms'],
    ['report'],
  ];
  for (const [index, ended] of (await Promise.all(wrong.map((argv) => cli(...argv)))).entries()) {
    const line = wrong[index]?.join(' ');
    assert.equal(ended.code, 2, `${line}: ${ended.err}`);
    assert.equal(ended.out, '', line);
    assert.match(ended.err, /^[^\n]{20,}\n$/, line);
    assert.doesNotMatch(ended.err, /defect|\bat \//, line);
  }
});

test('no control character of a name reaches the terminal', async () => {
  const name = 'no\u001b[31m\u009b2J\u0007\rsuch';
  for (const argv of [
    ['--profile', name],
    ['check', name],
  ]) {
    const { err, code } = await cli(...argv);
    assert.equal(code, 2, err);
    assert.match(err, /such/);
    assert.doesNotMatch(err.replaceAll('\n', ''), /\p{Cc}/u);
  }
});

test('a profile with a slip in it is told the nearest name', async () => {
  assert.match((await cli('--profile', 'tsl')).err, /Did you mean "?tls"?\?/);
});

test('help, version and profiles go to stdout and end with 0', async () => {
  const [help, version, profiles, manifest] = await Promise.all([
    cli('--help'),
    cli('--version'),
    cli('profiles'),
    readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  ]);
  assert.deepEqual([help.code, help.err, version.code, profiles.code, profiles.err], [0, '', 0, 0, '']);
  assert.match(help.out, /^ +-c, --connections N /m);
  assert.equal(version.out, `${JSON.parse(manifest).version}\n`);
  for (const name of ['direct', 'plain', 'tls', 'http2', 'cache', 'load-balanced']) {
    assert.match(profiles.out, new RegExp(`^${name} +\\S`, 'm'));
  }
});

test('a reader that stops reading is no crash', async () => {
  const child = spawn(process.execPath, [CLI, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([code, err], [0, '']);
});

test('a full disk behind stdout is said, and is no success', async () => {
  const full = await open('/dev/full', 'w');
  const child = spawn(process.execPath, [CLI, '--help'], { stdio: ['ignore', full.fd, 'pipe'] });
  const [err, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
  await full.close();
  assert.equal(code, 1);
  assert.match(err, /^The output could not be written: [^\n]*ENOSPC[^\n]*\n$/);
});

test('a terminal that is closed ends a run as an interruption: result kept, report drawn', async (t) => {
  const folder = makeOpenFolder(join(tmpdir(), 'cli-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const line = `exec "${process.execPath}" "${CLI}" --profile direct -c 5 -w 0ms -d 60s --steps throughput --no-config --reports "${folder}"`;
  // `script` gives the command a terminal of its own; where it is killed, the terminal is gone.
  const terminal = spawn('script', ['-qec', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TERM: 'xterm', TMPDIR: folder },
  });
  t.after(() => terminal.kill('SIGKILL'));
  let drawn = '';
  for await (const chunk of terminal.stdout) {
    drawn += chunk;
    if (/steady/.test(drawn)) break;
  }
  terminal.kill('SIGKILL');
  const [name = ''] = (await readdir(folder)).filter((each) => each.includes('direct'));
  let index = JSON.parse(await readFile(join(folder, name, 'result.json'), 'utf8'));
  for (let left = 300; left > 0 && index.endedAt === null; left -= 1) {
    await sleep(100);
    index = JSON.parse(await readFile(join(folder, name, 'result.json'), 'utf8'));
  }
  assert.notEqual(index.endedAt, null);
  assert.deepEqual(
    index.runs.map(({ outcome }: { outcome: { state: string } }) => outcome.state),
    ['aborted'],
  );
  for (let left = 300; left > 0 && !(await readdir(folder)).includes('index.html'); left -= 1)
    await sleep(100);
  assert.ok((await readdir(join(folder, name))).includes('report.html'));
});
