import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { slicesCsv } from './exports/csv.ts';
import { resultMarkdown } from './exports/markdown.ts';
import { jsonSummary } from './json.ts';
import { BROKEN, shown } from './page-text.test.fixture.ts';
import { summaryText } from './terminal.ts';

/** How runs end early, and how that is said. */
const ENDS: Record<string, Run['outcome']> = {
  'Ctrl-C': { state: 'aborted', reason: 'it was interrupted.' },
  'a killed Nginx': { state: 'failed', reason: 'nginx (process 7) was killed by SIGKILL during the run.' },
  'a killed generator': { state: 'failed', reason: 'generator 1 (process 8) was killed by SIGKILL.' },
};

/** The last phase in which something was recorded; null if nothing was. */
const LAST = [null, 'connect', 'steady'] as const;

const RUN = { seconds: 2, connections: 10, perSecond: 100 };

/** A run of a step that ended in a phase, before its workers could report totals. */
function brokenOff(
  scenario: string,
  step: string,
  outcome: Run['outcome'],
  last: (typeof LAST)[number],
): Run {
  const load = SCENARIOS.flatMap(({ steps }) => steps).find(({ name }) => name === step)?.load ?? null;
  const run = makeRun({ ...RUN, profile: 'plain', load: load === 'open' ? OPEN : CLOSED });
  const until = run.phases.findIndex(({ phase }) => phase === last) + 1;
  const phases = run.phases.slice(0, until);
  const endUs = (phases.at(-1)?.endUs ?? 0) - (last === 'steady' ? 1_000_000 : 0);
  const { options } = SCENARIOS.find(({ name }) => name === scenario) ?? assert.fail(scenario);
  const defaults = Object.fromEntries(Object.entries(options).map(([name, each]) => [name, each.default]));
  const { load: planned, ...workload } = run.plan.workload;
  return {
    ...run,
    outcome,
    phases: phases.map((span) => ({ ...span, endUs: Math.min(span.endUs, endUs) })),
    slices: run.slices.filter((slice) => slice.endUs <= endUs),
    workers: [],
    http: null,
    plan: {
      ...run.plan,
      step,
      workload: { ...workload, load: load === null ? null : planned, scenario, options: defaults },
    },
    validity: { ...run.validity, verdict: 'suspect' },
  };
}

function resultOf(scenario: string, run: Run): Result {
  const result = makeResult([run]);
  return { ...result, plan: { ...result.plan, scenario, steps: [run.plan.step] } };
}

for (const { name, steps } of SCENARIOS) {
  test(`${name}: a run that ends early says why, and every report has what was recorded until then`, () => {
    for (const { name: step } of steps) {
      for (const [end, outcome] of Object.entries(ENDS)) {
        for (const last of LAST) {
          const run = brokenOff(name, step, outcome, last);
          const result = resultOf(name, run);
          const where = `${step}, ${end}, in ${last}`;
          const texts = [shown(result), summaryText(result, 100), resultMarkdown(result)];
          const reason = outcome.state === 'completed' ? '' : outcome.reason.replace(/\.$/, '');
          for (const text of texts) {
            assert.ok(text.includes(reason), where);
            assert.doesNotMatch(text, BROKEN, where);
          }
          const [json] = jsonSummary(result, null).runs;
          assert.equal(json?.outcome, outcome.state, where);
          assert.equal(slicesCsv(result).split('\r\n').length, run.slices.length + 2, where);
        }
      }
    }
  });
}
