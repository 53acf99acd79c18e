import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMEBACK_NAMES } from '../load/sessions/comeback.ts';
import { bucketValue } from '../measure/counts.ts';
import { MESSAGE_NAMES } from '../measure/messages.ts';
import type { Load } from '../model/load.ts';
import { makeScene } from './client.test.fixture.ts';
import { type Conversation, conversationClient, type Meaning, type Talker } from './conversation.ts';

const RECORDED = {
  counters: [...MESSAGE_NAMES.counters, ...COMEBACK_NAMES.counters],
  gauges: [...MESSAGE_NAMES.gauges, ...COMEBACK_NAMES.gauges],
  histograms: [...MESSAGE_NAMES.histograms, ...COMEBACK_NAMES.histograms],
};
const CLOSED: Load = { kind: 'closed', inFlight: 2 };
const OPEN: Load = { kind: 'open', ratePerSecond: 2, arrivals: 'uniform' };

interface Own {
  joined: boolean;
}

const MEANINGS: Record<string, Meaning | Meaning[]> = {
  ok: 'answer',
  both: ['other', 'answer', 'answer'],
  welcome: 'ready',
  beat: 'other',
  nothing: [],
  wrong: 'mismatch',
};

/** Requests such as `é0`, of which the first byte counts twice; each message says what it means. */
const CHAT: Conversation<Own> = {
  state: () => ({ joined: false }),
  request: ({ id, state }, sequence) => (state.joined ? Buffer.from(`${id}.${sequence}`) : `é${sequence}`),
  message: (talker, bytes, isText) => {
    if (String(bytes) === 'beat') talker.send(`pong ${talker.id} ${talker.awaited}`);
    return isText ? (MEANINGS[String(bytes)] ?? 'mismatch') : 'mismatch';
  },
};

const GREETING: Conversation<Own> = {
  ...CHAT,
  open(talker) {
    talker.state.joined = talker.id === 1;
    talker.send(Buffer.from(`hello ${talker.id}`));
  },
};

function sceneOf(conversation: Conversation<Own>, load: Load, reconnect: string | null = null) {
  const plan = { workload: { load, options: reconnect === null ? {} : { reconnect } } };
  return makeScene(
    RECORDED,
    conversationClient(() => conversation, reconnect !== null),
    plan,
  );
}

test('requests are sent in the loop, each answer is timed, and all bytes are counted', async () => {
  const scene = sceneOf(CHAT, CLOSED);
  scene.connect(1);
  const [wire = assert.fail()] = scene.wires;
  assert.ok(scene.client.isReady());
  assert.equal(scene.client.isDrained(0), false);
  scene.start();
  await scene.goTo(2_100_000);
  assert.deepEqual(wire.did, ['text é0', 'text é1']);
  wire.say('ok');
  wire.batchEnd();
  await scene.goTo(2_200_000);
  wire.say('both');
  wire.say('beat');
  wire.say('nothing');
  wire.batchEnd();
  await scene.goTo(3_500_000);
  wire.say('beat');
  await scene.goTo(4_500_000);
  wire.say('nothing');
  assert.deepEqual(wire.did.splice(6), ['text pong 0 3']);
  assert.deepEqual(wire.did, ['text é0', 'text é1', 'text é2', 'text pong 0 3', 'text é3', 'text é4']);
  assert.equal(scene.sessions.openConnections, 1);
  const { lines } = scene.end();
  assert.deepEqual(lines, [
    'connect 0-0.9: opened 1, open =1',
    'warm-up 1-2: bytesSent 6, due 2, sent 2, outstanding =2, open =1',
    'steady 2-3: bytesSent 17, bytesReceived 17, due 3, sent 3, echoed 3, outstanding =2, open =1, service 100×1',
    'warm-up 1-2: service 1100×1 1199×1',
    'steady 3-4: bytesSent 8, bytesReceived 4, outstanding =2, open =1',
    'steady 4-4.5: bytesReceived 7, outstanding =2, open =1',
  ]);
});

test('a connection sends no requests before it is ready, and greetings are not requests', async () => {
  const scene = sceneOf(GREETING, CLOSED);
  scene.connect(2);
  const [first = assert.fail(), second = assert.fail()] = scene.wires;
  assert.deepEqual([first.did, second.did], [['binary hello 0'], ['binary hello 1']]);
  assert.equal(scene.client.isReady(), false);
  first.say('welcome');
  first.say('welcome');
  assert.equal(scene.client.isReady(), false);
  second.say('welcome');
  assert.ok(scene.client.isReady());
  scene.start();
  await scene.goTo(1_100_000);
  assert.deepEqual(second.did, ['binary hello 1', 'binary 1.0', 'binary 1.1']);
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.9: opened 2, bytesSent 14, bytesReceived 21, open =2',
    'warm-up 1-1.1: bytesSent 12, due 4, sent 4, outstanding =4, open =2',
  ]);
});

test('a connection that ends before it is ready keeps nobody waiting; one that is silent for too long is dropped', async () => {
  const scene = sceneOf(GREETING, CLOSED);
  scene.connect(2);
  scene.wires[0]?.fail('open', 'closed-1006');
  assert.equal(scene.client.isReady(), false);
  await scene.goTo(399_999);
  scene.sessions.tick(9);
  assert.deepEqual(scene.wires[1]?.did, ['binary hello 1']);
  await scene.goTo(400_000);
  scene.sessions.tick(9);
  assert.deepEqual(scene.wires[1]?.did, ['binary hello 1', 'destroy']);
  assert.ok(scene.client.isReady());
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.4: opened 2, bytesSent 14, open/closed-1006 1, open/echo-timeout 1',
  ]);
});

test('an unanswered request drops the connection after the timeout, however long it has been open', async () => {
  const scene = sceneOf(CHAT, CLOSED);
  scene.connect(1);
  scene.sessions.tick(9);
  scene.start();
  await scene.goTo(1_000_000);
  scene.sessions.tick(9);
  await scene.goTo(1_399_999);
  scene.sessions.tick(9);
  assert.equal(scene.sessions.openConnections, 1);
  await scene.goTo(1_400_000);
  scene.sessions.tick(9);
  assert.equal(scene.sessions.openConnections, 0);
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.9: opened 1, open =1',
    'warm-up 1-1.4: bytesSent 6, due 2, sent 2, lost 2, open/echo-timeout 1, service 400×2, lostWait 400×2',
  ]);
});

for (const [what, message, isText] of [
  ['an answer without a request', 'ok', true],
  ['a mismatch', 'wrong', true],
  ['a binary message', 'welcome', false],
] as const)
  test(`${what} drops the connection`, () => {
    const scene = sceneOf(CHAT, CLOSED);
    scene.connect(1);
    scene.wires[0]?.say(message, isText);
    assert.equal(scene.sessions.openConnections, 0);
    assert.deepEqual(scene.end().lines, ['connect 0-0: opened 1, open/mismatch 1']);
  });

test('on a schedule, requests of a connection that ends are lost, or unsent if they were only due', async () => {
  const scene = sceneOf(CHAT, OPEN);
  scene.connect(1);
  scene.start();
  await scene.goTo(2_250_000);
  scene.wires[0]?.say('both');
  await scene.goTo(3_600_000);
  scene.wires[0]?.fail('open', 'closed-1006');
  await scene.goTo(5_000_000);
  assert.equal(scene.client.isDrained(4_999_999), false);
  assert.equal(scene.client.isDrained(5_000_000), true);
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.9: opened 1, open =1',
    'warm-up 1-2: bytesSent 6, due 2, sent 2, outstanding =2, open =1, sendLag 0×2',
    'steady 2-3: bytesSent 6, bytesReceived 4, due 2, sent 2, echoed 2, outstanding =2, open =1, sendLag 0×2',
    'warm-up 1-2: response 750×1 1249×1, service 750×1 1249×1',
    'steady 3-4: bytesSent 6, due 2, sent 2, lost 4, open/closed-1006 1, response 100×1 600×1 1100×1 1599×1, service 100×1 600×1 1100×1 1599×1, sendLag 0×2, lostWait 100×1 600×1 1100×1 1599×1',
    'steady 4-5: due 2, unsent 2, response 400×2, unsentWait 400×2',
  ]);
});

test('on a schedule, what waits for its turn is unsent if its connection or the run ends', () => {
  const scene = sceneOf(CHAT, { ...OPEN, ratePerSecond: 1000 });
  scene.connect(260);
  scene.start();
  // Of 260 requests that are due, 256 are sent in the first iteration.
  scene.clock.us = 1_259_000;
  scene.alarm.wake();
  const [first = assert.fail(), ...others] = scene.wires.filter(({ did }) => did.length === 0);
  assert.equal(others.length, 3);
  first.fail('open', 'closed-1006');
  scene.clock.us = 1_300_000;
  const { totals } = scene.end();
  assert.deepEqual(totals, {
    bytesSent: 256 * 3,
    due: 260,
    opened: 260,
    outstanding: 256,
    sent: 256,
    unsent: 4,
  });
  const waits = scene.recordings.flatMap(({ histograms }) => [...(histograms.unsentWait ?? [])]);
  assert.deepEqual(
    waits.map((each, at) => (at % 2 === 0 ? Math.round(bucketValue(each) / 1000) : each)),
    [0, 1, 42, 1, 43, 1, 44, 1],
  );
});

test('a connection that has ended sends nothing more', () => {
  let last: Talker<Own> | null = null;
  const open = (talker: Talker<Own>) => {
    last = talker;
  };
  const scene = sceneOf({ ...CHAT, open }, CLOSED);
  scene.connect(1);
  const talker: Talker<Own> = last ?? assert.fail();
  talker.send('now');
  scene.wires[0]?.fail('open', 'closed-1006');
  talker.send('later');
  assert.deepEqual(scene.wires[0]?.did, ['text now']);
  assert.deepEqual(scene.end().totals, { bytesSent: 3, opened: 1 });
});

test('a stopped conversation records nothing more, and is drained', async () => {
  const scene = sceneOf(CHAT, CLOSED);
  scene.connect(1);
  scene.start();
  await scene.goTo(2_500_000);
  assert.equal(scene.client.isDrained(2_500_000), false);
  scene.client.stop(2_500_000);
  assert.equal(scene.client.isDrained(2_500_000), true);
  scene.wires[0]?.fail('open', 'closed-1006');
  assert.equal(scene.client.reconnects(), false);
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.9: opened 1, open =1',
    'warm-up 1-2: bytesSent 6, due 2, sent 2, outstanding =2, open =1',
    'steady 2-2.5: open/closed-1006 1, outstanding =2',
  ]);
});

test('clients that reconnect begin the conversation again', async () => {
  const scene = sceneOf(GREETING, CLOSED, '300ms');
  scene.connect(1);
  scene.wires[0]?.say('welcome');
  scene.start();
  await scene.goTo(2_000_000);
  scene.wires[0]?.fail('open', 'closed-1006');
  assert.ok(scene.client.reconnects());
  await scene.goTo(2_300_000);
  scene.wires[1]?.open();
  scene.wires[1]?.say('welcome');
  assert.deepEqual(scene.wires[1]?.did, ['binary hello 1', 'binary 1.0', 'binary 1.1']);
  assert.deepEqual(scene.end().lines, [
    'connect 0-0.9: opened 1, bytesSent 7, bytesReceived 7, open =1',
    'warm-up 1-2: bytesSent 6, due 2, sent 2, outstanding =2, open =1',
    'steady 2-2.3: opened 1, bytesSent 13, bytesReceived 7, due 2, sent 2, lost 2, cut 1, back 1, attempts 1, open/closed-1006 1, outstanding =2, open =1, outage 300×1',
    'warm-up 1-2: service 1000×2, lostWait 1000×2',
  ]);
});

test('a conversation without connections is not over before it has begun', () => {
  const scene = sceneOf(CHAT, CLOSED);
  assert.equal(scene.client.isDrained(0), false);
  scene.start();
  assert.equal(scene.client.isDrained(0), true);
});

test('a conversation without a loop needs a load', () => {
  const plan = { step: 'chat', workload: { load: null, options: {} } };
  assert.throws(
    () =>
      makeScene(
        RECORDED,
        conversationClient(() => CHAT, false),
        plan,
      ),
    /the step chat has no load/,
  );
});
