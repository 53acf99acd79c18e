import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { knownFigures } from '../measure/figures.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Condition } from '../model/condition.ts';
import { type Finding, stored } from '../model/finding.ts';
import type { Run, Validity } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import { trialOf } from './capacity-trial.ts';

const LOAD = { kind: 'open', ratePerSecond: 2000, arrivals: 'uniform' } as const;
const RUN = makeRun({ profile: 'tls', seconds: 1, connections: 10, perSecond: 2000, load: LOAD });
const objective = (metric: string, limit: number): Condition => ({
  ...{ text: metric, metric, operator: '<', limit, unit: 'count' },
});
const MET = objective('messages.lost', 1);
const MISSED = objective('messages.sent', 1);
const UNKNOWN = objective('response.p999', 1);
const MEMORY = objective('memory.proxy', 1);

function judged(component: Validity['limit']['component'], reasons: Finding[] = [], run = RUN): Run {
  const verdict = reasons.length === 0 ? 'valid' : 'suspect';
  return { ...run, validity: { verdict, reasons, limit: { component, evidence: stored('Invented.') } } };
}

/** A run in which this many messages were lost. */
function losing(lost: number): Run {
  const [worker, ...others] = RUN.workers;
  return { ...RUN, workers: [{ ...(worker ?? assert.fail()), lost }, ...others] };
}

const [LATE, OTHER] = [stored('It was late.'), stored('Something else.')];

test('a trial is met if the run completed, kept its schedule and met all objectives', () => {
  const metrics = metricsOf(knownFigures(RUN), RUN.plan);
  const figures = (...names: string[]) => names.map((name) => metrics[name] ?? null);
  assert.deepEqual(trialOf(judged('schedule', [LATE]), 70, [MET]), {
    ...{ level: 70, met: true, keptSchedule: true, figures: figures('messages.lost'), elsewhere: null },
  });
  assert.deepEqual(trialOf(judged('proxy'), 70, [MET]), {
    ...{ level: 70, met: false, keptSchedule: false, figures: figures('messages.lost'), elsewhere: null },
  });
  assert.deepEqual(trialOf(judged('schedule'), 70, [MET, UNKNOWN]), {
    ...{ level: 70, met: false, keptSchedule: true, figures: figures('messages.lost', 'response.p999') },
    elsewhere: finding('no-samples', { metric: 'response.p999' }),
  });
  const failed = { state: 'failed', reason: 'Nginx died.' } as const;
  assert.deepEqual(trialOf({ ...judged('schedule'), outcome: failed }, 70, []), {
    ...{ level: 70, met: false, keptSchedule: true, figures: [], elsewhere: finding('run-ended', failed) },
  });
});

/** Returns why the cause of a missed trial may lie elsewhere. */
function elsewhere(run: Run, ...objectives: Condition[]): Finding | null {
  const trial = trialOf(run, 1, objectives);
  assert.equal(trial.met, false);
  return trial.elsewhere;
}

test('a miss counts against what is measured if that was the limit', () => {
  assert.equal(elsewhere(judged('proxy', [LATE]), MISSED), null);
  assert.deepEqual(elsewhere(judged('server', [LATE]), MISSED), LATE);
  const direct = { ...RUN, plan: { ...RUN.plan, proxy: null } };
  assert.equal(elsewhere(judged('server', [LATE], direct), MISSED), null);
  assert.deepEqual(elsewhere(judged('generator', [LATE, OTHER]), MISSED), LATE);
  assert.deepEqual(
    elsewhere({ ...judged('none'), validity: { ...judged('none').validity, verdict: 'suspect' } }, MISSED),
    {
      ...finding('not-valid', { verdict: 'suspect' }),
    },
  );
});

test('missed memory counts whatever the limit was, if it was measured', () => {
  assert.equal(elsewhere(judged('generator', [LATE]), MEMORY), null);
  const unmeasured = { ...RUN, processes: [] };
  assert.deepEqual(elsewhere(judged('generator', [LATE], unmeasured), MEMORY), LATE);
});

test('lost messages count, unless a component other than the measured one was the limit', () => {
  const lost = objective('messages.lost', 1);
  for (const component of ['schedule', 'none'] as const) {
    const run = judged(component, [LATE, OTHER], losing(3));
    assert.equal(elsewhere(run, lost), null);
    // An objective about something else is missed because of the loss if the loss is the only doubt.
    assert.deepEqual(elsewhere(run, MISSED), LATE);
    assert.equal(elsewhere(judged(component, [LATE], losing(1)), MISSED), null);
    assert.deepEqual(elsewhere(judged(component, [LATE], losing(0)), MISSED), LATE);
  }
  assert.deepEqual(elsewhere(judged('generator', [LATE], losing(3)), lost), LATE);
  assert.deepEqual(elsewhere(judged('machine', [LATE], losing(3)), MISSED), LATE);
});

test('a valid run counts as a miss if any missed objective was measured', () => {
  assert.equal(elsewhere(judged('schedule'), MISSED), null);
  assert.equal(elsewhere(judged('schedule'), UNKNOWN, MISSED), null);
  assert.deepEqual(
    elsewhere(judged('schedule'), UNKNOWN),
    finding('no-samples', { metric: 'response.p999' }),
  );
  assert.equal(elsewhere(judged('none')), null);
});
