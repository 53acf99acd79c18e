import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';
import { decode, summarise } from '../../measure/histogram.ts';
import type { HttpLeg, Run } from '../../model/run.ts';

/** HTTP requests through a real Nginx with a cache, alongside WebSockets that never pass through it. */

ownTemporaryFolder();

/** Asserts that the periods of the HTTP requests follow each other, and contain every response exactly once. */
function checkCourse({ httpLoad, phases }: Run): void {
  assert.ok(httpLoad !== null);
  const { startUs, endUs, course, total } = httpLoad;
  const [first] = course;
  const steady = phases.find(({ phase }) => phase === 'steady');
  assert.ok(first !== undefined && steady !== undefined);
  assert.ok(first.startUs >= startUs && startUs > steady.startUs);
  assert.deepEqual(
    course.map((part) => part.endUs),
    [...course.slice(1).map((part) => part.startUs), endUs],
  );
  assert.ok(course.every((part) => part.endUs > part.startUs));
  assert.equal(
    course.reduce((sum, { requests }) => sum + requests, 0),
    total.requests,
  );
  // Each period is rounded separately.
  assert.ok(Math.abs(total.durationUs - (endUs - first.startUs)) <= course.length);
  for (const { requests, latency } of course) assert.equal(summarise(decode(latency)).count, requests);
}

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
    // Every response is the same page.
    const bytesEach = ({ bytesReceived, requests }: HttpLeg) => bytesReceived / requests;
    assert.ok(run.http !== null && run.httpLoad !== null);
    assert.equal(bytesEach(run.httpLoad.total), bytesEach(run.http));
    checkCourse(run);
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
    checkCourse(run);
  });
});
