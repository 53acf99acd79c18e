import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onTarget } from '../../test/external.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeScenarioRun } from '../../test/scenario-run.ts';
import { stored } from '../model/finding.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { connect } from '../scenarios/connect/definition.ts';
import { NOTHING } from '../wording/format.ts';
import { reportHtml } from './html.ts';
import { chartsOf, shown, tableOf } from './page-text.test.fixture.ts';
import { hasLosses, limitName, lossSentence, validitySentences } from './verdict.ts';
import { viewOf } from './view.ts';

test('messages that were due but never sent are reported and drawn, if there are any', () => {
  const result = makeBothSteps(1, 4);
  const [closed, open] = result.runs;
  assert.ok(closed && open);
  const seriesOf = () =>
    chartsOf(reportHtml(result))
      .find(({ id }) => id === 'chart-rate-latency-0')
      ?.series.map(({ label }) => label);
  assert.doesNotMatch(shown(result), /never sent/);
  assert.deepEqual(seriesOf(), ['sent', 'echoed', 'bytes']);
  for (const run of [closed, open])
    for (const worker of run.workers) worker.unsent = counted(worker, 'unsent') + 50;
  for (const worker of open.workers) worker.due = counted(worker, 'sent') + counted(worker, 'unsent');
  for (const { counters } of open.slices) counters.due = counted(counters, 'sent') + 500;
  const page = shown(result);
  const due = open.workers.reduce((sum, worker) => sum + counted(worker, 'due'), 0).toLocaleString('en-US');
  assert.deepEqual(
    tableOf(page, 'Messages due but never sent').map((row) => row.slice(0, 4)),
    [['direct', 'latency', due, '100']],
  );
  assert.ok(page.includes(`<p class="broken">Latency. 100 of the ${due} messages due were never sent.</p>`));
  assert.deepEqual(seriesOf(), ['due', 'sent', 'echoed', 'bytes']);
  // An older result, which does not count messages that were due.
  for (const worker of open.workers) worker.due = 0;
  for (const slice of open.slices) slice.counters.due = 0;
  assert.deepEqual(seriesOf(), ['sent', 'echoed', 'bytes']);
});

test('losses of a run of handshakes are those that occurred, each with its counts, in a fixed order', () => {
  const none = { due: 100, started: 100, unstarted: 0, queued: 0, refused: 0, pending: 0, failed: 0 };
  const messages = { sent: 100, echoed: 100, outstanding: 0, lost: 0 };
  const viewWith = (changes: Record<string, number>) => {
    const run = makeScenarioRun(connect, connect.steps[0], 'plain');
    const [worker] = run.workers;
    assert.ok(worker);
    Object.assign(worker, none, { opened: 100, closed: 100, broken: 0, live: 0 }, messages, changes);
    const [view] = viewOf(makeResult([run])).runs;
    assert.ok(view);
    return view;
  };
  const sentenceOf = (changes: Record<string, number>) => lossSentence(viewWith(changes));
  const lost = (changes: Record<string, number>) => {
    const view = viewWith(changes);
    const clauses = lossSentence(view).split('; ');
    return [hasLosses(view), clauses.map((clause) => clause.match(/\d+/g)?.map(Number) ?? clause)];
  };
  assert.deepEqual(lost({}), [false, ['No handshake failed.']]);
  const refused = { opened: 98, closed: 98, refused: 2, failed: 2 };
  assert.deepEqual(lost(refused), [true, [[2, 100]]]);
  const unstarted = { due: 105, unstarted: 5 };
  assert.deepEqual(lost(unstarted), [true, [[5, 105]]]);
  const broken = { closed: 95, broken: 3, failed: 5, echoed: 96, lost: 4 };
  assert.deepEqual(lost({ ...refused, ...unstarted, ...broken }), [true, [[2, 100], [3], [4], [5, 105]]]);
  assert.match(
    sentenceOf({ closed: 98, broken: 1, failed: 1, lost: 1, echoed: 99 }),
    /1 open connection ended .*1 message was lost/,
  );
  const [isLoss, unbalanced] = lost({ closed: 99 });
  assert.equal(isLoss, true);
  assert.match(String(unbalanced), /^The counts do not add up \(opened /);
});

test('a run without doubts only reports its limit; doubts without reasons are reported as unknown', () => {
  const [run] = makeBothSteps(1, 4).runs;
  assert.ok(run);
  const evidence = stored('the busiest worker 98 %.');
  const told = (validity: Partial<Run['validity']>) => {
    run.validity = { verdict: 'valid', reasons: [], limit: { component: 'proxy', evidence }, ...validity };
    const [step] = viewOf(makeResult([run])).steps;
    return step?.runs.flatMap((view) => validitySentences(view));
  };
  const limit = `Limited by Nginx: ${evidence.text}`;
  assert.deepEqual(told({}), [limit]);
  assert.deepEqual(told({ verdict: 'suspect' }), [`Suspect: ${NOTHING}`, limit]);
  assert.deepEqual(told({ verdict: 'suspect', reasons: [stored('A.'), stored('B.')] }), [
    'Suspect: A. B.',
    limit,
  ]);
  assert.deepEqual(told({ limit: { component: 'proxy', evidence: stored('') } }), []);
});

test('if the limit was a server that is not the bench’s own, the table says what was not the limit', () => {
  const [closed] = makeBothSteps(1, 4).runs;
  assert.ok(closed);
  const run = onTarget(closed);
  assert.equal(limitName(run), 'something other than the generator');
  const watched = { ...run, plan: { ...run.plan, proxyAgent: 'p' } };
  assert.equal(limitName(watched), 'something other than Nginx and the generator');
});
