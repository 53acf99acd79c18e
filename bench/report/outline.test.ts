import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCalibration } from '../../test/calibration.ts';
import { makeSearchResult } from '../../test/capacity.ts';
import { makeRounds } from '../../test/comparison.ts';
import { assertGolden } from '../../test/golden.ts';
import { makeLadderResult } from '../../test/ladder.ts';
import { disturb } from '../../test/machine.ts';
import { figuresByLine, outlineOf } from '../../test/outline.ts';
import { makeBothSteps } from '../../test/result.ts';
import { makeScenarioResult } from '../../test/scenario-run.ts';
import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { isBuiltIn, SCENARIOS } from '../scenarios/registry.ts';
import { reportHtml } from './html.ts';
import { BROKEN, shown } from './page-text.test.fixture.ts';
import { resultText } from './terminal.ts';

/** What every kind of result shows: structure and figures, compared with golden files. */

/** Two profiles in both steps: a disturbed second, failures, and losses. */
function measured(): Result {
  const result = makeBothSteps(2, 3);
  const [, tls] = result.runs;
  assert.ok(tls);
  disturb(tls, 1, { stolenUs: 500_000 });
  const slice = tls.slices.find(({ phase }) => phase === 'steady');
  assert.ok(slice);
  slice.failures = { 'upgrade/status-503': 2, 'tcp/refused': 7, 'open/closed-1006': 3 };
  Object.assign(tls.workers[0] ?? assert.fail(), { asked: 512, failed: 12 });
  return result;
}

function calibrated(): Result {
  const result = makeRounds();
  return { ...result, conclusions: [...result.conclusions, makeCalibration()] };
}

const KINDS: readonly (readonly [name: string, make: () => Result])[] = [
  ['steps', measured],
  ['comparison', makeRounds],
  ['capacity', makeSearchResult],
  ['ladder', () => makeLadderResult({}, { disturbedRuns: [3] })],
  ['calibration', calibrated],
  ...SCENARIOS.filter(({ name }) => isBuiltIn(name)).map((scenario): [string, () => Result] => [
    `scenario-${scenario.name}`,
    () => makeScenarioResult(scenario),
  ]),
];

for (const [name, make] of KINDS)
  test(`the outline of ${name} is what its golden file says`, () => {
    const result = make();
    assert.doesNotMatch(shown(result), BROKEN);
    const outlines = [
      outlineOf(reportHtml(result)),
      figuresByLine(resultText(result, null)),
      ...result.runs.map(metricsText),
    ];
    assertGolden(`outlines/${name}.txt`, `${outlines.join('\n\n')}\n`);
  });

function metricsText(run: Run): string {
  const known = Object.entries(metricsOf(figuresOf(run), run.plan)).filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${Math.round(Number(value) * 1000) / 1000}`).join(', ');
}
