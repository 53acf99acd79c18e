import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeScene } from '../client.test.fixture.ts';
import { makeClient } from './client.ts';
import { connect } from './definition.ts';

/** When handshakes start, and everything that is recorded about them. */

interface Options {
  load: object | null;
  connections?: number;
  workers?: number;
  worker?: number;
  options?: object;
}

function sceneOf({ load, connections = 100, workers = 1, worker = 0, options = {} }: Options) {
  const plan = { connections, workers, workload: { load, options } };
  return makeScene(connect.recorded, makeClient, plan, { worker });
}

const closed = (inFlight: number) => ({ kind: 'closed', inFlight });
const open = (ratePerSecond: number) => ({ kind: 'open', ratePerSecond, arrivals: 'uniform' });

test('each worker has its share of the handshakes in progress and of the connections, at least one', async () => {
  const started = async (options: Omit<Options, 'load'>) => {
    const scene = sceneOf({ load: closed(5), ...options });
    scene.start();
    await scene.goTo(1_000_000);
    return scene.wires.length;
  };
  const shares = [0, 1, 2].map((worker) => started({ workers: 3, worker }));
  assert.deepEqual(await Promise.all(shares), [2, 2, 1]);
  const few = [0, 1].map((worker) => started({ workers: 2, worker, connections: 3 }));
  assert.deepEqual(await Promise.all(few), [2, 1]);
  assert.equal(await started({ workers: 7, worker: 6, connections: 1 }), 1);
});

test('as fast as possible: handshakes, refusals, echoes and closings, each in its second', async () => {
  const scene = sceneOf({ load: closed(2), options: { echo: 'on' } });
  scene.start();
  assert.ok(scene.client.isReady());
  await scene.goTo(999_999);
  assert.equal(scene.wires.length, 0);
  await scene.goTo(1_100_000);
  const [first, second] = scene.wires;
  first?.open({ resumed: true });
  await scene.goTo(2_200_000);
  assert.deepEqual(first?.did, ['send 0+1']);
  first?.say(message(scene, 0), true);
  second?.fail('tcp', 'refused');
  assert.deepEqual(first?.did, ['send 0+1', 'close']);
  await scene.goTo(3_250_000);
  first?.end();
  scene.wires[2]?.open();
  await scene.goTo(3_300_000);
  scene.wires[2]?.say(message(scene, 2), false);
  scene.wires[3]?.open();
  await scene.goTo(3_400_000);
  scene.wires[3]?.say(message(scene, 3), true);
  await scene.goTo(4_400_000);
  scene.wires[3]?.end();
  await scene.goTo(5_000_000);
  scene.wires[4]?.fail('tcp', 'refused');
  await scene.goTo(5_500_000);
  assert.equal(scene.wires.length, 6);
  assert.equal(scene.client.isDrained(5_500_000), false);
  scene.wires[5]?.fail('tcp', 'refused');
  assert.deepEqual([4_999_999, 5_000_000].map(scene.client.isDrained), [false, true]);
  assert.equal(scene.client.reconnects(), true);
  assert.deepEqual(
    scene.sessions.routes.map(({ messages }) => messages),
    [2],
  );
  const { lines, totals } = scene.end();
  assert.equal(scene.client.reconnects(), false);
  assert.deepEqual(lines, [
    'warm-up 1-2: opened 1, bytesSent 64, due 3, started 3, resumed 1, sent 1, pending =2, live =1, outstanding =1, open =1, service 100×1',
    'steady 2-3: bytesReceived 64, due 1, started 1, refused 1, echoed 1, tcp/refused 1, pending =2, live =1, open =1',
    'warm-up 1-2: service 1199×1, lostWait 1199×1, echo 1100×1',
    'steady 3-4: opened 2, bytesSent 128, bytesReceived 64, due 2, started 2, closed 1, broken 1, sent 2, echoed 1, lost 1, open/mismatch 1, pending =2, live =1, open =1, service 1000×1, echo 100×1',
    'warm-up 1-2: service 2148×1, closing 1050×1',
    'steady 4-5: closed 1, pending =2, closing 1000×1',
    'drain 5-5.5: refused 2, tcp/refused 2, service 1749×1 2200×1, lostWait 1749×1 2200×1',
  ]);
  assert.deepEqual(totals, {
    broken: 1,
    bytesReceived: 128,
    bytesSent: 192,
    closed: 2,
    due: 6,
    echoed: 2,
    lost: 1,
    opened: 3,
    refused: 3,
    resumed: 1,
    sent: 3,
    started: 6,
  });
});

test('a connection closed by the server or the client is closed once, and nothing counts after the end', async () => {
  const scene = sceneOf({ load: closed(3), options: { close: 'server' } });
  scene.start();
  await scene.goTo(1_000_000);
  const [first, second, third] = scene.wires;
  first?.open();
  second?.open();
  assert.equal(first?.did.length, 0);
  await scene.goTo(2_100_000);
  first?.end();
  second?.say('unexpected');
  assert.deepEqual(second?.did, ['destroy']);
  scene.client.stop(2_200_000);
  await scene.goTo(2_300_000);
  third?.open();
  scene.wires[3]?.fail('tcp', 'refused');
  scene.wires[4]?.open();
  scene.wires[4]?.fail('open', 'closed-1006');
  scene.client.stop(2_400_000);
  assert.ok(scene.client.isDrained(0));
  assert.deepEqual([third?.did, scene.wires.length], [[], 5]);
  assert.deepEqual(scene.finish().lines, [
    'warm-up 1-2: opened 2, due 5, started 5, pending =3, live =2, open =2, service 0×2',
    'steady 2-2.3: opened 2, closed 1, broken 1, open/mismatch 1, tcp/refused 1, open/closed-1006 1, pending =3, live =1, open =1',
    'warm-up 1-2: closing 1100×1',
  ]);
});

test('a failed handshake leaves its slot empty for 100 ms, and after the end for good', async () => {
  const scene = sceneOf({ load: closed(1) });
  scene.start();
  await scene.goTo(1_000_000);
  scene.wires[0]?.fail('tcp', 'refused');
  await scene.goTo(1_099_999);
  assert.equal(scene.wires.length, 1);
  await scene.goTo(1_100_000);
  assert.equal(scene.wires.length, 2);
  await scene.goTo(4_900_000);
  scene.wires[1]?.fail('tcp', 'refused');
  await scene.goTo(6_000_000);
  assert.equal(scene.wires.length, 2);
});

test('a stopped loop starts nothing', async () => {
  for (const load of [closed(1), open(1)]) {
    const scene = sceneOf({ load });
    scene.start();
    scene.client.stop(0);
    await scene.goTo(1_500_000);
    scene.alarm.wake();
    assert.equal(scene.wires.length, 0);
    assert.equal(scene.alarm.isClosed, load.kind === 'open');
  }
});

test('on a schedule: 32 handshakes start at a time, in order, and the others in the next turn', async () => {
  const scene = sceneOf({ load: open(100), connections: 1000 });
  scene.start();
  assert.equal(scene.alarm.dueUs, 1_000_000);
  scene.clock.us = 1_639_000;
  scene.alarm.wake();
  assert.deepEqual([scene.wires.length, scene.alarm.dueUs], [32, 1_639_000]);
  scene.alarm.wake();
  assert.deepEqual([scene.wires.length, scene.alarm.dueUs], [64, 1_640_000]);
  scene.clock.us = 1_950_000;
  scene.alarm.wake();
  // Exactly 32 were due, so the next wait is for the schedule.
  assert.deepEqual([scene.wires.length, scene.alarm.dueUs], [96, 1_960_000]);
  assert.deepEqual(scene.end().totals, {
    due: 96,
    pending: 96,
    started: 96,
  });
});

test('on a schedule: those that wait for room start when a connection ends, and have no send lag', async () => {
  const scene = sceneOf({ load: open(1), connections: 1 });
  scene.start();
  await scene.goTo(2_500_000);
  assert.equal(scene.wires.length, 1);
  scene.wires[0]?.open();
  await scene.goTo(2_600_000);
  scene.wires[0]?.end();
  assert.equal(scene.wires.length, 2);
  await scene.goTo(2_700_000);
  scene.wires[1]?.fail('tcp', 'refused');
  assert.equal(scene.wires.length, 2);
  await scene.goTo(4_100_000);
  assert.equal(scene.wires.length, 3);
  scene.alarm.dueUs = null;
  assert.equal(scene.client.isDrained(4_999_999), false);
  scene.wires[2]?.fail('tcp', 'refused');
  assert.equal(scene.wires.length, 4);
  assert.equal(scene.client.isDrained(5_000_000), false);
  scene.wires[3]?.open();
  scene.wires[3]?.end();
  assert.equal(scene.client.isDrained(5_000_000), true);
  const { lines, totals } = scene.end();
  assert.deepEqual(lines, [
    'warm-up 1-2: due 1, started 1, pending =1, sendLag 0×1',
    'steady 2-3: opened 1, due 1, started 1, refused 1, closed 1, tcp/refused 1, response 700×1, service 100×1, sendLag 0×1, lostWait 700×1',
    'warm-up 1-2: response 1499×1, service 1499×1, closing 100×1',
    'steady 3-4: due 1, started 1, pending =1, sendLag 0×1',
    'steady 4-4.1: opened 1, due 1, started 1, refused 1, closed 1, tcp/refused 1, response 100×1 1100×1, service 0×1 1100×1, sendLag 0×1, lostWait 1100×1, closing 0×1',
  ]);
  assert.deepEqual(totals, {
    closed: 2,
    due: 4,
    opened: 2,
    refused: 2,
    started: 4,
  });
});

test('on a schedule: handshakes without room start in order, and are unstarted once at the end', async () => {
  const scene = sceneOf({ load: open(1), connections: 1 });
  scene.start();
  assert.equal(scene.client.isDrained(4_999_999), false);
  await scene.goTo(3_400_000);
  scene.wires[0]?.open();
  scene.wires[0]?.end();
  await scene.goTo(5_000_000);
  scene.alarm.wake();
  assert.deepEqual([5_000_000, 5_000_000].map(scene.client.isDrained), [false, false]);
  assert.deepEqual(scene.end().lines, [
    'warm-up 1-2: due 1, started 1, pending =1, sendLag 0×1',
    'steady 2-3: due 1, queued =1, pending =1',
    'steady 3-4: opened 1, due 1, started 1, closed 1, queued =1, pending =1, sendLag 0×1',
    'warm-up 1-2: response 2398×1, service 2398×1, closing 0×1',
    'steady 4-5: due 1, queued =2, pending =1',
    'drain 5-5: unstarted 2, pending =1, response 1000×1 2000×1, unsentWait 1000×1 2000×1',
  ]);
});

test('there is no load to choose from without one', () => {
  assert.throws(() => sceneOf({ load: null }), /connect has no load/);
});

/** The message of a connection, as it is echoed. */
function message({ payload }: ReturnType<typeof sceneOf>, id: number): Buffer {
  const bytes = Buffer.from(payload.body.subarray(0, payload.size(id, 0)));
  payload.stamp(bytes, 0, bytes.length, id, 0, new Uint8Array(4));
  return bytes;
}
