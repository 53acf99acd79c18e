import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinMessage, placePublication, writePublication } from '../../../server/wire/publication.ts';
import { makeScene } from '../client.test.fixture.ts';
import { makeClient } from './client.ts';
import { slowConsumer } from './definition.ts';

/** Two clients, of which the second is slow; the test plays the server, and publishes 64 bytes each second. */
function sceneOf(readRate: number) {
  const load = { kind: 'open', ratePerSecond: 1, arrivals: 'uniform' };
  const options = { 'slow-share': 50, 'read-rate': readRate, stall: 2000 };
  const plan = { connections: 2, workload: { load, options }, echoTimeoutMs: 10_000 };
  const scene = makeScene(slowConsumer.recorded, makeClient, plan);
  scene.connect(2);
  for (const wire of scene.wires) wire.say(joinMessage(0), true);
  scene.start();
  const [, slow = assert.fail()] = scene.wires;
  return {
    ...scene,
    /** What was done to the slow connection since the last call. */
    done: () => slow.did.splice(0).filter((each) => !each.startsWith('text')),
    /** Publication `number`, from 0, arrives at connection `id`. */
    arrive(id: number, number: number) {
      const message = Buffer.from(scene.payload.body.subarray(0, 64));
      writePublication(message, number, (number + 1) * 1e6);
      placePublication(message, number + 1, 2);
      scene.wires[id]?.say(message, true);
    },
  };
}

describe('a slow client', () => {
  test('does not read during the stall; the times of the others are told by when messages were due', async () => {
    const scene = sceneOf(0);
    await scene.goTo(1_100_000);
    for (const id of [0, 1]) scene.arrive(id, 0);
    // The stall is the first event of its second.
    scene.clock.us = 2_000_000;
    scene.client.stall?.();
    assert.deepEqual([scene.done(), scene.timers], [['pause'], []]);
    await scene.goTo(2_200_000);
    scene.arrive(0, 1);
    scene.arrive(1, 1);
    assert.deepEqual(scene.done(), ['pause']);
    await scene.goTo(3_000_000);
    scene.client.resume?.();
    assert.deepEqual(scene.done(), ['resume']);
    await scene.goTo(3_300_000);
    for (const id of [0, 1]) scene.arrive(id, 2);
    assert.equal(scene.done().length, 0);
    assert.equal(scene.timers.length, 0);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 2, open =2',
      'warm-up 1-2: bytesSent 64, bytesReceived 128, due 1, sent 1, echoed 1, expected 1, delivered 1, slowExpected 1, slowDelivered 1, open =2, response 100×1, service 100×1, sendLag 0×1, before 100×1',
      'steady 2-3: bytesSent 64, bytesReceived 128, due 1, sent 1, echoed 1, expected 1, delivered 1, slowExpected 1, slowDelivered 1, stalled 1, open =2, response 200×1, service 200×1, sendLag 0×1, during 200×1',
      'steady 3-3.3: bytesSent 64, bytesReceived 128, due 1, sent 1, echoed 1, expected 1, delivered 1, slowExpected 1, slowDelivered 1, open =2, response 300×1, service 300×1, sendLag 0×1, after 300×1',
    ]);
  });

  test('that reads slowly pays back what it read too much, and saves nothing', async () => {
    const scene = sceneOf(320);
    await scene.goTo(2_500_000);
    scene.client.stall?.();
    assert.deepEqual(scene.done(), ['pause']);
    await scene.goTo(2_599_999);
    assert.deepEqual(scene.done(), []);
    await scene.goTo(2_600_000);
    assert.deepEqual(scene.done(), ['resume']);
    await scene.goTo(2_700_000);
    assert.deepEqual(scene.done(), ['resume']);
    // 32 bytes may be read, and 64 are.
    scene.arrive(1, 0);
    assert.deepEqual(scene.done(), ['pause']);
    await scene.goTo(2_800_000);
    assert.deepEqual(scene.done(), []);
    await scene.goTo(2_900_000);
    assert.deepEqual(scene.done(), ['resume']);
    scene.client.resume?.();
    assert.deepEqual(scene.done(), ['resume']);
    await scene.goTo(4_000_000);
    scene.arrive(1, 1);
    assert.deepEqual([scene.done(), scene.timers.length], [[], 0]);
  });

  test('may read on while its budget lasts', async () => {
    const scene = sceneOf(1280);
    await scene.goTo(2_500_000);
    scene.client.stall?.();
    // What had been read already counts.
    scene.arrive(1, 0);
    assert.deepEqual(scene.done(), ['pause', 'pause']);
    await scene.goTo(2_600_000);
    assert.deepEqual(scene.done(), ['resume']);
    await scene.goTo(2_700_000);
    assert.deepEqual(scene.done(), ['resume']);
    scene.arrive(1, 1);
    assert.deepEqual(scene.done(), []);
    scene.clock.us = 3_000_000;
    scene.arrive(1, 2);
    assert.deepEqual(scene.done(), ['pause']);
  });

  test('is left alone once the run has been stopped', async () => {
    const scene = sceneOf(640);
    await scene.goTo(2_500_000);
    scene.client.stall?.();
    scene.client.stop(2_550_000);
    assert.ok(scene.client.isDrained(0));
    scene.done();
    await scene.goTo(3_000_000);
    assert.deepEqual([scene.done(), scene.timers.length], [[], 0]);
  });
});
