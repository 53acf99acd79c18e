import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExternalTarget } from '../../model/target.ts';
import { makeScene, sumsOf, TIMES } from './echo.test.fixture.ts';

/** Tests which messages of an external server count as answers. */

function targetThat(expect: ExternalTarget['expect']): ExternalTarget {
  const url = 'ws://127.0.0.1:9000/';
  return { kind: 'external', url, expect, certificate: null, subprotocols: [], isRemote: false };
}

test('any message answers the oldest unanswered one; a surplus message answers nothing', () => {
  const scene = makeScene({ load: { kind: 'closed', inFlight: 2 }, target: targetThat('any') });
  scene.connect(1);
  const [wire] = scene.wires;
  assert.ok(wire);
  wire.say(7);
  scene.start(TIMES);
  scene.wakeAt(2_000_000);
  assert.equal(scene.outstanding(), 2);
  wire.say(1, () => Buffer.from('noted'), false);
  assert.equal(scene.sessions.failures, 0);
  scene.stop();
  scene.finish();
  const { echoed, unasked, lost, failures } = sumsOf(scene.recordings);
  assert.deepEqual({ echoed, unasked, lost, failures }, { echoed: 1, unasked: 1, lost: 0, failures: {} });
});

test('if no answer is expected, a message counts as done when it is sent, and answers are ignored', () => {
  const load = { kind: 'open', ratePerSecond: 10, arrivals: 'uniform' } as const;
  const scene = makeScene({ load, target: targetThat('none'), echoTimeoutUs: 100_000 });
  scene.connect(1);
  scene.start(TIMES);
  for (let us = 1_000_000; us <= 13_000_000; us += 100_000) {
    scene.wakeAt(us);
    scene.sessions.tick(9);
  }
  scene.wires[0]?.say(0);
  assert.equal(scene.outstanding(), 0);
  assert.ok(scene.isDrained());
  scene.finish();
  const { sent, echoed, unawaited, unasked, failures } = sumsOf(scene.recordings);
  assert.deepEqual({ echoed, unasked, failures }, { echoed: 0, unasked: 1, failures: {} });
  assert.equal(sent, 110);
  assert.equal(unawaited, sent);
});
