import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { QueueSample, Run } from '../model/run.ts';
import { stallOf } from './stall.ts';

const SECOND = 1_000_000;
const NONE = { open: 10, closing: 0, unread: 0, unsent: 0 };

function sample(second: number, parts: Partial<QueueSample> = {}): QueueSample {
  return {
    atUs: second * SECOND,
    proxyBytes: 1000,
    tcpBytes: 100,
    client: NONE,
    proxyClient: NONE,
    proxyServer: NONE,
    server: NONE,
    ...parts,
  };
}

/** Two clients stop reading in second 5, and read again in second 9. */
function stalledRun(...queues: QueueSample[]): Run {
  const run = makeRun();
  const [first, ...slices] = run.slices;
  return {
    ...run,
    queues,
    slices: first === undefined ? [] : [{ ...first, counters: { ...first.counters, stalled: 2 } }, ...slices],
    timeline: [
      { action: { kind: 'stall-clients' }, atUs: 5 * SECOND, failure: null },
      { action: { kind: 'resume-clients' }, atUs: 9 * SECOND, failure: null },
    ],
  };
}

describe('the figures of a stall', () => {
  test('are the highest growth since before the stall, per stalled client', () => {
    const stall = stallOf(
      stalledRun(
        sample(3, { tcpBytes: 9999 }),
        sample(4),
        sample(6, { proxyBytes: 1400, tcpBytes: 700 }),
        sample(7, { proxyBytes: 1200, tcpBytes: 1100 }),
        sample(10, { tcpBytes: 9999 }),
      ),
    );
    assert.deepEqual([stall?.clients, stall?.proxyBytes, stall?.tcpBytes], [2, 200, 500]);
    assert.equal(stall?.closed, null);
  });

  test('include the queues at the moment when they were largest', () => {
    const at = (second: number, client: number, server: number) =>
      sample(second, { client: { ...NONE, unread: client }, server: { ...NONE, unsent: server } });
    const stall = stallOf(stalledRun(sample(4), at(6, 300, 0), at(7, 200, 400), at(8, 500, 0)));
    assert.deepEqual(stall?.queued, { client: 100, proxyClient: 0, proxyServer: 0, server: 200 });
  });

  test('include how many connections Nginx closed, and when', () => {
    const open = (second: number, open: number) => sample(second, { proxyClient: { ...NONE, open } });
    const stall = stallOf(
      stalledRun(open(4, 10), open(5.5, 7), open(6, 10), open(7, 9), open(8, 8), open(10, 1)),
    );
    assert.deepEqual(stall?.closed, { count: 2, firstUs: 2 * SECOND, lastUs: 3 * SECOND });
  });

  test('are missing if no client stalled, or nothing was sampled', () => {
    assert.equal(stallOf(makeRun()), null);
    assert.equal(stallOf(stalledRun()), null);
    assert.equal(stallOf(stalledRun(sample(6))), null);
    assert.equal(stallOf(stalledRun(sample(4, { tcpBytes: null }), sample(6)))?.tcpBytes, null);
  });
});
