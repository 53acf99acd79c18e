import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, ownTemporaryFolder } from '../../experiment/experiment.test.fixture.ts';
import { counted } from '../../model/recording.ts';

/** Connections through a real Nginx are opened and closed; `execute` checks that all of them are accounted for. */

ownTemporaryFolder();

describe('connect', { concurrency: true }, () => {
  it('resumes TLS sessions, and the client closes each connection after its echo', async (t) => {
    const line = '-p tls --scenario connect --steps fastest --pending 4 --resume --echo -d 2s --warmup 1s';
    const { run, figures } = await execute(t, line);
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { started, opened, closed, pending, live, resumed = 0, echoed } = figures.counts;
    assert.ok(started !== undefined && started > 4);
    assert.deepEqual({ opened, closed, echoed }, { opened: started, closed: started, echoed: started });
    assert.deepEqual({ pending, live }, { pending: 0, live: 0 });
    // All but the first of each slot, which have nothing to resume.
    assert.ok(resumed >= started - 4 && resumed < started, `${resumed} of ${started}`);
    assert.equal(figures.connect.isWork, true);
    assert.deepEqual(figures.messages.lost, 0);
    assert.notEqual(figures.connect.cpuUsPerConnection.proxy, null);
    assert.equal(figures.cpuUsPerMessage.proxy, null);
    assert.notEqual(figures.tcp.timeWaitPeak, null);
    const servers = run.spread.filter(({ component }) => component === 'server');
    assert.equal(
      servers.reduce((sum, { connections }) => sum + connections, 0),
      started,
    );
  });

  it('keeps its schedule, and the server closes each connection as soon as it is open', async (t) => {
    const line = '-p plain --scenario connect -R 20 --close server -d 2s --warmup 1s';
    const { runs, run, figures } = await execute(t, line);
    assert.equal(runs.length, 1);
    assert.deepEqual(run.outcome, { state: 'completed' });
    const { due, started, opened, closed, broken } = figures.counts;
    assert.deepEqual(
      { due, started, opened, closed, broken },
      { due: 60, started: 60, opened: 60, closed: 60, broken: 0 },
    );
    assert.deepEqual(figures.failures.byKind, {});
    const { response, handshake, closing } = figures.latencies;
    assert.deepEqual([response?.count, handshake?.count, closing?.count], [40, 40, 40]);
  });

  it('keeps its measurements if it is interrupted, and reports what is missing', async (t) => {
    const stop = new AbortController();
    const { run, figures } = await execute(
      t,
      '-p plain --scenario connect --steps fastest --pending 8 -d 60s',
      {
        signal: stop.signal,
        onPhase: (phase) => {
          if (phase === 'steady') stop.abort();
        },
      },
    );
    assert.equal(run.outcome.state, 'aborted');
    const { started = 0, pending = 0 } = figures.counts;
    assert.ok(started > 0 && pending <= 8);
    assert.ok(run.slices.some(({ counters }) => counted(counters, 'opened') > 0));
  });

  it('counts connections that the server closes unexpectedly as broken, and reports them', async (t) => {
    const { run, figures } = await execute(
      t,
      '-p plain --scenario connect --steps fastest --pending 2 --echo -d 1s --warmup 0',
      { serverArguments: ['--close-after', '0'] },
    );
    const { opened, broken, closed, lost } = figures.counts;
    assert.deepEqual({ broken, closed, lost }, { broken: opened, closed: 0, lost: opened });
    assert.deepEqual(Object.keys(figures.failures.byStage.open), ['closed-1000']);
    assert.equal(run.outcome.state, 'failed');
    assert.notEqual(run.validity.verdict, 'valid');
  });
});
