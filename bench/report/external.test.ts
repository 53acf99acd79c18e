import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onTarget } from '../../test/external.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { resultMarkdown } from './exports/markdown.ts';
import { reportHtml } from './html.ts';
import { jsonSummary } from './json.ts';
import { chartsOf, shown } from './page-text.test.fixture.ts';
import { summaryText } from './terminal.ts';

/** What a run on a server that already runs has none of. The name of the package is not about the run. */
const OF_A_TOPOLOGY = /nginx(?!-ws-bench)|echo server/i;

/** The scenarios that a target can have, with their steps. */
const SCENARIOS = {
  echo: ['throughput', 'latency'],
  idle: ['hold', 'touched'],
  connect: ['fastest', 'scheduled'],
  storm: ['storm'],
};

function runOf(scenario: string, step: string): Run {
  const { load } = stepNamed(step);
  const run = onTarget(makeBothSteps(1, 2).runs[load === 'open' ? 1 : 0] ?? makeRun());
  const workload = { ...run.plan.workload, scenario, ...(load === null ? { load: null } : {}) };
  const memory = [200, 400, 600].map((open) => ({
    ...{ atUs: open, open, proxyBytes: null, proxyFiles: null, kernelBytes: 1e6 + open * 1000 },
  }));
  return {
    ...run,
    plan: { ...run.plan, step, workload },
    memory: scenario === 'idle' ? memory : [],
    workers: run.workers.map((worker) => ({ ...worker, cut: 10, back: 10, attempts: 12, ended: 3, held: 7 })),
    validity: { ...run.validity, limit: { component: 'none', evidence: stored('It kept up.') } },
  };
}

function resultOf(scenario: string, steps: readonly string[]): Result {
  const result = makeResult(steps.map((step) => runOf(scenario, step)));
  for (const variant of result.variants) Object.assign(variant, { title: 'A server', proxy: null });
  return { ...result, plan: { ...result.plan, scenario, steps: [...steps], command: [] } };
}

for (const [scenario, steps] of Object.entries(SCENARIOS)) {
  test(`${scenario} on a target: every report is about what was observed`, () => {
    const result = resultOf(scenario, steps);
    const html = shown(result).replace(/<[^>]*>/g, ' ');
    const texts = {
      html,
      charts: JSON.stringify(chartsOf(reportHtml(result))),
      terminal: summaryText(result, 200),
      narrow: summaryText(result, 40),
      markdown: resultMarkdown(result),
      answers: JSON.stringify(jsonSummary(result, null).answers),
    };
    for (const [where, text] of Object.entries(texts)) {
      const at = text.search(OF_A_TOPOLOGY);
      assert.equal(at, -1, `${where}: …${text.slice(Math.max(0, at - 100), at + 60)}…`);
    }
    assert.match(html, /ws:\/\/127\.0\.0\.1:9000\/chat/);
  });
}
