import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { REQUEST } from './server.test.fixture.ts';

/** Tests the program in this process, so that errors of the system and signals can be simulated. */

let runs = 0;

/** Runs the program with these arguments. Returns what it prints, and the codes with which it exits. */
async function run(t: TestContext, ...args: string[]) {
  const { argv } = process;
  const printed: [stream: string, line: string][] = [];
  const exits: unknown[] = [];
  const emitters: [emitter: NodeJS.EventEmitter, event: string][] = [
    [process, 'SIGINT'],
    [process, 'SIGTERM'],
    [process.stdout, 'error'],
  ];
  const before = emitters.map(([emitter, event]) => emitter.listeners(event));
  t.after(() => {
    process.argv = argv;
    for (const [i, [emitter, event]] of emitters.entries())
      for (const listener of emitter.listeners(event) as (() => void)[])
        if (!before[i]?.includes(listener)) emitter.removeListener(event, listener);
  });
  t.mock.method(console, 'log', (line: string) => void printed.push(['stdout', line]));
  t.mock.method(console, 'error', (line: string) => void printed.push(['stderr', line]));
  t.mock.method(process, 'exit', (code: number) => void exits.push(code));
  process.argv = ['node', 'main.js', ...args];
  await import(`${new URL('./main.js', import.meta.url).href}?${runs++}`);
  const { exitCode } = process;
  process.exitCode = undefined;
  return { printed, exits, exitCode };
}

const LEAN = ['--kind', 'lean', '--port', '0'];

/** Each error of the system, and what the program advises. */
for (const [code, advice] of [
  ['EADDRINUSE', /^192\.0\.2\.1:81 .*Choose another --port/],
  ['EACCES', /192\.0\.2\.1:81\..*--port of 1024/],
  ['EADDRNOTAVAIL', /^192\.0\.2\.1 .*Choose another --host/],
  ['ENOTFOUND', /^192\.0\.2\.1 .*Choose another --host/],
  ['EMFILE', /^Cannot listen on 192\.0\.2\.1:81: failed$/],
  [undefined, /^failed$/],
] as const)
  test(`an error of listen() with code ${code} is explained`, async (t) => {
    t.mock.method(Server.prototype, 'listen', function listen(this: Server) {
      queueMicrotask(() => this.emit('error', Object.assign(new Error('failed'), code && { code })));
      return this;
    });
    const { printed, exitCode } = await run(t, '--kind', 'lean', '--host', '192.0.2.1', '--port', '81');
    assert.equal(printed.length, 1);
    assert.equal(printed[0]?.[0], 'stderr');
    assert.match(printed[0]?.[1] ?? '', advice);
    assert.equal(exitCode, 1);
  });

test('an error of the port is not attributed to the socket', async (t) => {
  const error = Object.assign(new Error('failed'), { code: 'EADDRINUSE', address: '127.0.0.1' });
  t.mock.method(Server.prototype, 'listen', function listen(this: Server) {
    queueMicrotask(() => this.emit('error', error));
    return this;
  });
  const { printed } = await run(t, ...LEAN, '--socket', '/tmp/never-created.sock');
  assert.match(printed[0]?.[1] ?? '', /--port/);
});

test('invalid options lead to exit code 2', async (t) => {
  const { printed, exitCode } = await run(t, '--port', 'x');
  assert.deepEqual([printed.map(([stream]) => stream), exitCode], [['stderr'], 2]);
});

test('an IPv6 address is printed in brackets', async (t) => {
  const { listen } = Server.prototype;
  t.mock.method(Server.prototype, 'listen', function local(this: Server, where: object, done: () => void) {
    return listen.call(this, { ...where, host: '127.0.0.1' }, done);
  });
  const { printed, exits, exitCode } = await run(t, ...LEAN, '--host', '::1');
  assert.match(printed[0]?.[1] ?? '', /^listening on \[::1\]:[1-9]\d*$/);
  assert.deepEqual([printed.length, exitCode, exits], [1, undefined, []]);
  process.emit('SIGTERM');
  while (exits.length === 0) await new Promise(setImmediate);
});

/** Opens a WebSocket that answers nothing. */
async function mute(t: TestContext, line: string): Promise<Socket> {
  const socket = connect(Number(line.split(':').at(-1)), '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(REQUEST);
  await once(socket, 'data');
  return socket;
}

for (const pingMs of [0, 1, 250])
  test(`with a ping interval of ${pingMs} ms, WebSockets are ${pingMs === 0 ? 'not ' : ''}pinged, and a second signal ends the server at once`, async (t) => {
    const intervals: { call: () => void; ms: number }[] = [];
    let isKept = 0;
    t.mock.method(globalThis, 'setInterval', (call: () => void, ms: number) => {
      intervals.push({ call, ms });
      isKept++;
      return { unref: () => isKept-- };
    });
    const { printed, exits } = await run(t, ...LEAN, '--ping', String(pingMs));
    assert.deepEqual(
      intervals.map(({ ms }) => ms),
      pingMs === 0 ? [] : [pingMs],
    );
    assert.equal(isKept, 0);
    const socket = await mute(t, printed[0]?.[1] ?? '');
    if (pingMs > 0) {
      const pinged = once(socket, 'data');
      intervals[0]?.call();
      assert.equal((await pinged)[0].toString('hex'), '8900');
    }
    const told = once(socket, 'data');
    process.emit('SIGINT');
    assert.equal((await told)[0].toString('hex'), '880203e9');
    assert.deepEqual(exits, []);
    process.emit('SIGTERM');
    assert.deepEqual(exits, [0]);
    socket.destroy();
    while (exits.length === 1) await new Promise(setImmediate);
    assert.deepEqual(exits, [0, 0]);
  });

test('it survives a reader of its output that has gone', async (t) => {
  const { exits } = await run(t, ...LEAN);
  process.stdout.emit('error', new Error('EPIPE'));
  process.emit('SIGTERM');
  while (exits.length === 0) await new Promise(setImmediate);
  assert.deepEqual(exits, [0]);
});
