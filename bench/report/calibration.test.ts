import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../test/calibration.ts';
import { makeResult } from '../../test/result.ts';
import { metricTitle } from '../metrics/metrics.ts';
import type { Calibration, FigureSpread, KnownEffect } from '../model/calibration.ts';
import {
  calibrationSentences,
  keptSentence,
  machineText,
  spreadRows,
  variationSentences,
} from './calibration.ts';

const CPU = metricTitle({ name: 'cpuPerMessage.proxy', step: 'throughput' });
const P50 = metricTitle({ name: 'response.p50', step: 'latency' });

const delay = (changes: Partial<KnownEffect>): KnownEffect => ({
  variant: 'plain+delay-1ms',
  name: 'response.p50',
  step: 'latency',
  effect: 1.01,
  verdict: 'no difference detected',
  found: false,
  ...changes,
});

const knownOf = (known: readonly KnownEffect[], changes: Partial<Calibration> = {}) =>
  calibrationSentences({ ...makeCalibration(), known: [...known], ...changes }).slice(1);

test('false positives are counted, with an interval for their rate', () => {
  const told = (figures: number, called: number) =>
    calibrationSentences({
      ...makeCalibration(),
      falsePositives: { figures, called, interval: [0.01, 0.28] },
    })[0];
  assert.equal(
    told(16, 1),
    'False positives: 1 of 16 metrics that cannot differ was reported as different (95 % CI of the rate: 1 % to 28 %).',
  );
  assert.match(told(16, 2) ?? '', /^False positives: 2 of 16 .* were reported/);
  assert.equal(told(0, 0), 'Too few rounds for a verdict on any metric.');
});

test('a known effect is reported with the measured one or, if not found, with the detectable one', () => {
  assert.deepEqual(knownOf(makeCalibration().known), [
    `plain+epoll-events-8 (Nginx asks the kernel for fewer events at a time): found, ${CPU} +5 %.`,
    `plain+delay-1ms (its echo servers answer 1 ms later): not found, ${P50} +1 % (detectable effect: ±3 %).`,
    `Smallest known effect found: +5 % in ${CPU}.`,
  ]);
  assert.deepEqual(knownOf([delay({ variant: 'other', effect: null, verdict: 'too few rounds' })]), [
    `other: too few rounds, ${P50} was not measured (detectable effect: ±3 %).`,
  ]);
});

test('the detectable effect is that of the same metric in the same step', () => {
  const other = (name: string, step: FigureSpread['step']): FigureSpread => ({
    ...{ name, step, runs: 10 },
    ...{ variation: 0.5, detectable: 1.5, components: null },
  });
  const spread = [other('response.p99', 'latency'), other('response.p50', 'throughput')];
  assert.doesNotMatch(knownOf([delay({})], { spread })[0] ?? '', /detectable/);
  const own = { ...other('response.p50', 'latency'), detectable: 1.03 };
  assert.match(knownOf([delay({})], { spread: [...spread, own] })[0] ?? '', /effect: ±3 %\)/);
});

test('the smallest effect found may be an increase or a decrease', () => {
  const smallest = (...effects: readonly (number | null)[]) =>
    knownOf(effects.map((effect) => delay({ effect, found: true }))).at(-1);
  assert.equal(smallest(1.3, 0.9, 0.5, null), `Smallest known effect found: −10 % in ${P50}.`);
  assert.equal(smallest(0.5, 1.2), `Smallest known effect found: +20 % in ${P50}.`);
  assert.doesNotMatch(smallest(null) ?? '', /Smallest/);
});

test('the summary of a stored calibration has its conditions and the detectable effects of the headline metrics', () => {
  const kept = makeKeptCalibration();
  assert.equal(
    keptSentence(kept),
    `Calibrated on 2025-01-02 (plain, 10 rounds of 3 s, 1000 connections): A/A and placebo comparisons reported 1 of 16 metrics as different; detectable effect: ${CPU} ±2.4 %, ${P50} ±3 %; smallest known effect found: +5 % in ${CPU}.`,
  );
  assert.match(
    keptSentence({ ...kept, spread: [], known: [] }),
    /detectable effect: unknown; smallest known effect found: none\.$/,
  );
});

test('there is a row for the variation of each metric, with dashes for what a single run cannot show', () => {
  assert.deepEqual(spreadRows(makeCalibration().spread), [
    [CPU, '10', '2.5 %', '4 %', '0.5 %', '1.2 %', '±2.4 %'],
    [P50, '10', '1.7 %', '3 %', '0 %', '1.5 %', '±3 %'],
    [metricTitle({ name: 'response.p99', step: 'latency' }), '1', '–', '–', '–', '–', '–'],
  ]);
});

test('the origin of the variation is stated for the headline metrics', () => {
  const told = variationSentences(makeCalibration());
  assert.equal(told.length, 2);
  assert.match(told[0] ?? '', new RegExp(`${CPU}, .* by 4 % .* 0\\.5 % within .* 1\\.2 % between rounds`));
  assert.deepEqual(variationSentences({ spread: [] }), []);
});

test('only headline metrics whose variation is known are mentioned', () => {
  const [cpu = assert.fail(), p50 = assert.fail()] = makeCalibration().spread;
  const components = { turn: 0.5, block: 0.5, round: 0.5 };
  const minor: FigureSpread = { ...cpu, name: 'response.p99', step: 'latency', components };
  assert.equal(variationSentences({ spread: [minor, { ...p50, components: null }] }).length, 0);
  const kept = { ...makeKeptCalibration(), spread: [minor, { ...cpu, detectable: null }, p50] };
  assert.match(keptSentence(kept), new RegExp(`detectable effect: ${P50} ±3 %;`));
});

test('the duration of the rounds has three digits', () => {
  assert.match(keptSentence({ ...makeKeptCalibration(), durationMs: 4994 }), /10 rounds of 4\.99 s, /);
});

test('the change of a variant is that of its own trial', () => {
  const [, events = assert.fail()] = makeCalibration().trials;
  const trials = [...makeCalibration().trials, { ...events, variant: 'other', change: 'another' }];
  const [told = ''] = knownOf([delay({ variant: 'other' })], { trials });
  assert.ok(told.startsWith('other (another): '));
});

test('a machine is described with its memory in whole GiB', () => {
  const { environment } = makeResult([]);
  const told = (cpus: number, memoryBytes: number) =>
    machineText({ ...environment, cpuModel: 'Example', cpus, memoryBytes });
  assert.deepEqual(
    [told(1, 1.6 * 2 ** 30), told(2, 24 * 2 ** 30)],
    ['Example, 1 CPU, 2 GiB', 'Example, 2 CPUs, 24 GiB'],
  );
});
