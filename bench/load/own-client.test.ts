import assert from 'node:assert/strict';
import fs, { mkdtempSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ON_BUN } from './carriers/engine.ts';
import { ownClient } from './own-client.ts';
import type { Client, ClientContext, OpenSessions } from './sessions/client.ts';
import type { Session } from './sessions/session.ts';

const CONTEXT = {} as ClientContext;
const SESSIONS = {} as OpenSessions<unknown>;
const SESSION = {} as Session<unknown>;
const TIMES = { connectedUs: 1, warmUpUs: 2, steadyUs: 3, drainUs: 40 };

/** Calls of the functions of a user's client, which the scenario file notes in this list. */
const calls: unknown[][] = [];
Object.assign(globalThis, { noted: calls });

/** Writes a scenario file whose client is this expression, and imports it. Its process does not really exit. */
async function imported(
  t: TestContext,
  client: string,
): Promise<{ make: () => Client<unknown>; told: string[] }> {
  const told: string[] = [];
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  t.mock.method(process, 'exit', (code: number) => {
    throw new Error(`exit ${code}`);
  });
  t.mock.method(fs, 'writeSync', (_fd: number, text: string) => told.push(text));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
    for (const [i, event] of events.entries())
      for (const listener of process.listeners(event as 'uncaughtException'))
        if (!before[i]?.includes(listener)) process.off(event, listener);
  });
  const file = join(mkdtempSync(join(tmpdir(), 'own-')), 'chat.mjs');
  const steps = `[{ name: 'chat', load: null }]`;
  writeFileSync(
    file,
    `export default {\n  name: 'chat', title: 'Chat', question: 'Why?', steps: ${steps},\n  client: ${client},\n};\n`,
  );
  const make = await ownClient(file);
  return { make: () => make(CONTEXT, SESSIONS), told };
}

test('a client that only has `message` does nothing else, and is drained at the end or when it is stopped', async (t) => {
  const { make } = await imported(t, `() => ({ message: (...all) => noted.push(['message', ...all]) })`);
  const client = make();
  assert.deepEqual([client.state(), client.isReady(), client.reconnects()], [undefined, true, false]);
  assert.equal(client.isDrained(1e12), false);
  client.start(TIMES);
  assert.deepEqual([client.isDrained(39), client.isDrained(40)], [false, true]);
  client.open(SESSION);
  client.batchEnd(SESSION);
  client.pong(SESSION);
  client.closed(SESSION, 1, true);
  client.refused(SESSION, 1);
  client.tick(SESSION, 1);
  client.stall?.();
  client.resume?.();
  const bytes = Buffer.from('abc');
  client.message(SESSION, bytes, 1, 2, true);
  assert.deepEqual(calls.splice(0), [['message', SESSION, bytes, 1, 2, true]]);
  client.stop(7);
  assert.equal(client.isDrained(8), true);
});

test('every function of a client is called with what it is given, and its answer counts', async (t) => {
  const names = ['start', 'open', 'batchEnd', 'pong', 'closed', 'refused', 'tick', 'stall', 'resume', 'stop'];
  const asked = `state: () => 'own', isReady: () => false, reconnects: () => true, isDrained: (us) => us === 5`;
  const noting = [...names, 'message'].map((name) => `${name}: (...all) => noted.push(['${name}', ...all])`);
  const { make } = await imported(
    t,
    `(...all) => (noted.push(['made', ...all]), { ${asked}, ${noting.join(', ')} })`,
  );
  const client = make();
  assert.deepEqual(calls.splice(0), [['made', CONTEXT, SESSIONS]]);
  assert.deepEqual([client.state(), client.isReady(), client.reconnects()], ['own', false, true]);
  client.start(TIMES);
  client.open(SESSION);
  client.batchEnd(SESSION);
  client.pong(SESSION);
  client.closed(SESSION, 8, false);
  client.refused(SESSION, 9);
  client.tick(SESSION, 10);
  client.stall?.();
  client.resume?.();
  client.stop(11);
  assert.deepEqual([client.isDrained(5), client.isDrained(50)], [true, false]);
  assert.deepEqual(calls.splice(0), [
    ['start', TIMES],
    ['open', SESSION],
    ['batchEnd', SESSION],
    ['pong', SESSION],
    ['closed', SESSION, 8, false],
    ['refused', SESSION, 9],
    ['tick', SESSION, 10],
    ['stall'],
    ['resume'],
    ['stop', 11],
  ]);
});

test('an error in the file ends the worker, and is reported with its line', async (t) => {
  const { make, told } = await imported(
    t,
    `() => ({ message() {},\n    open() { throw new TypeError('oh') }, tick() { throw 'text' } })`,
  );
  const client = make();
  assert.throws(() => client.open(SESSION), /exit 1/);
  assert.throws(() => client.tick(SESSION, 1), /exit 1/);
  // On Bun, functions of built-in modules cannot be replaced, so what was written is unknown.
  if (!ON_BUN) assert.deepEqual(told, ['chat.mjs:4 threw TypeError: oh\n', 'chat.mjs threw text\n']);
});

test('a client without `message` ends the worker', async (t) => {
  for (const client of ['() => ({})', '() => undefined']) {
    const { make, told } = await imported(t, client);
    assert.throws(make, /exit 1/);
    if (!ON_BUN)
      assert.deepEqual(told, ['chat.mjs threw TypeError: its client has no function named message\n']);
    t.mock.restoreAll();
  }
});
