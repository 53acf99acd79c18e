import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client, ClientContext } from './client.ts';
import { makeComeback } from './comeback.ts';
import { delaysOf, parseReconnect } from './reconnect.ts';
import { makeReturningClient } from './returning-client.ts';
import type { Session } from './session.ts';

/** Sets up everything except connections: `connect` only counts, and delays end when the test says so. */
function scene(reconnect = 'immediate', { at = () => {} }: { at?: () => void } = {}) {
  const counts: Record<string, number> = {};
  const clock = { us: 0 };
  const seen: number[] = [];
  const recorded: [string, number][] = [];
  const delays: [us: number, call: () => void][] = [];
  const attempts: number[] = [];
  let connects = 0;
  let waiting = () => 0;
  const recorder = {
    at: (us: number) => seen.push(us),
    record: (name: string, us: number) => recorded.push([name, us]),
    count: (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1;
    },
    level: (name: string, read: () => number) => {
      assert.equal(name, 'waiting');
      waiting = read;
    },
  };
  const context = {
    clock: () => clock.us,
    recorder,
    plan: { seed: 1, workload: { options: { reconnect } } },
    worker: 2,
    callAt: (us: number, call: () => void) => {
      if (reconnect === 'immediate') call();
      else delays.push([us, call]);
    },
    connect: () => {
      connects++;
      at();
    },
  } as unknown as ClientContext;
  const comeback = makeComeback<object>(context, (us) => attempts.push(us));
  const cut = (count: number) => {
    for (let id = 0; id < count; id++) comeback.cut(session(id), clock.us);
  };
  /** Ends all delays, and waits until handshakes have started. Returns when the delays were to end. */
  const proceed = async () => {
    const over = delays.splice(0);
    for (const [, call] of over) call();
    await nextTurn();
    return over.map(([us]) => us);
  };
  return {
    ...{ comeback, context, cut, counts, clock, seen, recorded, delays, attempts, proceed },
    connects: () => connects,
    waiting: () => waiting(),
  };
}

function session(id: number, state: object = {}): Session<object> {
  return { id, state } as Session<object>;
}

test('clients that return together start a few handshakes per event loop iteration, and eventually all', async () => {
  const { cut, counts, connects, waiting } = scene();
  cut(100);
  assert.deepEqual([connects(), waiting()], [0, 100]);
  const perTurn: number[] = [];
  for (let before = 0; connects() < 100; before = connects()) {
    await nextTurn();
    perTurn.push(connects() - before);
  }
  assert.deepEqual(
    perTurn.filter((count) => count > 0),
    [16, 16, 16, 16, 16, 16, 4],
  );
  assert.deepEqual(counts, { cut: 100, attempts: 100 });
  cut(17);
  await nextTurn();
  await nextTurn();
  assert.equal(connects(), 117);
});

test('no further handshake starts after stop', async () => {
  const { comeback, cut, connects, counts } = scene();
  cut(40);
  await nextTurn();
  const started = connects();
  assert.equal(comeback.isActive(), true);
  comeback.stop();
  assert.equal(comeback.isActive(), false);
  await nextTurn();
  await nextTurn();
  assert.equal(connects(), started);
  cut(1);
  comeback.refused(session(1), 0);
  assert.deepEqual(counts, { cut: 40, attempts: started });
});

test('a client that was cut tries again after its delay, until a handshake succeeds', async () => {
  const state = {};
  const { comeback, clock, counts, recorded, seen, attempts, waiting, cut, proceed, connects } = scene(
    '10ms..1s',
    { at: () => assert.equal(comeback.register(state), state) },
  );
  const delay = delaysOf(parseReconnect('10ms..1s') ?? assert.fail(), 1 + 0 * 31 + 2);
  clock.us = 500;
  cut(1);
  assert.deepEqual([waiting(), connects(), counts], [1, 0, { cut: 1 }]);
  const first = delay(0);
  clock.us = 600;
  assert.deepEqual(await proceed(), [500 + first]);
  assert.deepEqual([connects(), counts, attempts], [1, { cut: 1, attempts: 1 }, [600]]);
  // The first attempt fails, and the second one succeeds.
  clock.us = 700;
  comeback.refused(session(0, state), 690);
  assert.deepEqual(counts, { cut: 1, attempts: 1, attemptsFailed: 1 });
  clock.us = 800;
  assert.deepEqual(await proceed(), [700 + delay(1)]);
  assert.equal(waiting(), 1);
  assert.equal(comeback.opened(session(0, state), 900), true);
  assert.deepEqual([waiting(), counts], [0, { cut: 1, attempts: 2, attemptsFailed: 1, back: 1 }]);
  assert.deepEqual(recorded, [['outage', 400]]);
  assert.deepEqual(seen, [500, 600, 690, 800, 900]);
});

test('each client has delays of its own', async () => {
  const { cut, clock, proceed } = scene('10ms..1s');
  clock.us = 1000;
  cut(3);
  const policy = parseReconnect('10ms..1s') ?? assert.fail();
  assert.deepEqual(
    await proceed(),
    [0, 1, 2].map((id) => 1000 + delaysOf(policy, 1 + id * 31 + 2)(0)),
  );
});

test('clients whose delays end one after another start in that order, without waiting for each other', async () => {
  const { cut, delays, connects } = scene('10ms');
  cut(2);
  const [first, second] = delays.splice(0);
  first?.[1]();
  await nextTurn();
  assert.equal(connects(), 1);
  await nextTurn();
  second?.[1]();
  await nextTurn();
  assert.equal(connects(), 2);
});

test('clients whose delays end together start in the order in which the delays ended', async () => {
  const states: object[] = [];
  const { comeback, cut, clock, proceed, recorded } = scene('10ms', {
    at: () => states.push(comeback.register({})),
  });
  for (const us of [100, 200]) {
    clock.us = us;
    cut(1);
  }
  await proceed();
  for (const state of states) comeback.opened(session(0, state), 1000);
  assert.deepEqual(recorded, [
    ['outage', 900],
    ['outage', 800],
  ]);
});

test('a connection that replaces none is not counted as back, or as a failed attempt', () => {
  const { comeback, counts, waiting, seen } = scene();
  const state = comeback.register({});
  comeback.refused(session(0, state), 10);
  assert.equal(comeback.opened(session(0, state), 10), false);
  assert.deepEqual([counts, waiting(), seen], [{}, 0, []]);
});

test('a connection opened after an attempt does not replace the client of that attempt', async () => {
  const { comeback, cut, proceed, counts } = scene('10ms');
  cut(1);
  await proceed();
  const state = comeback.register({});
  assert.equal(comeback.opened(session(0, state), 10), false);
  assert.equal(counts.back, undefined);
});

test('with the policy `none`, clients that were cut stay away', async () => {
  const { comeback, cut, counts, waiting, delays } = scene('none');
  assert.equal(comeback.isActive(), false);
  cut(2);
  await nextTurn();
  assert.deepEqual([counts, waiting(), delays], [{ cut: 2 }, 2, []]);
});

test('a returning client counts as cut what ends between its start and its stop', async () => {
  const log: unknown[][] = [];
  const state = {};
  const { context, clock, counts, connects } = scene('immediate', { at: () => client.state() });
  const inner = {
    state: () => state,
    start: (times: unknown) => log.push(['start', times]),
    open: ({ id }: Session<object>) => log.push(['open', id]),
    closed: ({ id }: Session<object>, us: number, isFailure: boolean) =>
      log.push(['closed', id, us, isFailure]),
    stop: (us: number) => log.push(['stop', us]),
    isReady: () => true,
  };
  const client = makeReturningClient<object>(context, inner as unknown as Client<object>, {
    opened: ({ id }, us, isBack) => log.push(['opened', id, us, isBack]),
    ended: ({ id }, us, isCut) => log.push(['ended', id, us, isCut]),
  });
  assert.equal(client.isReady(), true);
  assert.equal(client.state(), state);
  clock.us = 5;
  client.open(session(1));
  client.closed(session(2), 6, true);
  const times = { connectedUs: 1, warmUpUs: 2, steadyUs: 3, drainUs: 4 };
  client.start(times);
  client.closed(session(1), 7, false);
  await nextTurn();
  client.refused(session(1, state), 8);
  await nextTurn();
  clock.us = 9;
  client.open(session(1, state));
  assert.deepEqual(log.splice(0), [
    ['open', 1],
    ['opened', 1, 5, false],
    ['closed', 2, 6, true],
    ['ended', 2, 6, false],
    ['start', times],
    ['closed', 1, 7, false],
    ['ended', 1, 7, true],
    ['open', 1],
    ['opened', 1, 9, true],
  ]);
  assert.deepEqual([counts, connects()], [{ cut: 1, attempts: 2, attemptsFailed: 1, back: 1 }, 2]);
  assert.equal(client.reconnects(), true);
  client.stop(10);
  client.closed(session(1), 11, true);
  assert.equal(client.reconnects(), false);
  assert.deepEqual(log, [
    ['stop', 10],
    ['closed', 1, 11, true],
    ['ended', 1, 11, false],
  ]);
  assert.equal(counts.cut, 1);
  const bare = makeReturningClient<object>(context, inner as unknown as Client<object>);
  bare.open(session(3));
  bare.closed(session(3), 12, true);
  assert.deepEqual(log.slice(3), [
    ['open', 3],
    ['closed', 3, 12, true],
  ]);
});
