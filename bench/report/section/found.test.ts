import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration } from '../../../test/calibration.ts';
import { makeSearchResult } from '../../../test/capacity.ts';
import { makeRounds } from '../../../test/comparison.ts';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { stored } from '../../model/finding.ts';
import { counted } from '../../model/recording.ts';
import type { Result } from '../../model/result.ts';
import { shown } from '../page-text.test.fixture.ts';

/** Returns the finding of each collapsed section. */
function foundIn(result: Result): Record<string, string> {
  const page = shown(result);
  return Object.fromEntries(
    [...page.matchAll(/<section id="(\w+)" class="folded"[\s\S]*?<span class="found">(.*?)<\/span>/g)].map(
      ([, id, found]) => [id, found],
    ),
  );
}

test('every collapsed section states its finding', () => {
  const found = foundIn(makeBothSteps(3, 4));
  assert.deepEqual(
    Object.entries(found).filter(([, text]) => !/^[^.].*\.$/.test(text)),
    [],
  );
  const { throughput, claims, notices, failures, protocols, runs, setup, configuration } = found;
  assert.deepEqual(
    { throughput, claims, notices, failures, protocols, runs, setup, configuration },
    {
      throughput: 'Limited by: echo server (direct); Nginx (plain, tls).',
      claims: '4 of 9 claims tested: 2 confirmed, 2 refuted.',
      notices: 'Nothing out of the ordinary.',
      failures: 'No connection failed in any run.',
      protocols: 'TLS: tls; HTTP/2 for clients that offer it: none.',
      runs: '6 runs: 6 valid.',
      setup: '2 CPUs, 24 GiB, Node v20.20.2, Nginx 1.22.1.',
      configuration: 'Nginx wrote nothing to its error log.',
    },
  );
  assert.match(found.latency ?? '', /^The share of messages that took more than 10 times the median /);
  assert.match(found.course ?? '', /^p99 peaked at /);
  assert.match(found.spread ?? '', /^Every message is accounted for: [\d,]+ sent, 0 lost\.$/);
});

test('a comparison, a calibration and a search begin with their findings', () => {
  const rounds = makeRounds();
  const { rounds: round, configuration, notices, runs, claims, setup, ...others } = foundIn(rounds);
  assert.deepEqual(others, {});
  assert.deepEqual(
    { round, configuration, notices, runs },
    {
      round: 'Nginx CPU per message was lower with plain+buf-16k in 0 of 3 rounds.',
      configuration: 'plain+buf-16k adds 1 line to plain and removes 0.',
      notices: 'Nothing out of the ordinary.',
      runs: '12 runs: 12 valid.',
    },
  );
  assert.ok(claims && setup);

  const calibration = foundIn({ ...rounds, conclusions: [...rounds.conclusions, makeCalibration()] });
  assert.deepEqual(Object.keys(calibration), [
    'effects',
    'rounds',
    'curves',
    'configuration',
    'notices',
    'runs',
    'setup',
  ]);
  assert.equal(calibration.effects, 'A difference was found in 2 of 4 metrics.');

  const search = foundIn(makeSearchResult());
  assert.deepEqual(Object.keys(search), ['configuration', 'notices', 'setup']);
  assert.equal(search.configuration, 'The last run used Nginx 1.22.1 with 8 lines of configuration.');
});

test("failures and problems are part of a section's finding", () => {
  const result = makeBothSteps(1, 2);
  const [throughput, latency] = result.runs;
  const [slice] = latency?.slices ?? [];
  const [worker] = throughput?.workers ?? [];
  assert.ok(throughput && latency?.validity && slice && worker);
  slice.failures = { 'upgrade/status-503': 2, 'tcp/refused': 7 };
  worker.sent = counted(worker, 'sent') + 1;
  latency.validity = { ...latency.validity, verdict: 'suspect', reasons: [stored('A reason.')] };
  throughput.validity.limit.component = 'none';
  throughput.notices = [{ level: 'warning', code: 'a-code', data: {}, text: 'A warning.' }];
  const { throughput: pace, failures, spread, runs, notices } = foundIn(result);
  assert.deepEqual(
    { pace, failures, spread, runs, notices },
    {
      pace: 'Limited by: no single component (direct).',
      failures: '9 failures in 1 of 2 runs.',
      spread: 'The counts do not add up in direct, throughput.',
      runs: '2 runs: 1 valid, 1 suspect.',
      notices: '1 warning and 0 notes. direct (throughput): A warning.',
    },
  );
  result.endedAt = null;
  assert.match(shown(result), /<header[\s\S]*This bench was interrupted[\s\S]*<\/header>\s*<nav/);
});

test('connections cut by a storm do not count as failures, and are counted separately', () => {
  const run = makeRun({ seconds: 1 });
  run.plan.workload = { ...run.plan.workload, load: null, scenario: 'storm' };
  run.plan.step = 'storm';
  run.workers = [{ worker: 0, asked: 1000, opened: 2000, failed: 1000, cut: 1000, back: 999, waiting: 1 }];
  const slice = run.slices.find(({ phase }) => phase === 'steady');
  assert.ok(slice);
  slice.failures = { 'open/cut': 1000 };
  const result = makeResult([run]);
  const storm = { ...result, plan: { ...result.plan, scenario: 'storm', steps: ['storm'] } };
  const { failures, spread } = foundIn(storm);
  assert.deepEqual(
    [failures, spread],
    [
      'No attempt to connect failed; 1,000 open connections ended because of the scenario.',
      'Every connection is accounted for.',
    ],
  );
  const page = shown(storm);
  assert.match(page, /cut 1,000<\/td><td[^>]*>back 999 \+ waiting 1</);
  assert.doesNotMatch(page, /Messages by generator worker/);
  slice.failures = { 'open/cut': 1000, 'upgrade/status-502': 2 };
  assert.match(foundIn(storm).failures ?? '', /^2 failures in 1 of 1 run; 1,000 open connections ended/);
});

test('a section that consists only of its finding cannot be opened', () => {
  const page = shown(makeResult([makeRun({ seconds: 1 })]));
  for (const id of ['failures', 'notices'])
    assert.doesNotMatch(
      new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? '',
      /<details/,
    );
});
