import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { BenchEvent } from '../model/event.ts';
import { stored } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import type { RunSpec, Strategy } from '../model/strategy.ts';
import { profileNamed, sidesOf } from '../plan/plan.test.fixture.ts';
import type { Side } from '../plan/variants.ts';
import { type LoopOptions, runLoop } from './loop.ts';

const SIDE = sidesOf([profileNamed('plain')])[0] as Side;

/** A strategy that requests this many runs, and concludes how many there were. */
function counting(wanted: number): Strategy {
  const spec: RunSpec = {
    variant: 'plain',
    step: 'throughput',
    round: null,
    load: { kind: 'closed', inFlight: 1 },
  };
  return {
    next: (done) => (done.length < wanted ? [{ ...spec, round: done.length + 1 }] : []),
    expectedRuns: () => wanted,
    conclude: (done) => [{ kind: 'left-out', variant: 'plain', reason: stored(`${done.length} runs`) }],
  };
}

async function loop(changes: Partial<LoopOptions>): Promise<{ complete: boolean; events: BenchEvent[] }> {
  const events: BenchEvent[] = [];
  const complete = await runLoop({
    strategy: counting(2),
    planRun: (spec, number) => ({
      plan: { ...makeRun({ seconds: 1 }).plan, round: spec.round, seed: number },
      ...SIDE,
      notices: [],
    }),
    execute: async ({ plan }) => ({ ...makeRun({ seconds: 1 }), plan }),
    emit: async (event) => void events.push(event),
    signal: new AbortController().signal,
    ...changes,
  });
  return { complete, events };
}

function typesOf(events: readonly BenchEvent[]): string[] {
  return events.map(({ type }) => type);
}

test('a run is planned, executed and reported, and then the strategy is asked again', async () => {
  const { complete, events } = await loop({});
  assert.equal(complete, true);
  assert.deepEqual(typesOf(events), [
    'concluded',
    'run-planned',
    'run-ended',
    'concluded',
    'run-planned',
    'run-ended',
    'concluded',
  ]);
  const planned = events.flatMap((event) => (event.type === 'run-planned' ? [event] : []));
  assert.deepEqual(
    planned.map(({ number, expectedRuns, plan }) => [number, expectedRuns, plan.seed, plan.round]),
    [
      [1, 2, 1, 1],
      [2, 2, 2, 2],
    ],
  );
  assert.deepEqual(events.at(-1), {
    type: 'concluded',
    conclusions: [{ kind: 'left-out', variant: 'plain', reason: stored('2 runs') }],
  });
});

test('the strategy receives the completed runs, in order', async () => {
  const seen: number[][] = [];
  const strategy: Strategy = {
    ...counting(3),
    next(done) {
      seen.push(done.map(({ plan }) => plan.seed));
      return counting(3).next(done);
    },
  };
  await loop({ strategy });
  assert.deepEqual(seen, [[], [1], [1, 2], [1, 2, 3]]);
});

test('interleaved runs are numbered, planned together and reported in order', async () => {
  const strategy: Strategy = {
    ...counting(4),
    next: (done) =>
      done.length < 4
        ? counting(4)
            .next(done)
            .flatMap((spec) => [spec, spec])
        : [],
  };
  const { events } = await loop({
    strategy,
    async execute({ plan }, number, place) {
      if (number % 2 === 1) await place?.ready();
      return { ...makeRun({ seconds: 1 }), plan };
    },
  });
  const numbered = events.flatMap((event) => ('number' in event ? [`${event.type} ${event.number}`] : []));
  assert.deepEqual(numbered, [
    ...['run-planned 1', 'run-planned 2', 'run-ended 1', 'run-ended 2'],
    ...['run-planned 3', 'run-planned 4', 'run-ended 3', 'run-ended 4'],
  ]);
  const runs = events.flatMap((event) => (event.type === 'run-ended' ? [event.run.plan.seed] : []));
  assert.deepEqual(runs, [1, 2, 3, 4]);
});

test('after a signal, no run starts, and the strategy counts as unfinished', async () => {
  const stop = new AbortController();
  const executed: number[] = [];
  const { complete, events } = await loop({
    signal: stop.signal,
    async execute({ plan }): Promise<Run> {
      executed.push(plan.seed);
      stop.abort();
      return {
        ...makeRun({ seconds: 1 }),
        plan,
        outcome: { state: 'aborted', reason: 'it was interrupted.' },
      };
    },
  });
  assert.deepEqual([complete, executed], [false, [1]]);
  assert.deepEqual(typesOf(events), ['concluded', 'run-planned', 'run-ended', 'concluded']);
  // A signal during the last run does not make the strategy unfinished.
  assert.equal((await loop({ strategy: counting(0), signal: stop.signal })).complete, true);
});

test('listeners are awaited before the next run starts', async () => {
  let saving = false;
  await loop({
    async emit(event) {
      if (event.type !== 'run-ended') return;
      saving = true;
      await new Promise((done) => setImmediate(done));
      saving = false;
    },
    async execute({ plan }) {
      assert.equal(saving, false);
      return { ...makeRun({ seconds: 1 }), plan };
    },
  });
});

test('a defect in execute ends the loop and is passed on', async () => {
  await assert.rejects(
    loop({
      execute: async () => {
        throw new TypeError('a defect');
      },
    }),
    TypeError,
  );
});
