import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { makeCalibration } from '../../../test/calibration.ts';
import { makeComparison } from '../../../test/comparison.ts';
import { makeRun } from '../../../test/run.ts';
import type { Conclusion } from '../../model/conclusion.ts';
import type { BenchEvent, RunPhase } from '../../model/event.ts';
import { runClauses } from './clauses.ts';
import { after, BUSY, compared, planned, underWay } from './progress.test.fixture.ts';
import { screenLines } from './screen.ts';
import { begun } from './state.ts';

/** Joins the lines of a screen into one string, as written in the tests. */
function drawn(lines: readonly string[]): string {
  return `\n${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

test('a full screen has the run, the time left, rates, times, failures, and the CPU of each component', () => {
  assert.equal(
    drawn(screenLines(underWay(), 27_000, 120)),
    `
Overall        ██████░░░░░░░░░░░░░░░░░░░░ 23 % · ~1:33 left · 0:27 elapsed
Run 2 of 6     tls, latency
Phase          steady, 4 of 10 s
Connections    9,998 of 10,000 open
Messages       19.9k/s echoed · 20k/s offered
Response time  p50 2.88 ms · p99 6.44 ms · p99.9 12.1 ms
Failures       2 connections failed · 3 messages lost · 2 upgrade/status-503
Nginx CPU      ██████████████████░░░░░░░░ 71 % · 1.42 of 2 cores · busiest 97 %
Server CPU     █████████████░░░░░░░░░░░░░ 51 %
Generator CPU  █████░░░░░░░░░░░░░░░░░░░░░ 20 % · 0.40 of 2 cores · busiest 20 %
`,
  );
});

test('in 60 columns, each line is shorter', () => {
  assert.equal(
    drawn(screenLines(underWay(), 27_000, 60)),
    `
Overall        ██░░░░░░░░░ 23 % · ~1:33 left · 0:27 elapsed
Run 2 of 6     tls, latency
Phase          steady, 4 of 10 s
Connections    9,998 of 10,000 open
Messages       19.9k/s echoed · 20k/s offered
Response time  p50 2.88 ms · p99 6.44 ms · p99.9 12.1 ms
Failures       2 connections failed · 3 messages lost
Nginx CPU      ████████░░░ 71 % · 1.42 of 2 cores
Server CPU     ██████░░░░░ 51 %
Generator CPU  ██░░░░░░░░░ 20 % · 0.40 of 2 cores
`,
  );
});

test('in 30 columns, only the most important part of each line remains', () => {
  assert.equal(
    drawn(screenLines(underWay(), 27_000, 30)),
    `
all   █░░░░░ 23 % · ~1:33 left
2/6   tls, latency
phase steady, 4 of 10 s
conn  9,998 of 10,000 open
msgs  19.9k/s echoed
time  p50 2.88 ms
fail  2 connections failed
nginx ████░░ 71 %
serv  ███░░░ 51 %
gen   █░░░░░ 20 %
`,
  );
});

test('a calibration counts the rounds of all its comparisons', () => {
  const plan = makeRun({ profile: 'plain' }).plan;
  const comparison = makeComparison('plain', 'plain (2)');
  const clauses = (...conclusions: Conclusion[]) =>
    runClauses({ plan: { ...plan, round: 17 } }, { conclusions }).at(-1);
  const calibration = makeCalibration();
  const asked = 10 * calibration.trials.length;
  assert.deepEqual(
    [clauses(comparison), clauses(comparison, calibration)],
    ['round 17 of 10', `round 17 of ${asked}`],
  );
});

test('a comparison shows its round, and the effects so far with their intervals', () => {
  assert.equal(
    drawn(screenLines(compared(), 5000, 100)),
    `
Overall        ░░░░░░░░░░░░░░░░░░░░░ 1 % · ~8:27 left · 0:05 elapsed
Run 13 of 44   plain+buf-16k, latency · round 4 of 10
Phase          warm-up, 2 of 2 s
Connections    10,000 of 10,000 open
Messages       19.9k/s echoed
Response time  p50 2.88 ms · p99 6.44 ms · p99.9 12.1 ms
Failures       –
Nginx CPU      ███████████████░░░░░░ 71 % · 1.42 of 2 cores · busiest 97 %
Server CPU     ███████████░░░░░░░░░░ 51 %
Generator CPU  ████░░░░░░░░░░░░░░░░░ 20 % · 0.40 of 2 cores · busiest 20 %
So far         +25 % (+20 % to +30 %) · Nginx CPU per message · plain+buf-16k
               +0.3 % (−1 % to +1 %) · response time p50 · plain+buf-16k
`,
  );
});

test('before the first run and before the load, there is little to show', () => {
  assert.deepEqual(screenLines(begun(60_000), 64_000, 80), ['Preparing      0:04 elapsed']);
  assert.equal(
    screenLines(after([0, planned(1, 2)]), 1000, 80).length,
    screenLines(underWay(), 27_000, 80).length,
  );
});

test('labels are long from 50 columns on, short from 25 on, and left out below', () => {
  const heads = [50, 49, 25, 24].map((columns) => screenLines(underWay(), 27_000, columns)[1]);
  assert.deepEqual(heads, [
    ...['Run 2 of 6     tls, latency', '2/6   tls, latency', '2/6   tls, latency', 'tls, latency'],
  ]);
});

test('a bar has a quarter of the space, at least 4 and at most 30 columns', () => {
  const lengths = [200, 135, 59, 25, 9].map(
    (columns) => /[█░]+/.exec(screenLines(underWay(), 27_000, columns)[0] ?? '')?.[0].length,
  );
  assert.deepEqual(lengths, [30, 30, 11, 4, 4]);
});

test('a terminal has 24 rows unless it says otherwise, of which the last is not used', () => {
  const progress = compared();
  const [comparison] = progress.conclusions;
  assert.ok(comparison?.kind === 'comparison');
  const comparisons = Array.from({ length: 12 }, () => comparison.comparisons).flat();
  const long = { ...progress, conclusions: [{ ...comparison, comparisons }] };
  assert.equal(screenLines(long, 5000, 100).length, 23);
});

test('a terminal with few rows shows the first lines', () => {
  const all = screenLines(underWay(), 27_000, 80);
  assert.deepEqual(screenLines(underWay(), 27_000, 80, 5), all.slice(0, 4));
  assert.equal(screenLines(underWay(), 27_000, 80, 1).length, 1);
});

const PHASES: RunPhase[] = ['set-up', 'http', 'connect', 'warm-up', 'steady', 'drain', 'tear-down'];
const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
const variant = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '日本語のプロファイル',
    '👩‍👩‍👧‍👦+tuning',
    '\u001b[2Jtls\r\n\u009b1A\u202e',
    'e\u0301'.repeat(30),
  ),
);
const event: fc.Arbitrary<BenchEvent> = fc.oneof(
  fc
    .tuple(fc.nat(1000), fc.nat(1000), variant, fc.option(fc.integer({ min: 1, max: 999 })))
    .map(([number, runs, name, round]) => planned(number, runs, name, round)),
  fc.constantFrom(...PHASES).map((phase): BenchEvent => ({ type: 'phase', phase })),
  fc
    .record({
      echoedPerSecond: amount,
      openedPerSecond: amount,
      offeredPerSecond: fc.option(amount),
      p99Us: fc.option(amount),
      lost: fc.nat(),
    })
    .map((changes): BenchEvent => ({ type: 'live', figures: { ...BUSY, ...changes } })),
);

test('no line is wider than the terminal, and none moves the cursor', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1e8), event), { maxLength: 8 }),
      fc.integer({ min: 1, max: 200 }),
      (events, columns) => {
        const times = events.map(([ms]) => ms).sort((a, b) => a - b);
        const progress = after(...events.map(([, each], index) => [times[index] ?? 0, each] as const));
        for (const line of screenLines(progress, 1e8, columns)) {
          assert.ok(stringWidth(line) <= columns, `${stringWidth(line)} of ${columns}: ${line}`);
          assert.doesNotMatch(line, /[\p{Cc}\u202e]/u);
        }
      },
    ),
  );
});
