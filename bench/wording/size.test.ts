import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finding } from './finding.ts';
import { COST_TITLES, errorText, formatCost, formatNeed, intervalText, NEED_TITLES } from './size.ts';

test('the error of a prediction is exact, too high or too low', () => {
  assert.deepEqual([0, 4.9e-5, -4.9e-5, 5e-5, -5e-5, 0.031, -0.031, 1.5].map(errorText), [
    'exact',
    'exact',
    'exact',
    '0.005 % too high',
    '0.005 % too low',
    '3.1 % too high',
    '3.1 % too low',
    '150 % too high',
  ]);
  assert.equal(errorText({ least: 0, most: 1e-5 }), 'exact');
  assert.equal(errorText({ least: -0.2, most: -0.1 }), '10 to 20 % too low');
  assert.equal(errorText({ least: 0.1, most: 0.2 }), '10 to 20 % too high');
  assert.equal(errorText({ least: -0.2, most: 1e-5 }), '0.001 to 20 % too high');
});

test('an interval extends over the intervals of all runs', () => {
  const format = (each: unknown) => JSON.stringify(each);
  const low = { least: 1, most: 3 };
  assert.equal(
    intervalText({ value: 5, low, high: { least: 6, most: 9 } }, format),
    '95 % CI {"least":1,"most":9}',
  );
});

test('sentences that depend on whether something is known', () => {
  const need = { value: 2, low: 1, high: 3 };
  const answer = {
    ...{ variant: 'tls', connections: 9, ratePerSecond: 0, churnPerSecond: 0 },
    ...{ workers: null, cores: null, memory: null, slots: null, addresses: null },
  };
  const text = (changes: object) => finding('size-answer', { ...answer, ...changes }).text;
  const load = '9 connections with 0 messages and 0 new connections per second';
  assert.equal(text({}), `tls: too few costs were measured to estimate the needs of ${load}.`);
  assert.equal(text({ memory: need }), `tls: ${load} need 2 B of memory for Nginx (95 % CI 1 to 3 B).`);
  const one = { value: 1, low: 0.5, high: 2 };
  assert.equal(
    text({ workers: one, cores: one }),
    `tls: ${load} need 1 Nginx worker (1 core, 95 % CI 0.5 to 2 cores).`,
  );
  const few = { least: 0.9996, most: 1.0004 };
  assert.match(
    text({ workers: one, cores: { value: few, low: few, high: few } }),
    /\(1 core, 95 % CI 1 core\)/,
  );
  const cores = (messageUs: typeof need | null, handshakeUs: typeof need | null) =>
    finding('size-cores', { ratePerSecond: 5, messageUs, churnPerSecond: 7, handshakeUs }).text;
  assert.equal(cores(null, null), 'No messages and no new connections.');
  assert.equal(cores(need, null), '5 messages per second × 2 µs (95 % CI 1 to 3 µs).');
  assert.equal(cores(null, need), '7 handshakes per second × 2 µs (95 % CI 1 to 3 µs).');
  const other = (here: number, planned: number) =>
    finding('size-other-load', { of: 'cpu-message', here, planned }).text.split('. ')[1];
  assert.match(other(5, 6) ?? '', /^A busier worker/);
  assert.match(other(6, 5) ?? '', /^A less busy worker/);
});

test('each need and each cost has a unit of its own', () => {
  const name = (titles: object) => Object.keys(titles) as never[];
  const texts = (titles: object, format: (name: never, value: number) => string) =>
    Object.fromEntries(name(titles).map((each) => [each, format(each, 2048)]));
  const { cores, memory, 'kernel-memory': kernel, ...counts } = texts(NEED_TITLES, formatNeed);
  assert.deepEqual([cores, memory, kernel], ['2050 cores', '2 KiB', '2 KiB']);
  assert.deepEqual(new Set(Object.values(counts)), new Set(['2,048']));
  assert.deepEqual(texts(COST_TITLES, formatCost), {
    ...{ 'memory-connection': '2 KiB', 'memory-slot': '2 KiB', 'memory-process': '2 KiB' },
    ...{ 'memory-kernel': '2 KiB', 'files-connection': '2050' },
    ...{ 'cpu-message': '2.05 ms', 'cpu-handshake': '2.05 ms' },
  });
});
