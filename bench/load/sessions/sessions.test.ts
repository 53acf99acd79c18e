import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recorder } from '../../measure/recorder.ts';
import type { FailureStage } from '../../model/failure.ts';
import type { Source } from '../carriers/carrier.ts';
import type { Connection, ConnectionEvents, OpenFacts } from '../connections/connection.ts';
import type { Client } from './client.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';

interface State {
  name: string;
}

/** A connection that only notes what it is asked to do. */
interface Fake {
  stage: FailureStage;
  events: ConnectionEvents;
}

const TIMES = { tcpUs: 10, tlsUs: 20, upgradeUs: 30 };
const FACTS: OpenFacts = { alpn: null, proxyWorker: '7', upstream: 'a:1' };

/** Sessions whose connections and client note every call, in order. */
function scene(connectTimeoutUs = 1_000_000) {
  const clock = { us: 0 };
  const log: unknown[][] = [];
  const fakes: Fake[] = [];
  const note =
    (...what: unknown[]) =>
    (...args: unknown[]) => {
      log.push([...what, ...args]);
    };
  const of =
    (what: string) =>
    (session: Session<State>, ...args: unknown[]) => {
      log.push([what, session.id, ...args]);
    };
  const recorder = new Recorder(
    { host: 'here', index: 0 },
    { counters: [], gauges: [], histograms: [] },
    () => {},
    () => null,
  );
  recorder.failed = note('recorded failure');
  recorder.opened = note('recorded opening');
  recorder.closed = note('recorded end');
  const client: Client<State> = {
    state: () => ({ name: `state ${fakes.length}` }),
    isReady: () => true,
    start() {},
    dueUs: (session) => 1000 + session.id,
    open: of('open'),
    closed: of('closed'),
    refused: of('refused'),
    reconnects: () => true,
    tick: of('tick'),
    isDrained: () => false,
    stop() {},
    message: of('message'),
    batchEnd: of('batch end'),
    pong: of('pong'),
  };
  const sessions = new Sessions<State>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs,
      connect(id, source, port, events) {
        log.push(['connect', id, source, port]);
        assert.equal((events as Session<State>).stage, 'tcp');
        const fake = {
          stage: 'tcp' as FailureStage,
          events,
          send: note(id, 'send'),
          sendBytes: note(id, 'send bytes'),
          ping: note(id, 'ping'),
          pause: note(id, 'pause'),
          resume: note(id, 'resume'),
          close: note(id, 'close'),
          destroy: note(id, 'destroy'),
        };
        fakes.push(fake);
        return fake satisfies Connection;
      },
      onHandshakeOver: note('handshake over'),
    },
    () => client,
  );
  /** Opens a connection, and returns its session. */
  const open = (id: number, facts = FACTS): Session<State> => {
    sessions.connect(id, null, 80);
    const fake = fakes.at(-1) ?? assert.fail();
    fake.stage = 'open';
    fake.events.opened(TIMES, facts);
    return sessions.allOpen().at(-1) ?? assert.fail();
  };
  /** Returns the calls since the last time. */
  const calls = () => log.splice(0);
  return { sessions, clock, fakes, open, calls };
}

test('a handshake times out even if more connections come and go than are checked', () => {
  const { sessions, clock, fakes } = scene();
  sessions.connect(0, null, 1);
  for (let round = 0; round < 100 && sessions.failures === 0; round++) {
    clock.us += 50_000;
    for (let i = 1; i <= 20; i++) sessions.connect(fakes.length, null, 1);
    sessions.tick(Math.ceil(sessions.size / 10));
    for (const { events } of fakes.slice(-20)) events.closed();
  }
  assert.equal(sessions.failures, 1);
});

test('a connection that opens is recorded, reported to the client, and counted under its route', () => {
  const { sessions, clock, fakes, calls } = scene();
  const source = {} as Source;
  clock.us = 5;
  sessions.connect(3, source, 80);
  assert.deepEqual(calls(), [['connect', 3, source, 80]]);
  assert.deepEqual([sessions.size, sessions.openConnections, sessions.nextOpen()], [1, 0, undefined]);
  const [fake] = fakes;
  assert.ok(fake);
  clock.us = 9;
  fake.stage = 'open';
  fake.events.opened(TIMES, FACTS);
  assert.deepEqual(calls(), [['recorded opening', 9, TIMES, 1003], ['open', 3], ['handshake over']]);
  assert.deepEqual([sessions.size, sessions.openConnections, sessions.openings], [1, 1, 1]);
  const [session] = sessions.allOpen();
  assert.ok(session);
  const { id, state, startUs, port, facts, openIndex, isOpen, stage } = session;
  assert.deepEqual(
    { id, state, startUs, port, facts, openIndex, isOpen, stage },
    {
      id: 3,
      state: { name: 'state 0' },
      startUs: 5,
      port: 80,
      facts: FACTS,
      openIndex: 0,
      isOpen: true,
      stage: 'open',
    },
  );
  session.countEcho();
  session.countEcho();
  const { alpn, proxyWorker, upstream } = FACTS;
  assert.deepEqual(sessions.routes, [{ alpn, proxyWorker, upstream, connections: 1, messages: 2 }]);
});

test('what a session is asked reaches its connection, and the connection’s events reach the client', () => {
  const { fakes, open, calls } = scene();
  const session = open(4);
  calls();
  const bytes = Buffer.from('abc');
  session.send(7, 2);
  session.sendBytes(bytes, true);
  session.ping();
  session.pause();
  session.resume();
  session.close();
  session.close(4001);
  session.destroy();
  assert.deepEqual(calls(), [
    [4, 'send', 7, 2],
    [4, 'send bytes', bytes, true],
    [4, 'ping'],
    [4, 'pause'],
    [4, 'resume'],
    [4, 'close', 1000],
    [4, 'close', 4001],
    [4, 'destroy'],
  ]);
  const [fake] = fakes;
  fake?.events.message(bytes, 1, 3, false);
  fake?.events.batchEnd();
  fake?.events.pong();
  assert.deepEqual(calls(), [
    ['message', 4, bytes, 1, 3, false],
    ['batch end', 4],
    ['pong', 4],
  ]);
});

test('a session without a connection is in its first stage, and counts no messages', () => {
  const { sessions, fakes } = scene();
  sessions.connect(0, null, 80);
  const session = fakes[0]?.events as Session<State>;
  assert.deepEqual(
    [session.isOpen, session.openIndex, session.stage, session.facts],
    [false, -1, 'tcp', null],
  );
  session.countEcho();
  assert.deepEqual(sessions.routes, []);
});

test('a failed handshake and a failed connection are both recorded, but only the first ends a handshake', () => {
  const { sessions, clock, fakes, open, calls } = scene();
  sessions.connect(0, null, 80);
  const [first] = fakes;
  assert.ok(first);
  calls();
  clock.us = 30;
  first.events.failed('tls', 'tls');
  assert.deepEqual(calls(), [['recorded failure', 30, 'tls', 'tls'], ['refused', 0, 30], ['handshake over']]);
  assert.deepEqual([sessions.size, sessions.failures], [0, 1]);
  open(1);
  calls();
  clock.us = 40;
  fakes[1]?.events.failed('open', 'closed-1006');
  assert.deepEqual(calls(), [
    ['recorded failure', 40, 'open', 'closed-1006'],
    ['recorded end', 40],
    ['closed', 1, 40, true],
  ]);
  assert.deepEqual([sessions.size, sessions.openConnections, sessions.failures], [0, 0, 2]);
  open(2);
  calls();
  clock.us = 50;
  fakes[2]?.events.closed();
  assert.deepEqual(calls(), [
    ['recorded end', 50],
    ['closed', 2, 50, false],
  ]);
  assert.deepEqual(
    [sessions.size, sessions.openConnections, sessions.failures, sessions.openings],
    [0, 0, 2, 2],
  );
});

test('when a connection ends, the last one takes its place among the open ones', () => {
  const { sessions, fakes, open } = scene();
  const all = [0, 1, 2, 3].map((id) => open(id));
  const places = () => sessions.allOpen().map(({ id, openIndex }) => [id, openIndex]);
  const [, second] = all;
  fakes[1]?.events.closed();
  assert.deepEqual(places(), [
    [0, 0],
    [3, 1],
    [2, 2],
  ]);
  assert.deepEqual([second?.openIndex, second?.isOpen], [-1, false]);
  fakes[2]?.events.closed();
  assert.deepEqual(places(), [
    [0, 0],
    [3, 1],
  ]);
  fakes[0]?.events.closed();
  assert.deepEqual(places(), [[3, 0]]);
});

test('the next open connection is found in turn', () => {
  const { sessions, fakes, open } = scene();
  for (const id of [0, 1, 2]) open(id);
  const next = (count: number) => Array.from({ length: count }, () => sessions.nextOpen()?.id);
  assert.deepEqual(next(5), [1, 2, 0, 1, 2]);
  fakes[2]?.events.closed();
  assert.deepEqual(next(3), [0, 1, 0]);
  fakes[1]?.events.closed();
  assert.deepEqual(next(2), [0, 0]);
});

test('each open connection is checked in turn, and a handshake ends when its time is over', () => {
  const { sessions, clock, fakes, open, calls } = scene(100);
  open(0);
  sessions.connect(1, null, 80);
  clock.us = 60;
  open(2);
  sessions.connect(3, null, 80);
  // This connection is open, but its session does not know yet: it is not a handshake that could time out.
  sessions.connect(4, null, 80);
  (fakes[4] ?? assert.fail()).stage = 'open';
  calls();
  clock.us = 99;
  sessions.tick(2);
  assert.deepEqual(calls(), [['tick', 0, 99]]);
  // One more check than there are sessions ends the round.
  sessions.tick(5);
  assert.deepEqual(calls(), [['tick', 2, 99]]);
  clock.us = 100;
  sessions.tick(3);
  assert.deepEqual(calls(), [
    ['tick', 0, 100],
    [1, 'destroy'],
    ['recorded failure', 100, 'tcp', 'connect-timeout'],
    ['refused', 1, 100],
    ['handshake over'],
    ['tick', 2, 100],
  ]);
  clock.us = 1000;
  sessions.tick(2);
  assert.deepEqual(
    calls().filter(([what]) => what === 'recorded failure'),
    [['recorded failure', 1000, 'tcp', 'connect-timeout']],
  );
  assert.deepEqual(
    sessions.allOpen().map(({ id }) => id),
    [0, 2],
  );
  assert.equal(sessions.size, 3);
});

test('all open connections can be cut or closed, and all connections dropped', () => {
  const { sessions, clock, open, calls } = scene();
  for (const id of [0, 1]) open(id);
  sessions.connect(2, null, 80);
  calls();
  sessions.closeAll();
  assert.deepEqual(calls(), [
    [0, 'close', 1000],
    [1, 'close', 1000],
  ]);
  sessions.destroyAll();
  assert.deepEqual(calls(), [
    [0, 'destroy'],
    [1, 'destroy'],
    [2, 'destroy'],
  ]);
  clock.us = 70;
  sessions.cutAll();
  assert.deepEqual(
    calls(),
    [0, 1].flatMap((id) => [
      [id, 'destroy'],
      ['recorded failure', 70, 'open', 'cut'],
      ['recorded end', 70],
      ['closed', id, 70, true],
    ]),
  );
  assert.deepEqual([sessions.size, sessions.openConnections, sessions.failures], [1, 0, 2]);
});
