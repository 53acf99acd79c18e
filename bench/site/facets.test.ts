import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexOf } from '../../test/history.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import type { ResultIndex } from '../model/result.ts';
import { choicesOf, filterForm, type Traits, tokensOf, traitsOfResult, traitsOfSeries } from './facets.ts';
import type { Series } from './series.ts';

function traits(changes: Partial<Record<keyof Traits, readonly string[]>>): Traits {
  const one = { profile: ['tls'], variant: [], step: [], machine: [], nginx: [], series: [], label: [] };
  return Object.fromEntries(
    Object.entries({ ...one, ...changes }).map(([facet, values]) => [facet, new Set(values)]),
  ) as unknown as Traits;
}

const ALL = [
  traits({ nginx: ['1.9.0', '1.26.3'], step: ['latency'], series: ['nightly'] }),
  traits({ profile: ['plain', 'tls'], nginx: ['1.26.3'], step: ['latency'], series: [] }),
];

test('only facets with several values can be selected, in the order of their names', () => {
  const choices = choicesOf(ALL);
  assert.deepEqual(choices, [
    ['profile', 'Profile', ['plain', 'tls']],
    ['nginx', 'Nginx', ['1.26.3', '1.9.0']],
  ]);
  assert.deepEqual(
    ALL.map((each) => tokensOf(each, choices)),
    ['profile-1 nginx-0 nginx-1', 'profile-0 profile-1 nginx-0'],
  );
  assert.deepEqual(
    [choicesOf([]), choicesOf(ALL.slice(0, 1).map((each) => ({ ...each, nginx: new Set() })))],
    [[], []],
  );
});

test('the form has an option for each value, identified by number', () => {
  const { markup: form } = filterForm([['label', 'Label', ['a=<b>', 'c=d']]]);
  assert.match(form, /<label for="filter-label">Label\n<select id="filter-label" name="label">/);
  assert.deepEqual(form.match(/<option.*?<\/option>/g), [
    '<option value="">all</option>',
    '<option value="label-0">a=&lt;b&gt;</option>',
    '<option value="label-1">c=d</option>',
  ]);
});

test('a result has the values of all its runs; a series those of its own runs in all its results', () => {
  const index = indexOf(makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]));
  const [run] = index.runs;
  assert.ok(run);
  const other = { ...run, variant: 'tls+a', step: 'latency', nginx: null };
  const plan = { ...index.plan, series: 'nightly', labels: { branch: 'main' } };
  const first = { ...index, plan, runs: [run, other] };
  const later = { ...index, runs: [{ ...run, nginx: '1.9.0' }] };
  const machine = ['Example CPU 2.40 GHz, 2 CPUs, 24 GiB'];
  const all = { profile: ['tls'], machine, series: ['nightly'], label: ['branch=main'] };
  assert.deepEqual(
    traitsOfResult({ folder: '1', index: first }),
    traits({ ...all, variant: ['tls', 'tls+a'], step: ['throughput', 'latency'], nginx: [run.nginx ?? ''] }),
  );
  const answers = [
    { folder: '1', runs: [other] },
    { folder: '2', runs: later.runs },
    { folder: 'gone', runs: [run] },
  ];
  const indexes = new Map<string, ResultIndex>([
    ['1', first],
    ['2', later],
  ]);
  assert.deepEqual(
    traitsOfSeries({ answers } as unknown as Series, indexes),
    traits({ ...all, variant: ['tls+a', 'tls'], step: ['latency', 'throughput'], nginx: ['1.9.0'] }),
  );
});
