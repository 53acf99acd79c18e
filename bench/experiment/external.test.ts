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

/** How a server of `ws` handles a message. */
type Answer = (socket: WebSocket, data: Buffer, isBinary: boolean) => void;
const ECHO: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });

/** Starts a server of `ws`, with TLS if there is a key. Returns its port. */
async function serve(t: TestContext, answer: Answer, keyPair: KeyPair | null = null, greets = false) {
  const requests: { url: string | undefined; key: unknown; host: string | undefined; sni: unknown }[] = [];
  const http = keyPair === null ? null : createServer(keyPair);
  const server =
    http === null
      ? new WebSocketServer({ host: '127.0.0.1', port: 0 })
      : new WebSocketServer({ server: http });
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
  const bun = bunHere()?.command ?? assert.fail('there is no Bun');
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

describe('an external server', () => {
  let pair: KeyPair;
  let folder: string;
  before(async () => {
    pair = await makeKeyPair();
    folder = await mkdtemp(join(tmpdir(), 'authority-'));
    await writeFile(join(folder, 'ca.pem'), pair.cert);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('handles the load, and only its answers are observed', async (t) => {
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
    for (const client of ['ws', 'lean --engine bun']) {
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

  it('gets no load if its certificate cannot be verified, unless --insecure accepts any', async (t) => {
    const { port, requests } = await serve(t, ECHO, pair);
    const line = `--target wss://localhost:${port}/ -c 5 -R 50 -w 100ms -d 500ms`;
    const reasonOf = ({ run: { outcome } }: Executed) => (outcome.state === 'failed' ? outcome.reason : null);
    assert.match(reasonOf(await execute(t, line)) ?? '', /--insecure/);
    assert.equal(requests.length, 0);
    const executed = await execute(t, `${line} --insecure`);
    assert.equal(executed.figures.connections.opened, 5);
    assert.equal(requests[0]?.sni, 'localhost');
    assert.deepEqual(codesOf(executed), ['target-unverified']);
    const missing = join(folder, 'none.pem');
    assert.match(reasonOf(await execute(t, `${line} --ca ${missing}`)) ?? '', /none\.pem cannot be read/);
  });

  it('may answer with any message, and messages that answer nothing are counted', async (t) => {
    const { port } = await serve(t, (socket) => socket.send('noted'), null, true);
    const executed = await execute(t, `--target ws://127.0.0.1:${port}/ --expect any ${LOAD}`);
    const { run, figures } = executed;
    assert.equal(figures.connections.failed, 0);
    assert.equal(figures.messages.echoed, figures.messages.sent);
    assert.equal(figures.counts.unasked, 20);
    assert.ok(figures.latencies.response?.p50);
    assert.deepEqual(codesOf(executed), ['target-answers-any', 'target-unasked']);
    assert.ok(run.validity.reasons.every(({ code }) => code !== 'nothing-echoed'));
  });

  it('may not answer at all; then only sent messages are counted', async (t) => {
    let received = 0;
    const { port } = await serve(t, () => received++);
    const executed = await execute(t, `--target ws://127.0.0.1:${port}/ --expect none ${LOAD}`);
    const { run, figures } = executed;
    assert.equal(run.outcome.state, 'completed');
    assert.ok(figures.messages.sent > 100);
    assert.equal(received, figures.messages.sent);
    assert.equal(figures.counts.unawaited, figures.messages.sent);
    assert.deepEqual(
      [figures.messages.echoed, figures.messages.outstanding, figures.messages.lost],
      [0, 0, 0],
    );
    assert.deepEqual([figures.messages.perSecond, figures.offered?.inTime], [null, null]);
    assert.equal(figures.work.done, figures.steady.sent);
    assert.ok(run.validity.reasons.every(({ code }) => !/^nothing-|losses|late-echoes/.test(code)));
    assert.deepEqual(codesOf(executed), ['target-answers-none']);
  });

  it('may die during the run, which is kept and reports it', async (t) => {
    const { port, stop } = await serve(t, ECHO);
    const { run, figures } = await execute(
      t,
      `--target ws://127.0.0.1:${port}/ -c 20 -R 200 -w 100ms -d 1s`,
      {
        onPhase: (phase) => {
          if (phase === 'steady') stop();
        },
      },
    );
    assert.equal(figures.connections.opened, 20);
    assert.deepEqual(figures.failures.byKind, { 'closed-1006': 20 });
    assert.equal(run.validity.verdict, 'suspect');
  });

  it('can be interrupted', async (t) => {
    const { port } = await serve(t, ECHO);
    const interruption = new AbortController();
    const { run } = await execute(t, `--target ws://127.0.0.1:${port}/ -c 20 -R 200 -w 100ms -d 20s`, {
      signal: interruption.signal,
      onPhase: (phase) => {
        if (phase === 'steady') interruption.abort(new Error('Ctrl-C'));
      },
    });
    assert.deepEqual(run.outcome, { state: 'aborted', reason: 'it was interrupted.' });
  });

  it('serves the scenarios that need no topology', async (t) => {
    const { port } = await serve(t, ECHO);
    const at = `--target ws://127.0.0.1:${port}/`;
    const connect = await execute(t, `${at} --scenario connect -R 50 -w 100ms -d 500ms -c 100`);
    assert.ok((connect.figures.counts.opened ?? 0) > 10);
    const storm = await execute(t, `${at} --scenario storm --recovery 1s -c 20 --steps storm`);
    assert.deepEqual([storm.figures.counts.cut, storm.figures.counts.back], [20, 20]);
    const idle = await execute(t, `${at} --scenario idle --hold 1s -c 20 --steps hold`);
    assert.equal(idle.run.outcome.state, 'completed');
    assert.deepEqual(idle.figures.memorySlopes.proxy, null);
  });
});
