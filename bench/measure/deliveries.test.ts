import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_MEMBERS, DELIVERY_NAMES, Deliveries } from './deliveries.ts';
import { record, TIMES } from './recorder.test.fixture.ts';

test('the deliveries of each group are counted under its names, in the second of each event', () => {
  const slow = {
    expected: 'slowExpected',
    delivered: 'slowDelivered',
    skipped: 'slowSkipped',
    missed: 'slowMissed',
    pending: 'slowPending',
  };
  const { recorder, recordings } = record({
    counters: [...DELIVERY_NAMES.counters, 'slowExpected', 'slowDelivered', 'slowSkipped', 'slowMissed'],
    gauges: ['pending', 'slowPending'],
    histograms: DELIVERY_NAMES.histograms,
  });
  const all = new Deliveries(recorder, ALL_MEMBERS);
  const some = new Deliveries(recorder, slow);
  recorder.schedule(TIMES);
  // One event in each second, and two publications of the slow group.
  all.expected(1_600_000, 10);
  some.expected(1_600_000, 3);
  all.delivered(2_500_000, 64);
  all.skipped(3_500_000, 2);
  all.missed(4_500_000, 4);
  some.delivered(4_700_000, 5);
  assert.deepEqual([all.pending, some.pending], [3, 2]);
  recorder.finish(4_800_000);
  const none = { opened: 0, bytesSent: 0, bytesReceived: 0 };
  const zero = {
    ...none,
    ...{ expected: 0, delivered: 0, skipped: 0, missed: 0 },
    ...{ slowExpected: 0, slowDelivered: 0, slowSkipped: 0, slowMissed: 0 },
  };
  assert.deepEqual(
    recordings.slice(2).map(({ counters, gauges }) => [counters, gauges]),
    [
      [
        { ...zero, expected: 10, slowExpected: 3 },
        { open: 0, pending: 10, slowPending: 3 },
      ],
      [
        { ...zero, delivered: 1, bytesReceived: 64 },
        { open: 0, pending: 9, slowPending: 3 },
      ],
      [
        { ...zero, skipped: 2 },
        { open: 0, pending: 7, slowPending: 3 },
      ],
      [
        { ...zero, missed: 4 },
        { open: 0, pending: 3, slowPending: 3 },
      ],
      [
        { ...zero, slowDelivered: 1, bytesReceived: 5 },
        { open: 0, pending: 3, slowPending: 2 },
      ],
    ],
  );
  assert.deepEqual(DELIVERY_NAMES.histograms, [
    'delivery',
    'firstReceiver',
    'medianReceiver',
    'lastReceiver',
  ]);
});
