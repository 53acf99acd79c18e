import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { monotonicNs } from '../load/clock.ts';
import { type Place, takeTurns } from './turns.ts';

const GO_ON = new AbortController().signal;

/** Waits for its turn, and returns when it began. */
async function ready(_: string, place: Place | null): Promise<bigint | null> {
  return place === null ? null : place.ready();
}

describe('interleaved runs', () => {
  test('are set up one after another, begin at the same moment, and end together', async () => {
    const events: string[] = [];
    const beforeNs = monotonicNs();
    const starts = await takeTurns(
      ['a', 'b', 'c'],
      async (name, place) => {
        assert.ok(place !== null);
        events.push(`${name} set up${place.isLast ? ', the last' : ''}`);
        await new Promise(setImmediate);
        events.push(`${name} connected`);
        const startNs = await place.ready();
        events.push(`${name} begins`);
        return startNs;
      },
      GO_ON,
    );
    assert.deepEqual(events, [
      ...['a set up', 'a connected', 'b set up', 'b connected', 'c set up, the last', 'c connected'],
      ...['a begins', 'b begins', 'c begins'],
    ]);
    assert.equal(new Set(starts).size, 1);
    assert.ok((starts[0] ?? 0n) > beforeNs);
  });

  test('do not wait for one that ended before it was connected', async () => {
    const ended = await takeTurns(
      ['a', 'b', 'c'],
      (name, place) => (name === 'b' ? Promise.resolve(null) : ready(name, place)),
      GO_ON,
    );
    assert.deepEqual(
      ended.map((ns) => ns !== null),
      [true, false, true],
    );
    assert.deepEqual(await takeTurns(['a', 'b', 'c'], async (name) => name, GO_ON), ['a', 'b', 'c']);
    assert.deepEqual(await takeTurns([], async (name) => name, GO_ON), []);
  });

  test('do not wait forever after a bug before the connections are open', {
    timeout: 20_000,
  }, async () => {
    const begun: string[] = [];
    await assert.rejects(
      takeTurns(
        ['a', 'b', 'c'],
        async (name, place) => {
          if (name === 'b') throw new TypeError('a defect');
          begun.push(`${name} ${typeof (await place?.ready())}`);
        },
        GO_ON,
      ),
      { message: 'a defect' },
    );
    assert.deepEqual(begun, ['a bigint', 'c bigint']);
  });

  test('are only set up once the previous one is connected or has ended', async () => {
    const events: string[] = [];
    await takeTurns(
      ['a', 'b', 'c'],
      async (name, place) => {
        events.push(`${name} set up`);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        events.push(`${name} ${name === 'b' ? 'ended' : 'connected'}`);
        if (name !== 'b') await place?.ready();
      },
      GO_ON,
    );
    assert.deepEqual(events, ['a set up', 'a connected', 'b set up', 'b ended', 'c set up', 'c connected']);
  });

  test('all end before an error of one is thrown', async () => {
    let isOver = false;
    await assert.rejects(
      takeTurns(
        ['a', 'b'],
        async (name, place) => {
          await place?.ready();
          if (name === 'a') throw new TypeError('a defect');
          await new Promise((resolve) => setTimeout(resolve, 20));
          isOver = true;
        },
        GO_ON,
      ),
      /a defect/,
    );
    assert.equal(isOver, true);
  });

  test('are no longer set up after the end, but those set up begin', async () => {
    const stop = new AbortController();
    const begun: string[] = [];
    const ended = await takeTurns(
      ['a', 'b'],
      async (name, place) => {
        begun.push(name);
        stop.abort();
        return ready(name, place);
      },
      stop.signal,
    );
    assert.deepEqual([begun, ended.length], [['a'], 1]);
  });

  test('learn about the processes of all others, whenever these start', async () => {
    const heard: string[] = [];
    await takeTurns(
      ['a', 'b', 'c'],
      async (name, place) => {
        assert.ok(place !== null);
        const bring = (what: string) =>
          place.bring([{ component: 'proxy', role: 'master', name: `${what} of ${name}`, pid: 1 }]);
        const listen = (times: string) =>
          place.onBrought((processes) =>
            heard.push(`${name}${times}: ${processes.map((each) => each.name)}`),
          );
        if (name === 'c') bring('nginx');
        listen('');
        if (name === 'b') listen(' again');
        if (name !== 'c') bring('nginx');
        if (name === 'a') bring('server');
        await place.ready();
      },
      GO_ON,
    );
    assert.deepEqual(heard, [
      ...['b: nginx of a', 'b: server of a', 'b again: nginx of a', 'b again: server of a', 'a: nginx of b'],
      ...['a: nginx of c', 'b: nginx of c', 'b again: nginx of c'],
      ...['c: nginx of a', 'c: server of a', 'c: nginx of b'],
    ]);
  });

  test('a single run has no turns', async () => {
    assert.deepEqual(await takeTurns(['a'], ready, GO_ON), [null]);
  });
});
