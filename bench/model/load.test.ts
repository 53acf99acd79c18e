import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { inFlightOf, loadOf, loadSchema, ratePerSecondOf, workloadSchema } from './load.ts';

const ASKED = { inFlight: 4, ratePerSecond: null, arrivals: 'poisson' } as const;

test('a step’s load has the options for its kind, and none of the other kind’s', () => {
  const closed = loadOf('closed', ASKED, 500);
  const open = loadOf('open', ASKED, 500);
  assert.deepEqual(v.parse(loadSchema, closed), { kind: 'closed', inFlight: 4 });
  assert.deepEqual(v.parse(loadSchema, open), { kind: 'open', ratePerSecond: 500, arrivals: 'poisson' });
  assert.equal(loadOf(null, ASKED, 500), null);
  assert.deepEqual([closed, open, null].map(ratePerSecondOf), [null, 500, null]);
  assert.deepEqual([closed, open, null].map(inFlightOf), [4, 1, 1]);
});

test('a workload from before scenarios had options has none', () => {
  const payload = { minBytes: 1, maxBytes: 2, type: 'text' };
  const old = { scenario: 'echo', load: { kind: 'closed', inFlight: 1 }, payload };
  assert.deepEqual(v.parse(workloadSchema, old), { ...old, options: {} });
  const given = { ...old, load: null, options: { 'ping-every': 20_000, 'keep-alive': 'client' } };
  assert.deepEqual(v.parse(workloadSchema, given), given);
  for (const options of [{ 'Ping every': 1 }, { ping: -1 }, { ping: null }, { ping: [1] }])
    assert.equal(v.is(workloadSchema, { ...old, options }), false, JSON.stringify(options));
  for (const scenario of ['', 'Echo', '../echo', 'a'.repeat(41)])
    assert.equal(v.is(workloadSchema, { ...old, scenario }), false, scenario);
});
