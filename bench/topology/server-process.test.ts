import assert from 'node:assert/strict';
import childProcess, { type SpawnOptions } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { PassThrough } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { launchServer } from './server-process.ts';
import type { ServersOptions } from './servers.ts';

const OPTIONS: ServersOptions & { kind: 'ws' | 'lean' } = {
  count: 1,
  kind: 'lean',
  engine: 'node',
  cpus: null,
};
const STATS = { connections: { open: 1, total: 2 }, messages: 3, bytes: 4, httpRequests: 5 };

/** Simulates the processes that are started; the test speaks for them. */
function simulated(t: TestContext) {
  const children: (EventEmitter & { stdout: PassThrough; stderr: PassThrough; sent: unknown[] })[] = [];
  const started: { args: string[]; stdio: unknown }[] = [];
  const commands: string[] = [];
  t.mock.method(childProcess, 'spawn', (command: string, args: string[], { stdio }: SpawnOptions) => {
    commands.push(command);
    const sent: unknown[] = [];
    const child = Object.assign(new EventEmitter(), {
      ...{ pid: 10_000_000, connected: true, sent, exitCode: null, signalCode: null },
      ...{ stdout: new PassThrough(), stderr: new PassThrough(), send: (what: unknown) => sent.push(what) },
    });
    children.push(child);
    started.push({ args: args.slice(1), stdio });
    return child;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { children, started, commands };
}

const NEVER = new AbortController().signal;

describe('the process of an echo server', () => {
  test('has the options of its place, its kind and its scenario', (t) => {
    const { started, commands } = simulated(t);
    launchServer('echo server 1', { port: 0, socket: null }, OPTIONS);
    launchServer(
      'echo server 1',
      { port: 7, socket: '/run/1.sock' },
      {
        ...{ ...OPTIONS, host: '10.0.0.1', carrier: 'io_uring', args: ['--delay', '3'], maxPayloadBytes: 99 },
        ...{ certificate: { certPath: '/c.pem', keyPath: '/k.pem' }, onLine: () => {} },
      },
    );
    launchServer(
      'echo server 1',
      { port: 0, socket: null },
      { ...OPTIONS, kind: 'ws', engine: 'bun', carrier: 'io_uring' },
    );
    // The server on `ws` always runs on Node.
    assert.equal(commands[2], process.execPath);
    assert.deepEqual(started, [
      { args: ['--port', '0', '--kind', 'lean'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
      {
        args: [
          ...['--port', '7', '--kind', 'lean', '--host', '10.0.0.1', '--carrier', 'io_uring'],
          ...['--socket', '/run/1.sock', '--cert', '/c.pem', '--key', '/k.pem', '--max-payload', '99'],
          ...['--delay', '3'],
        ],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
      { args: ['--port', '0', '--kind', 'ws'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    ]);
  });

  test('reports its port, its loop and its counters, in the order in which they were asked for', async (t) => {
    const { children } = simulated(t);
    const loops: unknown[] = [];
    const launches: number[] = [];
    const server = launchServer(
      'echo server 1',
      { port: 0, socket: null },
      {
        ...OPTIONS,
        onLaunch: ({ pid }) => launches.push(pid),
        onLoop: (pid, sample) => loops.push([pid, sample]),
      },
    );
    const [child] = children;
    assert.ok(child);
    assert.equal(server.loop(), null);
    const ready = server.ready(NEVER);
    child.emit('message', { type: 'ready', port: 77 });
    assert.equal(await ready, 77);
    const loop = { utilisation: 0.5, delayMaxUs: 6 };
    child.emit('message', { type: 'loop', ...loop, more: 1 });
    assert.deepEqual([server.loop(), loops, launches], [loop, [[10_000_000, loop]], [10_000_000]]);
    const both = Promise.all([server.stats(), server.stats()]);
    child.emit('message', { type: 'stats', ...STATS });
    child.emit('message', { type: 'stats', ...STATS, messages: 9 });
    assert.deepEqual(await both, [STATS, { ...STATS, messages: 9 }]);
    assert.deepEqual(child.sent, [{ type: 'stats' }, { type: 'stats' }]);
  });

  test('must be ready and answer in time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { children } = simulated(t);
    const settle = () => new Promise((done) => setImmediate(done));
    for (const [limits, ms, words] of [
      [{}, 15_000, 'was not ready within 15 s. Its last output: one'],
      [{ timeoutMs: 300 }, 300, 'was not ready within 0.3 s. Its last output: one'],
    ] as const) {
      const server = launchServer('echo server 1', { port: 0, socket: null }, { ...OPTIONS, ...limits });
      children.at(-1)?.stderr.write('one\n');
      let failure: { kind?: string; message?: string } = {};
      const failed = server.ready(NEVER).catch((error) => {
        failure = error;
      });
      await settle();
      t.mock.timers.tick(ms - 1);
      await settle();
      assert.deepEqual(failure, {});
      t.mock.timers.tick(1);
      await failed;
      assert.deepEqual([failure.kind, failure.message], ['environment', `echo server 1 ${words}`]);
    }
    const silent = launchServer('echo server 1', { port: 0, socket: null }, OPTIONS);
    let death: { kind?: string; message?: string } = {};
    const asked = silent.stats().catch((error) => {
      death = error;
    });
    t.mock.timers.tick(4999);
    await settle();
    assert.deepEqual(death, {});
    t.mock.timers.tick(1);
    await asked;
    const words = 'echo server 1 (process 10000000) no longer answers. It printed nothing to stderr.';
    assert.deepEqual([death.kind, death.message], ['died', words]);
  });

  test('may exit before it is ready, and before it answers', async (t) => {
    const { children } = simulated(t);
    const server = launchServer('echo server 1', { port: 0, socket: null }, OPTIONS);
    const [child] = children;
    const [ready, stats] = [server.ready(NEVER), server.stats()];
    child?.emit('exit', 3, null);
    child?.stderr.destroy();
    await assert.rejects(ready, {
      kind: 'environment',
      message: 'echo server 1 exited before it was ready. It printed nothing to stderr.',
    });
    await assert.rejects(stats, {
      kind: 'died',
      message: 'echo server 1 (process 10000000) exited with code 3. It printed nothing to stderr.',
    });
  });

  test('passes its log lines on, with its name if there are several', async (t) => {
    const { children } = simulated(t);
    const lines: string[] = [];
    for (const count of [1, 2]) {
      launchServer(
        'echo server 1',
        { port: 0, socket: null },
        { ...OPTIONS, count, onLine: (line) => lines.push(line) },
      );
      const { stdout } = children.at(-1) ?? assert.fail();
      stdout.end('listening on 7\none\n');
      await new Promise((done) => setImmediate(done));
    }
    assert.deepEqual(lines, ['one', 'echo server 1: one']);
  });
});
