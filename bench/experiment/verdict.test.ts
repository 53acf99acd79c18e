import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunProcess } from '../model/run.ts';
import { execute, freeze, ownTemporaryFolder, pidsOf } from './experiment.test.fixture.ts';

ownTemporaryFolder();

describe('verdict', () => {
  it('an echo server that uses 500 µs of CPU per message is named as the limit', async (t) => {
    const { run } = await execute(t, '--profile plain -c 50 -w 1200ms -d 1s --nginx-workers 1 --no-http', {
      handicap: { delayMs: 0, burnUs: 500 },
    });
    t.diagnostic(JSON.stringify(run.validity));
    assert.equal(run.validity.limit.component, 'server');
    assert.equal(run.validity.verdict, 'server-limited');
    assert.ok(
      run.validity.reasons.some(({ code, data }) => code === 'limited-by' && data.component === 'server'),
    );
  });

  it('in the profile direct, the echo server is the measured component and may be the limit', async (t) => {
    const { run } = await execute(t, '--profile direct -c 50 -w 1200ms -d 1s --no-http', {
      serverArguments: ['--burn', '500'],
    });
    t.diagnostic(JSON.stringify(run.validity));
    assert.equal(run.validity.limit.component, 'server');
    assert.notEqual(run.validity.verdict, 'server-limited');
  });

  it('a repeatedly suspended generator is detected by its send lag', async (t) => {
    let over = false;
    const throttle = async (processes: readonly RunProcess[]) => {
      const pids = pidsOf(processes, 'generator');
      while (!over) {
        await freeze(pids, 60);
        await sleep(40);
      }
    };
    const { run, figures } = await execute(t, '--profile direct -c 50 -R 1k -w 100ms -d 1s --no-http', {
      async onPhase(phase, processes) {
        if (phase === 'drain') over = true;
        if (phase === 'steady') await throttle(processes);
      },
    });
    t.diagnostic(JSON.stringify(run.validity));
    assert.deepEqual([figures.messages.sent, figures.messages.lost], [1100, 0]);
    assert.notEqual(run.validity.verdict, 'valid');
    assert.ok(run.validity.reasons.some(({ code }) => code === 'send-lag'));
  });

  it('a rate that is far too high is sent in full but late, and the run is not valid', async (t) => {
    const { run, figures } = await execute(
      t,
      '--profile direct -c 100 -R 500k -w 0ms -d 200ms --no-http --echo-timeout 60s',
    );
    t.diagnostic(JSON.stringify(run.validity));
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual([figures.messages.sent, figures.messages.lost], [100_000, 0]);
    const { perSecond = 0, achievedPerSecond, ratio } = figures.offered ?? {};
    assert.equal(perSecond, 500_000);
    assert.ok((achievedPerSecond ?? Number.NaN) < perSecond && (ratio ?? Number.NaN) < 0.99);
    assert.notEqual(run.validity.verdict, 'valid');
    assert.ok(run.validity.reasons.some(({ code }) => code === 'rate-missed'));
    assert.notEqual(run.validity.limit.component, 'schedule');
  });
});
