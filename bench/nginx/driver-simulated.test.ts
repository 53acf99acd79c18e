import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../topology/ports.ts';
import type { NginxBinary } from './binary.ts';
import { BINARY, OPTIONS, PID, PROXY, SITE, type Source, simulate, UP } from './driver.test.fixture.ts';
import { PAGE_PATH } from './page.ts';

test('a user’s configuration becomes a target, with the facts for a report', async (t) => {
  const { folder, start, told, conf } = await simulate(t, SITE);
  const target = await start();
  const { proxy, ports, ...rest } = target;
  assert.deepEqual(rest, {
    ...{ host: '127.0.0.1', tls: null, http2: false, path: '/ws' },
    request: { host: 'app.example.org', headers: OPTIONS.headers },
    page: { path: '/x', shown: '/x', cached: false },
  });
  assert.match(await conf(), new RegExp(`listen 127\\.0\\.0\\.1:${ports[0]} backlog=64;`));
  assert.deepEqual(told, [
    ['nginx -t', 'proxy', '/nginx', null],
    ['nginx', 'proxy', '/nginx', [2]],
  ]);
  const { facts, folderPath, notices } = proxy ?? assert.fail();
  const { given, configuration, ...others } = facts;
  assert.deepEqual(others, {
    ...{ binary: '/nginx', origin: 'nginx 1.28.0-1', version: '1.28.0', openssl: 'OpenSSL 3.0.1' },
    ...{ buildArguments: '--a', upgrade: null },
  });
  assert.match(given ?? '', /listen 80;/);
  assert.match(configuration ?? '', /listen 127\.0\.0\.1:\d+ backlog=64;/);
  assert.deepEqual([folderPath, notices], [null, []]);
  assert.deepEqual(await proxy?.processes(), [
    { component: 'proxy', role: 'master', name: 'nginx master', pid: PID },
  ]);
  const [failure] = proxy?.explain([{ failures: { 'upgrade/status-502': 1 } }]) ?? [];
  assert.deepEqual(failure?.data, { count: 1, kind: 'status-502', line: 'site.conf:2' });
  await writeFile(join(folder, 'error.log'), 'x [error] 1#1: opensesame\n');
  assert.deepEqual(await proxy?.readErrorLog(), ['x [error] 1#1: ***']);
  const kill = t.mock.method(process, 'kill', () => true);
  proxy?.reload();
  assert.deepEqual(kill.mock.calls[0]?.arguments, [PID, 'SIGHUP']);
  await assert.rejects(proxy?.upgrade(new AbortController().signal) ?? Promise.resolve(), TypeError);
});

test('a target may have a page in a cache, none, one to serve, and an address of its own', async (t) => {
  const cached = await simulate(
    t,
    SITE.replace('/x {', '/x/ { add_header A $upstream_cache_status; proxy_cache c;'),
  );
  assert.deepEqual((await cached.start()).page, { path: '/x/page', shown: '/x/page', cached: true });
  const [port = 0] = await freePorts('127.0.0.1', 1);
  const bare = await simulate(
    t,
    `http { server { listen 80; location /ws { proxy_pass http://app; ${UP} } } }`,
    {
      options: { ...OPTIONS, host: 'b.example.org', websocketPath: '/ws/a?key=opensesame', headers: [] },
    },
  );
  const { page, ports, path, request, proxy } = await bare.start({ pageFolder: '/page', port });
  assert.deepEqual(
    [page, ports, path, request, proxy?.folderPath],
    [null, [port], '/ws/a?key=opensesame', { host: 'b.example.org', headers: [] }, PAGE_PATH],
  );
  assert.match(await bare.conf(), /alias\s+\/page\/;/);
});

test('a configuration with TLS has a certificate for its name; without a name, for localhost', async (t) => {
  const tls = SITE.replace('listen 80', 'listen 443 ssl http2');
  const { conf, start, prepared } = await simulate(t, tls);
  const target = await start();
  assert.deepEqual(
    [target.http2, target.tls?.servername, prepared.clientTls, prepared.upstreamTls],
    [true, 'app.example.org', true, false],
  );
  assert.match(target.tls?.ca ?? '', /^-----BEGIN CERTIFICATE-----/);
  const [, path = ''] = /ssl_certificate (\S+);/.exec((await conf()).replace(/ +/g, ' ')) ?? [];
  assert.equal(target.tls?.ca, await readFile(path, 'utf8'));
  const nameless = await simulate(t, SITE.replace('server_name app.example.org;', ''));
  assert.equal((await nameless.start()).request?.host, 'localhost');
});

test('a profile runs unchanged or not at all, and its failures are not explained', async (t) => {
  const profile = { options: null, upstreamTls: true };
  const accepted = await simulate(t, SITE.replace('listen 80;', 'listen 80; deny all;'), profile);
  assert.equal(accepted.prepared.upstreamTls, true);
  const { proxy, request } = await accepted.start({}, BINARY, null);
  assert.deepEqual(accepted.told.at(-1), ['nginx', 'proxy', '/nginx', null]);
  assert.match(await accepted.conf(), /deny all;/);
  assert.deepEqual(request, { host: 'app.example.org', headers: [] });
  assert.deepEqual(proxy?.explain([{ failures: { 'upgrade/status-502': 1 } }]), []);
  const foreign = SITE.replace('listen 80;', 'listen 80;\nfrobnicate on;');
  const checks: string[] = [];
  const rejected = await simulate(t, foreign, profile, checks);
  checks.push(`nginx: [emerg] unknown directive "frobnicate" in ${rejected.path}:2`);
  await assert.rejects(rejected.start(), { kind: 'configuration', code: 'rejected-by-nginx' });
  assert.equal(rejected.told.length, 1);
});

test('a check assumes echo servers with sockets and certificates, and a name server if it needs one', async (t) => {
  const text = SITE.replace(
    'http {',
    'http { upstream app { zone a 1m; server unix:/a; server b; } proxy_ssl_trusted_certificate /ca.pem;',
  );
  const tunings = [
    { name: 't', text: 'http { upstream app { server unix:/a; server b:1 resolve; } resolver c; }' },
  ];
  const { folder, prepared } = await simulate(t, text, { tunings, options: null, upstreamTls: true });
  // It rejects the configuration, and its message is the configuration.
  const path = join(folder, 'nginx');
  await writeFile(path, '#!/bin/sh\ntr "\\n" " " < "$5" >&2\nexit 1\n', { mode: 0o755 });
  const ears = { say: () => {}, urgent: new AbortController().signal };
  await assert.rejects(prepared.check(PROXY, { ...BINARY, path }, 2, ears), (error) => {
    const words = String(error).replace(/ +/g, ' ');
    const [, work] = /proxy_ssl_trusted_certificate (\S+)\/upstream\//.exec(words) ?? [];
    assert.ok(words.includes(`server unix:${work}/echo-1.sock; server backend.test:2 resolve;`), words);
    assert.match(words, /resolver 127\.0\.0\.1:53;/);
    return true;
  });
  const accepting = { ...BINARY, path: '/bin/true' };
  await prepared.check(PROXY, accepting, 2, ears);
});

test('what a binary lacks for a configuration is known before it starts', async (t) => {
  const lack = async (text: string, changes: Partial<Source> = {}, binary: Partial<NginxBinary> = {}) => {
    const { prepared } = await simulate(t, text, changes);
    return prepared.lackIn({ ...BINARY, ...binary }) !== null;
  };
  const stream = 'stream { upstream u { server a:1; } server { listen 1; proxy_pass u; } }';
  const tunings = [{ name: 't', text: 'stream { upstream u { server b:1 resolve; } }' }];
  const streamModule = '/s.so';
  assert.deepEqual(
    [
      await lack(SITE),
      await lack(stream),
      await lack(stream, {}, { streamModule }),
      await lack(stream, { tunings }, { streamModule, version: '1.27.2' }),
      await lack(stream, { tunings }, { streamModule, version: '1.27.3' }),
    ],
    [false, true, false, true, false],
  );
});

test('an Nginx to be upgraded is started through links, and its master is watched', async (t) => {
  const { folder, start, told } = await simulate(t, SITE);
  const upgradeTo = { ...BINARY, path: '/newer', version: '1.29.0', origin: null };
  const { proxy } = await start({ upgradeTo });
  assert.deepEqual(
    (await proxy?.processes())?.map(({ pid }) => pid),
    [PID],
  );
  assert.deepEqual(told, [
    ['nginx -t', 'proxy', join(folder, 'nginx'), null],
    ['nginx', 'proxy', 'sh', [2]],
    ['watch', 'nginx master', PID],
  ]);
  assert.deepEqual(proxy?.facts.upgrade, {
    ...{ binary: '/newer', origin: null, version: '1.29.0', openssl: 'OpenSSL 3.0.1' },
  });
  const kill = t.mock.method(process, 'kill', () => true);
  proxy?.reload();
  assert.deepEqual(kill.mock.calls[0]?.arguments, [PID, 'SIGHUP']);
  kill.mock.mockImplementation(() => {
    throw new Error('ESRCH');
  });
  await assert.rejects(proxy?.upgrade(new AbortController().signal) ?? Promise.resolve(), { kind: 'died' });
});

test('a user’s access rules are removed if they are not wanted, and changes are listed once', async (t) => {
  const site = `${SITE.replace('listen 80;', 'listen 80; deny all; resolver 10.0.0.53;')}`;
  const several = site.replace(
    'location /x {',
    `location /chat { proxy_pass http://app; ${UP} }\nlocation /x {`,
  );
  const { start, conf } = await simulate(t, several, { options: { ...OPTIONS, keepGuards: false } });
  const [port = 0] = await freePorts('127.0.0.1', 1);
  for (const opening of [{ port }, {}]) {
    const { proxy } = await start(opening);
    assert.deepEqual(
      proxy?.notices.map(({ code, data }) => [code, JSON.stringify(data).match(/site\.conf:\d/g)]),
      [
        ['sandbox-location', ['site.conf:2', 'site.conf:3']],
        ['sandbox-name-server', ['site.conf:1']],
        ['sandbox-guards', ['site.conf:1']],
      ],
    );
    assert.doesNotMatch(await conf(), /deny/);
  }
});

test('a tuning that resolves names gets a name server, which is asked before the run', async (t) => {
  const text = SITE.replace('http {', 'http { upstream app { zone a 1m; server b:1; }');
  const tunings = [{ name: 't', text: 'http { upstream app { server b:1 resolve; } }' }];
  const { start, told, conf } = await simulate(t, text, { tunings });
  const { path } = await start();
  assert.deepEqual([path, told[0]], ['/ws', ['closing', 'name server']]);
  assert.match(await conf(), /server +backend\.test:9 resolve;/);
});

test('the values of a template are shown nowhere', async (t) => {
  const text = SITE.replace(
    'listen 80;',
    `listen 80; add_header A "\${API_VALUE}"; add_header B opensesame;`,
  );
  const checks: string[] = [];
  const { folder, path, start } = await simulate(t, SITE, {}, checks);
  const envFile = join(folder, 'env');
  await writeFile(envFile, 'API_VALUE=shibboleth\n');
  await writeFile(path, text);
  const source = { options: { ...OPTIONS, envFile } };
  assert.equal((await start()).path, '/ws');
  const filled = await simulate(t, text, source, checks);
  const { proxy } = await filled.start();
  assert.match(proxy?.facts.configuration ?? '', /add_header A "\*\*\*";\n +add_header B \*\*\*;/);
  assert.doesNotMatch(JSON.stringify(proxy?.facts), /shibboleth|opensesame/);
  await writeFile(join(filled.folder, 'error.log'), '[error] shibboleth opensesame\n');
  assert.deepEqual(await proxy?.readErrorLog(), ['[error] *** ***']);
  checks.push('nginx: [emerg] invalid value "shibboleth"');
  await assert.rejects(filled.start(), { message: /invalid value "\*\*\*"/ });
});
