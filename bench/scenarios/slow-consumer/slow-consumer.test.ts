import assert from 'node:assert/strict';
import { it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** Clients behind a real Nginx stop reading. Their data is queued in the kernel, and the others miss nothing. */

ownTemporaryFolder();

it('data that stalled clients do not read is queued, and the others receive everything', async (t) => {
  const line =
    '-p plain --scenario slow-consumer --steps slow-consumer -c 10 --slow-share 20 --stall 3s -R 20';
  const { run, figures } = await execute(t, line);
  assert.deepEqual(run.outcome, { state: 'completed' });
  assert.deepEqual(
    run.timeline.map(({ action, failure }) => [action.kind, failure]),
    [
      ['stall-clients', null],
      ['resume-clients', null],
    ],
  );
  const { due = 0, expected, delivered, stalled, slowExpected, slowDelivered } = figures.counts;
  assert.equal(due, 14 * 20);
  assert.deepEqual([stalled, expected, delivered], [2, due * 8, due * 8]);
  assert.deepEqual([slowExpected, slowDelivered], [due * 2, due * 2]);
  const { stall } = figures;
  assert.equal(stall?.clients, 2);
  assert.ok((stall?.queued?.client ?? 0) > 16_384);
  // The memory of all TCP buffers also changes with what other programs do.
  assert.equal(typeof stall?.tcpBytes, 'number');
  for (const name of ['before', 'during', 'after']) assert.ok(figures.latencies[name]?.count);
});
