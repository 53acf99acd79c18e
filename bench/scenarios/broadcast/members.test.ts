import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  joinMessage,
  NUMBERS,
  placePublication,
  writePublication,
} from '../../../server/wire/publication.ts';
import { makeScene, type Wire } from '../client.test.fixture.ts';
import { makeClient } from './client.ts';
import { broadcast } from './definition.ts';

/** One publication per second, from second 1 to second 4; the test plays the server. */

const LOAD = { kind: 'open', ratePerSecond: 1, arrivals: 'uniform' };

function sceneOf(connections: number, { room = 0, publishers = 1, workers = 1, worker = 0 } = {}) {
  const workload = { load: LOAD, options: { room, publishers } };
  const scene = makeScene(broadcast.recorded, makeClient, { connections, workers, workload }, { worker });
  const rooms = room === 0 ? 1 : Math.ceil(connections / room);
  return {
    ...scene,
    /** Opens this worker's connections, which join their rooms. */
    join() {
      for (let id = worker; id < connections; id += workers) {
        scene.sessions.connect(id, null, 1);
        scene.wires.at(-1)?.open();
        scene.wires.at(-1)?.say(joinMessage(id % rooms), true);
      }
      scene.start();
    },
    /** A publication as the server sends it. */
    publication(number: number, place = number + 1, bytes = 64): Buffer {
      const message = Buffer.alloc(bytes, 'x');
      scene.payload.body.copy(message, 0, 0, Math.min(bytes, 64));
      writePublication(message, number, (number + 1) * 1e6);
      placePublication(message, place, connections);
      return message;
    },
  };
}

/** A publication as its publisher sends it. */
function unplaced(message: Buffer): Buffer {
  placePublication(message, 0, 0);
  return message;
}

const published = ({ did }: Wire) => did.filter((each) => each.startsWith('text P')).length;

describe('a member', () => {
  test('joins the room of its connection, and the run waits for the answers of all', () => {
    const scene = sceneOf(3, { room: 2 });
    scene.connect(4, false);
    const [first, second, third, fourth] = scene.wires;
    for (const wire of [first, second, third]) wire?.open();
    assert.deepEqual(
      scene.wires.map(({ did }) => did),
      [0, 1, 0].map((room) => [`text ${joinMessage(room)}`]).concat([[]]),
    );
    first?.say(joinMessage(0), true);
    second?.say(joinMessage(1), true);
    assert.equal(scene.client.isReady(), false);
    third?.fail('open', 'closed-1006');
    assert.equal(scene.client.isReady(), false);
    fourth?.fail('tcp', 'refused');
    assert.equal(scene.client.isReady(), true);
    assert.equal(scene.client.reconnects(), false);
    const { lines } = scene.end();
    assert.deepEqual(lines, ['connect 0-0: opened 3, open/closed-1006 1, tcp/refused 1, open =2']);
  });

  test('has deliveries that arrive, are skipped, are missed or are pending, and a publisher that times out', async () => {
    const scene = sceneOf(3);
    scene.join();
    const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = scene.wires;
    await scene.goTo(1_100_000);
    for (const wire of [first, second]) wire.say(scene.publication(0), true);
    await scene.goTo(2_200_000);
    for (const wire of [first, third]) wire.say(scene.publication(1), true);
    await scene.goTo(3_200_000);
    second.fail('open', 'closed-1006');
    await scene.goTo(3_300_000);
    first.say(scene.publication(2), true);
    assert.deepEqual(
      first.did.slice(1),
      [0, 1, 2].map((number) => `text ${unplaced(scene.publication(number))}`),
    );
    await scene.goTo(4_399_999);
    scene.sessions.tick(9);
    assert.equal(scene.sessions.openConnections, 2);
    await scene.goTo(4_400_000);
    scene.sessions.tick(9);
    assert.equal(scene.sessions.openConnections, 1);
    assert.equal(published(first), 4);
    assert.deepEqual([4_999_999, 5_000_000, 5_399_999, 5_400_000].map(scene.client.isDrained), [
      false,
      false,
      false,
      true,
    ]);
    await scene.goTo(5_100_000);
    third.say(scene.publication(2), true);
    assert.equal(scene.client.isDrained(5_100_000), false);
    third.say(scene.publication(3), true);
    assert.equal(scene.client.isDrained(5_100_000), true);
    const { lines, totals } = scene.end();
    assert.deepEqual(lines, [
      'connect 0-0.9: opened 3, open =3',
      'warm-up 1-2: bytesSent 64, bytesReceived 128, due 1, sent 1, echoed 1, expected 3, delivered 2, pending =1, open =3, response 100×1, service 100×1, sendLag 0×1, delivery 100×2',
      'steady 2-3: bytesSent 64, bytesReceived 128, due 1, sent 1, echoed 1, expected 3, delivered 2, skipped 1, pending =1, open =3, response 200×1, service 200×1, sendLag 0×1, delivery 200×2',
      'steady 3-4: bytesSent 64, bytesReceived 64, due 1, sent 1, echoed 1, expected 3, delivered 1, missed 2, open/closed-1006 1, pending =1, open =2, response 300×1, service 300×1, sendLag 0×1, delivery 300×1',
      'steady 4-5: bytesSent 64, due 1, sent 1, lost 1, expected 2, missed 1, open/echo-timeout 1, pending =2, open =1, response 400×1, service 400×1, sendLag 0×1, lostWait 400×1',
      'drain 5-5.1: bytesReceived 128, delivered 2, open =1, delivery 1100×1 2099×1',
    ]);
    assert.deepEqual(totals, {
      bytesReceived: 448,
      bytesSent: 256,
      delivered: 7,
      due: 4,
      echoed: 3,
      expected: 11,
      lost: 1,
      missed: 3,
      opened: 3,
      sent: 4,
      skipped: 1,
    });
  });

  test('that joins late misses only what was due since', async () => {
    const scene = sceneOf(2);
    scene.join();
    await scene.goTo(2_500_000);
    scene.sessions.connect(2, null, 1);
    scene.wires[2]?.open();
    scene.wires[2]?.say(joinMessage(0), true);
    await scene.goTo(3_500_000);
    scene.wires[2]?.fail('open', 'closed-1006');
    const { expected, missed, pending } = scene.end().totals;
    assert.deepEqual({ expected, missed, pending }, { expected: 7, missed: 1, pending: 6 });
  });

  const wrong: [what: string, kind: string | null, told: (scene: ReturnType<typeof sceneOf>) => Buffer][] = [
    ['what was published', null, ({ publication }) => publication(0)],
    ['what was published long after the last', null, ({ publication }) => publication(0, NUMBERS / 2)],
    [
      'what was published before the last',
      'out-of-order',
      ({ publication }) => publication(0, NUMBERS / 2 + 1),
    ],
    ['the same place again', 'out-of-order', ({ publication }) => publication(0, 0)],
    ['another room’s publication', 'mismatch', ({ publication }) => publication(1)],
    ['a publication that is too long', 'mismatch', ({ publication }) => publication(0, 1, 65)],
    ['a publication that is too short', 'mismatch', ({ publication }) => publication(0, 1, 63)],
    ['another message', 'mismatch', () => joinMessage(0)],
    ...[23, 40, 63].map((at): (typeof wrong)[number] => [
      `another byte ${at}`,
      'mismatch',
      ({ publication }) => {
        const bytes = publication(0);
        bytes[at] = 1;
        return bytes;
      },
    ]),
  ];
  for (const [what, kind, told] of wrong)
    test(`${kind === null ? 'accepts' : 'rejects'} ${what}`, () => {
      const scene = sceneOf(2, { room: 1 });
      scene.join();
      scene.wires[0]?.say(told(scene), true);
      const failures = scene.recordings.flatMap((recording) => Object.keys(recording.failures));
      const { lines } = scene.end();
      assert.deepEqual(failures, []);
      assert.equal(/open\/\S+/.exec(lines.join())?.[0], kind === null ? undefined : `open/${kind}`);
    });

  test('rejects a publication of the other type, and an answer to its join that is another message', () => {
    const scene = sceneOf(2);
    scene.join();
    scene.wires[0]?.say(scene.publication(0), false);
    assert.equal(scene.sessions.openConnections, 1);
    scene.sessions.connect(3, null, 1);
    scene.wires[2]?.open();
    scene.wires[2]?.say(scene.publication(0), true);
    assert.equal(scene.sessions.openConnections, 1);
  });

  test('continues to count when the places of a long run begin again', () => {
    const scene = sceneOf(1);
    scene.join();
    for (const place of [NUMBERS / 2, NUMBERS - 1, 0, 1])
      scene.wires[0]?.say(scene.publication(0, place), true);
    assert.equal(scene.sessions.openConnections, 1);
    assert.deepEqual(scene.end().totals, {
      bytesReceived: 256,
      delivered: 4,
      opened: 1,
      pending: -1073741825,
      skipped: 1073741821,
    });
  });
});

describe('a publisher', () => {
  test('takes turns with the others of its room, on the workers to which they belong', async () => {
    for (const worker of [0, 1]) {
      const scene = sceneOf(4, { publishers: 3, workers: 2, worker });
      scene.join();
      await scene.goTo(5_000_000);
      assert.deepEqual(scene.wires.map(published), worker === 0 ? [2, 1] : [1, 0]);
    }
  });

  test('is not needed on a worker that has none, whose members still know what is due', async () => {
    const scene = sceneOf(2, { workers: 2, worker: 1 });
    scene.join();
    assert.equal(scene.alarm.dueUs, null);
    await scene.goTo(1_500_000);
    scene.wires[0]?.say(scene.publication(0), true);
    await scene.goTo(3_500_000);
    scene.sessions.tick(1);
    await scene.goTo(5_000_000);
    assert.equal(scene.client.isDrained(5_000_000), false);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 1, open =1',
      'warm-up 1-2: bytesReceived 64, expected 1, delivered 1, open =1, delivery 500×1',
      'steady 2-3: open =1',
      'steady 3-4: expected 2, pending =2, open =1',
      'steady 4-5: pending =2, open =1',
      'drain 5-5: expected 1, pending =3, open =1',
    ]);
  });

  test('has its publication back only when its own returns', async () => {
    const scene = sceneOf(2, { publishers: 2 });
    scene.join();
    await scene.goTo(2_100_000);
    scene.wires[1]?.say(scene.publication(0), true);
    assert.equal(scene.end().totals.echoed, undefined);
  });

  test('is not needed to know what a member has missed when its connection ends', async () => {
    const scene = sceneOf(4, { workers: 2, worker: 1 });
    scene.join();
    await scene.goTo(2_500_000);
    scene.wires[1]?.fail('open', 'closed-1006');
    const { expected, missed, pending } = scene.end().totals;
    assert.deepEqual({ expected, missed, pending }, { expected: 4, missed: 2, pending: 2 });
  });

  test('whose own publications have not returned is waited for', async () => {
    const scene = sceneOf(1);
    scene.join();
    await scene.goTo(5_000_000);
    assert.equal(scene.client.isDrained(5_000_000), false);
    const { pending, outstanding } = scene.end().totals;
    assert.deepEqual({ pending, outstanding }, { pending: 4, outstanding: 4 });
  });

  test('that sends late has send lag; one that is gone leaves its publications unsent', async () => {
    const scene = sceneOf(2);
    scene.join();
    scene.clock.us = 2_250_000;
    scene.alarm.wake();
    assert.equal(scene.alarm.dueUs, 3_000_000);
    scene.wires[0]?.say(scene.publication(0), true);
    await scene.goTo(2_500_000);
    scene.wires[0]?.fail('open', 'closed-1006');
    await scene.goTo(3_000_000);
    scene.clock.us = 4_700_000;
    scene.alarm.dueUs = null;
    scene.alarm.wake();
    assert.equal(scene.alarm.dueUs, null);
    scene.wires[1]?.fail('open', 'closed-1006');
    assert.deepEqual([4_999_999, 5_000_000].map(scene.client.isDrained), [false, true]);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 2, open =2',
      'warm-up 1-2: open =2',
      'steady 2-3: bytesSent 128, bytesReceived 64, due 1, sent 2, echoed 1, lost 1, expected 4, delivered 1, missed 1, open/closed-1006 1, pending =2, open =1, response 500×1, service 250×1, sendLag 250×1, lostWait 500×1',
      'warm-up 1-2: due 1, response 1249×1, service 0×1, sendLag 1249×1, delivery 1249×1',
      'steady 3-4: due 1, unsent 1, expected 1, pending =3, open =1, response 400×1, unsentWait 400×1',
      'steady 4-4.7: due 1, unsent 1, expected 1, missed 4, open/closed-1006 1, response 700×1, unsentWait 700×1',
    ]);
  });

  test('stops at once', async () => {
    const scene = sceneOf(2);
    scene.join();
    await scene.goTo(1_500_000);
    scene.client.stop(2_500_000);
    assert.ok(scene.alarm.isClosed && scene.client.isDrained(0));
    scene.client.stop(3_500_000);
    scene.wires[0]?.fail('open', 'closed-1006');
    scene.alarm.wake();
    assert.equal(published(scene.wires[0] ?? assert.fail()), 2);
    assert.equal(scene.alarm.dueUs, null);
    assert.deepEqual(scene.finish().lines, [
      'connect 0-0.9: opened 2, open =2',
      'warm-up 1-2: bytesSent 64, due 1, sent 1, expected 2, outstanding =1, pending =2, open =2, sendLag 0×1',
      'steady 2-2: bytesSent 64, due 1, sent 1, expected 2, open/closed-1006 1, outstanding =2, pending =4, open =1, sendLag 0×1',
    ]);
  });

  test('needs a schedule', () => {
    const workload = { load: { kind: 'closed', inFlight: 1 }, options: { room: 0, publishers: 1 } };
    assert.throws(() => makeScene(broadcast.recorded, makeClient, { workload }), TypeError);
  });
});
