import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePorts } from '../topology/ports.ts';
import type { Launched, LaunchOptions } from '../topology/process.ts';
import type { NamedProcess, ProcessSet } from '../topology/process-set.ts';
import type { NginxBinary } from './binary.ts';
import { NGINX } from './driver.ts';
import { PAGE_PATH } from './page.ts';

/** A pid that no process has. */
const PID = 999_999_999;
const BINARY: NginxBinary = {
  ...{
    path: '/nginx',
    version: '1.28.0',
    openssl: 'OpenSSL 3.0.1',
    buildArguments: '--a',
    modulesPath: null,
  },
  ...{ streamModule: null, libraryPath: null, origin: 'nginx 1.28.0-1' },
};
const OPTIONS = {
  ...{ roots: [], envFile: null, keepGuards: true, websocketPath: null, host: null },
  headers: [{ name: 'X-Api-Key', value: 'opensesame' }],
};
const PROXY = { workers: 0, workerConnections: 64, workerFiles: 256, reuseport: false, backlog: 64 };
const UP = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection a;';
const SITE = `http { server { listen 80; server_name app.example.org;
location /ws { proxy_pass http://app; ${UP} }
location /x { proxy_pass http://app; } } }`;

type Source = Parameters<typeof NGINX.prepare>[0];
type Opening = Parameters<Awaited<ReturnType<typeof NGINX.prepare>>['start']>[5];

/**
 * Simulates Nginx: its check has these results in turn, and it listens on the ports of its configuration.
 */
async function simulate(t: TestContext, text: string, changes: Partial<Source> = {}, checks: string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'driver-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'site.conf');
  await writeFile(path, text);
  const listening: Server[] = [];
  t.after(() => {
    for (const server of listening) server.close();
  });
  const told: unknown[] = [];
  const ran = ({ name, component, command, cpus }: LaunchOptions, exited: Promise<unknown>, stderr = '') => {
    told.push([name, component, command, cpus]);
    return { name, pid: PID, exited, stderrTail: () => stderr, stop: async () => {} } as unknown as Launched;
  };
  const processSet = {
    launchTask(options: LaunchOptions) {
      const stderr = checks.shift();
      const exit = { code: stderr === undefined ? 0 : 1, signal: null };
      return ran(options, Promise.resolve(exit), stderr);
    },
    launch(options: LaunchOptions) {
      const conf = readFileSync(join(folder, 'nginx.conf'), 'utf8');
      for (const [, port] of conf.matchAll(/listen 127\.0\.0\.\d:(\d+)/g))
        listening.push(createServer().listen(Number(port), '127.0.0.1'));
      writeFileSync(join(folder, 'nginx.pid'), `${PID}\n`);
      writeFileSync(join(folder, 'nginx.pid.detached'), '');
      return ran(options, new Promise(() => {}));
    },
    watch: ({ name, pid }: NamedProcess) => void told.push(['watch', name, pid]),
  } as unknown as ProcessSet;
  const prepared = await NGINX.prepare({
    ...{ path, tunings: [], options: OPTIONS, key: 'ecdsa', upstreamTls: false, ...changes },
  });
  const upstreams = [{ host: '127.0.0.1', port: 9, socket: null, certPath: null }];
  const start = (opening?: Opening) =>
    prepared.start(
      { placement: { proxy: [2] } as never, proxy: PROXY },
      BINARY,
      upstreams,
      folder,
      processSet,
      opening,
    );
  const conf = () => readFile(join(folder, 'nginx.conf'), 'utf8');
  return { folder, path, prepared, start, told, conf };
}

const codes = (notices: readonly { code: string }[]) => notices.map(({ code }) => code);

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
  const accepted = await simulate(t, SITE, profile);
  assert.equal(accepted.prepared.upstreamTls, true);
  const { proxy, request } = await accepted.start();
  assert.deepEqual(request, { host: 'app.example.org', headers: [] });
  assert.deepEqual(proxy?.explain([{ failures: { 'upgrade/status-502': 1 } }]), []);
  const foreign = SITE.replace('listen 80;', 'listen 80;\nfrobnicate on;');
  const checks: string[] = [];
  const rejected = await simulate(t, foreign, profile, checks);
  checks.push(`nginx: [emerg] unknown directive "frobnicate" in ${rejected.path}:2`);
  await assert.rejects(rejected.start(), { kind: 'configuration', code: 'rejected-by-nginx' });
  assert.equal(rejected.told.length, 1);
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
  assert.deepEqual(told, [
    ['nginx -t', 'proxy', join(folder, 'nginx'), null],
    ['nginx', 'proxy', 'sh', [2]],
    ['watch', 'nginx master', PID],
  ]);
  assert.deepEqual(proxy?.facts.upgrade, {
    ...{ binary: '/newer', origin: null, version: '1.29.0', openssl: 'OpenSSL 3.0.1' },
  });
  t.mock.method(process, 'kill', () => {
    throw new Error('ESRCH');
  });
  await assert.rejects(proxy?.upgrade(new AbortController().signal) ?? Promise.resolve(), { kind: 'died' });
});

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
