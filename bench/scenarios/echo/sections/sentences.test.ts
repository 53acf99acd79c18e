import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturb } from '../../../../test/machine.ts';
import { makeLatencyRun, makeResult, RATE, rateOf } from '../../../../test/result.ts';
import { makeRun } from '../../../../test/run.ts';
import { figuresOf } from '../../../measure/figures.ts';
import { stored } from '../../../model/finding.ts';
import { LIMITS, type Run, type Validity } from '../../../model/run.ts';
import { type RunView, type VariantView, viewOf } from '../../../report/view.ts';
import { formatRough, formatShare, formatTime } from '../../../wording/format.ts';
import {
  answerSentence,
  capacitySentence,
  formatCapacity,
  offeredSentence,
  undisturbedSentence,
} from './sentences.ts';

const SMALL = { seconds: 2, connections: 100 };

function variantOf(...runs: Run[]): VariantView {
  const [variant] = viewOf({ ...makeResult(runs), conclusions: [rateOf(RATE)] }).variants;
  return variant ?? assert.fail();
}

/** Copies the run, because tests change it, and the figures of a run are derived once. */
function viewOfRun(run: Run): RunView {
  return viewOf(makeResult([structuredClone(run)])).runs[0] ?? assert.fail();
}

function limited(run: Run, component: Validity['limit']['component']): Run {
  return { ...run, validity: { ...run.validity, limit: { component, evidence: stored('The evidence.') } } };
}

test('one sentence contains both answers, with the figures of the runs', () => {
  const throughput = makeRun(SMALL);
  const latency = makeLatencyRun('tls', SMALL);
  const carried = formatRough(figuresOf(throughput).messages.perSecond);
  const { response } = figuresOf(latency).latencies;
  assert.match(carried, /^\d\d,\d00$/);
  assert.equal(
    answerSentence(variantOf(throughput, latency)),
    `tls carried ${carried} messages per second, limited by Nginx; at 8,900 messages per second, half of the messages ` +
      `came back within ${formatTime(response?.p50)} and 99 % within ${formatTime(response?.p99)}.`,
  );
});

test('the limit is named, whatever it was', () => {
  const said = LIMITS.map((component) => answerSentence(variantOf(limited(makeRun(SMALL), component))));
  const ends = said.map((text) => text.replace(/^tls carried [\d,]+ messages per second, /, ''));
  assert.deepEqual(ends, [
    'limited by Nginx.',
    'limited by the echo server.',
    'limited by the load generator.',
    'limited by the CPUs, all of which were busy.',
    'all that was offered.',
    'with no component at its limit.',
  ]);
});

test('a single answer says why there is no other', () => {
  const [run, latency] = [makeRun(SMALL), makeLatencyRun('tls', SMALL)];
  assert.match(
    answerSentence(variantOf(latency)),
    /^tls: at 8,900 messages per second, half of the messages .* ms\.$/,
  );
  const alone = answerSentence(variantOf(run));
  assert.match(alone, /^tls carried [\d,]+ messages per second, limited by Nginx\.$/);
  const leftOut = { ...variantOf(run), leftOut: stored('Nothing was echoed.') };
  assert.equal(answerSentence(leftOut), `${alone} Latency was not measured: Nothing was echoed.`);
  assert.equal(answerSentence({ ...leftOut, answers: {}, leftOut: null }), 'Nothing was measured for tls.');
});

test('no sentence contains the times of a closed loop', () => {
  const closed = figuresOf(makeRun(SMALL)).latencies.service;
  const answer = answerSentence(variantOf(makeRun(SMALL)));
  for (const us of [closed?.p50, closed?.p99, closed?.mean]) assert.ok(!answer.includes(formatTime(us)));
  assert.doesNotMatch(answer, / µs| ms/);
});

test('a run that did not reach its steady phase, or has too few messages, says so', () => {
  const cut = { phases: [], slices: [], workers: [] };
  assert.equal(
    answerSentence(variantOf({ ...makeRun(SMALL), ...cut }, { ...makeLatencyRun('tls', SMALL), ...cut })),
    'tls never reached the steady phase of the throughput step; at 8,900 messages per second, it never reached the steady phase.',
  );
  const few = answerSentence(variantOf(makeLatencyRun('tls', { ...SMALL, perSecond: 5 })));
  assert.equal(few, 'tls: at 8,900 messages per second, there were too few answers to measure latency.');
  const some = answerSentence(variantOf(makeLatencyRun('tls', { ...SMALL, perSecond: 50 })));
  assert.match(some, /half of the messages came back within [\d.]+ [µm]s\.$/);
});

test('per-core capacity is throughput divided by the share of a core; a lower bound is marked as such', () => {
  const measured = viewOfRun(limited(makeRun(SMALL), 'proxy'));
  const bound = viewOfRun(limited(makeRun(SMALL), 'generator'));
  const { perSecond } = measured.figures.messages;
  const capacity = measured.figures.perCoreCapacity?.perSecond ?? assert.fail();
  // Two workers at about 42 and 39 % of a core; the fixture adds some scatter.
  const share = (perSecond ?? 0) / capacity;
  assert.ok(Math.abs(share - 0.81) < 0.05, String(share));
  const told = `Nginx used ${formatShare(share)} of a core for ${formatRough(perSecond)} messages per second`;
  assert.equal(capacitySentence(measured), `${told}: ${formatRough(capacity)} per core (measured).`);
  assert.equal(capacitySentence(bound), `${told}: at least ${formatRough(capacity)} per core.`);
  assert.match(formatCapacity(measured.figures.perCoreCapacity), /^\d\d\.\dk\/s$/);
  assert.match(formatCapacity(bound.figures.perCoreCapacity), /^≥ \d\d\.\dk\/s$/);
  assert.equal(formatCapacity(null), '–');
  assert.equal(capacitySentence(viewOfRun(makeRun({ ...SMALL, profile: 'direct' }))), '');
});

test('figures without the disturbed seconds are shown next to those over all seconds', () => {
  const carried = makeRun({ ...SMALL, seconds: 4 });
  const answered = makeLatencyRun('tls', { ...SMALL, seconds: 4 });
  for (const run of [carried, answered]) assert.equal(undisturbedSentence(viewOfRun(run)), '');
  for (const run of [carried, answered]) disturb(run, 2, { stolenUs: 900_000 });
  const without = figuresOf(carried).undisturbed?.perSecond ?? assert.fail();
  assert.notEqual(formatRough(without), formatRough(figuresOf(carried).messages.perSecond));
  assert.equal(
    undisturbedSentence(viewOfRun(carried)),
    `1 of 4 seconds was disturbed; in the others, the run carried ${formatRough(without)} messages per second.`,
  );
  disturb(answered, 3, { otherUs: 900_000 });
  const { response } = figuresOf(answered).undisturbed ?? assert.fail();
  assert.equal(
    undisturbedSentence(viewOfRun(answered)),
    `2 of 4 seconds were disturbed; in the others, half of the messages came back within ` +
      `${formatTime(response?.p50)} and 99 % within ${formatTime(response?.p99)}.`,
  );
  assert.equal(undisturbedSentence(viewOfRun({ ...answered, machine: null })), '');
});

test('the achieved share is given if it is less than what was offered', () => {
  const kept = makeLatencyRun('tls', SMALL);
  assert.equal(offeredSentence(viewOfRun(kept)), '');
  const ratio = figuresOf(kept).offered?.ratio;
  assert.equal(
    offeredSentence(viewOfRun(limited(kept, 'proxy'))),
    `The run achieved ${formatShare(ratio)} of the 8.9k/s offered.`,
  );
  assert.equal(offeredSentence(viewOfRun(makeRun(SMALL))), '');
});
