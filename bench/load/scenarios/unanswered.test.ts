import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Unanswered } from './unanswered.ts';

interface Message {
  sentUs: number;
  intendedUs: number;
}

/** The same with a plain array: as simple as it can be. */
class Model {
  readonly messages: Message[] = [];
}

type Step = fc.Command<Model, Unanswered>;

function assertSame(model: Model, real: Unanswered): void {
  const oldest = model.messages[0];
  assert.equal(real.length, model.messages.length);
  assert.equal(real.sentUs, oldest?.sentUs ?? Number.NaN);
  assert.equal(real.intendedUs, oldest?.intendedUs ?? Number.NaN);
}

const push = (sentUs: number, intendedUs: number): Step => ({
  check: () => true,
  run(model, real) {
    model.messages.push({ sentUs, intendedUs });
    real.push(sentUs, intendedUs);
    assertSame(model, real);
  },
  toString: () => `push(${sentUs}, ${intendedUs})`,
});

const shift = (): Step => ({
  check: (model) => model.messages.length > 0,
  run(model, real) {
    model.messages.shift();
    real.shift();
    assertSame(model, real);
  },
  toString: () => 'shift()',
});

const stampSent = (share: number, sentUs: number): Step => ({
  check: () => true,
  run(model, real) {
    const count = Math.floor(share * model.messages.length);
    const newest = model.messages.slice(model.messages.length - count);
    for (const message of newest) message.sentUs = sentUs;
    const handed: [intendedUs: number, i: number][] = [];
    real.stampSent(count, sentUs, (intendedUs, i) => handed.push([intendedUs, i]));
    assert.deepEqual(
      handed,
      newest.map(({ intendedUs }, i) => [intendedUs, i]),
    );
    assertSame(model, real);
  },
  toString: () => `stampSent(${share} of all, ${sentUs})`,
});

const time = fc.double({ min: 0, max: 1e12, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

test('it is a queue: whatever is pushed, stamped and forgotten, the oldest is the same as in a plain array', () => {
  const steps = fc.commands(
    [
      fc.tuple(time, time).map(([sentUs, intendedUs]) => push(sentUs, intendedUs)),
      fc.tuple(time).map(([intendedUs]) => push(Number.NaN, intendedUs)),
      fc.constant(shift()),
      fc.tuple(share, time).map(([part, sentUs]) => stampSent(part, sentUs)),
    ],
    { maxCommands: 300, size: 'max' },
  );
  fc.assert(
    fc.property(steps, (commands) => {
      fc.modelRun(() => ({ model: new Model(), real: new Unanswered() }), commands);
    }),
    { numRuns: 200 },
  );
});

test('it hands out in order what was put in, however the two take turns', () => {
  const unanswered = new Unanswered();
  let next = 0;
  let oldest = 0;
  for (const [pushes, shifts] of [
    [1, 1],
    [3, 2],
    [8, 1],
    [5, 10],
    [40, 20],
    [1, 24],
  ] as const) {
    for (let i = 0; i < pushes; i++, next++) unanswered.push(next, next + 0.5);
    for (let i = 0; i < shifts; i++, oldest++) {
      assert.deepEqual([unanswered.sentUs, unanswered.intendedUs], [oldest, oldest + 0.5]);
      unanswered.shift();
    }
  }
  assert.equal(unanswered.length, 0);
  assert.ok(Number.isNaN(unanswered.sentUs) && Number.isNaN(unanswered.intendedUs));
});
