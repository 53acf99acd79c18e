import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun } from '../../test/run.ts';
import type { Declaration } from '../model/declaration.ts';
import type { Load } from '../model/load.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { addScenario, scenarioNamed } from '../scenarios/registry.ts';
import { loadSentence, loadText, payloadText } from './load.ts';
import { viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const OPEN: Load = { kind: 'open', ratePerSecond: 2000, arrivals: 'poisson' };

function runOf(variant: string, step: string, load: Load | null, changes: Partial<RunPlan> = {}): Run {
  const run = makeRun({ ...SMALL, variant });
  const workload = { ...run.plan.workload, load };
  return { ...run, plan: { ...run.plan, step, workload, durationMs: 4994, ...changes } };
}

function told(...runs: Run[]): string {
  return loadSentence(viewOf(makeResult(runs)));
}

const WHOLE = '10 WebSockets, 64 B text messages, 4.99 s steady phase.';

test('load and payload are described in a few words', () => {
  assert.deepEqual([null, CLOSED, { kind: 'closed', inFlight: 1000 } as const, OPEN].map(loadText), [
    'none',
    'closed, 1 in flight',
    'closed, 1,000 in flight',
    'open, 2k/s, poisson',
  ]);
  const text = { minBytes: 64, maxBytes: 64, type: 'text' } as const;
  assert.deepEqual([text, { ...text, maxBytes: 2048, type: 'binary' } as const].map(payloadText), [
    '64 B text',
    '64 B to 2 KiB binary',
  ]);
});

test('what all runs have in common is stated once, and the load for each step', () => {
  assert.equal(told(), 'No run finished.');
  const closed = ['a', 'b'].map((variant) => runOf(variant, 'throughput', CLOSED));
  const open = ['a', 'b'].map((variant) => runOf(variant, 'latency', OPEN));
  const one = 'hroughput: closed loop, 1 message in flight per connection';
  assert.equal(told(...closed), `${WHOLE} T${one}.`);
  assert.equal(told(...closed, ...open), `${WHOLE} T${one}; latency: open loop at 2k/s (poisson arrivals).`);
  const more = runOf('a', 'throughput', { kind: 'closed', inFlight: 3 });
  assert.equal(told(more), `${WHOLE} Throughput: closed loop, 3 messages in flight per connection.`);
});

test('a load that differs between the runs of a step, or in what is common, is not described', () => {
  const differs = 'The load differs between runs: see the plan.';
  const [a, b] = [runOf('a', 'latency', OPEN), runOf('b', 'latency', { ...OPEN, ratePerSecond: 3000 })];
  assert.equal(told(a, b), differs);
  assert.equal(told(a, runOf('b', 'latency', OPEN, { connections: 11 })), differs);
  assert.equal(told(runOf('a', 'throughput', CLOSED), a, b), differs);
  const steps = [runOf('a', 'throughput', CLOSED), a];
  assert.notEqual(told(...steps), differs);
});

test('silent connections have no messages, and a scenario may have messages of its own', () => {
  const idle = runOf('a', 'idle', null);
  idle.plan.workload.scenario = 'idle';
  const result = makeResult([idle]);
  const ofIdle = { ...result, plan: { ...result.plan, scenario: 'idle', steps: ['idle'] } };
  assert.equal(loadSentence(viewOf(ofIdle)), `10 WebSockets: ${scenarioNamed('idle').title.toLowerCase()}.`);
});

test("the payload of a user's scenario is described only if the scenario uses it", () => {
  const echo = scenarioNamed('echo');
  const sentenceOf = (name: string, usesPayload: boolean) => {
    addScenario({ ...echo, name, declared: { usesPayload } as Declaration }, null);
    const run = runOf('a', 'throughput', CLOSED);
    run.plan.workload.scenario = name;
    return told(run).split('.')[0];
  };
  assert.equal(sentenceOf('with-payload', true), '10 WebSockets, 64 B text messages, 4');
  assert.equal(sentenceOf('without-payload', false), '10 WebSockets, 4');
});

test('a load of handshakes is described by what is opened at a time', () => {
  const connect = scenarioNamed('connect');
  const [first = assert.fail()] = connect.steps;
  const sentenceOf = (inFlight: number) => {
    const run = runOf('a', first.name, { kind: 'closed', inFlight }, { connections: 1000 });
    run.plan.workload.scenario = 'connect';
    const result = makeResult([run]);
    return loadSentence(
      viewOf({ ...result, plan: { ...result.plan, scenario: 'connect', steps: [first.name] } }),
    );
  };
  const common =
    'Connections are opened and closed, at most 1,000 at a time, during a steady phase of 4.99 s.';
  const step = `${first.name[0]?.toUpperCase()}${first.name.slice(1)}`;
  assert.equal(sentenceOf(1), `${common} ${step}: closed loop, 1 handshake in progress.`);
  assert.equal(sentenceOf(2), `${common} ${step}: closed loop, 2 handshakes in progress.`);
});
