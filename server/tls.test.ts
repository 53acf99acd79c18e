import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { WebSocket } from 'ws';
import { makeKeyPair } from '../test/key-pair.ts';
import type { ServerOptions } from './options.ts';
import type { RunningServer } from './running.ts';
import { ON_BUN, starterOf } from './starter.ts';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

let folder: string;
let ca: string;
let tls: NonNullable<ServerOptions['tls']>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-tls-test-'));
  const { key, cert } = await makeKeyPair();
  tls = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
  ca = cert;
  await writeFile(tls.certPath, cert);
  await writeFile(tls.keyPath, key, { mode: 0o600 });
});
after(() => rm(folder, { recursive: true, force: true }));

async function until(fact: () => boolean): Promise<void> {
  for (let left = 1000; left > 0 && !fact(); left--) await sleep(2);
  assert.ok(fact(), fact.toString());
}

// The server on `ws` always runs on Node.
for (const kind of ON_BUN ? (['lean'] as const) : (['ws', 'lean'] as const)) {
  async function start(t: TestContext, changes: Partial<ServerOptions> = {}): Promise<RunningServer> {
    const options: ServerOptions = {
      port: 0,
      host: '127.0.0.1',
      socket: null,
      tls,
      kind,
      carrier: 'sockets',
      reply: 'echo',
      log: false,
      delayMs: 0,
      burnUs: 0,
      pingMs: 0,
      maxPayloadBytes: 1 << 20,
      closeAfter: null,
      backlog: 128,
      ...changes,
    };
    const server = await (await starterOf(options))(options);
    t.after(() => server.stop(0));
    return server;
  }

  async function open(t: TestContext, url: string): Promise<WebSocket> {
    const socket = new WebSocket(url, { perMessageDeflate: false, ca });
    t.after(() => socket.terminate());
    await once(socket, 'open');
    return socket;
  }

  describe(`server of kind ${kind} with a certificate`, () => {
    it('echoes messages of all lengths in order, and identifies itself with its certificate', async (t) => {
      const server = await start(t);
      const socket = await open(t, `wss://localhost:${server.port}/websocket`);
      const sizes = [0, 1, 125, 126, 16_384, 65_536, 1_000_000, 5];
      const echoes: Buffer[] = [];
      socket.on('message', (data: Buffer) => echoes.push(data));
      const sent = sizes.map((size, index) => Buffer.alloc(size, `${index}`));
      for (const each of sent) socket.send(each);
      await until(() => echoes.length === sent.length);
      assert.deepEqual(echoes, sent);
      assert.deepEqual(
        [server.stats.messages, server.stats.bytes],
        [sizes.length, sizes.reduce((sum, size) => sum + size)],
      );
      const closed = once(socket, 'close');
      await server.stop(1000);
      assert.equal((await closed)[0], 1001);
      assert.equal(server.stats.connections.open, 0);
    });

    it('sends everything to a client that reads late', async (t) => {
      const server = await start(t);
      const socket = await open(t, `wss://localhost:${server.port}/`);
      socket.pause();
      const message = Buffer.alloc(500_000, 'x');
      let bytes = 0;
      socket.on('message', (data: Buffer) => {
        bytes += data.length;
      });
      for (let i = 0; i < 40; i++) socket.send(message);
      await until(() => server.stats.messages > 0);
      socket.resume();
      await until(() => bytes === 40 * message.length);
      assert.equal(server.stats.messages, 40);
    });

    it('uses TLS on its Unix-domain socket as well', async (t) => {
      const path = join(folder, `${kind}.sock`);
      await start(t, { socket: path });
      const answer = request({
        socketPath: path,
        path: '/health',
        ca,
        servername: 'localhost',
        agent: false,
      });
      answer.end();
      const [response] = await once(answer, 'response');
      response.resume();
      assert.equal(response.statusCode, 200);
    });

    it('serves pages, rejects protocol violations, and survives clients that do not use TLS', async (t) => {
      const server = await start(t);
      const plain = connectPlain(server.port, '127.0.0.1');
      plain.on('error', () => {});
      plain.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(plain.resume(), 'close');
      const [response] = await once(
        get({ port: server.port, path: '/health', ca, host: 'localhost', agent: false }),
        'response',
      );
      response.resume();
      assert.equal(response.statusCode, 200);
      const raw = connect({ port: server.port, host: 'localhost', ca });
      const chunks: Buffer[] = [];
      raw.on('data', (chunk: Buffer) => chunks.push(chunk));
      raw.write(UPGRADE);
      await until(() => Buffer.concat(chunks).includes('\r\n\r\n'));
      // A reserved bit without an extension (RFC 6455 section 5.2).
      raw.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]));
      await until(() => Buffer.concat(chunks).includes(Buffer.from([0x03, 0xea])));
      raw.end();
      await until(() => server.stats.connections.open === 0);
    });

    it('names the file that it cannot read', async (t) => {
      await assert.rejects(
        start(t, { tls: { ...tls, keyPath: '/no/such.pem' } }),
        /^Error: --key \/no\/such\.pem could not be read: /,
      );
    });
  });
}
