import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** All connections through a real Nginx are cut at once, and every client reconnects once. */

ownTemporaryFolder();

describe('storm', { concurrency: true }, () => {
  it('all clients reconnect after dropping their connections, and no process exits', async (t) => {
    const { run, figures } = await execute(
      t,
      '-p plain --scenario storm --steps storm -c 30 --recovery 4s --reconnect 100ms',
    );
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { cut, back, waiting, attempts = 0, attemptsFailed = 0, opened } = figures.counts;
    assert.deepEqual({ cut, back, waiting, opened }, { cut: 30, back: 30, waiting: 0, opened: 60 });
    assert.equal(attempts - attemptsFailed, 30);
    const { attemptAfter, backAfter } = figures.latencies;
    assert.deepEqual([attemptAfter?.count, backAfter?.count], [attempts, 30]);
    assert.deepEqual(figures.failures.byStage.open, { cut: 30 });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action.kind, failure]),
      [['cut-clients', null]],
    );
    assert.ok((figures.latencies.outage?.min ?? 0) >= 100_000);
    assert.equal(figures.failures.faults, 0);
  });

  it('all clients reconnect to the new workers after the Nginx workers are killed', async (t) => {
    const { run, figures } = await execute(
      t,
      '-p plain --scenario storm --steps storm --cut proxy -c 30 --recovery 8s --reconnect 100ms..500ms',
    );
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { cut, back, waiting } = figures.counts;
    assert.deepEqual({ cut, back, waiting }, { cut: 30, back: 30, waiting: 0 });
    const workers = run.processes.filter(({ role }) => role === 'worker');
    assert.ok(workers.length >= 2);
    assert.equal(workers.filter(({ endedUs }) => endedUs === null).length, workers.length / 2);
    assert.ok(!run.notices.some(({ code }) => code === 'nginx-worker-ended'));
  });

  it('all clients reconnect to the restarted echo servers after they are killed', async (t) => {
    const { run, figures } = await execute(
      t,
      '-p load-balanced --scenario storm --steps storm --cut backend -c 30 --recovery 8s --reconnect 100ms..500ms',
    );
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action.kind, failure]),
      [...Array(3).fill(['kill-server', null]), ...Array(3).fill(['start-server', null])],
    );
    const { cut = 0, back, waiting, attempts = 0, attemptsFailed = 0 } = figures.counts;
    // On a busy machine, a client may be back before the last of the servers is killed, and is then cut again.
    assert.ok(cut >= 30, `${cut} cut`);
    assert.deepEqual({ back, waiting }, { back: cut, waiting: 0 });
    assert.equal(attempts - attemptsFailed, cut);
    assert.deepEqual(figures.failures.expectedEnds, { 'closed-1006': cut });
    assert.deepEqual(figures.failures.byStage.upgrade, { 'status-502': attemptsFailed });
    assert.notEqual(run.listenDrops, null);
    // The sampler saw both processes of each server, and their counts are added up.
    const shares = run.spread.filter(({ component }) => component === 'server');
    const carried = shares.reduce((sum, { connections }) => sum + connections, 0);
    assert.equal(shares.length, 3);
    assert.ok(carried >= 60 && carried <= 30 + cut, `${carried} of ${30 + cut}`);
    const processes = run.processes.filter(({ role }) => role === 'server');
    assert.deepEqual(
      // The servers start side by side, so any of them may be the first.
      processes.map(({ name, bornUs, endedUs }) => [name, bornUs !== null, endedUs !== null]).toSorted(),
      [1, 2, 3].flatMap((number) => [
        [`echo server ${number}, restarted`, true, false],
        [`echo server ${number}`, false, true],
      ]),
    );
  });

  it('the run waits until its end for clients that do not reconnect', async (t) => {
    const { figures } = await execute(
      t,
      '-p direct --scenario storm --steps storm -c 10 --recovery 1s --reconnect none',
    );
    const { cut, back, waiting, attempts } = figures.counts;
    assert.deepEqual({ cut, back, waiting, attempts }, { cut: 10, back: 0, waiting: 10, attempts: 0 });
  });
});
