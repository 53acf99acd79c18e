import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { makeOpenFolder } from '../../test/folder.ts';
import { startNatsServer } from '../../test/nats-server.ts';
import { makeGate } from '../load/gate.ts';
import { connectTo } from './connection.ts';
import { encodeMessage } from './message.ts';
import { type Reported, reportSubject, STREAM } from './protocol.ts';
import type { ReportStream } from './report-stream.ts';

const [RUN, OTHER] = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'];
const exited = (worker: number): Reported => ({ type: 'exited', worker });

/** Listens until worker 9 is reported. Returns all reports until then, and a function that stops listening. */
async function heardBy(stream: ReportStream, run: string) {
  const heard: [string, Reported][] = [];
  const last = makeGate();
  const stop = await stream.listen(run, [{ name: 'a' }, { name: 'b' }], (agent, message) => {
    heard.push([agent, message]);
    if (message.type === 'exited' && message.worker === 9) last.open();
  });
  await last.opened;
  return { heard, stop };
}

test('reports of a run wait for its runner, each once and in order, until they are removed', async (t) => {
  const server = await startNatsServer(makeOpenFolder(join(tmpdir(), 'nats-test-')));
  t.after(server.stop);
  const bus = await connectTo({ url: server.url, secretFile: null, caFile: null }, 'test');
  t.after(() => bus.close());
  const stream = await bus.openStream();
  let id = 0;
  const store = (run: string, agent: string, report: unknown, as = `${id++}`) =>
    bus.store(reportSubject(run, agent), encodeMessage(report), as);
  await store(RUN, 'a', exited(1));
  await store(RUN, 'a', exited(2), 'twice');
  await store(RUN, 'a', exited(2), 'twice');
  await store(RUN, 'b', { type: 'unknown' });
  await store(RUN, 'stranger', exited(3));
  await store(OTHER, 'a', exited(4));
  await store(RUN, 'b', exited(9));
  const { heard, stop } = await heardBy(stream, RUN);
  assert.deepEqual(heard, [
    ['a', exited(1)],
    ['a', exited(2)],
    ['b', exited(9)],
  ]);
  stop();
  await stream.purge(RUN);
  await store(RUN, 'a', exited(9));
  // Another runner finds the same stream.
  const again = await heardBy(await bus.openStream(), RUN);
  again.stop();
  assert.deepEqual([again.heard, heard.length], [[['a', exited(9)]], 3]);
  await store(OTHER, 'b', exited(9));
  const other = await heardBy(stream, OTHER);
  other.stop();
  assert.deepEqual(other.heard, [
    ['a', exited(4)],
    ['b', exited(9)],
  ]);

  const connection = await connect({ servers: new URL(server.url).host });
  t.after(() => connection.close());
  const { config } = await (await jetstreamManager(connection)).streams.info(STREAM);
  assert.deepEqual([config.storage, config.retention, config.discard], ['file', 'limits', 'old']);
  assert.deepEqual([config.max_age, config.duplicate_window], [3600e9, 120e9]);
});
