import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeScene } from '../client.test.fixture.ts';
import { makeClient } from './client.ts';
import { echo } from './definition.ts';

/** When messages are sent, and everything that is recorded about them. */

const CLOSED = { kind: 'closed', inFlight: 2 };
const open = (ratePerSecond: number) => ({ kind: 'open', ratePerSecond, arrivals: 'uniform' });

function sceneOf(load: object | null, plan: object = {}) {
  const scene = makeScene(echo.recorded, makeClient, {
    step: 'latency',
    workload: { load, options: {} },
    ...plan,
  });
  const echoed = new Map<number, number>();
  return {
    ...scene,
    /** Echoes the next message of a connection, and ends the read. */
    echo(id: number, count = 1) {
      for (let i = 0; i < count; i++) {
        const sequence = echoed.get(id) ?? 0;
        echoed.set(id, sequence + 1);
        const bytes = Buffer.from(scene.payload.body.subarray(0, 64));
        scene.payload.stamp(bytes, 0, bytes.length, id, sequence, new Uint8Array(4));
        scene.wires[id]?.say(bytes, true);
      }
      scene.wires[id]?.batchEnd();
    },
    sent: () => scene.wires.map(({ did }) => did.splice(0).join(' ')),
  };
}

describe('a closed loop', () => {
  test('keeps the messages in flight until the drain, and announces their number', async () => {
    const scene = sceneOf(CLOSED);
    assert.equal(scene.client.isDrained(9e9), false);
    scene.connect(2);
    scene.start();
    await scene.goTo(999_999);
    scene.wires[0]?.batchEnd();
    assert.deepEqual([scene.sent(), scene.gathered], [['', ''], []]);
    assert.equal(scene.client.isDrained(9e9), false);
    await scene.goTo(1_000_000);
    assert.deepEqual([scene.sent(), scene.gathered], [['send 0+2', 'send 0+2'], [4]]);
    await scene.goTo(2_100_000);
    scene.echo(0);
    scene.echo(1, 2);
    scene.wires[1]?.batchEnd();
    assert.deepEqual(scene.sent(), ['send 2+1', 'send 2+2']);
    await scene.goTo(4_999_999);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['send 3+1', '']);
    await scene.goTo(5_000_000);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['', '']);
    scene.wires[1]?.fail('open', 'closed-1006');
    assert.equal(scene.client.isDrained(5_000_000), false);
    scene.echo(0);
    assert.deepEqual([4_999_999, 5_000_000].map(scene.client.isDrained), [false, true]);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 2, open =2',
      'warm-up 1-2: bytesSent 256, due 4, sent 4, outstanding =4, open =2',
      'steady 2-3: bytesSent 192, bytesReceived 192, due 3, sent 3, echoed 3, outstanding =4, open =2',
      'warm-up 1-2: service 1100×3',
      'steady 3-4: outstanding =4, open =2',
      'steady 4-5: bytesSent 64, bytesReceived 64, due 1, sent 1, echoed 1, outstanding =4, open =2',
      'warm-up 1-2: service 4000×1',
      'drain 5-5: bytesReceived 128, echoed 2, lost 2, open/closed-1006 1, open =1, service 0×1 2900×3, lostWait 2900×2',
    ]);
  });

  test('sends nothing on a connection that has ended, nor after it was stopped', async () => {
    const scene = sceneOf(CLOSED);
    scene.connect(2);
    const [first = assert.fail()] = scene.wires;
    const { batchEnd } = first;
    first.fail('open', 'closed-1006');
    scene.start();
    await scene.goTo(1_000_000);
    batchEnd();
    assert.deepEqual([scene.sent(), scene.gathered], [['', 'send 0+2'], [2]]);
    scene.client.stop(1_100_000);
    scene.echo(1);
    assert.deepEqual(scene.sent(), ['', '']);
    assert.ok(scene.client.isDrained(0));
  });

  test('in turns: the last part of a turn is kept for echoes, as long as they took in the turn before', async () => {
    const turns = { index: 0, of: 2, lengthMs: 1000, pauseMs: 200, mirrored: false };
    const scene = sceneOf({ ...CLOSED, inFlight: 1 }, { turns });
    scene.connect(1);
    scene.start();
    await scene.goTo(1_000_000);
    // Half of 800 ms, because no echo has been timed.
    await scene.goTo(1_399_999);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['send 0+1 send 1+1']);
    await scene.goTo(1_500_000);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['']);
    await scene.goTo(3_000_000);
    // 100 ms after the end of sending, and a quarter more.
    await scene.goTo(3_674_999);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['send 2+1 send 3+1']);
    await scene.goTo(3_675_000);
    scene.echo(0);
    assert.deepEqual([scene.sent(), scene.timers.length], [[''], 0]);
    assert.equal(scene.client.isDrained(5_000_000), true);
    await scene.goTo(5_000_000);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 1, open =1',
      'warm-up 1-2: bytesSent 128, bytesReceived 128, due 2, sent 2, echoed 2, open =1, service 100×1 400×1',
      'steady 2-3: open =1',
      'steady 3-4: bytesSent 128, bytesReceived 128, due 2, sent 2, echoed 2, open =1, service 0×1 675×1',
      'steady 4-5: open =1',
      'drain 5-5: open =1',
    ]);
  });

  test('in turns: a turn whose echoes never all arrive tells nothing about the next', async () => {
    const turns = { index: 0, of: 1, lengthMs: 1000, pauseMs: 200, mirrored: false };
    const scene = sceneOf(CLOSED, { turns });
    scene.connect(1);
    scene.start();
    await scene.goTo(1_450_000);
    scene.echo(0, 2);
    await scene.goTo(2_737_499);
    assert.deepEqual(scene.sent(), ['send 0+2 send 2+2']);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['send 4+1']);
    await scene.goTo(2_750_000);
    // Only one of two arrives, so half of the next turn is kept, as in the first.
    scene.echo(0);
    await scene.goTo(3_399_999);
    assert.deepEqual(scene.sent(), ['send 5+1']);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['send 6+1']);
    await scene.goTo(3_400_000);
    scene.echo(0);
    assert.deepEqual(scene.sent(), ['']);
  });

  test('in turns: none begins after the run was stopped', async () => {
    const turns = { index: 0, of: 1, lengthMs: 1000, pauseMs: 0, mirrored: false };
    const scene = sceneOf(CLOSED, { turns });
    scene.connect(1);
    scene.start();
    scene.client.stop(0);
    await scene.goTo(3_000_000);
    assert.deepEqual([scene.sent(), scene.gathered], [[''], []]);
  });
});

describe('an open loop', () => {
  test('sends each message when it is due, and records it in the phase in which it was due', async () => {
    const scene = sceneOf(open(2));
    assert.equal(scene.client.isDrained(9e9), false);
    scene.connect(2);
    scene.start();
    assert.equal(scene.alarm.dueUs, 1_000_000);
    await scene.goTo(2_400_000);
    scene.echo(1);
    scene.echo(0);
    scene.clock.us = 2_500_000;
    // A read without an echo leaves what is due to the waker.
    scene.wires[0]?.batchEnd();
    assert.deepEqual(scene.sent(), ['send 0+1', 'send 0+1 send 1+1']);
    scene.echo(1);
    // The echo arrived when the next message was due, so nothing waits for the waker.
    assert.deepEqual(scene.sent(), ['send 1+1', '']);
    scene.clock.us = 3_200_000;
    scene.alarm.wake();
    await scene.goTo(5_000_000);
    assert.equal(scene.alarm.dueUs, null);
    scene.sent();
    assert.equal(scene.client.isDrained(5_000_000), false);
    const { lines, totals } = scene.end();
    assert.deepEqual(lines, [
      'connect 0-0.9: opened 2, open =2',
      'warm-up 1-2: bytesSent 128, due 2, sent 2, outstanding =2, open =2, sendLag 0×2',
      'steady 2-3: bytesSent 128, bytesReceived 192, due 2, sent 2, echoed 3, outstanding =1, open =2, response 500×1, service 500×1, sendLag 0×2',
      'warm-up 1-2: response 900×1 1400×1, service 900×1 1400×1',
      'steady 3-4: bytesSent 128, due 2, sent 2, outstanding =3, open =2, sendLag 0×1 200×1',
      'steady 4-5: bytesSent 128, due 2, sent 2, outstanding =5, open =2, sendLag 0×2',
      'drain 5-5: outstanding =5, open =2',
    ]);
    assert.deepEqual(totals, {
      bytesReceived: 192,
      bytesSent: 512,
      due: 8,
      echoed: 3,
      opened: 2,
      outstanding: 5,
      sent: 8,
    });
  });

  test('makes 256 writes at a time; what falls due meanwhile joins the write of its connection', async () => {
    const scene = sceneOf(open(1000));
    scene.connect(300);
    scene.start();
    scene.clock.us = 1_299_000;
    scene.alarm.wake();
    const written = () => scene.sent().filter((each) => each !== '');
    assert.equal(written().length, 256);
    assert.equal(scene.alarm.dueUs, 1_299_000);
    scene.wires[5]?.batchEnd();
    scene.clock.us = 1_400_000;
    scene.echo(1);
    assert.deepEqual([written(), scene.alarm.dueUs], [[], 1_299_000]);
    scene.clock.us = 1_599_000;
    assert.equal(scene.client.isDrained(5_000_000), false);
    scene.alarm.wake();
    const writes = written();
    // The 44 that waited are first, each with the message that fell due since.
    assert.deepEqual([writes.length, writes.filter((each) => each === 'send 0+2').length], [256, 44]);
    scene.alarm.wake();
    assert.equal(written().length, 44);
    assert.equal(scene.alarm.dueUs, 1_600_000);
    // Each connection takes one turn, whether it has one message or two.
    scene.clock.us = 2_199_000;
    scene.alarm.wake();
    const [waiting] = scene.wires.filter(({ did }) => did.length === 0);
    waiting?.fail('open', 'closed-1006');
    scene.alarm.wake();
    assert.deepEqual([written().length, scene.alarm.dueUs], [256 + 43, 2_200_000]);
  });

  test('is over once everything is sent and answered, and sends nothing after it was stopped', async () => {
    const scene = sceneOf(open(1));
    scene.connect(1);
    scene.start();
    assert.equal(scene.client.isDrained(5_000_000), false);
    for (const second of [1, 2, 3, 4]) {
      await scene.goTo(second * 1e6 + 100_000);
      scene.echo(0);
    }
    await scene.goTo(5_000_000);
    assert.deepEqual([4_999_999, 5_000_000].map(scene.client.isDrained), [false, true]);
    scene.sent();
    scene.alarm.wake();
    assert.deepEqual(scene.sent(), ['']);
    const stopped = sceneOf(open(1));
    stopped.connect(1);
    stopped.start();
    stopped.client.stop(0);
    assert.ok(stopped.alarm.isClosed);
    stopped.clock.us = 2_000_000;
    stopped.alarm.wake();
    assert.deepEqual([stopped.sent(), stopped.end().totals], [[''], { opened: 1 }]);
  });

  test('messages without a connection are unsent, with the timeout or the time that they are late', async () => {
    const scene = sceneOf(open(1));
    scene.start();
    scene.clock.us = 2_500_000;
    scene.alarm.wake();
    await scene.goTo(3_000_000);
    assert.deepEqual(scene.end().lines, [
      'steady 2-3: due 1, unsent 2, response 500×1, unsentWait 500×1',
      'warm-up 1-2: due 1, response 1499×1, unsentWait 1499×1',
      'steady 3-3: due 1, unsent 1, response 400×1, unsentWait 400×1',
    ]);
  });

  test('of which any message is an answer counts the bytes of those that answer nothing', () => {
    const scene = sceneOf(open(1), { target: { kind: 'external', expect: 'any' } });
    scene.connect(1);
    scene.wires[0]?.say('seven b');
    assert.deepEqual([scene.client.reconnects(), scene.client.isReady()], [false, true]);
    assert.deepEqual(scene.end().totals, { opened: 1, bytesReceived: 7, unasked: 1 });
  });

  test('of which any message is an answer counts the bytes of the answers', async () => {
    const scene = sceneOf(open(1), { target: { kind: 'external', expect: 'any' } });
    scene.connect(1);
    scene.start();
    await scene.goTo(1_500_000);
    scene.wires[0]?.say('answered');
    const { bytesReceived, echoed, outstanding } = scene.end().totals;
    assert.deepEqual(
      { bytesReceived, echoed, outstanding },
      { bytesReceived: 8, echoed: 1, outstanding: undefined },
    );
  });

  test('there is no loop without a load', () => {
    assert.throws(() => sceneOf(null), /the step latency has no load/);
  });
});
