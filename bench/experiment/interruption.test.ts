import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunPhase } from '../model/event.ts';
import { counted } from '../model/recording.ts';
import { execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

interface Case {
  phase: RunPhase;
  afterMs: number;
  options: string;
  urgent?: true;
  /** Options of the echo server. */
  delayMs?: number;
}

/** Except for the drain, each would last a minute or more if it were not stopped. */
const CASES: Case[] = [
  { phase: 'set-up', afterMs: 0, options: '-d 60s' },
  { phase: 'set-up', afterMs: 200, options: '-d 60s', urgent: true },
  { phase: 'http', afterMs: 0, options: '-d 60s' },
  { phase: 'http', afterMs: 500, options: '-d 60s', urgent: true },
  { phase: 'connect', afterMs: 300, options: '-d 60s --ramp 1 --no-http' },
  { phase: 'warm-up', afterMs: 500, options: '-w 60s -d 60s --no-http' },
  { phase: 'steady', afterMs: 1_500, options: '-w 100ms -d 60s --no-http' },
  { phase: 'steady', afterMs: 1_500, options: '-R 1k -w 100ms -d 60s --no-http', urgent: true },
  { phase: 'drain', afterMs: 100, options: '-w 100ms -d 300ms --no-http', delayMs: 2_000 },
];

ownTemporaryFolder();

describe('interruption', { concurrency: 4 }, () => {
  for (const { phase, afterMs, options, urgent = false, delayMs = 300 } of CASES) {
    const name = `in ${phase} after ${afterMs} ms${urgent ? ', twice' : ''} (${options})`;
    it(name, { timeout: 120_000 }, async (t) => {
      const stop = new AbortController();
      const kill = new AbortController();
      const line = `--profile plain,direct -c 40 --workers 2 --nginx-workers 2 ${options}`;
      const { runs, complete, run, figures } = await execute(t, line, {
        serverArguments: ['--delay', String(delayMs)],
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
      assert.equal(runs.length, 1, 'the run after it is not begun');
      assert.equal(complete, false);
      assert.deepEqual(run.validity.reasons.find(({ code }) => code === 'run-ended')?.data, run.outcome);
      const reached = run.phases.map((each) => each.phase);
      if (phase === 'set-up' || phase === 'http') {
        assert.equal(figures.messages.sent, 0);
      } else {
        assert.equal(reached.at(-1), phase);
      }
      if (phase === 'steady') {
        assert.ok(
          run.slices.some((slice) => slice.phase === 'steady' && counted(slice.counters, 'echoed') > 0),
        );
        assert.ok(figures.messages.echoed > 0);
      }
      if (phase === 'steady' && !urgent) {
        // A server that takes 300 ms always has messages in flight.
        assert.ok(figures.messages.outstanding > 0);
        assert.deepEqual([figures.messages.lost, figures.connections.failed], [0, 0]);
      }
    });
  }
});
