import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { launch } from '../topology/process.ts';
import { groupGone } from '../topology/process-group.ts';
import type { NamedProcess } from '../topology/process-set.ts';
import { startServers } from '../topology/servers.ts';
import { exchangeBinary, linkBinary } from './exchangeable.ts';
import { HOST, setUpBench } from './start.test.fixture.ts';
import { readPid, startNginx, workerPids, writeConfiguration } from './start.ts';
import { type Upgradable, upgradeBinary } from './upgrade.ts';

const bench = setUpBench();
const never = new AbortController().signal;

/**
 * Starts an upgradable Nginx in front of an echo server. Both are stopped after the test.
 *
 * @param path folders that come first in the PATH of what starts Nginx
 */
async function running(t: { after(undo: () => Promise<unknown>): void }, path: readonly string[] = []) {
  const [server] = await startServers({ count: 1, kind: 'lean', engine: 'node', cpus: null });
  assert.ok(server);
  t.after(() => server.launched.stop('SIGKILL', 0));
  const tree = await bench.profileTree('plain');
  const moved = await bench.sandbox(tree, { upstreams: [{ host: HOST, port: server.port }] });
  const { folder, listeners, websocketPath } = moved;
  const { confPath } = await writeConfiguration(folder, moved.tree);
  const binary = await linkBinary(folder, bench.binary);
  const launched = await startNginx({
    ...{ binary, confPath, folder, listeners, workers: 2, cpus: null, upgradable: true },
    launch: (options) =>
      launch({ ...options, env: { ...options.env, PATH: [...path, options.env?.PATH].join(':') } }),
  });
  t.after(() => launched.stop('SIGTERM', 2000));
  const first = { name: 'nginx master', pid: await readPid(folder) };
  const told: string[] = [];
  const nginx: Upgradable = {
    folder,
    binary: bench.binary,
    masters: [first],
    workers: 2,
    processSet: {
      watch: ({ name }: NamedProcess) => void told.push(`watch ${name}`),
      expectExit: ({ name }: NamedProcess) => void told.push(`end of ${name}`),
    },
    redactLine: (line) => line.replace('secret', '***'),
  };
  const url = `ws://${HOST}:${listeners[0]?.port}${websocketPath}`;
  return { nginx, first, launched, told, url };
}

async function echoes(socket: WebSocket): Promise<void> {
  socket.send('hello');
  assert.equal(String((await once(socket, 'message'))[0]), 'hello');
}

async function untilGone(pid: number): Promise<void> {
  while ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '') await sleep(10);
}

describe('an upgrade of the binary', () => {
  test('starts a second master; the first one exits with its last connection', async (t) => {
    const { nginx, first, launched, told, url } = await running(t);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    await upgradeBinary(nginx, bench.binary, never);
    const [, second] = nginx.masters;
    assert.ok(second);
    assert.deepEqual(told, ['watch nginx master 2', 'end of nginx master']);
    assert.equal(await readPid(nginx.folder), second.pid);
    // The old worker still serves its connection, and the new ones accept the next.
    await echoes(socket);
    const next = new WebSocket(url);
    const [{ headers }] = (await once(next, 'upgrade')) as [{ headers: Record<string, string> }];
    assert.ok((await workerPids(second.pid)).includes(Number(headers['x-bench-worker'])));
    next.terminate();
    socket.terminate();
    await untilGone(first.pid);
    assert.equal((await workerPids(second.pid)).length, 2);
    // All of them belong to the process group known to the clean-up process.
    await launched.stop('SIGKILL', 0);
    await groupGone(launched.pid);
    await untilGone(second.pid);
  });

  test('succeeds at once, even if the process that started Nginx was slow to exit', async (t) => {
    const slow = await mkdtemp(join(tmpdir(), 'slow-'));
    t.after(() => rm(slow, { recursive: true }));
    const script = '#!/bin/sh\n[ "$1" = 0.02 ] && exec /bin/sleep 1\nexec /bin/sleep "$1"\n';
    await writeFile(join(slow, 'sleep'), script, { mode: 0o755 });
    const { nginx } = await running(t, [slow]);
    await upgradeBinary(nginx, bench.binary, never);
    assert.equal(nginx.masters.length, 2);
  });

  test('to a binary that does not start reports its error, and the old one continues', async (t) => {
    const { nginx, first, told, url } = await running(t);
    const { folder } = nginx;
    const path = join(folder, 'refuses');
    const log = `2026/01/01 00:00:00 [emerg] 7#7: unknown directive \\"secret\\" in ${folder}/nginx.conf:3`;
    await writeFile(path, `#!/bin/sh\necho "${log}" >> ${folder}/error.log\nexit 1\n`, { mode: 0o700 });
    const socket = new WebSocket(url);
    await once(socket, 'open');
    await assert.rejects(upgradeBinary(nginx, { ...bench.binary, path, version: '1.0.0' }, never), {
      kind: 'configuration',
      message:
        'Nginx 1.0.0 did not start (unknown directive "***" in nginx.conf:3), so the old one kept running',
    });
    assert.deepEqual([nginx.masters, told], [[first], []]);
    assert.equal(await readPid(folder), first.pid);
    assert.equal(await readlink(join(folder, 'nginx')), bench.binary.path);
    await echoes(socket);
    socket.terminate();
  });

  test('to a binary with its own libraries uses a script that sets their path', async (t) => {
    const { nginx } = await running(t);
    const { folder } = nginx;
    await exchangeBinary(folder, { ...bench.binary, path: "/it's/nginx", libraryPath: '/a lib:/b' });
    const script = await readFile(join(folder, 'nginx'), 'utf8');
    assert.equal(script, `#!/bin/sh\nLD_LIBRARY_PATH='/a lib:/b' exec '/it'\\''s/nginx' "$@"\n`);
  });
});
