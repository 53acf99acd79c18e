import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { ceilingFor, rejectionReason } from './rejection.ts';

/** A machine that can run this many connections. */
const machine = (most: number) => (connections: number) => {
  if (connections > most) throw new Problem('environment', `${connections} are too many.`);
};

test('the reason of a rejection is that of its problem; a defect is none', () => {
  assert.equal(
    rejectionReason(() => 5),
    null,
  );
  assert.equal(
    rejectionReason(() => machine(1)(2)),
    '2 are too many.',
  );
  const defect = () => {
    throw new Error('a defect');
  };
  assert.throws(() => rejectionReason(defect), { message: 'a defect' });
});

test('the ceiling is the highest number that the machine can run, and the next one gives the reason', () => {
  const ceilings = [9, 10, 11, 500, 999, 1000, 1001].map((most) => ceilingFor(10, 1000, machine(most)));
  const limited = (connections: number) => ({ connections, reason: `${connections + 1} are too many.` });
  const whole = { connections: 1000, reason: null };
  assert.deepEqual(ceilings, [
    ...[limited(10), limited(10), limited(11), limited(500), limited(999), whole, whole],
  ]);
});
