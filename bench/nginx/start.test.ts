import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { makeOpenFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import type { RunProcess } from '../model/run.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { freePorts } from '../topology/ports.ts';
import type { Launched } from '../topology/process.ts';
import { proxyProcesses } from '../topology/proxy-processes.ts';
import { readErrorLog } from './error-log.ts';
import { readConfiguration } from './include.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import type { Sandbox } from './sandbox.ts';
import { HOST, setUpBench } from './start.test.fixture.ts';
import { checkNginx, reload, roleOf, startNginx, workerPids, writeConfiguration } from './start.ts';

const bench = setUpBench();
const { sandbox, profileTree } = bench;

/** Starts Nginx for the duration of `body`, and always stops it. */
async function withNginx(
  moved: Sandbox & { folder: string },
  body: (nginx: Launched) => Promise<void>,
): Promise<void> {
  const { confPath } = await writeConfiguration(moved.folder, moved.tree);
  const nginx = await startNginx({
    binary: bench.binary,
    confPath,
    folder: moved.folder,
    listeners: moved.listeners,
    workers: 2,
    cpus: null,
  });
  try {
    await body(nginx);
  } finally {
    await nginx.stop('SIGTERM', 2000);
  }
}

/** Returns whether a process is running. A zombie has no command line. */
async function isAlive(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';
}

async function alive(pids: readonly number[]): Promise<number[]> {
  const answers = await Promise.all(pids.map(isAlive));
  return pids.filter((_, index) => answers[index]);
}

/** Facts about some profiles. All others listen without TLS, and have paths for WebSockets and GETs. */
const TLS = ['tls', 'http2', 'tls12', 'tls-rsa', 'reencrypt', 'stream-tls'];
const STREAM = ['stream', 'stream-tls'];
const OTHERS = [
  ...['plain', 'cache', 'load-balanced', 'unix-socket', 'cache-unsafe'],
  ...['balanced-round-robin', 'balanced-ip-hash', 'balanced-hash', 'balanced-random'],
];

describe('every profile', () => {
  for (const name of new Set([...TLS, ...STREAM, ...OTHERS])) {
    test(`${name} is accepted by nginx -t, with nothing removed`, async () => {
      const moved = await sandbox(await profileTree(name));
      const { confPath, origins, text } = await writeConfiguration(moved.folder, moved.tree);
      assert.deepEqual(await checkNginx(bench.binary, confPath, moved.folder, origins), []);
      const isStream = STREAM.includes(name);
      assert.deepEqual([moved.websocketPath, moved.httpPath], isStream ? ['/', null] : ['/websocket', '/']);
      assert.deepEqual(moved.notices, []);
      assert.equal(moved.listeners.length, 1);
      assert.equal(moved.listeners[0]?.tls, TLS.includes(name));
      assert.equal(moved.listeners[0]?.http2, name === 'http2');
      assert.equal(text.match(/X-Bench-Worker \$pid always;/g)?.length ?? 0, isStream ? 0 : 2);
      assert.equal(text.includes('unix:'), name === 'unix-socket');
    });
  }

  test('is tested here', () => {
    const names = bench.profiles
      .filter(({ configurationPath }) => configurationPath !== null)
      .map(({ name }) => name);
    assert.deepEqual(names.sort(), [...new Set([...TLS, ...STREAM, ...OTHERS])].sort());
  });

  test('enables HTTP/2 in the syntax of the Nginx version (http2)', async () => {
    const http2Lines = async (nginxVersion: string) => {
      const { tree } = await sandbox(await profileTree('http2'), { nginxVersion, ports: [9001] });
      const lines = print(tree)
        .text.split('\n')
        .map((line) => line.trim());
      return lines.filter((line) => /^(listen|http2) /.test(line));
    };
    assert.deepEqual(await http2Lines('1.25.0'), ['listen 127.0.0.1:9001 ssl http2 backlog=4096;']);
    for (const version of ['1.25.1', '1.31.4'])
      assert.deepEqual(await http2Lines(version), ['listen 127.0.0.1:9001 ssl backlog=4096;', 'http2 on;']);
  });
});

describe('a running nginx', () => {
  test('forwards WebSockets and GETs, reports worker and upstream, and leaves no process', async () => {
    await using echo = await echoServer();
    const moved = await sandbox(await profileTree('cache'), { upstreams: [{ host: HOST, port: echo.port }] });
    let pids: number[] = [];
    await withNginx(moved, async (nginx) => {
      const workers = await workerPids(nginx.pid);
      pids = [nginx.pid, ...workers];
      assert.equal(workers.length, 2);
      const [listener] = moved.listeners;
      assert.ok(listener);

      const base = `://${HOST}:${listener.port}`;
      const socket = new WebSocket(`ws${base}${moved.websocketPath}`);
      const [response] = (await once(socket, 'upgrade')) as [IncomingMessage];
      assert.ok(workers.includes(Number(response.headers['x-bench-worker'])));
      assert.equal(response.headers['x-bench-upstream'], `${HOST}:${echo.port}`);
      assert.equal(
        response.headers['x-cache-status'],
        undefined,
        'add_header without always does not affect a 101',
      );
      socket.send('hello');
      assert.equal(String((await once(socket, 'message'))[0]), 'hello');
      socket.terminate();

      const first = await fetchHeaders(`http${base}/`);
      const second = await fetchHeaders(`http${base}/`);
      assert.deepEqual([first['x-cache-status'], second['x-cache-status']], ['MISS', 'HIT']);
      assert.ok(workers.includes(Number(first['x-bench-worker'])));
      assert.deepEqual(await readErrorLog(moved.folder), []);
    });
    assert.equal(pids.length, 3);
    assert.deepEqual(await alive(pids), []);
  });

  for (const name of ['tls', 'http2']) {
    test(`takes WebSockets over TLS 1.3 (${name})`, async () => {
      await using echo = await echoServer();
      const folder = makeOpenFolder(join(bench.root, 'certificate-'));
      const certificate = await makeCertificate(folder);
      const upstreams = [{ host: HOST, port: echo.port }];
      const moved = await sandbox(await profileTree(name), { certificate, upstreams });
      await withNginx(moved, async () => {
        const port = moved.listeners[0]?.port;
        assert.ok(port);
        const socket = new WebSocket(`wss://${HOST}:${port}${moved.websocketPath}`, {
          ca: certificate.certPem,
        });
        await once(socket, 'open');
        socket.terminate();

        const offer = { host: HOST, port, ca: certificate.certPem, ALPNProtocols: ['h2', 'http/1.1'] };
        const tls = connectTls(offer);
        await once(tls, 'secureConnect');
        assert.deepEqual(
          [tls.getProtocol(), tls.alpnProtocol],
          ['TLSv1.3', name === 'http2' ? 'h2' : 'http/1.1'],
        );
        tls.destroy();
      });
    });
  }

  test('spreads connections evenly over the echo servers (load-balanced)', async () => {
    await using one = await echoServer();
    await using two = await echoServer();
    await using three = await echoServer();
    const upstreams = [one, two, three].map(({ port }) => ({ host: HOST, port }));
    const moved = await sandbox(await profileTree('load-balanced'), { upstreams });
    await withNginx(moved, async () => {
      const counts: Record<string, number> = {};
      for (let index = 0; index < 6; index += 1) {
        const socket = new WebSocket(`ws://${HOST}:${moved.listeners[0]?.port}${moved.websocketPath}`);
        const [response] = (await once(socket, 'upgrade')) as [IncomingMessage];
        const upstream = String(response.headers['x-bench-upstream']);
        counts[upstream] = (counts[upstream] ?? 0) + 1;
      }
      assert.deepEqual(counts, Object.fromEntries(upstreams.map(({ port }) => [`${HOST}:${port}`, 2])));
    });
  });

  test('loses its workers when its master is killed', async () => {
    const moved = await sandbox(await profileTree('plain'));
    await withNginx(moved, async (nginx) => {
      const workers = await workerPids(nginx.pid);
      assert.equal(workers.length, 2);
      process.kill(nginx.pid, 'SIGKILL');
      assert.equal((await nginx.exited).signal, 'SIGKILL');
      assert.deepEqual(await alive(workers), []);
    });
  });

  test('gets new workers on reload', async () => {
    const moved = await sandbox(await profileTree('plain'));
    await withNginx(moved, async (nginx) => {
      const old = await workerPids(nginx.pid);
      reload(nginx);
      while ((await workerPids(nginx.pid)).some((pid) => old.includes(pid)))
        await new Promise((done) => setTimeout(done, 10));
      assert.ok(await isAlive(nginx.pid));
    });
  });

  test('each worker keeps its name when others replace it, and theirs are new', async () => {
    await using echo = await echoServer();
    const moved = await sandbox(await profileTree('plain'), { upstreams: [{ host: HOST, port: echo.port }] });
    await withNginx(moved, async (nginx) => {
      const processes = proxyProcesses('nginx', roleOf, [{ name: 'nginx master', pid: nginx.pid }]);
      const old = await processes();
      const numbers = (list: readonly RunProcess[]) => list.map(({ name }) => name);
      assert.deepEqual(numbers(old), ['nginx master', 'nginx worker 1', 'nginx worker 2']);
      assert.deepEqual(
        old.map(({ role, pid }) => [role, pid === nginx.pid]),
        [
          ['master', true],
          ['worker', false],
          ['worker', false],
        ],
      );
      assert.deepEqual(await processes(), old);
      const socket = new WebSocket(`ws://${HOST}:${moved.listeners[0]?.port}${moved.websocketPath}`);
      const [response] = (await once(socket, 'upgrade')) as [IncomingMessage];
      const busy = old.find(({ pid }) => pid === Number(response.headers['x-bench-worker']));
      assert.ok(busy);
      reload(nginx);
      // The worker with the connection stays, and the idle one exits.
      const isDone = (list: readonly RunProcess[]) =>
        list.length === 4 && list.filter(({ pid }) => old.some((each) => each.pid === pid)).length === 2;
      let now = await processes();
      for (; !isDone(now); now = await processes()) await new Promise((done) => setTimeout(done, 10));
      assert.deepEqual(
        now.find(({ pid }) => pid === busy.pid),
        busy,
      );
      assert.deepEqual(
        numbers(now).sort(),
        ['nginx master', busy.name, 'nginx worker 3', 'nginx worker 4'].sort(),
      );
      socket.terminate();
      for (; now.length > 3; now = await processes()) await new Promise((done) => setTimeout(done, 10));
      assert.deepEqual(numbers(now).sort(), ['nginx master', 'nginx worker 3', 'nginx worker 4']);
    });
  });

  test('proxies TCP by the stream module', async () => {
    await using echo = await echoServer();
    const tree = parse(
      'events {} stream { server { listen 80; proxy_pass app.example.com:8080; } }',
      'stream.conf',
    );
    const moved = await sandbox(tree, { upstreams: [{ host: HOST, port: echo.port }] });
    await withNginx(moved, async () => {
      const socket = new WebSocket(`ws://${HOST}:${moved.listeners[0]?.port}${moved.websocketPath}`);
      await once(socket, 'open');
      socket.terminate();
    });
  });
});

describe('what goes wrong', () => {
  const broken = (body: string) => `
events {}
http {
    ${body}
    server {
        listen 80;
        location / { proxy_pass http://127.0.0.1:1; proxy_set_header Upgrade $http_upgrade; }
    }
}`;

  test('a directive that nginx does not know: its words, and the line in the person’s own file', async () => {
    const file = join(bench.root, 'mine.conf');
    await writeFile(file, broken('proxy_bufering off;'));
    const moved = await sandbox(await readConfiguration(file));
    const { confPath, origins } = await writeConfiguration(moved.folder, moved.tree);
    await assert.rejects(checkNginx(bench.binary, confPath, moved.folder, origins), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.kind, 'configuration');
      assert.equal(
        error.message,
        `Nginx rejects the configuration: unknown directive "proxy_bufering" in ${file}:4.`,
      );
      return true;
    });
  });

  test('a disk that is full is a problem of the machine, not of the configuration', async () => {
    const folder = makeOpenFolder(join(bench.root, 'full-'));
    const path = join(folder, 'nginx');
    const words = 'pwrite() "/run/nginx.pid" failed (28: No space left on device)';
    await writeFile(path, `#!/bin/sh\necho 'nginx: [emerg] ${words}' >&2\nexit 1\n`, { mode: 0o755 });
    const { confPath } = await writeConfiguration(folder, []);
    await assert.rejects(
      checkNginx({ ...bench.binary, path, libraryPath: null }, confPath, folder),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.kind, 'environment');
        assert.match(error.message, /^The disk of the temporary folder is full: .*No space left on device/);
        return true;
      },
    );
  });

  test('a port in use: a sentence that names it, and no process left', async () => {
    const squatter = createTcpServer().listen(0, HOST);
    await once(squatter, 'listening');
    try {
      const address = squatter.address();
      assert.ok(address !== null && typeof address === 'object');
      const moved = await sandbox(await profileTree('plain'), { ports: [address.port] });
      await assert.rejects(
        withNginx(moved, async () => assert.fail('it started')),
        (error) =>
          error instanceof Problem &&
          error.message.startsWith(
            `Nginx cannot listen on ${HOST}:${address.port}: another program uses that port.`,
          ),
      );
      const pid = Number(await readFile(join(moved.folder, 'nginx.pid'), 'utf8').catch(() => '0'));
      assert.equal(pid, 0);
    } finally {
      squatter.close();
    }
  });

  test('an nginx that ends at once: its last words', async () => {
    const folder = makeOpenFolder(join(bench.root, 'run-'));
    const { confPath } = await writeConfiguration(folder, parse('daemon off; nonsense on;', 'x'));
    await assert.rejects(
      startNginx({ binary: bench.binary, confPath, folder, listeners: [], workers: 1, cpus: null }),
      (error) =>
        error instanceof Problem &&
        /^Nginx exited at once: .*unknown directive "nonsense"/.test(error.message),
    );
  });
});

test('free ports are distinct', async () => {
  const ports = await freePorts(HOST, 20);
  assert.equal(new Set(ports).size, 20);
});

async function fetchHeaders(url: string): Promise<IncomingMessage['headers']> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  assert.equal(response.statusCode, 200);
  return response.headers;
}

async function echoServer(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end('page'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
