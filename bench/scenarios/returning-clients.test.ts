import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeClient as makeBackendLoss } from './backend-loss/client.ts';
import { backendLoss } from './backend-loss/definition.ts';
import { makeScene } from './client.test.fixture.ts';
import { makeClient as makeReload } from './reload/client.ts';
import { reload } from './reload/definition.ts';
import { makeClient as makeStorm } from './storm/client.ts';
import { storm } from './storm/definition.ts';

/** What the clients of scenarios record in which connections are cut and clients reconnect. */

const load = { kind: 'open', ratePerSecond: 0.01, arrivals: 'uniform' };

describe('storm', () => {
  const sceneOf = (reconnect: string) =>
    makeScene(storm.recorded, makeStorm, { workload: { load: null, options: { reconnect } } });

  test('times count from when the cut was due; connections that end before it count without these times', async () => {
    const scene = sceneOf('200ms');
    scene.connect(4);
    scene.wires[3]?.fail('open', 'closed-1006');
    assert.ok(scene.client.isReady());
    scene.start();
    await scene.goTo(2_000_000);
    scene.wires[2]?.fail('open', 'closed-1006');
    await scene.goTo(2_500_000);
    scene.wires[4]?.open();
    await scene.goTo(3_800_000);
    scene.wires[4]?.fail('open', 'closed-1006');
    await scene.goTo(4_000_000);
    scene.wires[5]?.open();
    scene.wires[0]?.fail('open', 'cut');
    await scene.goTo(4_100_000);
    scene.wires[1]?.fail('open', 'cut');
    await scene.goTo(4_250_000);
    scene.wires[6]?.open();
    await scene.goTo(4_300_000);
    scene.wires[7]?.fail('tcp', 'refused');
    await scene.goTo(4_500_000);
    scene.wires[8]?.open();
    assert.equal(scene.wires.length, 9);
    assert.deepEqual(scene.end().lines, [
      'connect 0-0.9: opened 4, open/closed-1006 1, open =3',
      'warm-up 1-2: open =3',
      'steady 2-3: opened 1, cut 1, back 1, attempts 1, open/closed-1006 1, open =3, outage 500×1',
      'steady 3-4: cut 1, open/closed-1006 1, waiting =1, open =2',
      'steady 4-4.5: opened 3, cut 2, back 3, attempts 4, attemptsFailed 1, open/cut 2, tcp/refused 1, open =3, outage 200×1 250×1 400×1, attemptAfter 0×1 200×1 300×1 500×1, backAfter 0×1 250×1 500×1',
    ]);
  });

  test('the run lasts until its end, or until it is stopped; a message ends its connection', async () => {
    const scene = sceneOf('immediate');
    scene.connect(2);
    assert.equal(scene.client.isDrained(9e9), false);
    scene.start();
    scene.wires[0]?.say('hello');
    assert.deepEqual(scene.wires[0]?.did, ['destroy']);
    assert.deepEqual([4_999_999, 5_000_000].map(scene.client.isDrained), [false, true]);
    assert.ok(scene.client.reconnects());
    scene.client.stop(0);
    assert.ok(scene.client.isDrained(0));
    assert.equal(scene.client.reconnects(), false);
    await scene.goTo(2_000_000);
    assert.equal(scene.wires.length, 2);
    scene.wires[1]?.fail('open', 'cut');
    assert.deepEqual(scene.finish().lines, [
      'connect 0-0.9: opened 2, cut 1, open/mismatch 1, waiting =1, open =1',
      'warm-up 1-2: waiting =1, open =1',
      'steady 2-2: open/cut 1, waiting =1',
    ]);
  });
});

describe('reload', () => {
  const sceneOf = (options: object) =>
    makeScene(reload.recorded, makeReload, {
      workload: { load, options: { reconnect: '100ms', ...options } },
    });

  test('times count from the last reload that was due; connections opened before are told from later ones', async () => {
    const scene = sceneOf({ reloads: 2, 'reload-every': 1000 });
    scene.connect(4);
    scene.start();
    await scene.goTo(6_999_999);
    scene.wires[0]?.fail('open', 'closed-1006');
    await scene.goTo(7_100_000);
    scene.wires[4]?.open();
    scene.wires[1]?.fail('open', 'closed-1006');
    await scene.goTo(8_050_000);
    scene.wires[2]?.fail('open', 'closed-1006');
    await scene.goTo(8_250_000);
    scene.wires[5]?.open();
    scene.wires[6]?.open();
    scene.client.stop(8_250_000);
    scene.wires[3]?.fail('open', 'closed-1006');
    assert.deepEqual(scene.finish().lines, [
      'connect 0-0.9: opened 4, first =4, open =4',
      'warm-up 1-2: bytesSent 64, due 1, sent 1, outstanding =1, first =4, open =4, sendLag 0×1',
      'steady 2-3: outstanding =1, first =4, open =4',
      'steady 3-4: outstanding =1, first =4, open =4',
      'steady 4-5: outstanding =1, first =4, open =4',
      'drain 5-6: outstanding =1, first =4, open =4',
      'drain 6-7: cut 1, open/closed-1006 1, outstanding =1, waiting =1, first =3, open =3',
      'drain 7-8: opened 1, lost 1, cut 1, back 1, attempts 2, open/closed-1006 1, waiting =1, first =2, open =3, outage 100×1, cutAfter 100×1, backAfter 100×1',
      'warm-up 1-2: response 6099×1, service 6099×1, lostWait 6099×1',
      'drain 8-8.25: opened 2, cut 1, back 2, attempts 1, open/closed-1006 2, open =3, outage 200×1 1150×1, cutAfter 50×1, backAfter 250×2',
    ]);
  });
});

describe('backend-loss', () => {
  test('connections are counted by the server that they lead to, and handshakes that tried several', async () => {
    const servers = [0, 1, null, 15, 0, 1];
    const scene = makeScene(
      backendLoss.recorded,
      makeBackendLoss,
      { workload: { load, options: { reconnect: '100ms' } } },
      { serverOf: (id) => ({ index: servers[id] ?? null, tried: id === 5 ? 2 : 1 }) },
    );
    scene.connect(5);
    scene.start();
    await scene.goTo(2_000_000);
    scene.wires[0]?.fail('open', 'closed-1006');
    scene.wires[2]?.fail('open', 'closed-1006');
    await scene.goTo(3_100_000);
    scene.wires[5]?.open();
    scene.client.stop(3_100_000);
    await scene.goTo(4_200_000);
    scene.wires[1]?.end();
    const { lines, totals } = scene.end();
    assert.deepEqual(lines, [
      'connect 0-0.9: opened 5, server1 =2, server2 =1, server16 =1, unplaced =1, open =5',
      'warm-up 1-2: bytesSent 64, due 1, sent 1, outstanding =1, server1 =2, server2 =1, server16 =1, unplaced =1, open =5, sendLag 0×1',
      'steady 2-3: cut 2, attempts 2, ended 2, open/closed-1006 2, outstanding =1, waiting =2, server1 =1, server2 =1, server16 =1, open =3',
      'steady 3-4: opened 1, back 1, retried 1, outstanding =1, waiting =1, server1 =1, server2 =2, server16 =1, open =4, outage 1100×1',
      'steady 4-4.2: ended 1, outstanding =1, waiting =1, server1 =1, server2 =1, server16 =1, open =3',
    ]);
    assert.deepEqual(totals, {
      attempts: 2,
      back: 1,
      bytesSent: 64,
      cut: 2,
      due: 1,
      ended: 3,
      opened: 6,
      outstanding: 1,
      retried: 1,
      sent: 1,
      server16: 1,
      server1: 1,
      server2: 1,
      waiting: 1,
    });
  });
});
