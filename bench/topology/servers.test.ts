import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { EngineName } from '../model/plan.ts';
import { bunHere } from './engine.ts';
import { portsOutside } from './ports.ts';
import type { Launched } from './process.ts';
import { startServers } from './servers.ts';
import { workerUser } from './worker-user.ts';

async function get(port: number, path: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

/** If Bun is missing, test/on-bun.test.ts reports it. */
const ENGINES_HERE: readonly EngineName[] = bunHere() === null ? ['node'] : ['node', 'bun'];

describe('startServers', () => {
  it('starts a dozen without a warning', async (t) => {
    const warnings: string[] = [];
    const listen = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', listen);
    t.after(() => process.off('warning', listen));
    const servers = await startServers({
      ...{ count: 12, kind: 'lean', engine: ENGINES_HERE.at(-1) ?? 'node', cpus: null },
      onLaunch: (launched) => t.after(() => launched.stop('SIGKILL', 0)),
    });
    assert.deepEqual([servers.length, warnings], [12, []]);
  });

  const kinds = [
    ['ws', 'node'] as const,
    ...ENGINES_HERE.map((engine) => ['lean', engine] as const),
    // The server on `ws` always runs on Node.
    ...ENGINES_HERE.slice(1).map((engine) => ['ws', engine] as const),
  ];
  for (const [kind, engine] of kinds) {
    it(`starts several of kind ${kind} on ${engine}, each with separate figures, and stops them`, async (t) => {
      const samples: number[] = [];
      const servers = await startServers({
        count: 2,
        kind,
        engine,
        cpus: null,
        onLaunch: (launched) => t.after(() => launched.stop('SIGKILL', 0)),
        onLoop: (pid) => samples.push(pid),
      });
      assert.deepEqual(
        servers.map(({ launched }) => [launched.name, launched.component]),
        [
          ['echo server 1', 'server'],
          ['echo server 2', 'server'],
        ],
      );
      const [first, second] = servers;
      assert.ok(first && second);
      assert.notEqual(first.port, second.port);
      assert.match(await get(first.port, '/health'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
      const idle = { connections: { open: 0, total: 0 }, messages: 0, bytes: 0, httpRequests: 0 };
      assert.deepEqual(await Promise.all([first.stats(), first.stats(), second.stats()]), [
        { ...idle, httpRequests: 1 },
        { ...idle, httpRequests: 1 },
        idle,
      ]);
      // Bun does not report event loop utilisation.
      if (kind === 'ws' || engine === 'node') {
        while (!samples.includes(first.launched.pid)) await once(first.launched.child, 'message');
        const loop = first.loop();
        assert.ok(loop && loop.utilisation >= 0 && loop.utilisation <= 1 && loop.delayMaxUs >= 0);
      }
      for (const server of servers) {
        assert.deepEqual(await server.launched.stop('SIGTERM', 3000), { code: 0, signal: null });
      }
      await assert.rejects(first.stats(), (error) => error instanceof Problem && error.kind === 'died');
    });
  }

  for (const engine of ENGINES_HERE) {
    it(`restarts on its old port after a kill, and continues counting, on ${engine}`, async (t) => {
      const socketFolder = mkdtempSync(join(tmpdir(), 'servers-test-'));
      t.after(() => rmSync(socketFolder, { recursive: true }));
      const launched: Launched[] = [];
      const [server] = await startServers({
        ...{ count: 1, kind: 'lean', engine, cpus: null, socketFolder },
        ports: await portsOutside([32_768, 60_999], '127.0.0.1', 1),
        onLaunch(one) {
          launched.push(one);
          t.after(() => one.stop('SIGKILL', 0));
        },
      });
      assert.ok(server);
      const { port, socket } = server;
      assert.equal(socket, join(socketFolder, 'echo-1.sock'));
      // The workers of Nginx may have another user than the server.
      const { mode } = statSync(socket);
      await get(port, '/health');
      await assert.rejects(server.start(), /echo server 1 is still running\./);
      await server.noteCounters();
      server.kill();
      assert.deepEqual(await launched[0]?.exited, { code: null, signal: 'SIGKILL' });
      await assert.rejects(get(port, '/health'), { code: 'ECONNREFUSED' });
      assert.equal((await server.stats())?.httpRequests, 1);
      server.kill();
      await server.start();
      assert.equal(statSync(socket).mode, mode);
      if (workerUser() !== null) assert.equal(mode & 0o777, 0o660);
      await get(port, '/health');
      assert.deepEqual(await server.stats(), {
        ...{ messages: 0, bytes: 0, httpRequests: 2 },
        connections: { open: 0, total: 0 },
      });
      assert.deepEqual(
        launched.map(({ name }) => name),
        ['echo server 1', 'echo server 1, restarted'],
      );
      assert.equal(server.launched, launched[1]);
    });

    it(`exits when its parent does, on ${engine}`, async (t) => {
      const [server] = await startServers({ count: 1, kind: 'lean', engine, cpus: null });
      assert.ok(server);
      t.after(() => server.launched.stop('SIGKILL', 0));
      server.launched.child.disconnect();
      assert.deepEqual(await server.launched.exited, { code: 0, signal: null });
    });
  }

  it('reports why one did not start, and stops the others', async () => {
    const launched: Launched[] = [];
    const options = {
      count: 2,
      kind: 'lean',
      engine: 'node',
      cpus: null,
      onLaunch: (one: Launched) => launched.push(one),
    } as const;
    await assert.rejects(
      startServers({ ...options, args: ['--no-such'] }),
      (error) =>
        error instanceof Problem &&
        error.kind === 'environment' &&
        /^echo server \d exited before it was ready\. Its last output: Unknown option --no-such/.test(
          error.message,
        ),
    );
    await assert.rejects(
      startServers({ ...options, timeoutMs: 0 }),
      (error) => error instanceof Problem && /was not ready within 0 s\./.test(error.message),
    );
    assert.equal(launched.length, 4);
    for (const { child } of launched) assert.ok(child.exitCode !== null || child.signalCode !== null);
  });
});
