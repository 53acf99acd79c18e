import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { only, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { connections, openFiles } from './capacity.ts';
import { shutdown } from './shutdown.ts';

describe('worker-connections and open-files', () => {
  const of = (main: string, events = '') =>
    subjectOf(whole({ server: SOUND, main }).replace(' worker_connections 20000; ', ` ${events} `));

  it('counts two connections per WebSocket, and warns if there are few', () => {
    only(connections(of('', 'worker_connections 20000;')), 'note :4 worker-connections', {
      webSockets: 10_000,
      workers: '4',
      isDefault: false,
    });
    only(connections(of('', 'worker_connections 2047;')), 'warning :4 worker-connections', {
      webSockets: 1023,
    });
    only(connections(of('')), 'warning :4 worker-connections', {
      connections: 512,
      isDefault: true,
      webSockets: 256,
    });
  });

  it('has no line if the configuration has no events', () => {
    const text = whole({ server: SOUND }).replace(/^events .*$/m, '');
    const { origin, data } = only(connections(subjectOf(text)), 'warning :undefined worker-connections');
    assert.deepEqual([origin, data.isDefault], [null, true]);
  });

  it('reports how many WebSockets a worker accepted', () => {
    const subject = seenAs(
      of('', 'worker_connections 512;'),
      {},
      { capacity: { opened: 255, kind: 'reset' } },
    );
    const { seen } = only(connections(subject), 'warning :4 worker-connections');
    assert.deepEqual([seen?.code, seen?.data], ['worker-full', { opened: 255, outcome: 'reset' }]);
  });

  it('reports fewer open files than connections, with the system’s limit if none is set', () => {
    const events = 'worker_connections 2000;';
    only(openFiles(of('', events)), 'warning :4 open-files', {
      openFiles: 1024,
      isDefault: true,
      webSockets: 512,
    });
    only(openFiles(of('worker_rlimit_nofile 1999;', events)), 'warning :2 open-files', {
      openFiles: 1999,
      isDefault: false,
    });
    assert.deepEqual(openFiles(of('worker_rlimit_nofile 2000;', events)), []);
    assert.deepEqual(openFiles(of('', 'worker_connections 1024;')), []);
  });

  it('suggests no limit on open files below the current one', () => {
    const blocks = (main: string) =>
      connections(of(main, 'worker_connections 512;'))[0]?.remedies.map(({ block }) => block);
    assert.deepEqual(blocks('worker_rlimit_nofile 39999;'), ['events', 'main']);
    assert.deepEqual(blocks('worker_rlimit_nofile 40000;'), ['events']);
  });

  it('suggests values that these rules accept', () => {
    const remedies = connections(of('', 'worker_connections 512;')).flatMap((each) => each.remedies);
    const linesOf = (wanted: string) =>
      remedies.flatMap(({ block, lines }) => (block === wanted ? lines : [])).join(' ');
    const mended = of(linesOf('main'), linesOf('events'));
    only(connections(mended), 'note :4 worker-connections', { webSockets: 10_000 });
    assert.deepEqual(openFiles(mended), []);
    assert.deepEqual(
      connections(mended).flatMap((each) => each.remedies),
      [],
    );
  });

  it('has no finding on a partial configuration, whose main file is elsewhere', () => {
    const part = subjectOf(`server { ${SOUND} }`);
    assert.deepEqual([...connections(part), ...openFiles(part), ...shutdown(part)], []);
  });
});
