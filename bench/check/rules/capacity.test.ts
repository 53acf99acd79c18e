import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { only, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { connections, openFiles } from './capacity.ts';
import { shutdown } from './shutdown.ts';

describe('worker-connections and open-files', () => {
  const of = (main: string, events = '') =>
    subjectOf(whole({ server: SOUND, main }).replace(' worker_connections 20000; ', ` ${events} `));

  it('counts two for a WebSocket, and warns where few are for many', () => {
    only(
      connections(of('', 'worker_connections 20000;')),
      /^note :4 .* is for 10,000 WebSockets a worker, with 4 workers/,
    );
    only(connections(of('', 'worker_connections 2047;')), /^warning :4 .*for 1,023 WebSockets/);
    only(connections(of('')), /^warning :4 worker_connections 512, the default, is for 256 WebSockets/);
  });

  it('tells how many a worker took', () => {
    const subject = seenAs(
      of('', 'worker_connections 512;'),
      {},
      { capacity: { opened: 255, kind: 'reset' } },
    );
    const { seen } = only(connections(subject), /^warning/);
    assert.equal(seen?.text, 'One worker took 255 WebSockets; the next one was closed without an answer.');
  });

  it('finds fewer open files than connections, those of the system where none are written', () => {
    const events = 'worker_connections 2000;';
    only(openFiles(of('', events)), /^warning :4 .*not set.* 1,024 open files.* about 512 WebSockets/);
    only(
      openFiles(of('worker_rlimit_nofile 1999;', events)),
      /^warning :2 worker_rlimit_nofile 1999 is less/,
    );
    assert.deepEqual(openFiles(of('worker_rlimit_nofile 2000;', events)), []);
    assert.deepEqual(openFiles(of('', 'worker_connections 1024;')), []);
  });

  it('says nothing of a part, whose main file is elsewhere', () => {
    const part = subjectOf(`server { ${SOUND} }`);
    assert.deepEqual([...connections(part), ...openFiles(part), ...shutdown(part)], []);
  });
});
