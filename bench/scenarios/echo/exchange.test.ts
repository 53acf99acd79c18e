import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Exchange } from './exchange.ts';

interface Message {
  sentUs: number;
  intendedUs: number;
}

/** A reference implementation with plain arrays, as simple as possible. */
class Model {
  readonly sent: Message[] = [];
  readonly unsent: number[] = [];
  next = 0;
}

type Step = fc.Command<Model, Exchange>;

function assertSame({ sent, unsent, next }: Model, real: Exchange): void {
  assert.deepEqual(
    [real.length, real.sent, real.unsent],
    [sent.length + unsent.length, sent.length, unsent.length],
  );
  assert.deepEqual([real.next, real.awaited], [next, next - sent.length]);
  const oldest = sent[0] ?? { sentUs: Number.NaN, intendedUs: unsent[0] ?? Number.NaN };
  assert.deepEqual({ sentUs: real.sentUs, intendedUs: real.intendedUs }, oldest);
}

const send = (nowUs: number): Step => ({
  check: ({ unsent }) => unsent.length === 0,
  run(model, real) {
    model.sent.push({ sentUs: nowUs, intendedUs: nowUs });
    model.next++;
    real.send(nowUs);
    assertSame(model, real);
  },
  toString: () => `send(${nowUs})`,
});

const fallsDue = (intendedUs: number): Step => ({
  check: () => true,
  run(model, real) {
    model.unsent.push(intendedUs);
    real.fallsDue(intendedUs);
    assertSame(model, real);
  },
  toString: () => `fallsDue(${intendedUs})`,
});

const sendDue = (nowUs: number): Step => ({
  check: () => true,
  run(model, real) {
    const handed: [intendedUs: number, sequence: number][] = [];
    real.sendDue(nowUs, (intendedUs, sequence) => handed.push([intendedUs, sequence]));
    assert.deepEqual(
      handed,
      model.unsent.map((intendedUs, i) => [intendedUs, model.next + i]),
    );
    model.next += model.unsent.length;
    for (const intendedUs of model.unsent.splice(0)) model.sent.push({ sentUs: nowUs, intendedUs });
    assertSame(model, real);
  },
  toString: () => `sendDue(${nowUs})`,
});

const dropUnsent = (): Step => ({
  check: () => true,
  run(model, real) {
    const dropped: number[] = [];
    real.dropUnsent((intendedUs) => dropped.push(intendedUs));
    assert.deepEqual(dropped.toReversed(), model.unsent.splice(0));
    assertSame(model, real);
  },
  toString: () => 'dropUnsent()',
});

const shift = (): Step => ({
  check: ({ sent }) => sent.length > 0,
  run(model, real) {
    model.sent.shift();
    real.shift();
    assertSame(model, real);
  },
  toString: () => 'shift()',
});

const time = fc.double({ min: 0, max: 1e12, noNaN: true });

test('matches plain arrays for any sequence of due, sent, echoed and abandoned messages', () => {
  const steps = fc.commands(
    [
      time.map(send),
      time.map(fallsDue),
      time.map(fallsDue),
      time.map(sendDue),
      fc.constant(shift()),
      fc.constant(shift()),
      fc.constant(dropUnsent()),
    ],
    { maxCommands: 300, size: 'max' },
  );
  fc.assert(
    fc.property(steps, (commands) => {
      fc.modelRun(() => ({ model: new Model(), real: new Exchange() }), commands);
    }),
    { numRuns: 200 },
  );
});

test('preserves order, however adding and removing alternate', () => {
  const exchange = new Exchange();
  let next = 0;
  let oldest = 0;
  for (const [sends, shifts] of [
    [1, 1],
    [3, 2],
    [8, 1],
    [5, 10],
    [40, 20],
    [1, 24],
  ] as const) {
    for (let i = 0; i < sends; i++, next++) exchange.send(next);
    for (let i = 0; i < shifts; i++, oldest++) {
      assert.deepEqual([exchange.sentUs, exchange.intendedUs, exchange.awaited], [oldest, oldest, oldest]);
      exchange.shift();
    }
  }
  assert.equal(exchange.length, 0);
  assert.ok(Number.isNaN(exchange.sentUs) && Number.isNaN(exchange.intendedUs));
});
