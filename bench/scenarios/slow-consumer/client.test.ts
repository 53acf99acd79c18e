import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScene } from '../broadcast/members.test.fixture.ts';
import { makeClient } from './client.ts';
import { isSlow, slowConsumer } from './definition.ts';

const sceneOf = (options: Record<string, number>) =>
  makeScene(slowConsumer, makeClient, {
    connections: 10,
    workers: 1,
    options: { 'slow-share': 20, 'read-rate': 0, stall: 4000, ...options },
  });

function samplesOf(scene: ReturnType<typeof sceneOf>, name: string): number {
  return scene.recordings.reduce((sum, { histograms }) => {
    const pairs = histograms[name] ?? new Uint32Array();
    return sum + pairs.reduce((all, count, i) => all + (i % 2 === 1 ? count : 0), 0);
  }, 0);
}

test('the slow clients are spread evenly, and never include the publisher', () => {
  const slow = (share: number) =>
    Array.from({ length: 100 }, (_, id) => id).filter((id) => isSlow(id, share));
  assert.deepEqual(slow(10), [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
  assert.equal(slow(50).length, 50);
  assert.equal(slow(99).length, 99);
  assert.ok(!slow(99).includes(0));
});

test('slow clients stop reading and later receive the queued data; the others are timed separately', () => {
  const scene = sceneOf({});
  const [client = assert.fail()] = scene.clients;
  scene.start();
  scene.passTo(3_500_000);
  client.stall?.();
  assert.deepEqual(
    scene.wires.flatMap(({ isPaused }, id) => (isPaused ? [id] : [])),
    [4, 9],
  );
  scene.passTo(7_500_000);
  assert.ok(scene.wires.every(({ held, isPaused }) => held.length === (isPaused ? 4 : 0)));
  client.resume?.();
  scene.passTo(20_000_000);
  const [counts] = scene.finish();
  assert.deepEqual([counts?.stalled, counts?.delivered, counts?.slowDelivered], [2, 80, 20]);
  assert.deepEqual(
    ['before', 'during', 'after'].map((name) => samplesOf(scene, name)),
    [24, 32, 24],
  );
});

test('clients that read slowly read exactly as many bytes as they may', () => {
  // A publication of 64 bytes per second; half of it may be read.
  const scene = sceneOf({ 'read-rate': 32 });
  const [client = assert.fail()] = scene.clients;
  scene.start();
  scene.passTo(1_500_000);
  client.stall?.();
  scene.passTo(9_500_000);
  const held = scene.wires.flatMap(({ held }, id) => (isSlow(id, 20) ? [held.length] : []));
  assert.deepEqual(held, [4, 4]);
  client.resume?.();
  scene.passTo(20_000_000);
  assert.equal(scene.finish()[0]?.slowDelivered, 20);
});

test('deliveries to slow clients that were closed count as missed, and the others miss nothing', () => {
  const scene = sceneOf({});
  const [client = assert.fail()] = scene.clients;
  scene.start();
  scene.passTo(3_500_000);
  client.stall?.();
  scene.passTo(6_500_000);
  const gone = scene.wires[4] ?? assert.fail();
  gone.destroy();
  gone.events.failed('open', 'closed-1006');
  scene.passTo(20_000_000);
  const [counts] = scene.finish();
  assert.deepEqual([counts?.slowMissed, counts?.missed, counts?.pending], [3, 0, 0]);
});
