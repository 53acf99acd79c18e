import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Environment } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { configurationDifference, differencesOf } from './differences.ts';

const SMALL = { profile: 'plain', seconds: 1, connections: 10, perSecond: 100 };
const RUN = makeRun(SMALL);
const RESULT = makeResult([RUN]);

function sideOf(runs: readonly Run[], environment: Partial<Environment> = {}) {
  return { result: { ...RESULT, environment: { ...RESULT.environment, ...environment } }, runs };
}

/** Returns what differs in the plan, as [what, baseline, variant]. */
function planned(before: Partial<RunPlan>, after: Partial<RunPlan>): unknown[] {
  const run = (changes: Partial<RunPlan>) => ({ ...RUN, plan: { ...RUN.plan, ...changes } });
  return differencesOf(sideOf([run(before)]), sideOf([run(after)])).map(({ what, baseline, variant }) => [
    ...[what, baseline, variant],
  ]);
}

test('each fact of a plan is listed in words', () => {
  const { workload } = RUN.plan;
  const load = (each: RunPlan['workload']['load']) => ({ workload: { ...workload, load: each } });
  const payload = (minBytes: number, maxBytes: number) => ({
    workload: { ...workload, payload: { minBytes, maxBytes, type: 'text' as const } },
  });
  const proxy = RUN.plan.proxy ?? assert.fail();
  const placement = { proxy: [1, 2], server: [3], generator: [4, 5], runner: [6] };
  const http = { connections: 10, durationMs: 5, ratePerSecond: null };
  const of = (what: string, baseline: string, variant: string) => [
    [`throughput: ${what}`, baseline, variant],
  ];
  for (const [before, after, expected] of [
    [load({ kind: 'closed', inFlight: 3 }), load(null), of('load', 'closed loop, 3 in flight', 'none')],
    [load(OPEN), load(CLOSED), of('load', 'open loop, 20000/s, poisson', 'closed loop, 1 in flight')],
    [payload(5, 5), payload(5, 6), of('payload', '5 bytes, text', '5 to 6 bytes, text')],
    [{ rampPerSecond: 0 }, { rampPerSecond: 7 }, of('connects per second', 'unlimited', '7')],
    [{ warmupMs: 0 }, { warmupMs: 1 }, of('warm-up in ms', '0', '1')],
    [
      { proxy: null },
      { proxy: { ...proxy, workers: 2, reuseport: true } },
      [...of('Nginx workers', 'none', '2'), ...of('reuseport for balance', 'none', 'true')],
    ],
    [
      { proxy: { ...proxy, reuseport: false } },
      { proxy: { ...proxy, reuseport: true } },
      of('reuseport for balance', 'false', 'true'),
    ],
    [
      { placement: null },
      { placement },
      of('placement', 'by the kernel', 'Nginx on 1,2, servers on 3, generators on 4,5'),
    ],
    [
      {},
      { agents: ['a', 'b'], proxyAgent: 'p', serverAgents: ['s', 't'] },
      of('agents', 'none', 'generators a, b; Nginx p; echo servers s, t'),
    ],
    [{ agents: ['a'] }, { proxyAgent: 'p' }, of('agents', 'generators a', 'Nginx p')],
    [{ pacing: null }, { pacing: 'spin' }, of('pacing', 'none', 'spin')],
    [{ http: null }, { http }, of('HTTP requests before the WebSockets', 'none', '10 connections')],
    [{ durationMs: 1, workers: 1 }, { durationMs: 1, workers: 1 }, []],
  ] as [Partial<RunPlan>, Partial<RunPlan>, unknown][])
    assert.deepEqual(planned(before, after), expected);
});

test('facts of the machine are listed in their units; those that neither side has are not', () => {
  const before = sideOf([RUN], { memoryBytes: 2 * 2 ** 20, portRange: [1, 9], somaxconn: null });
  const after = sideOf([RUN], { memoryBytes: 3.6 * 2 ** 20, portRange: null, somaxconn: null });
  assert.deepEqual(differencesOf(before, after), [
    { what: 'memory in MiB', baseline: '2', variant: '4' },
    { what: 'local ports', baseline: '1 to 9', variant: 'none' },
  ]);
  assert.deepEqual(differencesOf(before, before), []);
});

test('versions are listed first, and those of Nginx after the machine', () => {
  const proxy = RUN.proxy ?? assert.fail();
  const { version: bench } = RESULT.tool;
  const before = sideOf([{ ...RUN, proxy: { ...proxy, version: '1.2', openssl: '3', buildArguments: 'a' } }]);
  const after = sideOf([{ ...RUN, proxy: null }], { kernel: 'k' });
  const result = { ...after.result, tool: { ...after.result.tool, version: '9' } };
  assert.deepEqual(differencesOf(before, { ...after, result }), [
    { what: 'bench', baseline: bench, variant: '9' },
    { what: 'kernel', baseline: RESULT.environment.kernel, variant: 'k' },
    { what: 'Nginx', baseline: '1.2', variant: 'none' },
    { what: 'OpenSSL of Nginx', baseline: '3', variant: 'none' },
    { what: 'build of Nginx', baseline: 'a', variant: 'none' },
  ]);
});

test('if runs of a side differ, all of its values are listed, sorted; steps of one side are not compared', () => {
  const run = (connections: number, load = CLOSED): Run => {
    const { plan, ...rest } = makeRun({ ...SMALL, load });
    return { ...rest, plan: { ...plan, connections } };
  };
  assert.deepEqual(differencesOf(sideOf([run(9), run(5), run(9)]), sideOf([run(5), run(7, OPEN)])), [
    { what: 'throughput: connections', baseline: '5, 9', variant: '5' },
  ]);
  assert.deepEqual(differencesOf(sideOf([run(5), run(7, OPEN)]), sideOf([run(5)])), []);
});

test('the configuration of a variant differs if both sides have one, and they are not the same', () => {
  const given = (...texts: [variant: string, given: string | null, hasProxy?: boolean][]) => ({
    runs: texts.map(
      ([variant, text, hasProxy = true]): Run => ({
        ...RUN,
        plan: { ...RUN.plan, variant },
        proxy: hasProxy && RUN.proxy !== null ? { ...RUN.proxy, given: text } : null,
      }),
    ),
  });
  const a = given(['other', 'x'], ['tls', 'unused', false], ['tls', '1\n2']);
  const b = given(['tls', '1\n2\n3']);
  assert.deepEqual(configurationDifference('tls', a, b), [
    { what: 'configuration of tls', baseline: '2 lines', variant: '3 lines, with different content' },
  ]);
  for (const [before, after] of [
    [a, a],
    [a, given(['tls', null])],
    [given(['tls', null]), b],
    [given(['other', 'x']), b],
  ] as const)
    assert.deepEqual(configurationDifference('tls', before, after), []);
});
