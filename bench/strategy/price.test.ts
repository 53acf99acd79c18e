import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { CLOSED, makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { stored } from '../model/finding.ts';
import type { Load } from '../model/load.ts';
import { type Price, priceSchema } from '../model/price.ts';
import type { Run, Validity } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import { finding } from '../wording/finding.ts';
import { withPrice } from './price.ts';

const OPEN: Load = { kind: 'open', ratePerSecond: 2000, arrivals: 'uniform' };
const COSTS = { proxy: 20, server: 10, generator: 15, runner: 1 };

/** A valid run in which each message uses these amounts of CPU time. */
function runOf(profile: string, load: Load, changes: { medianUs?: number; perSecond?: number } = {}): Run {
  const run = makeRun({ profile, seconds: 2, connections: 100, perSecond: 2000, load, ...changes });
  const { steady } = figuresOf(run);
  for (const series of run.processes) {
    const peers = run.processes.filter(({ component }) => component === series.component).length;
    const perUs = (COSTS[series.component] * steady.echoed) / peers / (steady.durationUs ?? 1);
    for (const sample of series.samples) sample.cpuUs = Math.round(sample.atUs * perUs);
  }
  return load.kind === 'open' ? judged(run, 'valid', 'schedule') : run;
}

function judged(run: Run, verdict: Validity['verdict'], component: Validity['limit']['component']): Run {
  const reasons = verdict === 'valid' ? [] : [finding('not-valid', { verdict })];
  return {
    ...run,
    validity: { verdict, reasons, limit: { component, evidence: stored('Invented.') } },
  };
}

const NOTHING_MORE: Strategy = { next: () => [], expectedRuns: () => 0, conclude: () => [] };

function priceOf(done: readonly Run[], variants = ['direct', 'plain', 'tls']): Price | null {
  const [price, ...others] = withPrice(NOTHING_MORE, 'direct', variants).conclude(done);
  assert.deepEqual(others, []);
  if (price === undefined) return null;
  assert.ok(price.kind === 'price');
  return v.parse(priceSchema, price);
}

function figure(price: Price | null, key: string, variant = 'plain') {
  const figures = price?.variants.find((each) => each.variant === variant)?.figures;
  return figures?.find(({ name, step }) => `${name} ${step}` === key);
}

test('CPU is that of all components that do the work, including the proxy', () => {
  const price = priceOf([runOf('direct', CLOSED), runOf('plain', CLOSED)]);
  const cpu = figure(price, 'cpuPerMessage.total throughput');
  assert.ok(cpu !== undefined);
  assert.ok(Math.abs(cpu.baseline - 25) < 0.1 && Math.abs(cpu.variant - 45) < 0.1);
  assert.ok(Math.abs(cpu.ratio - 45 / 25) < 0.01);
  assert.deepEqual([cpu.unit, cpu.doubts], ['time', []]);
});

test('a spinning generator is excluded', () => {
  const spinning = [runOf('direct', OPEN), runOf('plain', OPEN)].map((run) => ({
    ...run,
    plan: { ...run.plan, pacing: 'spin' as const },
  }));
  const cpu = figure(priceOf(spinning), 'cpuPerMessage.total latency');
  assert.ok(cpu !== undefined && Math.abs(cpu.ratio - 30 / 10) < 0.05);
});

test('latency and throughput are ratios within a pair', () => {
  const price = priceOf([
    runOf('direct', CLOSED, { perSecond: 4000 }),
    runOf('plain', CLOSED),
    runOf('direct', OPEN, { medianUs: 100 }),
    runOf('plain', OPEN, { medianUs: 300 }),
  ]);
  const carried = figure(price, 'messages.perSecond throughput');
  assert.ok(carried !== undefined && Math.abs(carried.ratio - 0.5) < 0.01);
  const p50 = figure(price, 'response.p50 latency');
  assert.ok(p50 !== undefined && Math.abs(p50.ratio - 3) < 0.1);
});

test('every variant is paired with the baseline, except one without a run', () => {
  const price = priceOf([runOf('direct', CLOSED), runOf('plain', CLOSED), runOf('tls', CLOSED)]);
  assert.deepEqual(
    price?.variants.map(({ variant }) => variant),
    ['plain', 'tls'],
  );
  assert.deepEqual(
    priceOf([runOf('direct', CLOSED), runOf('tls', CLOSED)])?.variants.map(({ variant }) => variant),
    ['tls'],
  );
  assert.equal(priceOf([runOf('direct', CLOSED)]), null);
  assert.equal(priceOf([runOf('plain', CLOSED), runOf('tls', CLOSED)]), null);
});

test('a metric without a value above 0 on one of the sides has no ratio; a small value has', () => {
  const using = (profile: string, factor: number | null) => {
    const run = runOf(profile, CLOSED);
    const processes = run.processes.map((series) => ({
      ...series,
      samples: series.samples.map((sample) => ({ ...sample, cpuUs: sample.cpuUs * (factor ?? 1) })),
    }));
    return { ...run, processes: factor === null ? [] : processes };
  };
  const cpu = (base: number | null, own: number | null) =>
    figure(priceOf([using('direct', base), using('plain', own)]), 'cpuPerMessage.total throughput')?.ratio;
  for (const [base, own] of [
    [0, 1],
    [1, 0],
    [null, 1],
    [1, null],
    [0, 0],
    [null, null],
  ] as const)
    assert.equal(cpu(base, own), undefined);
  assert.ok(Math.abs((cpu(0.01, 0.01) ?? 0) - 45 / 25) < 0.01);
});

test('runs at different rates are not paired; the last of several runs counts', () => {
  const slower: Load = { ...OPEN, kind: 'open', ratePerSecond: 1000 };
  const [base, own] = [runOf('direct', OPEN), runOf('plain', slower)];
  assert.equal(priceOf([base, own]), null);
  const price = priceOf([base, runOf('plain', OPEN), runOf('direct', slower), own]);
  assert.ok(figure(price, 'response.p50 latency') !== undefined);
});

test('doubts about either run are attached to the figures that they affect', () => {
  const done = [
    judged(runOf('direct', CLOSED), 'generator-limited', 'generator'),
    runOf('plain', CLOSED),
    judged(runOf('direct', OPEN), 'suspect', 'schedule'),
    runOf('plain', OPEN),
  ];
  const price = priceOf(done);
  for (const [key, verdict] of [
    ['messages.perSecond throughput', 'generator-limited'],
    ['response.p99 latency', 'suspect'],
  ] as const)
    assert.deepEqual(figure(price, key)?.doubts, [
      { variant: 'direct', reason: finding('not-valid', { verdict }) },
    ]);
  for (const key of ['cpuPerMessage.total throughput', 'response.p50 latency'])
    assert.deepEqual(figure(price, key)?.doubts, []);
});

test('the strategy itself does not change', () => {
  const spec = { variant: 'tls', step: 'throughput', round: null, load: CLOSED } as const;
  const strategy: Strategy = {
    next: () => [spec],
    expectedRuns: () => 7,
    conclude: () => [{ kind: 'left-out', variant: 'tls', reason: stored('It is gone.') }],
  };
  const priced = withPrice(strategy, 'direct', ['direct', 'tls']);
  assert.deepEqual(priced.next([]), [spec]);
  assert.equal(priced.expectedRuns([]), 7);
  assert.deepEqual(priced.conclude([]), strategy.conclude([]));
});
