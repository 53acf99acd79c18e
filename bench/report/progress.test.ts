import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch } from '../../test/capacity.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import type { BenchEvent, LiveFigures } from '../model/event.ts';
import { makeProgress } from './progress.ts';

const BUSY: LiveFigures = {
  connections: { asked: 10_000, open: 9_998, failed: 2 },
  echoedPerSecond: 21_900,
  p50Us: 2880,
  p99Us: 6440,
  lost: 3,
};
const CALM: LiveFigures = {
  connections: { asked: 10_000, open: 4, failed: 0 },
  echoedPerSecond: 0,
  p50Us: null,
  p99Us: null,
  lost: 0,
};

function planned(number: number, expectedRuns: number, variant = 'tls'): BenchEvent {
  const { plan } = makeRun({ seconds: 1, connections: 10_000, variant, load: OPEN });
  return { type: 'run-planned', number, expectedRuns, plan };
}

/** Feeds events one second apart, and collects the lines. */
function linesOf(...events: BenchEvent[]): (string | null)[] {
  let elapsedMs = 5_000_000;
  const progress = makeProgress(() => elapsedMs);
  return events.map((event) => {
    const line = progress(event);
    elapsedMs += 1000;
    return line;
  });
}

test('a line says where the run is, the most telling first', () => {
  assert.deepEqual(
    linesOf(
      planned(2, 6),
      { type: 'phase', phase: 'connect' },
      { type: 'live', figures: CALM },
      { type: 'phase', phase: 'steady' },
      { type: 'live', figures: BUSY },
    ),
    [
      '[2/6] tls latency · set-up 0 s · 0 of 10,000 open',
      '[2/6] tls latency · connect 1 s · 0 of 10,000 open',
      '[2/6] tls latency · connect 2 s · 4 of 10,000 open',
      '[2/6] tls latency · steady 3 s · 4 of 10,000 open',
      '[2/6] tls latency · steady 4 s · 9,998 of 10,000 open · 21.9k/s · p50 2.88 ms · p99 6.44 ms · 2 failed · 3 lost',
    ],
  );
});

test('the figures and the clock begin anew with every run; a single run has no number', () => {
  const lines = linesOf(planned(1, 1), { type: 'live', figures: BUSY }, planned(2, 2, 'plain'));
  assert.match(lines[0] ?? '', /^tls latency/);
  assert.match(lines[1] ?? '', /set-up 1 s .* 3 lost$/);
  assert.equal(lines[2], '[2/2] plain latency · set-up 0 s · 0 of 10,000 open');
});

test('what changes nothing draws nothing, and neither does anything before the first run', () => {
  const run = makeRun({ seconds: 1 });
  assert.deepEqual(
    linesOf(
      { type: 'phase', phase: 'steady' },
      planned(1, 1),
      { type: 'checkpoint', run },
      { type: 'run-ended', run },
      { type: 'concluded', conclusions: [] },
    ).map((line) => line === null),
    [true, false, true, true, true],
  );
});

test('nothing from outside moves the cursor', () => {
  for (const line of linesOf(planned(1, 2, '\u001b[2Jtls\r\n\u009b1A\u202e')))
    assert.doesNotMatch(line ?? '', /[\p{Cc}\u202e]/u);
});

test('a search says how far it has come, before the run', () => {
  const lines = linesOf({ type: 'concluded', conclusions: [makeSearch()] }, planned(8, 9));
  assert.equal(lines[1], '[8/9] held 4.9k/s, missed 5.1k/s · tls latency · set-up 0 s · 0 of 10,000 open');
});
