import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { backendChildren } from './backend.ts';
import { freePorts } from './ports.ts';
import type { Launched } from './process.ts';
import { startServers } from './servers.ts';

async function start(command: string, timeoutMs?: number, mask = (text: string) => text) {
  const launched: Launched[] = [];
  const { signal } = new AbortController();
  const servers = await startServers({
    count: 1,
    ports: await freePorts('127.0.0.1', 1),
    kind: { command, mask, signal },
    // The user's backend listens on its port only.
    socketFolder: '/nowhere',
    engine: 'node',
    cpus: null,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onLaunch: (each) => launched.push(each),
  }).finally(() => Promise.all(launched.slice(0, -1).map((each) => each.exited)));
  return { servers, launched };
}

const LISTEN = "require('net').createServer().listen({port}, '127.0.0.1')";

test('a backend is ready once its port accepts, keeps no counters, and starts again on its port', async (t) => {
  const { servers, launched } = await start(`"${process.execPath}" -e "${LISTEN}"`);
  t.after(() => Promise.all(launched.map((each) => each.stop('SIGKILL', 0))));
  const [server] = servers;
  assert.ok(server);
  assert.equal(await server.stats(), null);
  assert.deepEqual([server.socket, server.launched.name], [null, 'backend 1']);
  await server.noteCounters();
  server.kill();
  assert.deepEqual(await launched[0]?.exited, { code: null, signal: 'SIGKILL' });
  assert.equal(await server.stats(), null);
  await server.start();
  assert.equal(launched.length, 2);
});

test('a backend that exits early or never listens is reported with the last lines of its stderr', async () => {
  await assert.rejects(
    start(
      `sh -c 'printf "1\\n2\\n3\\n 4 \\n{ ^ ~ }\\n   at f (x.js:1)\\n5\\none\\nkey-123\\n" >&2; exit 3; : {port}'`,
      undefined,
      (text) => text.replaceAll('key-123', '***'),
    ),
    ({ kind, message }: { kind?: string; message: string }) => {
      assert.equal(kind, 'environment');
      assert.match(message, /exited with code 3 before .*: 3 \| 4 \| 5 \| one \| \*\*\*$/);
      return true;
    },
  );
  await assert.rejects(start('sh "'), new TypeError('the command was not checked'));
  await assert.rejects(start('sleep 9{port}', 300), {
    kind: 'environment',
    message: /accepted no connection on 127\.0\.0\.1:\d+ within 0\.3 s\./,
  });
  await assert.rejects(start('./no-such-program {port}'), { kind: 'environment', message: /does not exist/ });
});

test('a backend that is killed before it listens is reported with the signal', async () => {
  await assert.rejects(start("sh -c 'kill -9 $$; : {port}'"), {
    kind: 'environment',
    message: /was killed by SIGKILL before .*\. It wrote nothing to stderr\.$/,
  });
});

test('the descendants of a process are its children, and then their children', async (t) => {
  const tree = { 1: [2, 3], 2: [4], 3: [], 4: [5], 5: [] } as Record<string, number[]>;
  t.mock.method(fs.promises, 'readdir', async (path: string) =>
    path.startsWith('/proc/1/') ? ['1', '9', 'gone'] : [path.split('/')[2]],
  );
  t.mock.method(fs.promises, 'readFile', async (path: string) => {
    const [, , pid = '', , thread = ''] = path.split('/');
    if (thread === 'gone') throw new Error('gone');
    const children = tree[pid]?.filter((_, index) => pid !== '1' || index === (thread === '1' ? 0 : 1)) ?? [];
    return children.map((child) => `${child} `).join('');
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.deepEqual(
    await backendChildren({ name: 'backend 1', pid: 1 }),
    [2, 3, 4, 5].map((pid) => ({
      ...{ component: 'server', role: 'server', pid },
      name: `backend 1, process ${pid}`,
    })),
  );
});
