import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choicesOf, filterForm, type Traits, tokensOf } from './facets.ts';

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
