import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import type { RunFigures } from '../measure/figures.ts';
import { stored } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import {
  doubtSentence,
  dueOf,
  hasLosses,
  limitName,
  limitSentence,
  lossSentence,
  outcomeSentence,
  validitySentences,
  verdictOf,
} from './verdict.ts';
import { type RunView, viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const [BASE] = viewOf(makeResult([makeRun(SMALL)])).runs;
assert.ok(BASE);
const { run: RUN, figures: FIGURES } = BASE;

/** The view of a run that lost nothing, apart from these changes. */
function viewWith(figures: Partial<RunFigures>, run: Partial<Run> = {}): RunView {
  const none: Partial<RunFigures> = {
    connections: { asked: 10, opened: 10, failed: 0 },
    messages: { sent: 5, echoed: 5, outstanding: 0, lost: 0, perSecond: 5 },
    counts: {},
  };
  return { ...(BASE as RunView), run: { ...RUN, ...run }, figures: { ...FIGURES, ...none, ...figures } };
}

const withLoad = (load: Run['plan']['workload']['load'], scenario = 'echo'): Run['plan'] => ({
  ...RUN.plan,
  workload: { ...RUN.plan.workload, load, scenario },
});
const broken: RunFigures['conservation'] = { ...FIGURES.conservation, ok: false };
const worker = (counts: object) => counts as Run['workers'][number];

/** Returns what was lost, without the clause on counts that do not add up. */
const told = (figures: Partial<RunFigures>, run?: Partial<Run>) => {
  const view = viewWith(figures, run);
  return [hasLosses(view), lossSentence(view).replace(/ \(.*\)/, '')];
};
const none = { sent: 5, echoed: 5, outstanding: 0, lost: 0, perSecond: 5 };

test('each kind of loss is counted', () => {
  assert.deepEqual(told({}), [false, 'No connection failed and no message was lost.']);
  assert.deepEqual(told({ connections: { asked: 10, opened: 9, failed: 1 } }), [
    true,
    '1 of 10 connections failed.',
  ]);
  assert.deepEqual(told({ connections: { asked: 10, opened: 7, failed: 1 } }), [
    true,
    '1 of 10 connections failed; 2 of 10 connections were not opened.',
  ]);
  assert.deepEqual(told({ connections: { asked: 10, opened: 9, failed: 0 } }), [
    false,
    '1 of 10 connections was not opened.',
  ]);
  assert.deepEqual(told({ messages: { ...none, lost: 1 } }), [true, '1 of 5 messages was lost.']);
  assert.deepEqual(told({ messages: { ...none, lost: 2, outstanding: 1 } }), [
    true,
    '2 of 5 messages were lost; 1 message was outstanding at the end.',
  ]);
  assert.deepEqual(told({ conservation: broken }), [true, 'The counts do not add up.']);
  assert.equal(told({ counts: { unstarted: 1 } })[0], true);
});

test('messages that were never sent count in an open loop only', () => {
  const unsent = (count: number, load: Run['plan']['workload']['load']) =>
    told({}, { plan: withLoad(load), workers: [worker({ due: 5, unsent: count }), worker({ due: 4 })] });
  const nothing = [false, 'No connection failed and no message was lost.'];
  assert.deepEqual(unsent(1, OPEN), [true, '1 of the 9 messages due was never sent.']);
  assert.deepEqual(unsent(2, OPEN), [true, '2 of the 9 messages due were never sent.']);
  assert.deepEqual(unsent(0, OPEN), nothing);
  assert.deepEqual(unsent(2, CLOSED), nothing);
});

test('messages due are those of the workers, or of the slices if no worker reported', () => {
  const plan = withLoad(OPEN);
  const [slice] = RUN.slices;
  assert.ok(slice);
  const slices = [1, 2].map((due) => ({ ...slice, counters: { due, unsent: due - 1 } }));
  assert.deepEqual(dueOf({ ...RUN, plan, slices, workers: [worker({ due: 9, unsent: 4 })] }), {
    due: 9,
    unsent: 4,
  });
  assert.deepEqual(dueOf({ ...RUN, plan, slices, workers: [] }), { due: 3, unsent: 1 });
  assert.equal(dueOf({ ...RUN, plan, slices: [], workers: [] }), null);
  assert.equal(dueOf({ ...RUN, plan: withLoad(CLOSED), slices, workers: [] }), null);
  assert.equal(dueOf({ ...RUN, plan: withLoad(null), slices, workers: [] }), null);
});

test('a scenario that expects losses has none unless a failure is a fault', () => {
  const plan = withLoad(OPEN, 'storm');
  const failures = (faults: number) => ({ failures: { ...FIGURES.failures, faults } });
  const lost = { messages: { ...none, lost: 3 } };
  const losses = (figures: Partial<RunFigures>) => hasLosses(viewWith(figures, { plan }));
  assert.equal(losses({ ...lost, ...failures(0) }), false);
  assert.equal(losses(failures(1)), true);
  assert.equal(losses({ ...failures(0), conservation: broken }), true);
});

test('of handshakes, each kind of loss is counted', () => {
  const connect = { ...FIGURES.connect, isWork: true };
  const loss = (counts: Record<string, number>, conservation = FIGURES.conservation) =>
    lossSentence(viewWith({ connect, counts, conservation })).replace(/ \(.*\)/, '');
  assert.equal(loss({ started: 9, due: 9 }), 'No handshake failed.');
  assert.equal(
    loss({ started: 9, refused: 1, broken: 2, lost: 1, unstarted: 3, due: 12 }),
    '1 of 9 handshakes failed; 2 open connections ended unexpectedly; 1 message was lost; 3 of 12 handshakes that were due never started.',
  );
  assert.equal(loss({}, broken), 'The counts do not add up.');
});

test('a run is described by how it ended, why it is doubted, and what limited it', () => {
  const validity = (verdict: string, limit: string, text: string, ...codes: string[]): Partial<Run> => ({
    validity: {
      verdict,
      reasons: codes.map((code) => ({ code, data: {}, text: `${code}.` })),
      limit: { component: limit, evidence: stored(text) },
    } as Run['validity'],
  });
  const sentences = (run: Partial<Run>) => {
    const view = viewWith({}, run);
    return [verdictOf(view), outcomeSentence(view), doubtSentence(view), limitSentence(view)];
  };
  const limit = 'Limited by the generator: Busy.';
  assert.deepEqual(sentences(validity('valid', 'generator', 'Busy.')), ['valid', '', '', limit]);
  assert.deepEqual(sentences(validity('suspect', 'generator', 'Busy.', 'late', 'slow')), [
    ...['suspect', '', 'Suspect: late. slow.', limit],
  ]);
  assert.deepEqual(sentences(validity('suspect', 'generator', 'Busy.')), [
    'suspect',
    '',
    'Suspect: –',
    limit,
  ]);
  // The evidence is not repeated.
  assert.equal(sentences(validity('suspect', 'generator', 'Busy.', 'limited-by'))[3], '');
  assert.equal(sentences(validity('generator-limited', 'generator', 'Busy.', 'late'))[3], '');
  assert.equal(sentences(validity('valid', 'generator', ''))[3], '');
  assert.deepEqual(validitySentences(viewWith({}, validity('valid', 'generator', ''))), []);
  const failed = {
    ...validity('valid', 'none', ''),
    outcome: { state: 'failed', reason: 'it died' },
  } as const;
  assert.deepEqual(sentences(failed).slice(0, 2), ['failed', 'Failed: it died.']);
});

test('of a server that already runs, only the generator is known not to be the limit', () => {
  const limited = (component: string, target: string, proxyAgent?: string): [string, string] => {
    const run = {
      plan: { ...RUN.plan, target: { kind: target }, ...(proxyAgent === undefined ? {} : { proxyAgent }) },
      validity: { verdict: 'valid', reasons: [], limit: { component, evidence: stored('It was idle.') } },
    } as unknown as Partial<Run>;
    const view = viewWith({}, run);
    return [limitName(view.run), limitSentence(view)];
  };
  assert.deepEqual(limited('none', 'sandbox'), ['none', 'No component was at its limit: It was idle.']);
  assert.deepEqual(limited('none', 'external'), ['something other than the generator', 'It was idle.']);
  assert.deepEqual(limited('none', 'external', 'host'), [
    'something other than Nginx and the generator',
    'It was idle.',
  ]);
  assert.deepEqual(limited('generator', 'external'), ['generator', 'Limited by the generator: It was idle.']);
});
