import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { workerUser } from '../topology/worker-user.ts';
import { BINARY, SITE, type Source, simulate } from './driver.test.fixture.ts';
import { REJECTED_BY_NGINX } from './start.ts';
import { UNKNOWN_DIRECTIVE } from './targets.ts';

const codes = (notices: readonly { code: string }[]) => notices.map(({ code }) => code);

test('an unknown directive is removed, unless it is misspelt or the WebSockets depend on it', async (t) => {
  const at = (directive: string, place: string) =>
    `nginx: [emerg] unknown directive "${directive}" in ${place}`;
  const foreign = SITE.replace('listen 80;', 'listen 80;\nfrobnicate on;');
  const checks: string[] = [];
  const removing = await simulate(t, foreign, {}, checks);
  checks.push(at('frobnicate', `${removing.path}:2`));
  const { proxy } = await removing.start();
  assert.deepEqual(codes(proxy?.notices ?? []), ['sandbox-other-modules']);
  assert.doesNotMatch(await removing.conf(), /frobnicate/);
  assert.doesNotMatch(proxy?.facts.configuration ?? '', /frobnicate/);
  assert.match(proxy?.facts.given ?? '', /frobnicate/);
  const vital = SITE.replace('/ws {', '/ws {\nfrobnicate on;');
  const needing = await simulate(t, vital, {}, checks);
  checks.push(at('frobnicate', `${needing.path}:3`));
  await assert.rejects(needing.start(), { kind: 'configuration' });
  assert.equal(needing.told.length, 1);
});

test('secrets are masked in what Nginx says about a configuration', async (t) => {
  const checks = ['nginx: [emerg] invalid value "opensesame"'];
  const { start } = await simulate(t, SITE, {}, checks);
  await assert.rejects(start(), { kind: 'configuration', message: /invalid value "\*\*\*"/ });
});

test('a misspelt directive is an error that names the one that was meant', async (t) => {
  const at = (line: string, checks: string[] = []) =>
    simulate(t, SITE.replace('listen 80;', `listen 80;\n${line}`), {}, checks);
  const failure = async (made: Awaited<ReturnType<typeof at>>, words: string) => {
    const path = join(made.folder, 'words');
    await writeFile(path, `\0${words}\0`);
    const error = await made.start({}, { ...BINARY, path }).catch((each: unknown) => each);
    assert.ok(error instanceof Problem, String(error));
    assert.ok(error.message.includes(`${made.path}:2`), error.message);
    return [error.code, /Did you mean "(\w+)"/.exec(error.message)?.[1] ?? null];
  };
  const foreign = await at('proxi_upstream 10.0.0.1;');
  assert.deepEqual(await failure(foreign, 'proxy_upstream'), [REJECTED_BY_NGINX, 'proxy_upstream']);
  assert.deepEqual(await failure(foreign, 'other'), [UNKNOWN_DIRECTIVE, null]);
  const checks: string[] = [];
  const harmless = await at('proxi_buffering off;', checks);
  checks.push(`nginx: [emerg] unknown directive "proxi_buffering" in ${harmless.path}:2`);
  assert.deepEqual(await failure(harmless, 'proxy_buffering'), [REJECTED_BY_NGINX, 'proxy_buffering']);
});

test('without an unsupported upstream, what passes requests to it would leave the sandbox', async (t) => {
  const checks: string[] = [];
  const text = SITE.replace('http {', 'http { upstream other { server a; }').replace(
    '/x { proxy_pass http://app;',
    '/x {\nproxy_pass http://other;\n',
  );
  const { path, start } = await simulate(t, text, {}, checks);
  checks.push(`nginx: [emerg] unknown directive "upstream" in ${path}:1`);
  await assert.rejects(start(), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, null);
    assert.ok(error.message.startsWith(`"proxy_pass" at ${path}:4 `), error.message);
    return true;
  });
});

test('a check that fails for another reason is not repeated', async (t) => {
  const failure = async (text: string, complaint: (path: string) => string) => {
    const checks: string[] = [];
    const { path, start, told } = await simulate(t, text, {}, checks);
    checks.push(complaint(path));
    const error = await start().catch((each: unknown) => each);
    assert.ok(error instanceof Problem, String(error));
    assert.equal(told.length, 1);
    return [error.kind, error.code, /--env-file/.test(error.message)];
  };
  const template = SITE.replace('listen 80;', 'listen 80;\nadd_header A $UPPER_CASE;');
  const invalid = (path: string) => `nginx: [emerg] invalid value in ${path}:2`;
  assert.deepEqual(
    [await failure(SITE, () => 'killed'), await failure(SITE, invalid), await failure(template, invalid)],
    [
      ['died', null, false],
      ['configuration', REJECTED_BY_NGINX, false],
      ['configuration', REJECTED_BY_NGINX, true],
    ],
  );
});

test('workers have a user of their own only if Nginx starts as root', async (t) => {
  const userFor = async (id: number) => {
    const { start, conf } = await simulate(t, SITE);
    t.mock.method(process as { getuid(): number }, 'getuid', () => id);
    await start();
    const user = workerUser();
    const [, written] = /^user (.*);$/m.exec((await conf()).replace(/ +/g, ' ')) ?? [];
    return [written, user === null ? 'root root' : `${user.name} ${user.group}`];
  };
  const [written, expected] = await userFor(0);
  assert.equal(written, expected);
  assert.equal((await userFor(1000))[0], undefined);
});

test('a certificate has the wanted key, and is for the name and every address', async (t) => {
  const tls = SITE.replace('listen 80;', 'listen 443 ssl;');
  const certificate = async (changes: Partial<Source>, host?: string) => {
    const { start } = await simulate(t, tls, changes);
    const target = await start(host === undefined ? {} : { host });
    const read = new X509Certificate(target.tls?.ca ?? '');
    return [
      read.publicKey.asymmetricKeyType,
      ...['127.0.0.1', '127.0.0.2'].map((address) => read.checkIP(address) !== undefined),
      read.checkHost('app.example.org') !== undefined,
    ];
  };
  assert.deepEqual(await certificate({ key: 'rsa' }), ['ec', true, false, true]);
  assert.deepEqual(await certificate({ key: 'rsa', options: null }, '127.0.0.2'), ['rsa', true, true, true]);
  const mixed = await simulate(t, `${SITE.slice(0, -1)} server { listen 443 ssl; return 404; } }`);
  assert.equal((await mixed.start()).tls, null);
});
