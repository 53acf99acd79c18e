import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';

/** One of three echo servers behind a real Nginx is killed, and returns without any of its connections. */

ownTemporaryFolder();

describe('backend-loss', () => {
  it('moves the lost server’s connections to the others, and does not move them back', async (t) => {
    const line = '-p load-balanced --scenario backend-loss --steps backend-loss -c 30 -R 60';
    const { run, figures } = await execute(t, `${line} --reconnect 100ms`);
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      run.timeline.map(({ action, failure }) => [action, failure]),
      [
        [{ kind: 'kill-server', server: 0 }, null],
        [{ kind: 'start-server', server: 0 }, null],
      ],
    );
    const { cut, back, waiting, opened, unplaced, attemptsFailed } = figures.counts;
    assert.deepEqual(
      { cut, back, waiting, opened, unplaced, attemptsFailed },
      { cut: 10, back: 10, waiting: 0, opened: 40, unplaced: 0, attemptsFailed: 0 },
    );
    const { before, atReturn, atEnd, evenAfterUs, failedWhileGone } = figures.backends ?? assert.fail();
    assert.deepEqual(
      { before, atReturn, atEnd, evenAfterUs, failedWhileGone },
      {
        before: [10, 10, 10],
        atReturn: [0, 15, 15],
        atEnd: [0, 15, 15],
        evenAfterUs: null,
        failedWhileGone: 0,
      },
    );
    // With max_fails=0, least_conn tries the empty server first every time, and then another.
    assert.equal(figures.counts.retried, 10);
    assert.deepEqual(figures.failures.expectedEnds, { 'closed-1006': 10 });
    assert.ok(figures.conservation.ok);
    const servers = run.spread.filter(({ component }) => component === 'server');
    assert.deepEqual(
      servers.map(({ connections }) => connections),
      [10, 15, 15],
    );
  });

  it('needs several servers', async (t) => {
    await assert.rejects(execute(t, '-p plain --scenario backend-loss --steps backend-loss -c 10'), {
      kind: 'usage',
      message: /at least 2 echo servers/,
    });
  });
});
