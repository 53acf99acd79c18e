import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { EngineName } from '../model/plan.ts';
import { engineOf } from './engine.ts';

interface Asked {
  engine?: EngineName;
  client?: 'lean' | 'ws';
  server?: 'lean' | 'ws';
  bytes?: number;
  bun?: string | null;
  load?: 'closed' | 'open';
  connections?: number;
}

/** Returns the chosen engine, and the codes of the notices about it. */
function choose({
  engine,
  client = 'lean',
  server = 'lean',
  bytes = 64,
  bun = '1.4.5',
  ...more
}: Asked): string[] {
  const notices: Notice[] = [];
  const payload = { minBytes: 0, maxBytes: bytes, type: 'binary' } as const;
  const loop = more.load ?? 'closed';
  const demand = { client, server, payload, loop, inFlight: 1, connections: more.connections ?? 1000 };
  const chosen = engineOf(engine ?? null, demand, { bun }, notices);
  for (const { level, text } of notices) assert.ok(level === 'info' && text.includes('on Node'));
  return [chosen, ...notices.map(({ code }) => code)];
}

test('Bun if available, whichever end is lean, without a notice', () => {
  assert.deepEqual(choose({}), ['bun']);
  assert.deepEqual(choose({ client: 'ws' }), ['bun']);
  assert.deepEqual(choose({ server: 'ws', bytes: 4096 }), ['bun']);
  assert.deepEqual(choose({ engine: 'node' }), ['node']);
});

test('Node for a schedule, with a notice, unless Bun is requested, the server is lean, or there are many connections', () => {
  assert.deepEqual(choose({ load: 'open', server: 'ws' }), ['node', 'engine-schedule']);
  assert.deepEqual(choose({ load: 'open', server: 'ws', engine: 'bun' }), ['bun']);
  assert.deepEqual(choose({ load: 'open' }), ['bun']);
  assert.deepEqual(choose({ load: 'open', server: 'ws', connections: 10_001 }), ['bun']);
});

test('Node if both ends use `ws`, whatever is requested', () => {
  for (const bun of ['1.4.5', null])
    assert.deepEqual(choose({ client: 'ws', server: 'ws', engine: 'bun', bun }), ['node']);
});

test('Node for large messages, with a notice, unless Bun is requested', () => {
  assert.deepEqual(choose({ bytes: 4097 }), ['node', 'engine-large-messages']);
  assert.deepEqual(choose({ bytes: 16_384, engine: 'bun' }), ['bun']);
  assert.deepEqual(choose({ bytes: 16_384, engine: 'node' }), ['node']);
});

test('Node without Bun, with one notice; requesting Bun is then a problem with a remedy', () => {
  assert.deepEqual(choose({ bun: null }), ['node', 'engine-node']);
  assert.deepEqual(choose({ bun: null, bytes: 16_384 }), ['node', 'engine-node']);
  assert.deepEqual(choose({ bun: null, engine: 'node' }), ['node']);
  assert.throws(
    () => choose({ bun: null, engine: 'bun' }),
    (error) =>
      error instanceof Problem &&
      error.kind === 'environment' &&
      /^--engine bun: .*npm install/.test(error.message),
  );
});
