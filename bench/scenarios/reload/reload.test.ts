import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';
import { residentsOf } from '../../measure/processes.ts';

/** A real Nginx is reloaded under load: without a shutdown timeout nothing is cut, with one everything is. */

ownTemporaryFolder();

describe('reload', { concurrency: true }, () => {
  it('cuts nothing, and the old worker keeps running next to the new one', async (t) => {
    const { run, figures } = await execute(
      t,
      '-p plain --scenario reload --steps reload -c 20 -R 50 --reload-every 2s',
    );
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action.kind, failure]),
      [['reload', null]],
    );
    const { cut, first, attempts } = figures.counts;
    assert.deepEqual({ cut, first, attempts }, { cut: 0, first: 20, attempts: 0 });
    const workers = run.processes.filter(({ role }) => role === 'worker');
    assert.deepEqual(
      workers.map(({ bornUs, endedUs }) => [bornUs !== null, endedUs !== null]),
      [
        [false, false],
        [true, false],
      ],
    );
    assert.equal(residentsOf(run, 'proxy', 'worker').at(-1)?.processes, 2);
  });

  it('cuts all connections with worker_shutdown_timeout, and their clients reconnect to the new worker', async (t) => {
    const line =
      '-p plain+shutdown-timeout-10s --scenario reload --steps reload -c 20 -R 50 --reload-every 14s';
    const { run, figures } = await execute(t, `${line} --reconnect 100ms..1s`);
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { cut, back, first, waiting } = figures.counts;
    assert.deepEqual({ cut, back, first, waiting }, { cut: 20, back: 20, first: 0, waiting: 0 });
    assert.deepEqual(figures.failures.byStage.open, { 'closed-1006': 20 });
    assert.deepEqual([figures.latencies.cutAfter?.count, figures.latencies.backAfter?.count], [20, 20]);
    assert.deepEqual(
      run.processes.filter(({ role }) => role === 'worker').map(({ endedUs }) => endedUs !== null),
      [true, false],
    );
  });

  it('upgrades replace the master too, which exits when the last connection closes', async (t) => {
    const line = '-p plain+shutdown-timeout-10s --scenario reload --upgrade -c 20 -R 50 --reload-every 14s';
    const { run, figures } = await execute(t, `${line} --steps reload --reconnect 100ms..1s`);
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action, failure]),
      [[{ kind: 'upgrade', to: null }, null]],
    );
    assert.equal(run.proxy?.upgrade?.version, run.proxy?.version);
    const { cut, back, first } = figures.counts;
    assert.deepEqual({ cut, back, first }, { cut: 20, back: 20, first: 0 });
    const nginx = run.processes.filter(({ component }) => component === 'proxy');
    assert.deepEqual(
      nginx.map(({ name, role, bornUs, endedUs }) => [name, role, bornUs !== null, endedUs !== null]),
      [
        ['nginx master', 'master', false, true],
        ['nginx worker 1', 'worker', false, true],
        ['nginx master 2', 'master', true, false],
        ['nginx worker 2', 'worker', true, false],
      ],
    );
  });
});
