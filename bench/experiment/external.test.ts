import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { makeKeyPair } from '../../test/key-pair.ts';
import type { KeyPair } from '../load/connections/connection.test.fixture.ts';
import { bunHere } from '../topology/engine.ts';
import { type Executed, execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

ownTemporaryFolder();

/** What a server of `ws` does with a message. */
type Answer = (socket: WebSocket, data: Buffer, isBinary: boolean) => void;
const ECHO: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });

/** Starts a server of `ws`, with TLS if there is a key. Returns its port. */
async function serve(t: TestContext, answer: Answer, keyPair: KeyPair | null = null, greets = false) {
  const requests: { url: string | undefined; key: unknown; host: string | undefined; sni: unknown }[] = [];
  const http = keyPair === null ? null : createServer(keyPair);
  const server =
    http === null ? new WebSocketServer({ host: '127.0.0.1', port: 0 }) : new WebSocketServer({ server: http });
  http?.listen(0, '127.0.0.1');
  await once(http ?? server, 'listening');
  server.on('connection', (socket, request) => {
    const sni = 'servername' in request.socket ? request.socket.servername : null;
    requests.push({ url: request.url, key: request.headers['x-key'], host: request.headers.host, sni });
    socket.on('message', (data, isBinary) => answer(socket, data as Buffer, isBinary));
    if (greets) socket.send('welcome');
  });
  const stop = () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
    http?.close();
  };
  t.after(stop);
  const { port } = (http ?? server).address() as AddressInfo;
  return { port, requests, stop };
}

/** Starts Bun's own WebSocket server (uWebSockets), which echoes. Returns its port. */
async function serveOnBun(t: TestContext, { key, cert }: KeyPair): Promise<number> {
  const script = `const s = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: JSON.parse(process.env.PAIR),
    fetch: (request, server) => server.upgrade(request, { headers: { 'Sec-WebSocket-Protocol': 'chat' } }) ? undefined : new Response('', { status: 400 }),
    websocket: { message: (socket, message) => { socket.send(message); } } }); console.log(s.port);`;
  const bun = bunHere()?.path ?? assert.fail('there is no Bun');
  const child: ChildProcess = spawn(bun, ['-e', script], {
    env: { ...process.env, PAIR: JSON.stringify({ key, cert }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [line] = (await once(child.stdout ?? assert.fail(), 'data')) as [Buffer];
  return Number(String(line));
}

const LOAD = '-c 20 -R 200 -w 100ms -d 1s';

function codesOf({ run }: Executed): string[] {
  return run.notices.map(({ code }) => code).filter((code) => code.startsWith('target-'));
}

describe('a target that already runs', () => {
  let pair: KeyPair;
  let folder: string;
  before(async () => {
    pair = await makeKeyPair();
    folder = await mkdtemp(join(tmpdir(), 'authority-'));
    await writeFile(join(folder, 'ca.pem'), pair.cert);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('carries the load, and nothing of it but its answers is known', async (t) => {
    const { port, requests } = await serve(t, ECHO);
    const url = `ws://127.0.0.1:${port}/chat`;
    const executed = await execute(t, `--target ${url}?token=swordfish --header X-Key:swordfish ${LOAD}`);
    const { run, figures } = executed;
    assert.equal(run.outcome.state, 'completed');
    assert.ok(run.plan.target.kind === 'external');
    assert.equal(run.plan.target.url, url);
    assert.deepEqual(requests[0], {
      url: '/chat?token=swordfish',
      key: 'swordfish',
      host: `127.0.0.1:${port}`,
      sni: null,
    });
    assert.ok(!JSON.stringify(run).includes('swordfish'));
    assert.deepEqual([run.plan.server, run.plan.servers, run.plan.proxy], [null, 0, null]);
    assert.equal(figures.connections.opened, 20);
    assert.ok(figures.messages.echoed > 0);
    assert.deepEqual([...new Set(run.processes.map(({ component }) => component))].sort(), [
      'generator',
      'runner',
    ]);
    assert.deepEqual([figures.cpuUsPerMessage.proxy, figures.cpuUsPerMessage.server], [null, null]);
    assert.ok(['none', 'schedule', 'generator'].includes(run.validity.limit.component));
    assert.deepEqual(codesOf(executed), []);
  });

  it('is reached over TLS, and every connection verifies it', async (t) => {
    const port = await serveOnBun(t, pair);
    const ca = join(folder, 'ca.pem');
    for (const client of ['lean --engine node', 'ws', 'lean --engine bun']) {
      const { run, figures } = await execute(
        t,
        `--target wss://localhost:${port}/ --ca ${ca} --subprotocol news,chat --client ${client} ${LOAD}`,
      );
      assert.equal(run.outcome.state, 'completed', client);
      assert.deepEqual([figures.connections.opened, figures.connections.failed], [20, 0], client);
      assert.ok(figures.messages.echoed > 0, client);
      assert.equal(run.probe?.tlsProtocol, 'TLSv1.3');
    }
  });
});
