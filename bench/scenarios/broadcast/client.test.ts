import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from '../../measure/histogram.ts';
import { makeMerger } from '../../measure/merge.ts';
import { makeClient } from './client.ts';
import { broadcast } from './definition.ts';
import { makeScene, sumOf } from './members.test.fixture.ts';

const ALL = { room: 0, publishers: 1 };
const sceneOf = (connections: number, workers: number, options: typeof ALL = ALL) =>
  makeScene(broadcast, makeClient, { connections, workers, options });

describe('members of a room', () => {
  test('each get every publication once, whichever worker they belong to', () => {
    const scene = sceneOf(7, 3);
    scene.start();
    scene.passTo(20_000_000);
    assert.ok(scene.clients.every((client) => client.isDrained(20_000_000)));
    const totals = scene.finish();
    assert.deepEqual(
      totals.map(({ due, echoed, expected, delivered }) => [due, echoed, expected, delivered]),
      [
        [10, 10, 30, 30],
        [0, 0, 20, 20],
        [0, 0, 20, 20],
      ],
    );
  });

  test('have a first, a median and a last receiver over all workers', () => {
    const scene = sceneOf(6, 2);
    scene.start();
    scene.passTo(20_000_000);
    scene.finish();
    const merger = makeMerger(2);
    for (const recording of scene.recordings) merger.add(recording);
    const last = merger.slices().flatMap(({ histograms: { lastReceiver } }) => lastReceiver ?? []);
    assert.equal(
      last.reduce((sum, encoded) => sum + decode(encoded).totalCount, 0),
      10,
    );
  });

  test('get only the publications of their own room', () => {
    const scene = sceneOf(8, 2, { room: 2, publishers: 2 });
    scene.start();
    scene.passTo(20_000_000);
    const totals = scene.finish();
    assert.deepEqual([sumOf(totals, 'due'), sumOf(totals, 'echoed')], [10, 10]);
    assert.deepEqual([sumOf(totals, 'expected'), sumOf(totals, 'delivered')], [20, 20]);
  });

  test('count what is missed when their connection ends, but nothing after that', () => {
    const scene = sceneOf(4, 1);
    scene.start();
    const [, second = assert.fail()] = scene.wires;
    scene.passTo(3_500_000);
    second.pause();
    scene.passTo(5_500_000);
    second.destroy();
    second.events.failed('open', 'closed-1006');
    scene.passTo(20_000_000);
    const [counts] = scene.finish();
    assert.deepEqual([counts?.expected, counts?.delivered, counts?.missed, counts?.pending], [35, 33, 2, 0]);
  });

  test('detect what the server skipped by the gap', () => {
    const scene = sceneOf(3, 1);
    scene.start();
    const [, , third = assert.fail()] = scene.wires;
    scene.passTo(2_500_000);
    third.queued = 2 ** 21;
    scene.passTo(4_500_000);
    third.queued = 0;
    scene.passTo(20_000_000);
    const [counts] = scene.finish();
    assert.deepEqual([counts?.expected, counts?.delivered, counts?.skipped], [30, 28, 2]);
  });

  test('whose publisher is gone wait for publications that are never sent', () => {
    const scene = sceneOf(3, 1);
    scene.start();
    scene.passTo(2_500_000);
    const [publisher = assert.fail()] = scene.wires;
    publisher.destroy();
    publisher.events.failed('open', 'closed-1006');
    scene.passTo(20_000_000);
    const [counts] = scene.finish();
    assert.deepEqual([counts?.due, counts?.echoed, counts?.unsent], [10, 2, 8]);
    assert.deepEqual([counts?.delivered, counts?.pending], [6, 16]);
  });

  test('abandon a connection if a message differs from what was published', () => {
    const scene = sceneOf(3, 1);
    scene.start();
    const [, second = assert.fail(), third = assert.fail()] = scene.wires;
    second.pause();
    scene.passTo(1_500_000);
    const [bytes = assert.fail()] = second.held;
    const altered = Buffer.from(bytes);
    altered[40] = (altered[40] ?? 0) ^ 1;
    second.events.message(altered, 0, altered.length, true);
    third.events.message(bytes, 0, bytes.length, true);
    scene.passTo(20_000_000);
    const failures = scene.recordings.flatMap(({ failures }) => Object.keys(failures));
    assert.deepEqual(failures, ['open/mismatch', 'open/out-of-order']);
    scene.finish();
  });
});
