import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { probeTls } from '../load/probe.ts';
import { readMachine } from '../observe/environment.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { startServers } from '../topology/servers.ts';
import { findNginx, type NginxBinary } from './binary.ts';
import { HOST, setUpBench } from './start.test.fixture.ts';
import { checkNginx, startNginx, workerPids, writeConfiguration } from './start.ts';
import { atLeast } from './version.ts';

/** Tests with a real Nginx that is newer than the system's. It is fetched once, then cached. */

const bench = setUpBench();
let binary: NginxBinary;

before(async () => {
  binary = await findNginx({
    source: 'debian:trixie',
    searchPath: '',
    cacheDir: join(import.meta.dirname, '../../../.cache'),
    say: () => {},
  });
});

/** Facts about Nginx that the sandbox depends on. */
const facts = () => ({
  nginxVersion: binary.version,
  buildArguments: binary.buildArguments,
  modulesPath: binary.modulesPath,
  streamModule: binary.streamModule,
});

test('its version is above that of the http2 directive, and its package is reported', () => {
  assert.ok(atLeast(binary.version, '1.25.1'), binary.version);
  assert.match(binary.origin ?? '', /^nginx \d\S+ of debian:trixie$/);
});

test('it accepts every profile, without deprecation warnings', async () => {
  const { certPath } = await makeCertificate(join(bench.root, 'upstream'));
  for (const { name, configurationPath, upstreamTls } of bench.profiles) {
    if (configurationPath === null) continue;
    const upstreams = [
      { host: HOST, port: 9, socket: '/run/echo.sock', certPath: upstreamTls ? certPath : null },
    ];
    const moved = await bench.sandbox(await bench.profileTree(name), { ...facts(), upstreams });
    const { confPath, origins } = await writeConfiguration(moved.folder, moved.tree);
    assert.deepEqual(await checkNginx(binary, confPath, moved.folder, origins), [], name);
  }
});

describe('http2', () => {
  test('is enabled, accepts WebSockets over HTTP/1.1, and does not advertise extended CONNECT', async (t) => {
    const [server] = await startServers({ count: 1, kind: 'lean', engine: 'node', cpus: null });
    assert.ok(server);
    t.after(() => server.launched.stop('SIGKILL', 0));
    const certificate = await makeCertificate(join(bench.root, 'listener'));
    const upstreams = [{ host: HOST, port: server.port }];
    const tree = await bench.profileTree('http2');
    const moved = await bench.sandbox(tree, { ...facts(), certificate, upstreams });
    const { confPath, text } = await writeConfiguration(moved.folder, moved.tree);
    assert.match(text, /^\s*listen \S+ ssl backlog=4096;\n\s*http2 on;$/m);
    const [cpu] = (await readMachine({ bun: null, ioUring: null })).cpus;
    assert.ok(cpu !== undefined);
    const { folder, listeners } = moved;
    // Pinned to CPUs as in a run, because taskset must not load the libraries of another release.
    const nginx = await startNginx({ binary, confPath, folder, listeners, workers: 2, cpus: [cpu] });
    t.after(() => nginx.stop('SIGKILL', 0));
    assert.equal((await workerPids(nginx.pid)).length, 2);
    const port = listeners[0]?.port ?? 0;
    const { certPem: ca } = certificate;
    const never = new AbortController().signal;
    const probe = await probeTls({ host: HOST, port, servername: 'localhost', ca }, never);
    assert.deepEqual([probe.alpnOffered, probe.extendedConnect, probe.tlsProtocol], ['h2', false, 'TLSv1.3']);
    const socket = new WebSocket(`wss://localhost:${port}${moved.websocketPath}`, { ca });
    await once(socket, 'open');
    socket.send('hello');
    assert.equal(String((await once(socket, 'message'))[0]), 'hello');
    socket.terminate();
  });
});
