import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as v from 'valibot';
import { inFolder, storeResult } from '../../test/folder.ts';
import { figuresOf } from '../measure/figures.ts';
import { Problem } from '../model/failure.ts';
import { counted } from '../model/recording.ts';
import { type Result, resultIndexSchema } from '../model/result.ts';
import { runSchema } from '../model/run.ts';
import { reportHtml } from '../report/html.ts';
import { jsonSummary } from '../report/json.ts';
import { summaryText } from '../report/terminal.ts';
import { readIndex, readResult } from './read.ts';
import { convertVersion1, fields } from './version-1.ts';

/** The published example of version 0.1.0, as it was written: six profiles, each run once in a closed loop. */
const FIXTURE = fileURLToPath(new URL('../../../test/fixtures/result-version-1.json', import.meta.url));

/** The fields of version 1 that these tests use. */
interface Old {
  plan: { runs: Record<string, unknown>[] };
  runs: {
    plan: Record<string, unknown>;
    title: string;
    slices: Record<string, unknown>[];
    processes: { component: string; name: string }[];
    balance: { component: string; connections: number }[];
    nginx: { version: string } | null;
    validity: { limit: { component: string } };
  }[];
}

async function oldResult(): Promise<Old> {
  return JSON.parse(await readFile(FIXTURE, 'utf8'));
}

/** Reads a modified result of version 1. */
async function readOld(old: unknown): Promise<Result> {
  let result: Result | undefined;
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'result.json'), JSON.stringify(old));
    result = await readResult(folder);
  });
  assert.ok(result);
  return result;
}

test('the fields of a small result of version 1 are converted one by one', () => {
  const closed = { kind: 'closed', outstanding: 1 };
  const open = { kind: 'open', ratePerSecond: 5 };
  const planOf = (profile: string, load: object, nginx: object | null, pin: object | null) => ({
    ...{ profile, load, nginx, pin, scenario: 'echo', payload: { bytes: 3 }, connections: 2 },
  });
  const runOf = (plan: object, title: string, nginx: object | null, component: string) => ({
    ...{ plan, title, nginx, startedAt: 'now' },
    slices: [
      {
        ...{ startUs: 1, endUs: 2, phase: 'steady', failures: { reset: 1 }, histograms: { a: 'x' } },
        ...{ outstanding: 3, open: 4, sent: 5, received: 6 },
      },
    ],
    processes: [
      { component, name: 'a' },
      { component: 'server', name: 'b' },
    ],
    balance: [{ component, connections: 7 }],
    validity: { verdict: 'valid', limit: { component, evidence: 'e' } },
  });
  const tls = planOf('tls', open, { workers: 1 }, { nginx: [0], server: [1] });
  const direct = planOf('direct', closed, null, null);
  const unused = planOf('plain', closed, { workers: 2 }, null);
  const runs = [
    runOf(tls, 'first', { version: '1' }, 'nginx'),
    runOf(tls, 'second', { version: '2' }, 'nginx'),
    runOf(direct, 'third', null, 'generator'),
  ];
  const newPlan = (
    profile: string,
    step: string,
    load: object,
    proxy: object | null,
    placement: object | null,
  ) => ({
    ...{ profile, variant: profile, step, round: null, proxy, placement, connections: 2 },
    workload: { scenario: 'echo', load, payload: { bytes: 3 } },
  });
  const newRun = (plan: object, proxy: object | null, component: string) => ({
    ...{ plan, proxy, startedAt: 'now' },
    slices: [
      {
        ...{ startUs: 1, endUs: 2, phase: 'steady', failures: { reset: 1 }, histograms: { a: 'x' } },
        ...{ gauges: { outstanding: 3, open: 4 }, counters: { sent: 5, received: 6 } },
      },
    ],
    processes: [
      { component, name: 'a' },
      { component: 'server', name: 'b' },
    ],
    spread: [{ component, connections: 7 }],
    validity: { verdict: 'valid', limit: { component, evidence: 'e' } },
  });
  const newTls = newPlan('tls', 'latency', open, { workers: 1 }, { proxy: [0], server: [1] });
  const proxy = { kind: 'nginx', tunings: [] };
  assert.deepEqual(
    convertVersion1({ endedAt: 'later', plan: { scenario: 'echo', runs: [tls, tls, direct, unused] }, runs }),
    {
      endedAt: 'later',
      schemaVersion: 2,
      plan: { scenario: 'echo', steps: ['latency', 'throughput'] },
      variants: [
        { name: 'tls', title: 'first', profile: 'tls', proxy },
        { name: 'direct', title: 'third', profile: 'direct', proxy: null },
        { name: 'plain', title: 'plain', profile: 'plain', proxy },
      ],
      conclusions: [],
      runs: [
        newRun(newTls, { version: '1' }, 'proxy'),
        newRun(newTls, { version: '2' }, 'proxy'),
        newRun(newPlan('direct', 'throughput', closed, null, null), null, 'generator'),
      ],
    },
  );
  assert.deepEqual(convertVersion1(null), {
    ...{ schemaVersion: 2, variants: [], conclusions: [], runs: [] },
    plan: { steps: ['throughput'] },
  });
});

test('only an object has fields', () => {
  assert.deepEqual(fields({ a: 1 }), { a: 1 });
  for (const other of [null, undefined, 'ab', 7, ['a']]) assert.deepEqual(fields(other), {});
});

test('a complete result is read and converted to the current schema', async () => {
  const old = await oldResult();
  const { runs, ...index } = await readResult(FIXTURE);
  assert.equal(index.schemaVersion, 2);
  assert.deepEqual([index.plan.scenario, index.plan.steps], ['echo', ['throughput']]);
  assert.deepEqual(index.conclusions, []);
  const names = ['direct', 'plain', 'tls', 'http2', 'cache', 'load-balanced'];
  assert.deepEqual(
    index.variants,
    names.map((name, at) => ({
      name,
      title: old.runs[at]?.title,
      profile: name,
      proxy: name === 'direct' ? null : { kind: 'nginx', binary: null, tunings: [] },
    })),
  );
  assert.deepEqual(
    runs.map(({ plan }) => [plan.variant, plan.profile, plan.step, plan.round]),
    names.map((name) => [name, name, 'throughput', null]),
  );
  for (const run of runs) v.parse(runSchema, run);
});

test('every field that was renamed or moved has its old value', async () => {
  const old = await oldResult();
  const { runs } = await readResult(FIXTURE);
  for (const [at, run] of runs.entries()) {
    const before = old.runs[at];
    assert.ok(before);
    const { scenario, load, payload, nginx, pin: _____, ...kept } = before.plan;
    const {
      variant: _,
      step: __,
      round: ___,
      placement: ____,
      turns,
      workload,
      proxy,
      engine,
      carrier,
      openingStages,
      timeline,
      target,
      backend,
      ...plan
    } = run.plan;
    assert.deepEqual(plan, { ...kept, http: kept.http && { ...kept.http, ratePerSecond: null } });
    assert.deepEqual([engine, carrier, turns, openingStages, timeline], ['node', 'sockets', null, 1, []]);
    assert.deepEqual([target, backend], [{ kind: 'sandbox' }, null]);
    assert.deepEqual({ ...workload }, { scenario, load, payload, options: {} });
    assert.deepEqual(proxy, nginx);
    assert.deepEqual(
      run.proxy,
      before.nginx === null ? null : { ...before.nginx, given: null, origin: null, upgrade: null },
    );
    const renamed = <T extends { component: string }>(list: T[]) =>
      list.map((each) => ({ ...each, component: each.component === 'nginx' ? 'proxy' : each.component }));
    assert.deepEqual(run.spread, renamed(before.balance));
    const asBefore = run.processes.map(({ role: ______, bornUs, endedUs, ...process }) => {
      assert.deepEqual([bornUs, endedUs], [null, null]);
      return process;
    });
    assert.deepEqual(asBefore, renamed(before.processes));
  }
  const unplaced = [null, null, null, null, null];
  assert.deepEqual(
    runs.map(({ plan }) => plan.placement),
    [{ proxy: [], server: [1], generator: [0], runner: [0] }, ...unplaced],
  );
  assert.deepEqual(
    old.runs.map(({ plan }) => plan.pin),
    [{ nginx: [], server: [1], generator: [0], runner: [0] }, ...unplaced],
  );
  assert.deepEqual(
    runs.map(({ validity }) => validity.limit.component),
    old.runs.map(({ validity }) => validity.limit.component.replace('nginx', 'proxy')),
  );
});

test('a limit and placements of version 1 that the example lacks', async () => {
  const old = await oldResult();
  const [, plain] = old.runs;
  assert.ok(plain);
  plain.plan.pin = { nginx: [1], server: [0], generator: [0], runner: [0] };
  plain.validity.limit.component = 'nginx';
  const [, run] = (await readOld(old)).runs;
  assert.deepEqual(run?.plan.placement, { proxy: [1], server: [0], generator: [0], runner: [0] });
  assert.equal(run?.validity.limit.component, 'proxy');
  // Older results have no such field, because the runner was not pinned yet.
  plain.plan.pin = { nginx: [1], server: [0], generator: [0] };
  const [, earlier] = (await readOld(old)).runs;
  assert.deepEqual(earlier?.plan.placement, { proxy: [1], server: [0], generator: [0], runner: [] });
});

test('slices have the same counts, and every message is accounted for', async () => {
  const old = await oldResult();
  const { runs } = await readResult(FIXTURE);
  for (const [at, run] of runs.entries()) {
    const flat = run.slices.map(({ counters: { due, unsent, ...counters }, gauges, ...rest }) => {
      // Version 1 did not count these.
      assert.deepEqual([due, unsent], [undefined, undefined]);
      return { ...rest, ...counters, ...gauges };
    });
    assert.deepEqual(flat, old.runs[at]?.slices);
    const { total, ok } = figuresOf(run).conservation;
    assert.ok(ok);
    assert.ok(counted(total.counts, 'sent') > 100_000);
    for (const name of ['sent', 'echoed', 'lost'])
      assert.equal(
        run.slices.reduce((all, { counters }) => all + counted(counters, name), 0),
        total.counts[name],
      );
  }
});

test('an open loop becomes the latency step, and a profile that was not reached remains a variant', async () => {
  const old = await oldResult();
  const load = { kind: 'open', ratePerSecond: 5000, arrivals: 'uniform' };
  for (const plan of old.plan.runs) plan.load = load;
  for (const { plan } of old.runs) plan.load = load;
  const result = await readOld({ ...old, endedAt: null, runs: old.runs.slice(0, 1) });
  assert.deepEqual(result.plan.steps, ['latency']);
  assert.deepEqual(
    result.runs.map(({ plan }) => plan.step),
    ['latency'],
  );
  assert.deepEqual(result.variants.map(({ name, title }) => [name, title]).slice(0, 2), [
    ['direct', old.runs[0]?.title],
    ['plain', 'plain'],
  ]);
});

test('the converted result can be drawn, summarised, listed and written in the current format', async () => {
  const result = await readResult(FIXTURE);
  const page = reportHtml(result).replace(/<script>[\s\S]*?<\/script>/g, '');
  assert.doesNotMatch(page, /NaN|undefined|Infinity|\[object/);
  const text = summaryText(result, 200);
  for (const { name } of result.variants) {
    assert.ok(page.includes(name));
    assert.ok(text.includes(name));
  }
  assert.equal(jsonSummary(result, '').runs.length, 6);
  const index = v.parse(resultIndexSchema, await readIndex(FIXTURE));
  assert.deepEqual(
    index.runs.map(({ variant, metrics }) => [variant, metrics['messages.perSecond']]),
    result.runs.map((run) => [run.plan.variant, figuresOf(run).messages.perSecond]),
  );
  assert.deepEqual(
    index.runs.map(({ file }) => file),
    [1, 2, 3, 4, 5, 6].map((number) => `runs/${number}-throughput.json`),
  );
  await inFolder(async (folder) => {
    await copyFile(FIXTURE, join(folder, 'result.json'));
    await storeResult(folder, result);
    assert.deepEqual(await readResult(folder), result);
  });
});

/** Returns the path of every value nested in a value. */
function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

/** Returns a copy with another value at one path; undefined removes the value there. */
function withChange(value: unknown, path: readonly string[], instead: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return instead;
  const items = { ...(value as Record<string, unknown>) };
  const item = withChange(items[key], rest, instead);
  if (item === undefined) delete items[key];
  else items[key] = item;
  return Array.isArray(value) ? Object.values(items) : items;
}

test('a modified result is read or rejected with a sentence, whatever was changed', async () => {
  const old = await oldResult();
  const [run] = old.runs;
  assert.ok(run);
  const small = {
    ...old,
    plan: { ...old.plan, runs: old.plan.runs.slice(0, 1) },
    runs: [{ ...run, slices: run.slices.slice(0, 3), processes: run.processes.slice(0, 1) }],
  };
  const places = placesIn(small).filter(([first]) => first !== 'schemaVersion');
  assert.ok(places.length > 100);
  let read = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.oneof(fc.constant(undefined), fc.jsonValue()),
      async (place, instead) => {
        const mangled = withChange(small, place, instead);
        assert.doesNotThrow(() => convertVersion1(mangled));
        try {
          const result = await readOld({ ...(mangled as object), schemaVersion: 1 });
          assert.doesNotMatch(summaryText(result, null), /NaN|undefined/);
          read++;
        } catch (error) {
          assert.ok(error instanceof Problem, String(error));
          assert.equal(error.kind, 'result');
          refused++;
        }
      },
    ),
    { numRuns: 200 },
  );
  assert.ok(read > 0 && refused > 0);
});
