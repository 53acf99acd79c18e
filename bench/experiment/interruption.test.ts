import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../model/progress.ts';
import { execute } from './experiment.test.fixture.ts';

/** Long enough that a run which is not cut short is over time: each phase takes its time when it may. */
const LINE = '--profile plain,direct -c 40 --workers 2 --nginx-workers 2';
const SLOW_SERVER = ['--delay', '700'];
const BOUND = { timeout: 15_000 };

const AT: [phase: Progress['phase'], options: string, afterMs: number][] = [
  ['set-up', '-d 60s', 0],
  ['set-up', '-d 60s', 150],
  ['http', '-d 60s', 0],
  ['http', '-d 60s', 800],
  ['connect', '-d 60s --ramp 1 --no-http', 300],
  ['warm-up', '-w 60s -d 60s --no-http', 400],
  ['steady', '-w 100ms -d 60s --no-http', 1_300],
  ['steady', '-R 2k -w 100ms -d 60s --no-http', 1_300],
  ['drain', '-w 100ms -d 300ms --no-http', 50],
];

describe('interruption', () => {
  for (const [phase, options, afterMs] of AT) {
    for (const urgent of [false, true]) {
      it(`${options}, ${phase} + ${afterMs} ms${urgent ? ', urgent' : ''}`, BOUND, async (t) => {
        const stop = new AbortController();
        const kill = new AbortController();
        const { result, run, figures } = await execute(t, `${LINE} ${options}`, {
          serverArguments: SLOW_SERVER,
          signal: stop.signal,
          urgent: kill.signal,
          async onPhase(at) {
            if (at !== phase) return;
            if (afterMs > 0) await sleep(afterMs);
            stop.abort();
            if (urgent) kill.abort();
          },
        });
        assert.deepEqual(run.outcome, { state: 'aborted', reason: 'it was interrupted.' });
        assert.equal(result.runs.length, 1, 'the run after it is not begun');
        assert.notEqual(result.endedAt, null);
        assert.match(run.validity.reasons.join(' '), /The run was aborted: it was interrupted\./);
        const reached = run.phases.map((each) => each.phase);
        if (phase === 'set-up' || phase === 'http') {
          assert.equal(figures.messages.sent, 0);
        } else {
          assert.equal(reached.at(-1), phase);
        }
        if (phase === 'steady') {
          assert.ok(run.slices.some((slice) => slice.phase === 'steady' && slice.echoed > 0));
          assert.ok(figures.messages.echoed > 0);
        }
        if (phase === 'steady' && !urgent) {
          // A server that takes 700 ms always has some that are on their way.
          assert.ok(figures.messages.outstanding > 0);
          assert.deepEqual([figures.messages.lost, figures.connections.failed], [0, 0]);
        }
      });
    }
  }
});
