import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

/** Path of the Bun that runs the server, set by test/on-bun.test.ts; without it, this Node runs the server. */
const { LEAN_SERVER_ENGINE: BUN } = process.env;
const ENGINE = BUN ?? process.execPath;
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

function start(t: TestContext, ...args: string[]): ChildProcess & { output: () => string } {
  const child = spawn(ENGINE, [MAIN, ...args]);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return Object.assign(child, { output: () => text });
}

async function ended(child: ChildProcess): Promise<unknown[]> {
  return once(child, 'close');
}

/** Waits for a report on the event loop, which Bun does not send. */
async function hearsOfLoop(server: ChildProcess): Promise<void> {
  const [loop] = (await once(server, 'message')) as [
    { type: string; utilisation: number; delayMaxUs: number },
  ];
  assert.equal(loop.type, 'loop');
  assert.ok(loop.utilisation >= 0 && loop.utilisation <= 1 && Number.isInteger(loop.delayMaxUs));
}

describe('the server as a program', () => {
  for (const [kind, signal] of [
    ['ws', 'SIGTERM'],
    ['lean', 'SIGINT'],
  ] as const) {
    it(`${kind}: ready line, log, graceful stop on ${signal}`, async (t) => {
      const server = start(t, '--port', '0', '--kind', kind, '--log');
      assert.ok(server.stdout);
      await once(server.stdout, 'data');
      const port = /^listening on 127\.0\.0\.1:(\d+)\n$/.exec(server.output())?.[1];
      const socket = new WebSocket(`ws://127.0.0.1:${port}/websocket`);
      t.after(() => socket.terminate());
      await once(socket, 'open');
      socket.send('line\n\u001b[2J\u202e');
      assert.equal(String((await once(socket, 'message'))[0]), 'line\n\u001b[2J\u202e');
      socket.send(Buffer.of(1, 2, 3));
      await once(socket, 'message');
      socket.send('ü'.repeat(201));
      await once(socket, 'message');
      const closed = once(socket, 'close');
      server.kill(signal);
      assert.equal((await closed)[0], 1001);
      assert.deepEqual(await ended(server), [0, null]);
      assert.match(
        server.output(),
        new RegExp(
          String.raw`^listening on .*\nconnected (127\.0\.0\.1:\d+)\nreceived \1 "line\\n\\u001b\[2J\\u202e"\n` +
            String.raw`received \1 3 bytes\nreceived \1 "ü{200}" … \(402 bytes\)\ndisconnected \1 1001\n$`,
        ),
      );
    });
  }

  it('names the socket that it cannot listen on, releases its port and exits', async (t) => {
    for (const kind of ['ws', 'lean']) {
      const server = start(t, '--port', '0', '--socket', '/no/such/folder/echo.sock', '--kind', kind);
      assert.deepEqual(await ended(server), [1, null]);
      assert.match(server.output(), /^Cannot listen on \/no\/such\/folder\/echo\.sock: .*--socket\.\n$/);
    }
  });

  it('says what to do when the port is in use', async (t) => {
    const first = start(t, '--port', '0');
    assert.ok(first.stdout);
    await once(first.stdout, 'data');
    const port = /:(\d+)$/m.exec(first.output())?.[1] ?? '';
    for (const kind of ['ws', 'lean']) {
      const second = start(t, '--port', port, '--kind', kind);
      assert.deepEqual(await ended(second), [1, null]);
      assert.match(
        second.output(),
        /^127\.0\.0\.1:\d+ is already in use\. Choose another --port, or 0 .*\n$/,
      );
    }
  });

  it('rejects invalid options with a sentence and exit code 2; --help exits with 0', async (t) => {
    const wrong = start(t, '--prot', '1');
    const help = start(t, '--help');
    const [left, right] = await Promise.all([ended(wrong), ended(help)]);
    assert.deepEqual([left[0], right[0]], [2, 0]);
    assert.equal(wrong.output(), 'Unknown option --prot. Did you mean --port?\n');
    assert.match(help.output(), /--port N/);
  });

  it('reports over a channel, and exits when it closes', async (t) => {
    const server = fork(MAIN, ['--port', '0', '--kind', 'lean'], { silent: true, execPath: ENGINE });
    t.after(() => server.kill('SIGKILL'));
    const [ready] = (await once(server, 'message')) as [{ type: string; port: number }];
    assert.equal(ready.type, 'ready');
    assert.ok(ready.port > 0);
    server.send({ type: 'stats' });
    const stats = {
      type: 'stats',
      connections: { open: 0, total: 0 },
      messages: 0,
      bytes: 0,
      httpRequests: 0,
    };
    assert.deepEqual(await once(server, 'message'), [stats, undefined]);
    if (BUN === undefined) await hearsOfLoop(server);
    const exit = once(server, 'exit');
    server.disconnect();
    assert.deepEqual(await exit, [0, null]);
  });

  it('exits if its parent process has gone before it is ready', async (t) => {
    const server = fork(MAIN, ['--port', '0', '--kind', 'lean'], { silent: true, execPath: ENGINE });
    t.after(() => server.kill('SIGKILL'));
    server.disconnect();
    assert.deepEqual(await once(server, 'exit'), [0, null]);
  });
});
