import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Msg, MsgCallback } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import { watchPresence } from './presence.ts';
import { LOST_MS, PRESENCE_MS } from './protocol.ts';

const [A, B] = ['a', 'b'].map((name) => ({ name, instance: `instance of ${name}` })) as [
  { name: string; instance: string },
  { name: string; instance: string },
];

/** Watches two agents, on a clock that the test sets. */
function watched(t: import('node:test').TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const heard = new Map<string, MsgCallback<Msg>>();
  const published: unknown[] = [];
  const lost: string[][] = [];
  const state = { isClosed: false };
  const bus = {
    isClosed: () => state.isClosed,
    publish: (...message: unknown[]) => void published.push(message),
    subscribe(subject: string, { callback }: { callback: MsgCallback<Msg> }) {
      heard.set(subject, callback);
      return { unsubscribe: () => heard.delete(subject) };
    },
  };
  const stop = watchPresence(bus as unknown as Bus, 'r', [A, B], (...loss) => void lost.push(loss));
  return {
    ...{ lost, published, state, stop, heard },
    announce: (name: string, message: unknown) =>
      void heard.get(`nginx-ws-bench.presence.${name}`)?.(null, { json: () => message } as unknown as Msg),
    pass(ms: number) {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
  };
}

test('an agent is lost once nothing was heard from it for five seconds, and that is told once', (t) => {
  const { announce, pass, lost } = watched(t);
  pass(PRESENCE_MS);
  announce('a', { instance: A.instance, run: null });
  announce('b', { instance: B.instance });
  pass(LOST_MS - PRESENCE_MS);
  assert.deepEqual(lost, []);
  pass(PRESENCE_MS);
  const nothing = 'nothing was heard from it for 5 s.';
  assert.deepEqual(lost, [['b', `The agent b was lost during the run: ${nothing}`]]);
  pass(PRESENCE_MS);
  assert.deepEqual(lost.slice(1), [['a', `The agent a was lost during the run: ${nothing}`]]);
  pass(PRESENCE_MS);
  announce('a', { instance: 'new', run: null });
  assert.equal(lost.length, 2);
});

test('an agent that was restarted is lost at once', (t) => {
  const { announce, lost } = watched(t);
  announce('b', { instance: 'new', run: null });
  announce('b', { instance: 'newer', run: null });
  assert.deepEqual(lost, [['b', 'The agent b was restarted during the run.']]);
});

test('the runner announces itself at once and regularly, until it stops or its connection closes', (t) => {
  const { pass, published, state, stop, heard } = watched(t);
  const message = ['nginx-ws-bench.runner.r', '{}'];
  assert.deepEqual(published, [message]);
  pass(PRESENCE_MS);
  assert.deepEqual(published, [message, message]);
  state.isClosed = true;
  pass(PRESENCE_MS);
  state.isClosed = false;
  assert.equal(published.length, 2);
  assert.equal(heard.size, 2);
  stop();
  pass(PRESENCE_MS);
  assert.deepEqual([published.length, heard.size], [2, 0]);
});
