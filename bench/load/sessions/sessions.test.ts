import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recorder } from '../../measure/recorder.ts';
import type { Connection, ConnectionEvents } from '../connections/connection.ts';
import type { Client } from './client.ts';
import { Sessions } from './sessions.ts';

test('a handshake times out even if more connections come and go than are checked', () => {
  const clock = { us: 0 };
  const events: ConnectionEvents[] = [];
  const recorder = new Recorder(
    { host: 'here', index: 0 },
    { counters: [], gauges: [], histograms: [] },
    () => {},
    () => null,
  );
  const nothing = () => {};
  const client: Client<object> = {
    state: () => ({}),
    isReady: () => true,
    start: nothing,
    open: nothing,
    closed: nothing,
    refused: nothing,
    reconnects: () => true,
    tick: nothing,
    isDrained: () => false,
    stop: nothing,
    message: nothing,
    batchEnd: nothing,
    pong: nothing,
  };
  const sessions = new Sessions<object>(
    {
      clock: () => clock.us,
      recorder,
      connectTimeoutUs: 1_000_000,
      connect(_id, _source, _port, of) {
        events.push(of);
        const connection = { stage: 'tcp', destroy: nothing } satisfies Partial<Connection>;
        return connection as unknown as Connection;
      },
      onHandshakeOver: nothing,
    },
    () => client,
  );
  sessions.connect(0, null, 1);
  for (let round = 0; round < 100 && sessions.failures === 0; round++) {
    clock.us += 50_000;
    for (let i = 1; i <= 20; i++) sessions.connect(events.length, null, 1);
    sessions.tick(Math.ceil(sessions.size / 10));
    for (const of of events.slice(-20)) of.closed();
  }
  assert.equal(sessions.failures, 1);
});
