import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { type ServersOptions, startServers } from './servers.ts';
import { workerUser } from './worker-user.ts';

const OPTIONS: ServersOptions = { count: 1, kind: 'lean', engine: 'node', cpus: null };
const settle = () => new Promise((done) => setImmediate(done));

interface Child extends EventEmitter {
  args: readonly string[];
  signals: unknown[];
  end(): void;
}

/** Simulates the processes that are started. Each is ready at once, and answers with its counters. */
function simulated(t: TestContext, answers: readonly unknown[] = [], isReady = true): Child[] {
  const children: Child[] = [];
  const left = [...answers];
  t.mock.method(childProcess, 'spawn', (_command: string, args: string[]) => {
    const child = new EventEmitter();
    const port = Number(args[args.indexOf('--port') + 1]) || 9000 + children.length;
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const signals: unknown[] = [];
    const end = () => {
      child.emit('exit', null, 'SIGKILL');
      stderr.destroy();
    };
    const whole = Object.assign(child, {
      ...{ pid: 10_000_000, connected: true, exitCode: null, signalCode: null, stdout, stderr, end, signals },
      args: args.slice(args.indexOf('--port')),
      kill(signal: string) {
        signals.push(signal);
        end();
      },
      send() {
        const answer = left.shift();
        if (answer !== undefined)
          setImmediate(() => child.emit('message', { type: 'stats', ...(answer as object) }));
      },
    });
    children.push(whole);
    if (isReady || children.length === 1) setImmediate(() => child.emit('message', { type: 'ready', port }));
    return whole;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return children;
}

function stats(total: number, messages: number) {
  return { connections: { open: 1, total }, messages, bytes: messages * 10, httpRequests: messages * 100 };
}

describe('echo servers', () => {
  test('are numbered, and have the ports and the certificate that they are given', async (t) => {
    const children = simulated(t);
    const certificate = { certPath: '/c.pem', keyPath: '/k.pem' };
    const two = await startServers({
      ...OPTIONS,
      count: 2,
      firstNumber: 5,
      ports: [7001],
      host: '10.0.0.1',
      certificate,
    });
    assert.deepEqual(
      two.map(({ launched: { name }, host, port, socket, certPath }) => [name, host, port, socket, certPath]),
      [
        ['echo server 5', '10.0.0.1', 7001, null, '/c.pem'],
        ['echo server 6', '10.0.0.1', 9001, null, '/c.pem'],
      ],
    );
    const [one] = await startServers(OPTIONS);
    assert.deepEqual([one?.launched.name, one?.host, one?.certPath], ['echo server 1', '127.0.0.1', null]);
    assert.deepEqual(
      children.map(({ args }) => args[1]),
      ['7001', '0', '0'],
    );
  });

  test('that are killed keep the counters that they noted, and continue from them', async (t) => {
    const children = simulated(t, [stats(3, 1), stats(5, 2), stats(1, 7)]);
    const [server] = await startServers(OPTIONS);
    assert.ok(server);
    assert.deepEqual(await server.stats(), stats(3, 1));
    await server.noteCounters();
    server.kill();
    server.kill();
    assert.deepEqual(children[0]?.signals, ['SIGKILL']);
    const past = { ...stats(5, 2), connections: { open: 0, total: 5 } };
    assert.deepEqual(await server.stats(), past);
    await server.start();
    assert.deepEqual(await server.stats(), {
      ...{ connections: { open: 1, total: 6 }, messages: 9, bytes: 90, httpRequests: 900 },
    });
    assert.equal(server.launched.name, 'echo server 1, restarted');
    assert.deepEqual(children[1]?.args.slice(0, 2), ['--port', '9000']);
    await assert.rejects(server.start(), { kind: 'environment', message: 'echo server 1 is still running.' });
    server.kill();
    assert.deepEqual(await server.stats(), past);
  });

  test('have a quarter of a second to note their counters', async (t) => {
    simulated(t, [stats(3, 1)]);
    const [server] = await startServers(OPTIONS);
    assert.ok(server);
    await server.noteCounters();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    syncBuiltinESMExports();
    let isNoted = false;
    const noting = server.noteCounters().then(() => {
      isNoted = true;
    });
    t.mock.timers.tick(249);
    await settle();
    assert.equal(isNoted, false);
    t.mock.timers.tick(1);
    await noting;
    t.mock.timers.reset();
    server.kill();
    assert.deepEqual(await server.stats(), { ...stats(3, 1), connections: { open: 0, total: 3 } });
  });

  test('remove the socket of a killed process before they start again', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'servers-test-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const socket = join(folder, 'echo-1.sock');
    const modeOf = () => statSync(socket).mode & 0o777;
    writeFileSync(socket, '');
    const opened = workerUser() === null ? modeOf() : 0o660;
    const children = simulated(t);
    const [server] = await startServers({ ...OPTIONS, socketFolder: folder });
    assert.deepEqual([server?.socket, children[0]?.args.slice(4, 6)], [socket, ['--socket', socket]]);
    assert.equal(modeOf(), opened);
    server?.kill();
    const starting = server?.start();
    while (children.length < 2) await settle();
    assert.equal(existsSync(socket), false);
    writeFileSync(socket, '');
    await starting;
    assert.equal(modeOf(), opened);
  });

  test('are all stopped if one of them does not become ready', async (t) => {
    const children = simulated(t, [], false);
    const starting = startServers({ ...OPTIONS, count: 3 });
    await settle();
    children[1]?.end();
    await assert.rejects(starting, {
      kind: 'environment',
      message: /^echo server 2 exited before it was ready/,
    });
    assert.deepEqual(
      [children[0], children[2]].map((child) => child?.signals),
      [['SIGKILL'], ['SIGKILL']],
    );
  });
});
