import assert from 'node:assert/strict';
import { test } from 'node:test';
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
    start('sh -c "echo one >&2; echo key-123 >&2; exit 3; : {port}"', undefined, (text) =>
      text.replaceAll('key-123', '***'),
    ),
    ({ kind, message }: { kind?: string; message: string }) => {
      assert.equal(kind, 'environment');
      assert.match(message, /exited with code 3 before .*: one \| \*\*\*$/);
      return true;
    },
  );
  await assert.rejects(start('sleep 9{port}', 300), {
    kind: 'environment',
    message: /accepted no connection/,
  });
  await assert.rejects(start('./no-such-program {port}'), { kind: 'environment', message: /does not exist/ });
});
