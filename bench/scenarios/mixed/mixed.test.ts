import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** HTTP requests through a real Nginx with a cache, alongside WebSockets that never pass through it. */

ownTemporaryFolder();

describe('mixed', { concurrency: true }, () => {
  it('HTTP requests run alongside the WebSockets for a while, and a cache keeps them from the backend', async (t) => {
    const line = '-p cache --scenario mixed --steps mixed -c 10 -R 50 --http-rate 50 --http-for 2s';
    const { run, figures } = await execute(t, line);
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action.kind, failure]),
      [
        ['start-http', null],
        ['stop-http', null],
      ],
    );
    const { http, httpLoad } = figures;
    assert.equal(run.http?.schedule?.due, 100);
    assert.deepEqual([http?.succeeded, http?.failed], [100, 0]);
    assert.ok(httpLoad !== null && httpLoad.due > 0 && httpLoad.conserved);
    assert.deepEqual([httpLoad.succeeded, httpLoad.failed, httpLoad.unanswered], [httpLoad.due, 0, 0]);
    assert.equal(httpLoad.latency.count, httpLoad.due);
    // The page was cached before the load, and is valid for a minute.
    assert.deepEqual(run.httpLoad?.total.cache, { HIT: httpLoad.due });
    assert.equal(httpLoad.backend, 0);
    const total = httpLoad.with.response.count + httpLoad.without.response.count;
    assert.equal(total, 12 * 50);
    assert.ok(httpLoad.with.response.count > 0);
    assert.ok(figures.conservation.ok);
    assert.ok(run.processes.some(({ name }) => name === 'HTTP generator'));
  });

  it('a killed HTTP generator ends the run, which keeps its measurements', async (t) => {
    const line = '-p plain --scenario mixed --steps mixed -c 10 -R 50 --http-rate 50 --http-for 60s';
    const { run, figures } = await execute(t, line, {
      async onPhase(phase, processes) {
        if (phase !== 'steady') return;
        await sleep(8_500);
        process.kill(processes.find(({ name }) => name === 'HTTP generator')?.pid ?? Number.NaN, 'SIGKILL');
      },
    });
    assert.equal(run.outcome.state, 'failed');
    assert.match(run.outcome.reason, /HTTP generator/);
    assert.ok(figures.messages.echoed > 0);
    const { httpLoad } = figures;
    assert.ok(httpLoad !== null && httpLoad.due > 0 && httpLoad.conserved);
    assert.ok(httpLoad.latency.count > 0);
  });
});
