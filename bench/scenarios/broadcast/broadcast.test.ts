import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** Publications through a real Nginx: every member gets each of them, whichever generator it belongs to. */

ownTemporaryFolder();

describe('broadcast', { concurrency: true }, () => {
  it('reaches the members on all generators, and each publication has a last receiver', async (t) => {
    const line = '-p tls --scenario broadcast --steps broadcast -c 30 -R 20 -w 500ms -d 2s --workers 2';
    const { run, figures } = await execute(t, line);
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { due, echoed, expected, delivered } = figures.counts;
    assert.deepEqual([due, echoed, expected, delivered], [50, 50, 1500, 1500]);
    const { firstReceiver, medianReceiver, lastReceiver, delivery } = figures.latencies;
    assert.deepEqual(
      [firstReceiver, medianReceiver, lastReceiver].map((times) => times?.count),
      [40, 40, 40],
    );
    assert.equal(delivery?.count, 1200);
    assert.ok((lastReceiver?.max ?? 0) >= (firstReceiver?.max ?? 0));
    assert.ok(run.spread.some(({ component, messages }) => component === 'server' && messages >= 1500));
  });

  it('stays within a room on the ws server', async (t) => {
    const line = '-p plain --scenario broadcast --steps broadcast -c 12 --room 4 --publishers 2 --server ws';
    const { figures } = await execute(t, `${line} -R 30 -w 0ms -d 1s`);
    const { due, expected, delivered, skipped } = figures.counts;
    assert.deepEqual([due, expected, delivered, skipped], [30, 120, 120, 0]);
  });
});
