import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { QueueSample, Run } from '../model/run.ts';
import { evenProcess } from './even-process.test.fixture.ts';
import { doneAt, stallOf } from './stall.ts';

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

/** Two clients stop reading in second 5, and read again in second 9. The run has no processes. */
function stalledRun(...queues: QueueSample[]): Run {
  const run = makeRun();
  const [first, ...slices] = run.slices;
  return {
    ...run,
    queues,
    processes: [],
    slices: first === undefined ? [] : [{ ...first, counters: { ...first.counters, stalled: 2 } }, ...slices],
    timeline: [
      { action: { kind: 'stall-clients' }, atUs: 5 * SECOND, failure: null },
      { action: { kind: 'resume-clients' }, atUs: 9 * SECOND, failure: null },
    ],
  };
}

/** A server whose resident memory at these seconds is as given. */
function server(...resident: (readonly [second: number, bytes: number])[]): Run['processes'][number] {
  const process = evenProcess('server', 0);
  const any = process.samples[0] ?? assert.fail();
  return {
    ...process,
    samples: resident.map(([second, residentBytes]) => ({ ...any, atUs: second * SECOND, residentBytes })),
  };
}

const QUIET = { client: 0, proxyClient: 0, proxyServer: 0, server: 0 };

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
    assert.deepEqual(stall, {
      clients: 2,
      proxyBytes: 200,
      tcpBytes: 500,
      serverBytes: null,
      queued: QUIET,
      closed: null,
    });
  });

  test('compare the last sample up to the start with those up to the end, or to the end of the run', () => {
    const run = stalledRun(
      sample(4, { tcpBytes: 300 }),
      sample(5, { tcpBytes: 200 }),
      sample(8, { tcpBytes: 220 }),
      sample(9, { tcpBytes: 260 }),
      sample(10, { tcpBytes: 500 }),
    );
    assert.equal(stallOf(run)?.tcpBytes, 30);
    run.timeline.push({ action: { kind: 'resume-clients' }, atUs: 10 * SECOND, failure: null });
    assert.equal(stallOf(run)?.tcpBytes, 30);
    run.timeline.splice(1);
    assert.equal(stallOf(run)?.tcpBytes, 150);
  });

  test('ignore memory that shrank, and samples without a value', () => {
    const shrank = stalledRun(sample(4), sample(6, { proxyBytes: 900, tcpBytes: null }), sample(7));
    const { proxyBytes, tcpBytes } =
      stallOf({ ...shrank, queues: shrank.queues.slice(0, 2) }) ?? assert.fail();
    assert.deepEqual([proxyBytes, tcpBytes], [0, null]);
    assert.equal(stallOf(stalledRun(sample(4, { tcpBytes: null }), sample(6)))?.tcpBytes, null);
  });

  test('include the growth of all servers’ memory from before the stall to its peak', () => {
    const serverBytes = (...processes: Run['processes']) =>
      stallOf({ ...stalledRun(sample(4), sample(6)), processes })?.serverBytes;
    const first = server([3, 9000], [4, 6000], [5, 1000], [6, 1300], [9, 1700], [10, 9000]);
    assert.equal(serverBytes(first), 350);
    assert.equal(serverBytes(first, server([2, 500], [7, 600]), evenProcess('proxy', 0)), 400);
    assert.equal(serverBytes(server([2, 500], [7, 400])), 0);
    // Without a sample before or during the stall, the growth is unknown.
    assert.equal(serverBytes(first, server([2, 500], [5, 900], [9.5, 600])), null);
    assert.equal(serverBytes(first, server([7, 600])), null);
    assert.equal(serverBytes(evenProcess('proxy', 0)), null);
  });

  test('include the queues at the moment when they were largest', () => {
    const at = (second: number, client: number, proxyClient: number, proxyServer: number, server: number) =>
      sample(second, {
        client: { ...NONE, unread: client, unsent: 9000 },
        proxyClient: { ...NONE, unsent: proxyClient, unread: 9000 },
        proxyServer: { ...NONE, unread: proxyServer, unsent: 9000 },
        server: { ...NONE, unsent: server, unread: 9000 },
      });
    const queued = (...samples: QueueSample[]) => stallOf(stalledRun(sample(4), ...samples))?.queued;
    const [low, high] = [at(6, 100, 20, 30, 40), at(7, 90, 80, 60, 400)];
    const most = { client: 45, proxyClient: 40, proxyServer: 30, server: 200 };
    assert.deepEqual(queued(low, high, at(8, 500, 0, 0, 0)), most);
    assert.deepEqual(queued(high, low), most);
    // Each of the four queues counts.
    assert.deepEqual(queued(at(6, 9, 0, 0, 0), at(7, 8, 0, 0, 2)), { ...QUIET, client: 4, server: 1 });
    assert.deepEqual(queued(at(6, 9, 0, 0, 0), at(7, 8, 2, 0, 0)), { ...QUIET, client: 4, proxyClient: 1 });
    assert.deepEqual(queued(at(6, 9, 0, 0, 0), at(7, 8, 0, 2, 0)), { ...QUIET, client: 4, proxyServer: 1 });
  });

  test('include how many connections Nginx closed, and when', () => {
    const open = (second: number, open: number) => sample(second, { proxyClient: { ...NONE, open } });
    const closed = (...samples: QueueSample[]) => stallOf(stalledRun(open(4, 10), ...samples))?.closed;
    assert.deepEqual(closed(open(5.5, 7), open(6, 10), open(7, 9), open(8, 8), open(8.5, 8), open(10, 1)), {
      count: 2,
      firstUs: 2 * SECOND,
      lastUs: 3 * SECOND,
    });
    assert.deepEqual(closed(open(6, 9)), { count: 1, firstUs: SECOND, lastUs: SECOND });
    assert.deepEqual(closed(open(6, 9), open(7, 8)), { count: 2, firstUs: SECOND, lastUs: 2 * SECOND });
    assert.equal(closed(open(6, 10)), null);
  });

  test('are missing if no client stalled, or nothing was sampled', () => {
    assert.equal(stallOf(makeRun()), null);
    assert.equal(stallOf(stalledRun()), null);
    assert.equal(stallOf(stalledRun(sample(6))), null);
    assert.equal(stallOf(stalledRun(sample(4))), null);
    assert.equal(stallOf(stalledRun(sample(4), sample(5))), null);
    assert.equal(doneAt(stalledRun(), 'kill-server'), null);
    const sampled = stalledRun(sample(4), sample(6));
    assert.equal(stallOf({ ...sampled, slices: makeRun().slices }), null);
    const [stall] = sampled.timeline;
    assert.ok(stall);
    assert.equal(stallOf({ ...sampled, timeline: [] }), null);
    assert.equal(stallOf({ ...sampled, timeline: [{ ...stall, failure: 'no client' }] }), null);
    // A single client is enough.
    const [first, ...rest] = sampled.slices;
    assert.ok(first);
    const one = { ...first, counters: { ...first.counters, stalled: 1 } };
    assert.equal(stallOf({ ...sampled, slices: [one, ...rest] })?.clients, 1);
  });
});
