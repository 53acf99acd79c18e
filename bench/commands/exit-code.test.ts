import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { EXIT, exitCodeOf, type Judged, worseOf } from './exit-code.ts';

const WHOLE = { complete: true, strict: false, interrupted: false };
const GOOD = makeRun({ seconds: 1, connections: 10, perSecond: 100 });
/** Ordinary requests, none of which failed. */
const HTTP = { failed: 0 } as NonNullable<Judged['figures']['http']>;
const NO_FAILURES = { figures: figuresOf(GOOD), missedThreshold: false };

function judged(verdict: Run['validity']['verdict'] = 'valid', change: Partial<Judged> = {}): Judged {
  return { run: { ...GOOD, validity: { ...GOOD.validity, verdict } }, ...NO_FAILURES, ...change };
}

test('--strict only accepts the verdict valid', () => {
  for (const verdict of ['suspect', 'generator-limited', 'server-limited'] as const) {
    assert.equal(exitCodeOf([judged(), judged(verdict)], WHOLE), EXIT.done, verdict);
    assert.equal(exitCodeOf([judged(), judged(verdict)], { ...WHOLE, strict: true }), EXIT.failed, verdict);
  }
  assert.equal(exitCodeOf([judged(), judged()], { ...WHOLE, strict: true }), EXIT.done);
});

test('every kind of failure of a run makes the command fail, and only an interruption takes precedence', () => {
  const { connections, messages, failures, http } = NO_FAILURES.figures;
  const figures = { connections, messages, failures, http };
  const failing: Partial<Judged>[] = [
    { figures: { ...figures, connections: { ...connections, failed: 1 } } },
    { figures: { ...figures, messages: { ...messages, lost: 1 } } },
    { figures: { ...figures, failures: { ...failures, total: 1, faults: 1 } } },
    { figures: { ...figures, http: { ...HTTP, failed: 1 } } },
    { run: { ...GOOD, outcome: { state: 'failed', reason: 'x' } } },
    { run: { ...GOOD, outcome: { state: 'aborted', reason: 'x' } } },
  ];
  for (const change of failing) {
    const runs = [judged('valid', { missedThreshold: true }), judged('valid', change)];
    assert.equal(exitCodeOf(runs, WHOLE), EXIT.failed);
    assert.equal(exitCodeOf(runs, { ...WHOLE, interrupted: true }), EXIT.interrupted);
  }
  assert.equal(exitCodeOf([judged()], { ...WHOLE, complete: false }), EXIT.failed);
  assert.equal(exitCodeOf([judged('valid', { missedThreshold: true }), judged()], WHOLE), EXIT.threshold);
  assert.equal(exitCodeOf([], WHOLE), EXIT.done);
  for (const answered of [null, HTTP])
    assert.equal(
      exitCodeOf([judged('valid', { figures: { ...figures, http: answered } })], WHOLE),
      EXIT.done,
    );
});

test('scripts can rely on the exit codes', () => {
  assert.deepEqual(EXIT, { done: 0, failed: 1, usage: 2, threshold: 99, interrupted: 130 });
});

test('the worse of two exit codes counts', () => {
  const byWeight = [EXIT.interrupted, EXIT.usage, EXIT.failed, EXIT.threshold, EXIT.done];
  for (const [at, worse] of byWeight.entries()) {
    for (const other of byWeight.slice(at)) {
      assert.equal(worseOf(worse, other), worse);
      assert.equal(worseOf(other, worse), worse);
    }
  }
});

test('losses that a scenario causes on purpose do not make a run fail', () => {
  const { connections, messages, failures, http } = NO_FAILURES.figures;
  const figures = {
    connections,
    messages: { ...messages, lost: 3 },
    failures: { ...failures, total: 3 },
    http,
  };
  const { plan } = GOOD;
  const cut = { ...GOOD, plan: { ...plan, workload: { ...plan.workload, scenario: 'reload' } } };
  assert.equal(exitCodeOf([judged('valid', { run: cut, figures })], WHOLE), EXIT.done);
  assert.equal(exitCodeOf([judged('valid', { figures })], WHOLE), EXIT.failed);
});
