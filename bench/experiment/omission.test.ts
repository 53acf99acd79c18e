import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../model/run.ts';
import {
  type Executed,
  execute,
  freeze,
  ownTemporaryFolder,
  percentile,
  pidsOf,
} from './experiment.test.fixture.ts';

ownTemporaryFolder();

const MS = 1_000;
const LOAD = '--profile direct -c 20 -R 300 -w 500ms -d 4s --workers 1 --servers 1 --no-http';
const OFFERED = 300 * 4.5;

/** A quarter of all messages were due in the second of the stall, and are evenly 1 s late to on time. */
function checkStall({ run, figures }: Executed): void {
  assert.deepEqual(run.outcome, { state: 'completed' });
  assert.deepEqual(
    [figures.messages.sent, figures.messages.lost, figures.messages.outstanding],
    [OFFERED, 0, 0],
  );
  assert.ok(percentile(run, 'response', 90) >= 550 * MS, told(run));
  assert.ok(percentile(run, 'response', 99) >= 900 * MS, told(run));
  assert.ok(percentile(run, 'response', 100) >= 990 * MS, told(run));
}

function told(run: Run): string {
  const figures = [50, 90, 99, 100].map((percent) => `p${percent} ${percentile(run, 'response', percent)}`);
  return `response ${figures.join(', ')}; send lag p99 ${percentile(run, 'sendLag', 99)} µs`;
}

/** Suspends every process with that name for one second, in the middle of the steady phase. */
const stopping = (name: string): Parameters<typeof execute>[2] => ({
  async onPhase(phase, processes) {
    if (phase !== 'steady') return;
    await sleep(1_500);
    await freeze(pidsOf(processes, name), 1_000);
  },
});

describe('coordinated omission', () => {
  it('a server stall of 1 s is included in the response times', async (t) => {
    const executed = await execute(t, LOAD, stopping('echo server'));
    checkStall(executed);
    t.diagnostic(told(executed.run));
  });

  it('a generator stall of 1 s is included in the response times, and the send lag shows the cause', async (t) => {
    const executed = await execute(t, LOAD, stopping('generator'));
    checkStall(executed);
    const { run } = executed;
    assert.ok(percentile(run, 'sendLag', 99) >= 850 * MS, told(run));
    assert.notEqual(run.validity.verdict, 'valid');
    assert.ok(run.validity.reasons.some(({ code }) => code === 'send-lag'));
    t.diagnostic(told(run));
  });

  it('a server delay of 20 ms is measured as 20 ms', async (t) => {
    const { run, figures } = await execute(t, LOAD.replace('4s', '1s'), {
      serverArguments: ['--delay', '20'],
    });
    assert.deepEqual([figures.messages.sent, figures.messages.lost], [450, 0]);
    const median = percentile(run, 'response', 50);
    t.diagnostic(told(run));
    // A histogram bucket has a width of 1/1024 of its values, and is represented by its lower bound.
    assert.ok(median >= 20 * MS * (1 - 1 / 1024) && median < 500 * MS, told(run));
  });
});
