import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRounds } from '../../test/comparison.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import type { Price } from '../model/price.ts';
import type { Result } from '../model/result.ts';
import { contentsOf } from './contents.ts';
import { isExternal, topicOf } from './external.ts';
import { kindOf } from './kinds/kinds.ts';
import { price } from './price.ts';
import { scenarioReport } from './scenario.ts';
import { claims } from './section/claims.ts';
import { failures } from './section/failures.ts';
import { hosts } from './section/hosts.ts';
import { notices } from './section/notices.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';

const RESULT = makeBothSteps(1, 1);
const OF_ALL = [notices, spread, failures, protocols, httpLeg, runs, setup, configurations];

/** The result, in which an agent took part in the last run. */
function withAgents(): Result {
  const agent = { name: 'a' } as never;
  return { ...RESULT, runs: RESULT.runs.map((run, at) => (at === 1 ? { ...run, hosts: [agent] } : run)) };
}

/** The result, as if its server had already been running. */
function external(result: Result): Result {
  return { ...result, variants: result.variants.map((each) => ({ ...each, profile: 'target:a' })) };
}

test('the sections of the scenario are followed by those of all results, and by that of the hosts if there are any', () => {
  const { open, folded } = scenarioReport(RESULT);
  assert.deepEqual(contentsOf(RESULT), { open, folded: [...folded, ...OF_ALL] });
  assert.deepEqual(contentsOf(withAgents()), { open, folded: [...folded, hosts, ...OF_ALL] });
});

test('the price follows the open sections if it was requested', () => {
  const { open, folded } = scenarioReport(RESULT);
  const asked: Price = { kind: 'price', baseline: 'direct', variants: [] };
  const result = { ...RESULT, conclusions: [...RESULT.conclusions, asked] };
  assert.deepEqual(contentsOf(result), { open: [...open, price], folded: [...folded, ...OF_ALL] });
});

test('the report of an external server has no sections about its proxy', () => {
  const { open, folded } = scenarioReport(RESULT);
  const kept = [...folded, ...OF_ALL].filter((each) => ![claims, configurations, httpLeg].includes(each));
  assert.ok(folded.includes(claims) && kept.length === folded.length + OF_ALL.length - 3);
  assert.deepEqual(contentsOf(external(RESULT)), { open, folded: kept });
  const withHosts = kept.toSpliced(kept.indexOf(notices), 0, hosts);
  assert.deepEqual(contentsOf(external(withAgents())).folded, withHosts);
});

test('a result is for an external server only if all of its variants are', () => {
  const variantsOf = (...profiles: string[]) => ({
    variants: profiles.map((profile) => ({ name: profile, title: '', profile, proxy: null })),
  });
  assert.deepEqual(
    [variantsOf(), variantsOf('target:a'), variantsOf('target:a', 'tls'), variantsOf('tls:target:')].map(
      isExternal,
    ),
    [false, true, false, false],
  );
  assert.notEqual(topicOf(variantsOf('target:a')), topicOf(variantsOf('tls')));
});

test('the kind of a result determines its sections', () => {
  const result = makeRounds();
  const of = kindOf(result) ?? assert.fail();
  const { open, folded } = of.kind.contents(of.found, scenarioReport(result));
  const contents = contentsOf(result);
  // The first section is a new function for each call.
  assert.deepEqual(contents.open.slice(1), open.slice(1));
  assert.deepEqual([contents.open.length, contents.folded], [open.length, folded]);
  assert.ok(!contentsOf(makeResult([])).folded.includes(hosts));
});
