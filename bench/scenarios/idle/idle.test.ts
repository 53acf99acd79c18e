import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** Silent connections through a real Nginx that closes them after 5 s without a byte from the server. */

ownTemporaryFolder();

const CUT = '-p plain+read-timeout-5s --scenario idle -c 25';

describe('idle', { concurrency: true }, () => {
  it('Nginx closes connections that are silent for longer than its timeout, without a close frame', async (t) => {
    const { run, figures } = await execute(t, `${CUT} --steps hold --hold 30s`);
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { opened, held, ended } = figures.counts;
    assert.deepEqual({ opened, held, ended }, { opened: 25, held: 0, ended: 25 });
    assert.deepEqual(figures.failures.byStage.open, { 'closed-1006': 25 });
    assert.deepEqual([figures.failures.faults, figures.connections.failed], [0, 0]);
    assert.equal(figures.latencies.lifetime?.count, 25);
    assert.equal(run.validity.verdict, 'valid');
  });

  it('pings of the server keep them open', async (t) => {
    const { figures } = await execute(t, `${CUT} --steps hold --hold 8s --ping server --ping-every 500ms`);
    const { held, ended, pings } = figures.counts;
    assert.deepEqual({ held, ended, pings }, { held: 25, ended: 0, pings: 0 });
  });

  it('pings of the client keep them open, and each is answered with a pong', async (t) => {
    const { figures } = await execute(t, `${CUT} --steps hold --hold 8s --ping client --ping-every 500ms`);
    const { held, pings = 0, pongs = 0, pingsOutstanding = 0 } = figures.counts;
    assert.equal(held, 25);
    assert.ok(pings >= 25);
    assert.equal(pongs + pingsOutstanding, pings);
    assert.equal(figures.latencies.pong?.count, pongs);
  });

  it('memory is read at five sizes, before and after a message of 64 KiB on each connection', async (t) => {
    const { runs } = await execute(t, '-p plain --scenario idle --steps hold,touched -c 200 --hold 1s');
    assert.deepEqual(
      runs.map(({ plan, memory }) => [plan.step, ...memory.map(({ open }) => open)]),
      [
        ['hold', 40, 80, 120, 160, 200],
        ['touched', 40, 80, 120, 160, 200],
      ],
    );
    for (const { memory } of runs) for (const { kernelBytes } of memory) assert.ok((kernelBytes ?? 0) > 0);
    assert.equal(
      runs[1]?.workers.reduce((sum, { touched = 0 }) => sum + touched, 0),
      200,
    );
  });
});
