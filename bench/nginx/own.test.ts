import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { get as getOverTls } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { makeOpenFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { launch } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import { findNginx, type NginxBinary } from './binary.ts';
import { NGINX } from './driver.ts';
import type { Kind } from './own.test.fixture.ts';
import { PARTS } from './own-part.test.fixture.ts';
import { WHOLES } from './own-whole.test.fixture.ts';

const PLAN = {
  placement: null,
  proxy: { workers: 1, workerConnections: 64, workerFiles: 256, reuseport: false, backlog: 64 },
};

let root: string;
let binary: NginxBinary;
let echo: EchoServer;
const backend = createServer((_, response) => response.end('page'));
const sockets = new WebSocketServer({ server: backend });

before(async () => {
  root = makeOpenFolder(join(tmpdir(), 'own-test-'));
  binary = await findNginx({
    source: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: fileURLToPath(new URL('../../../.cache', import.meta.url)),
    say: () => {},
  });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const address = backend.address();
  assert.ok(address !== null && typeof address === 'object');
  echo = { host: '127.0.0.1', port: address.port } as EchoServer;
});
after(async () => {
  sockets.close();
  backend.closeAllConnections();
  backend.close();
  await rm(root, { recursive: true, force: true });
});

/** Starts Nginx with a configuration of this kind, and stops it after `body`. */
async function started(
  { files, options = {} }: Kind,
  body: (target: StartedTarget) => Promise<void>,
): Promise<void> {
  const folder = makeOpenFolder(join(root, 'kind-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const source = {
    path: join(folder, Object.keys(files)[0] ?? ''),
    tunings: [],
    key: 'ecdsa' as const,
    upstreamTls: false,
    options: {
      roots: (options.roots ?? []).map(({ from, to }) => ({ from, to: join(folder, to) })),
      envFile: options.envFile ? join(folder, options.envFile) : null,
      keepGuards: options.keepGuards ?? false,
      websocketPath: options.websocketPath ?? null,
      host: options.host ?? null,
      headers: options.headers ?? [],
    },
  };
  const processSet = { launch } as ProcessSet;
  const prepared = await NGINX.prepare(source);
  const target = await prepared.start(PLAN, binary, [echo], makeOpenFolder(join(root, 'run-')), processSet);
  try {
    await body(target);
  } finally {
    await target.proxy?.launched?.stop('SIGTERM', 2000);
  }
}

const overTls = ({ tls }: StartedTarget) => (tls === null ? {} : { ca: tls.ca, servername: tls.servername });

async function echoed(target: StartedTarget): Promise<string> {
  const { host, ports, path, tls, request } = target;
  const headers = (request?.headers ?? []).map(({ name, value }) => [name, value]);
  const socket = new WebSocket(`${tls === null ? 'ws' : 'wss'}://${host}:${ports[0]}${path}`, {
    ...overTls(target),
    headers: { Host: request?.host ?? '', ...Object.fromEntries(headers) },
  });
  await once(socket, 'open');
  socket.send('hello');
  const [message] = await once(socket, 'message');
  socket.terminate();
  return String(message);
}

async function statusOfPage(target: StartedTarget): Promise<number | undefined> {
  const { host, ports, page, tls, request } = target;
  if (page === null) return 200;
  const options = {
    host,
    port: ports[0],
    path: page.path,
    headers: { host: request?.host ?? '' },
    agent: false,
  };
  const asked = tls === null ? get(options) : getOverTls({ ...options, ...overTls(target) });
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

describe('realistic configurations', () => {
  for (const kind of [...PARTS, ...WHOLES]) {
    const { what, becomes } = kind;
    if ('refused' in becomes) {
      test(`${what}: rejected, with file, line and remedy`, async () => {
        await assert.rejects(
          started(kind, async () => {}),
          (error) => {
            assert.ok(error instanceof Problem, String(error));
            assert.match(error.message, becomes.refused);
            return true;
          },
        );
      });
      continue;
    }
    test(`${what}: echoes`, async () => {
      await started(kind, async (target) => {
        assert.equal(await echoed(target), 'hello');
        assert.equal(target.path, becomes.path);
        assert.equal(target.request?.host, becomes.host ?? 'localhost');
        assert.equal(await statusOfPage(target), 200);
        const codes = (target.proxy?.notices ?? []).map(({ code }) => code.replace('sandbox-', ''));
        assert.deepEqual(codes.toSorted(), becomes.notices);
        for (const { text } of target.proxy?.notices ?? []) assert.match(text, /:\d+/);
      });
    });
  }
});
