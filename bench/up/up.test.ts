import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { makeOpenFolder } from '../../test/folder.ts';
import { ownTemporaryFolder } from '../experiment/experiment.test.fixture.ts';
import { Problem } from '../model/failure.ts';
import type { ProxySource } from '../topology/driver.ts';
import { freePorts } from '../topology/ports.ts';
import { addressesOf, type Standing, standingLines } from './standing.ts';
import { raise } from './up.test.fixture.ts';

ownTemporaryFolder();

/** Returns the reply to a message on a WebSocket of this topology. */
async function say(standing: Standing, text: string): Promise<string> {
  const { tls } = standing.target;
  const [url = ''] = addressesOf(standing).websockets;
  const socket = new WebSocket(url, tls === null ? {} : tls);
  await once(socket, 'open');
  socket.send(text);
  const [data] = await once(socket, 'message');
  socket.terminate();
  return String(data);
}

/** Returns the local addresses of all TCP sockets that listen on these ports (proc_pid_net(5)). */
async function addressesListeningOn(ports: readonly number[]): Promise<Set<string>> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1')));
  const sockets = tables.join('').matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm);
  const found = new Set<string>();
  for (const [, address = '', port = ''] of sockets) {
    if (ports.includes(Number.parseInt(port, 16))) found.add(address === '0100007F' ? '127.0.0.1' : address);
  }
  return found;
}

/** Returns the status of a GET. */
async function statusOf(url: string): Promise<number> {
  return new Promise((done, fail) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    }).once('error', fail);
  });
}

describe('a topology that is kept running', () => {
  it('listens on the given address, and serves the page only there', async () => {
    const { standing, end } = await raise('plain', { host: '127.0.0.2' });
    const { page } = addressesOf(standing);
    assert.match(page ?? '', /^http:\/\/127\.0\.0\.2:\d+\/nginx-ws-bench\/$/);
    assert.equal(await statusOf(page ?? ''), 200);
    await assert.rejects(statusOf((page ?? '').replace('127.0.0.2', '127.0.0.1')), { code: 'ECONNREFUSED' });
    assert.equal(await statusOf(`${page}key.pem`), 404);
    assert.equal(await say(standing, 'hi'), 'You said: hi');
    await end();
    await assert.rejects(statusOf(page ?? ''), { code: 'ECONNREFUSED' });
  });

  it('listens on the given port, and is rejected if it is in use', async () => {
    const [port = 0] = await freePorts('127.0.0.1', 1);
    const up = await raise('tls', { port });
    assert.equal(up.standing.target.ports[0], port);
    assert.match(addressesOf(up.standing).page ?? '', new RegExp(`^https://127\\.0\\.0\\.1:${port}/`));
    await assert.rejects(raise('plain', { port }), {
      kind: 'environment',
      message: /^--port \d+ is already in use/,
    });
    await up.end();
  });

  it('may be a user’s own configuration, with a given path and address', async (t) => {
    const folder = makeOpenFolder(join(tmpdir(), 'own-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'chat.conf');
    await writeFile(
      path,
      `server { listen 80; listen 443 ssl; server_name chat.example.org; ssl_certificate /c.pem; ssl_certificate_key /k.pem;
  location ~ ^/(live|nginx) { proxy_pass http://127.0.0.1:4000; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }`,
    );
    const options: NonNullable<ProxySource['options']> = {
      roots: [],
      envFile: null,
      keepGuards: false,
      websocketPath: '/live/1',
      host: null,
      headers: [],
    };
    const own: ProxySource = { path, options, tunings: [], key: 'ecdsa', upstreamTls: false };
    const { standing, end } = await raise('tls', {}, own);
    const { page, websockets } = addressesOf(standing);
    assert.match(page ?? '', /^https:/);
    assert.match(websockets[0] ?? '', /^wss:\/\/127\.0\.0\.1:\d+\/live\/1$/);
    const ports = [...standing.target.ports, ...standing.servers.map(({ port }) => port)];
    assert.deepEqual(await addressesListeningOn(ports), new Set(['127.0.0.1']));
    assert.equal(await say(standing, 'hi'), 'You said: hi');
    await end();
  });

  it('keeps access rules on request, even if their files are missing', async (t) => {
    const folder = makeOpenFolder(join(tmpdir(), 'own-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'guarded.conf');
    await writeFile(
      path,
      `server { listen 80; auth_basic "Restricted"; auth_basic_user_file /etc/nginx/.no-such-file;
  location /refused { deny all; proxy_pass http://127.0.0.1:4000; }
  location /ws { proxy_pass http://127.0.0.1:4000; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }`,
    );
    const options = { roots: [], envFile: null, websocketPath: null, host: null, headers: [] };
    const statuses = async (host: string) => {
      const own: ProxySource = {
        path,
        options: { ...options, keepGuards: host !== '127.0.0.1' },
        tunings: [],
        key: 'ecdsa',
        upstreamTls: false,
      };
      const { standing, end } = await raise('plain', { host }, own);
      const { page = '' } = addressesOf(standing);
      const paths = ['/ws', '/refused', '/nginx-ws-bench/'];
      const found = await Promise.all(paths.map((each) => statusOf(new URL(each, page ?? '').href)));
      await end();
      return { found, notices: standing.target.proxy?.notices.map(({ code }) => code) };
    };
    const alone = await statuses('127.0.0.1');
    assert.deepEqual(alone.found, [200, 200, 200]);
    assert.ok(alone.notices?.includes('sandbox-guards'));
    const open = await statuses('127.0.0.2');
    assert.deepEqual(open.found, [401, 403, 401]);
    assert.ok(!open.notices?.includes('sandbox-guards'));
  });

  it('reports that it has no page if Nginx has no HTTP server in front of the echo servers', async () => {
    for (const profile of ['direct', 'stream']) {
      const { standing, end } = await raise(profile, { reply: 'echo', log: null });
      assert.equal(addressesOf(standing).page, null);
      assert.match(standingLines(standing)[1] ?? '', /^ {2}Page +none, /);
      assert.equal(await say(standing, 'hi'), 'hi');
      await end();
    }
  });

  it('ends with a message when one of its processes exits, and leaves nothing', async () => {
    const { standing, kept } = await raise('tls');
    const failed = assert.rejects(
      kept,
      (error) =>
        error instanceof Problem &&
        error.kind === 'died' &&
        /^nginx \(process \d+\) was killed/.test(error.message),
    );
    const { proxy } = standing.target;
    assert.ok(proxy);
    process.kill(proxy.launched?.pid ?? assert.fail(), 'SIGKILL');
    await failed;
    assert.deepEqual(await readdir(tmpdir()), []);
  });

  it('that is cancelled during its start also leaves nothing', async () => {
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(raise('tls', { signal: stop.signal }), /ended before it was up/);
    assert.deepEqual(await readdir(tmpdir()), []);
  });

  it('is rejected at an address that the machine does not have', async () => {
    await assert.rejects(
      raise('plain', { host: '192.0.2.77' }),
      (error) =>
        error instanceof Problem && error.kind === 'usage' && /Use one of .*127\.0\.0\.1/.test(error.message),
    );
  });

  it('ends gracefully on Ctrl-C', async () => {
    const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
    const child = spawn(process.execPath, [cli, 'up', '-p', 'plain', '--log'], { stdio: 'pipe' });
    let printed = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      printed += text;
      if (printed.includes('Ctrl-C')) child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    assert.match(
      printed,
      /^plain is running \(Plain WebSocket\): Nginx [\d.]+ in front of 1 echo server \(ws\)\.\n {2}Page +http:/,
    );
    assert.deepEqual(await readdir(tmpdir()), []);
  });
});
