import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inFolder } from '../../../test/folder.ts';
import { type Backend, startBackend } from '../backend.ts';
import { subjectOf } from '../check.test.fixture.ts';
import { tryCache } from './cache.ts';
import { tryCapacity } from './capacity.ts';
import { countsOf, receivedSince, tryHandshake } from './handshake.ts';
import { closingOf, endedWithin, tryIdle } from './idle.ts';
import { tryLog } from './log.ts';
import { tryReload } from './reload.ts';
import { tryTrace } from './trace.ts';
import { tryRecovery, trySpread } from './upstream.ts';

const NEVER = new AbortController().signal;

const targetAt = (port: number) => ({ host: '127.0.0.1', ports: [port], path: '/ws', tls: null });

/** Runs a test with the check's own server as the target, without Nginx in between. */
function withBackend(work: (backend: Backend, folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const backend = await startBackend(join(folder, 'it.sock'));
    try {
      await work(backend, folder);
    } finally {
      await backend.close();
    }
  });
}

interface Client {
  own: Socket;
  behind: Socket;
  /** Number of chunks that this client has sent so far. */
  sent: number;
}

/** Starts a server that passes connections on to another port. */
async function passingOn(
  t: TestContext,
  port: number,
  {
    opened = () => {},
    sent = () => {},
    closed = () => {},
  }: {
    opened?: () => void;
    sent?: (client: Client, all: readonly Client[]) => void;
    closed?: () => void;
  },
): Promise<number> {
  const all: Client[] = [];
  const server = createServer((own) => {
    opened();
    const client = { own, behind: connect(port, '127.0.0.1'), sent: 0 };
    all.push(client);
    client.behind.on('data', (bytes) => own.write(bytes)).on('error', () => {});
    own
      .on('error', () => {})
      .on('close', () => {
        client.behind.destroy();
        closed();
      });
    own.on('data', (bytes) => {
      client.sent += 1;
      client.behind.write(bytes);
      sent(client, all);
    });
  });
  t.after(() => {
    for (const { own } of all) own.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a handshake and a GET are reported as they arrive', () =>
  withBackend(async (backend) => {
    const idle = { arrivals: [] } as unknown as Backend;
    const seen = await tryHandshake(targetAt(backend.port), [idle, backend], NEVER);
    assert.deepEqual(seen, {
      handshake: {
        outcome: 'echoed',
        arrived: { httpVersion: '1.1', upgrade: 'websocket', connection: 'Upgrade' },
      },
      get: { status: 426, arrived: { httpVersion: '1.1', upgrade: null, connection: 'close' } },
    });
    assert.deepEqual(countsOf([idle, backend]), [0, 2]);
    assert.equal(receivedSince([idle, backend], [0, 1])?.upgrade, null);
    assert.equal(receivedSince([idle, backend], [0, 0])?.upgrade, 'websocket');
    assert.equal(receivedSince([backend, idle], [2, 0]), null);
    const lost = await tryHandshake(targetAt(await closedPort()), [backend], NEVER);
    assert.deepEqual(lost, {
      handshake: { outcome: 'refused', arrived: null },
      get: { status: null, arrived: null },
    });
  }));

test('WebSockets are opened one by one, up to a number or until one is refused', (t) =>
  withBackend(async (backend) => {
    assert.equal(await tryCapacity(targetAt(backend.port), 3, NEVER), null);
    assert.equal(backend.arrivals.length, 3);
    const port = await passingOn(t, backend.port, {
      sent: (client, all) => {
        if (all.indexOf(client) === 2) client.own.destroy();
      },
    });
    const full = await tryCapacity(targetAt(port), 5, NEVER);
    assert.deepEqual(full, { opened: 2, kind: full?.kind });
    assert.notEqual(full?.kind, undefined);
  }));

test('handshakes at once reach the server, and the slowest one counts', () =>
  withBackend(async (backend) => {
    const { slowestSeconds = -1, ...seen } = (await tryCache(targetAt(backend.port), [backend], NEVER)) ?? {};
    assert.deepEqual(seen, { afterGet: 'echoed', together: 4, reached: 4 });
    assert.ok(slowestSeconds > 0 && slowestSeconds < 60);
    assert.equal(Math.round(slowestSeconds * 1e3), slowestSeconds * 1e3);
    const refused = await tryCache(targetAt(await closedPort()), [backend], NEVER);
    assert.deepEqual([refused?.afterGet, refused?.reached], ['refused', 0]);
  }));

test('clients of several addresses reach the servers, unless none opens', (t) =>
  withBackend(async (backend) => {
    const addresses: (string | undefined)[] = [];
    const port = await passingOn(t, backend.port, {
      sent: ({ own, sent }) => {
        // The system chooses the port.
        assert.ok((own.remotePort ?? 0) > 1023);
        if (sent === 1) addresses.push(own.remoteAddress);
      },
    });
    assert.deepEqual(await trySpread(targetAt(port), NEVER), { clients: 6, servers: 1 });
    assert.deepEqual(
      addresses.toSorted(),
      [2, 3, 4, 5, 6, 7].map((last) => `127.0.0.${last}`),
    );
    assert.equal(await trySpread(targetAt(await closedPort()), NEVER), null);
  }));

test('servers that refused are tried as soon as they accept again', () =>
  withBackend(async (backend) => {
    const calls: string[] = [];
    const watched = {
      ...backend,
      refuse: () => backend.refuse().then(() => void calls.push('refuse')),
      accept: () => backend.accept().then(() => void calls.push(`accept after ${backend.arrivals.length}`)),
    };
    const target = targetAt(backend.port);
    assert.deepEqual(await tryRecovery(target, 2, [watched], NEVER), { tried: 2, failed: 0, kind: null });
    assert.deepEqual([calls, backend.arrivals.length], [['refuse', 'accept after 0'], 2]);
    const lost = await tryRecovery(targetAt(await closedPort()), 3, [watched], NEVER);
    assert.deepEqual(lost, { tried: 3, failed: 3, kind: 'refused' });
  }));

test('a request like a browser’s goes below a prefix, if that leads to the same location', () =>
  withBackend(async (backend) => {
    const sentBy = async (server: string, path: string) => {
      const { candidates } = subjectOf(`http { server { listen 80; server_name a; ${server} } }`);
      const [candidate = assert.fail()] = candidates;
      const trace = await tryTrace(candidate, { ...targetAt(backend.port), path }, [backend], NEVER);
      assert.equal(trace.received?.path, trace.sent.path);
      return trace.sent.path;
    };
    const up = 'proxy_pass http://a; proxy_set_header Upgrade $http_upgrade;';
    assert.deepEqual(
      [
        await sentBy(`location /ws { ${up} }`, '/ws'),
        await sentBy(`location ^~ /ws/ { ${up} }`, '/ws/?a=1'),
        await sentBy(`location = /ws { ${up} }`, '/ws'),
        await sentBy(`location ~ ^/ws { ${up} }`, '/ws'),
        await sentBy(`location /ws { ${up} } location ~ below { return 204; }`, '/ws'),
        await sentBy(`location /ws { ${up} }`, '/other'),
      ],
      [
        '/ws/check-below?check=1',
        '/ws/check-below?a=1&check=1',
        '/ws?check=1',
        '/ws?check=1',
        '/ws?check=1',
        '/other?check=1',
      ],
    );
    const { candidates } = subjectOf('stream { server { listen 1; proxy_pass a:1; } }');
    const [stream = assert.fail()] = candidates;
    const trace = await tryTrace(stream, targetAt(backend.port), [backend], NEVER);
    assert.equal(trace.sent.path, '/ws?check=1');
  }));

test('lines in access logs are counted while a WebSocket is open, and after it has closed', (t) =>
  withBackend(async (backend, folder) => {
    const file = join(folder, 'access-2.log');
    await writeFile(join(folder, 'access.log'), 'one\ntwo\n');
    await writeFile(join(folder, 'error.log'), 'x\n');
    const port = await passingOn(t, backend.port, {
      opened: () => appendFileSync(file, 'opened\n'),
      closed: () => {
        // Nginx writes a line some time after the end of a request.
        setTimeout(() => {
          appendFileSync(join(folder, 'access-x.log'), 'x\n');
          appendFileSync(file, 'closed\nclosed\n');
        }, 50);
      },
    });
    setTimeout(() => appendFileSync(file, 'the request before\n'), 50);
    assert.deepEqual(await tryLog(folder, targetAt(port), NEVER), { whileOpen: 1, afterClose: 2 });
    assert.equal(await tryLog(folder, targetAt(await closedPort()), NEVER), null);
  }));

test('a silent WebSocket is closed while a busy one stays open', (t) =>
  withBackend(async (backend) => {
    const port = await passingOn(t, backend.port, {
      // A handshake and a message are from both; another message is from the busy one only.
      sent: (client, all) => {
        if (client.sent === 3) for (const { own } of all.filter((each) => each !== client)) own.destroy();
      },
    });
    const { closed, busyStayedOpen } = (await tryIdle(targetAt(port), NEVER)) ?? assert.fail();
    assert.deepEqual([closed?.code, busyStayedOpen], [1006, true]);
    assert.ok(closed && closed.seconds > 0 && closed.seconds < 60);
    assert.equal(await tryIdle(targetAt(await closedPort()), NEVER), null);
    const forOne = await passingOn(t, backend.port, {
      sent: (client, all) => {
        if (all.indexOf(client) === 1) client.own.destroy();
      },
    });
    assert.equal(await tryIdle(targetAt(forOne), NEVER), null);
  }));

test('a WebSocket that a reload closes is watched until then', (t) =>
  withBackend(async (backend) => {
    const clients: Socket[] = [];
    const port = await passingOn(t, backend.port, { sent: ({ own }) => clients.push(own) });
    const stop = () => {
      for (const client of clients) client.destroy();
    };
    process.once('SIGHUP', stop);
    t.after(() => process.off('SIGHUP', stop));
    const nginx = { pid: process.pid } as Parameters<typeof tryReload>[0]['nginx'];
    const seen = (await tryReload({ nginx }, targetAt(port), 'cut', NEVER)) ?? assert.fail();
    assert.deepEqual([seen.closed?.code, seen.watchedSeconds], [1006, 5]);
    assert.ok(seen.closed && seen.closed.seconds >= 0 && seen.closed.seconds < 60);
    assert.equal(await tryReload({ nginx }, targetAt(await closedPort()), 'stays', NEVER), null);
  }));

test('a close has its code, and seconds since the given time', () => {
  assert.equal(closingOf(null, 5), null);
  assert.deepEqual(closingOf({ kind: 'closed-4000', atMs: 1500.6 }, 500), { code: 4000, seconds: 1.001 });
  assert.deepEqual(closingOf({ kind: 'reset', atMs: 5 }, 5), { code: 1006, seconds: 0 });
});

test('waiting for an end stops at the end, after the time, or with the signal’s reason', async () => {
  const never = new Promise<never>(() => {});
  await endedWithin({ ended: never }, 1, NEVER);
  await endedWithin({ ended: Promise.resolve({ kind: 'reset', atMs: 0 }) }, 1e6, NEVER);
  const stop = new AbortController();
  const waiting = endedWithin({ ended: never }, 1e6, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
});
