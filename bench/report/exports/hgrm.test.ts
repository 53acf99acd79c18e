import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLatencyRun, makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { figuresOf } from '../../measure/figures.ts';
import type { Run } from '../../model/run.ts';
import { hgrmFiles } from './hgrm.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 1000 };

test('each kind of time of each run has a distribution, and no name leads to another folder', () => {
  const result = makeResult([
    makeLatencyRun('tls', SMALL),
    makeRun({ ...SMALL, variant: '../../etc/passwd' }),
  ]);
  const handshake = ['tcp', 'tls', 'upgrade', 'handshake'];
  assert.deepEqual(
    hgrmFiles(result).map(({ name }) => name),
    [
      ...[...handshake, 'response', 'service', 'sendLag'].map((kind) => `1-tls-latency-${kind}.hgrm`),
      ...[...handshake, 'service'].map((kind) => `2-_etc_passwd-throughput-${kind}.hgrm`),
    ],
  );
});

test('the rounds of a variant share a file, without the runs before the first round', () => {
  const inRound = (variant: string, round: number | null) => {
    const run = makeRun({ ...SMALL, variant });
    return { ...run, plan: { ...run.plan, round } };
  };
  const filesOf = (...runs: Run[]) =>
    hgrmFiles(makeResult(runs)).flatMap(({ name, text }) => {
      const [, count] = /Total count\s*=\s*(\d+)/.exec(text) ?? [];
      return name.endsWith('-service.hgrm') ? [[name, Number(count)]] : [];
    });
  const once = filesOf(inRound('tls', null)).flatMap(([, count]) => Number(count));
  const [one = 0] = once;
  assert.ok(one > 0);
  assert.deepEqual(
    filesOf(inRound('tls', null), inRound('tls', 1), inRound('direct', 1), inRound('tls', 2)),
    [
      ['tls-throughput-service.hgrm', 2 * one],
      ['direct-throughput-service.hgrm', one],
    ],
  );
});

test('the name of a file has at most 60 characters of the variant, or says that it is a run', () => {
  const nameOf = (variant: string) => hgrmFiles(makeResult([makeRun({ ...SMALL, variant })]))[0]?.name;
  assert.equal(nameOf('a'.repeat(61)), `1-${'a'.repeat(60)}-throughput-tcp.hgrm`);
  assert.equal(nameOf(''), '1-run-throughput-tcp.hgrm');
});

test('waiting times of abandoned messages are part of the other times, not a separate kind', () => {
  const run = makeLatencyRun('tls', SMALL);
  const before = hgrmFiles(makeResult([run])).map(({ name }) => name);
  for (const { histograms } of run.slices) {
    const { service } = histograms;
    if (service !== undefined) Object.assign(histograms, { lostWait: service, unsentWait: service });
  }
  assert.deepEqual(
    hgrmFiles(makeResult([run])).map(({ name }) => name),
    before,
  );
});

test('the plotter can read a distribution: four ascending columns in ms, with every sample', () => {
  const run = makeRun({ seconds: 2 });
  const file = hgrmFiles(makeResult([run])).find(({ name }) => name === '1-tls-throughput-service.hgrm');
  const lines = file?.text.split('\n') ?? [];
  assert.match(lines[0] ?? '', /^\s*Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)$/);
  const rows = lines
    .filter((line) => /^\s*[\d.]+\s+[\d.]+\s+\d+\s+[\d.]+\s*$/.test(line))
    .map((line) => line.trim().split(/\s+/).map(Number));
  assert.ok(rows.length > 20);
  const values = rows.map(([value = 0]) => value);
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
  );
  const { service } = figuresOf(run).latencies;
  const half = rows.find(([, percentile = 0]) => percentile >= 0.5);
  assert.ok(Math.abs((half?.[0] ?? 0) - (service?.p50 ?? 0) / 1000) < 0.01);
  const total = lines.map((line) => /Total count\s*=\s*(\d+)/.exec(line)?.[1]).find((found) => found);
  assert.equal(Number(total), service?.count);
});
