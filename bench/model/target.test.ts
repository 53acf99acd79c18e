import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { stored } from './finding.ts';
import { countsFor, type LadderPoint } from './ladder.ts';
import { priceSchema } from './price.ts';
import { expectationOf, type PlannedTarget, plannedTargetSchema, usesAssignedAddresses } from './target.ts';

const external = (changes: object = {}): PlannedTarget =>
  v.parse(plannedTargetSchema, { kind: 'external', url: 'ws://127.0.0.1:80/', ...changes });

test('a target in an older result echoes, and is local, without TLS and subprotocols', () => {
  assert.deepEqual(external(), {
    ...{ kind: 'external', url: 'ws://127.0.0.1:80/', expect: 'echo', certificate: null },
    ...{ subprotocols: [], isRemote: false },
  });
  assert.deepEqual(
    [expectationOf({ kind: 'sandbox' }), expectationOf(external({ expect: 'any' }))],
    ['echo', 'any'],
  );
});

test('connections have assigned addresses within the sandbox and to local IPv4 addresses', () => {
  assert.equal(usesAssignedAddresses({ kind: 'sandbox' }), true);
  assert.equal(usesAssignedAddresses(external()), true);
  assert.equal(usesAssignedAddresses(external({ isRemote: true })), false);
  assert.equal(usesAssignedAddresses(external({ url: 'ws://[::1]:80/' })), false);
});

test('a point of a ladder counts for a metric unless it is unfit; in older results, for all or none', () => {
  const point = (excluded: LadderPoint['excluded'], unfit: string[] | null) => {
    const each = { level: 1, round: 1, figures: {}, excluded, unfit };
    return ['a', 'b'].map((name) => countsFor(each, name));
  };
  assert.deepEqual(point(null, []), [true, true]);
  assert.deepEqual(point(null, ['a']), [false, true]);
  assert.deepEqual(point(stored('x'), ['a']), [false, true]);
  assert.deepEqual(
    [point(null, null), point(stored('x'), null)],
    [
      [true, true],
      [false, false],
    ],
  );
});

test('the doubt of an older price becomes a list', () => {
  const doubtsOf = (changes: object) => {
    const figure = {
      name: 'a',
      step: 'latency',
      unit: 'time',
      baseline: 1,
      variant: 2,
      ratio: 2,
      ...changes,
    };
    const variants = [{ variant: 'tls', figures: [figure] }];
    return v.parse(priceSchema, { kind: 'price', baseline: 'direct', variants }).variants[0]?.figures[0]
      ?.doubts;
  };
  assert.deepEqual([doubtsOf({}), doubtsOf({ doubt: null })], [[], []]);
  assert.deepEqual(doubtsOf({ doubt: 'x' }), [{ variant: '', reason: stored('x') }]);
  const doubts = [{ variant: 'tls', reason: stored('y') }];
  assert.deepEqual(doubtsOf({ doubts }), doubts);
});
