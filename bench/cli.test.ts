import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
    ['--profile'],
    ['--profile', 'tsl'],
    ['--profile', '../tls'],
    ['--profil', 'tls', '--profile', 'tls'],
    ['--profile', 'tls', '--conections', '5'],
    ['--profile', 'tls', '-c', '10x'],
    ['--profile', 'tls', '-d', '10'],
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
    ['--conf', name],
    ['report', name],
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
