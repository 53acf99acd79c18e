import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { stored } from '../../model/finding.ts';
import type { Size } from '../../model/size.ts';
import { capital } from '../../wording/words.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from '../size/rows.ts';
import { viewOf } from '../view.ts';
import { SIZE_SECTIONS, sizeLoad } from './size.ts';

const estimate = { value: 3, low: 2, high: 4 };
const exact = { value: 7, low: 7, high: 7 };

const SIZE: Size = {
  kind: 'size',
  variant: 'tls',
  wanted: {
    ...{ connections: 2000, ratePerSecond: 3000, churnPerSecond: 40, payloadBytes: 5000 },
    ...{ utilisation: 0.6, assumed: [] },
  },
  costs: [
    { name: 'memory-connection', estimate, runs: 2, of: 3, load: null, excluded: [] },
    { name: 'cpu-message', estimate: null, runs: 0, of: 3, load: null, excluded: [] },
  ],
  needs: [
    { name: 'cores', estimate, derivation: stored('By load.') },
    { name: 'somaxconn', estimate: exact, derivation: stored('By system.') },
    { name: 'memory', estimate: null, derivation: stored('Not at all.') },
    { name: 'workers', estimate: exact, derivation: stored('By Nginx.') },
  ],
  check: {
    ...{ connections: 4000, workers: 1, limit: null },
    checked: [{ name: 'files', predicted: estimate, measured: 5, excluded: null, error: 0.1 }],
  },
  findings: [stored('One.'), stored('Two.')],
};
const RESULT = makeResult([makeRun({ seconds: 1, connections: 10, perSecond: 100 })]);

function sectionsOf(changes: Partial<Size> = {}) {
  return SIZE_SECTIONS.map((section) =>
    section(viewOf({ ...RESULT, conclusions: [{ ...SIZE, ...changes }] })),
  );
}

test('the plan is described in a sentence and in a list, below the findings', () => {
  assert.equal(sizeLoad(SIZE), 'Plan: 2,000 connections, messages at 3k/s, new connections at 40/s.');
  const [found = assert.fail()] = sectionsOf();
  assert.ok(found.body.markup.startsWith('<p class="verdict">One.</p>\n<p>Two.</p>\n<dl'));
  assert.deepEqual(
    [...found.body.markup.matchAll(/<dd>(.*?)<\/dd>/g)].map(([, value]) => value),
    ['2,000', '3k/s', '40/s', '5,000 B', '60 %'],
  );
  const [none = assert.fail()] = sectionsOf({ findings: [] });
  assert.ok(none.body.markup.startsWith('<p class="verdict">No run finished.</p>\n\n<dl'));
});

test('needs are listed by group, each with its derivation', () => {
  const needs = sectionsOf()[1] ?? assert.fail();
  const columns = [...NEED_COLUMNS.map(capital), 'How →'].map((title, at) =>
    at === 0 ? `${title} →` : title,
  );
  const groups = ['CPU and memory', 'Nginx', 'System'];
  assert.deepEqual(
    headsOf(needs),
    groups.map((group) => `${group}: ${columns.join(', ')}`),
  );
  const [cores = [], somaxconn = [], memory = [], workers = []] = needRows(SIZE);
  assert.deepEqual(
    groups.map((group) => tableOf(needs.body.markup, group)),
    [
      [
        [...cores, 'By load.'],
        [...memory, 'Not at all.'],
      ],
      [[...workers, 'By Nginx.']],
      [[...somaxconn, 'By system.']],
    ],
  );
});

test('the check compares predictions with measurements, or states that it did not run', () => {
  const checkOf = (changes: Partial<Size['check']> = {}) =>
    sectionsOf({ check: { ...SIZE.check, ...changes } })[2] ?? assert.fail();
  const check = checkOf();
  const caption = 'Predicted and measured';
  assert.deepEqual(headsOf(check), [
    `${caption}: ${CHECK_COLUMNS.map((title, at) => `${capital(title)}${at === 0 ? ' →' : ''}`).join(', ')}`,
  ]);
  assert.deepEqual(tableOf(check.body.markup, caption), checkRows(SIZE));
  assert.ok(check.body.markup.includes('Predicted for 4,000 connections and 1 Nginx worker from'));
  assert.ok(checkOf({ workers: 2 }).body.markup.includes(' and 2 Nginx workers from'));
  assert.ok(checkOf({ checked: [] }).body.markup.startsWith('<p>The check did not run.</p>\n<p'));
});

test('costs are a table', () => {
  const costs = sectionsOf()[3] ?? assert.fail();
  const caption = 'Cost of one connection, process, message or handshake';
  assert.deepEqual(headsOf(costs), [
    `${caption}: ${COST_COLUMNS.map((title, at) => `${capital(title)}${at === 0 ? ' →' : ''}`).join(', ')}`,
  ]);
  assert.deepEqual(tableOf(costs.body.markup, caption), costRows(SIZE));
});

test('a section of a sizing needs a sizing', () => {
  assert.throws(() => SIZE_SECTIONS[0]?.(viewOf(RESULT)), /not a sizing/);
});
