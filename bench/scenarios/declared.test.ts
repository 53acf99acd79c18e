import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder, storeResult } from '../../test/folder.ts';
import { assertGolden } from '../../test/golden.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import type { Declaration } from '../model/declaration.ts';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import { redactResult } from '../redact/result.ts';
import { reportHtml } from '../report/html.ts';
import { html } from '../report/markup.ts';
import { addSections } from '../report/scenario.ts';
import { summaryText } from '../report/terminal.ts';
import { readResult } from '../store/read.ts';
import { declaredDefinition } from './declared.ts';

/** Tests stored results of a scenario whose file is missing. */

const DECLARED: Declaration = {
  name: 'chat',
  title: 'Chat <b>messages</b>',
  question: 'How long until a chat message is back?',
  steps: [{ name: 'chat', load: 'open', server: 'lean' }],
  recorded: { counters: ['joined'], gauges: [], histograms: ['join'] },
  conservation: [{ whole: 'opened', parts: ['joined'] }],
  phasesRead: {},
  metrics: [
    { name: 'chat.joined', title: 'clients', of: { counter: 'joined' }, unit: 'count', better: null },
  ],
  compared: [{ name: 'response.p50', step: 'chat', weight: 100, headline: true }],
  listed: [
    { name: 'chat.joined', step: 'chat', label: 'joined ' },
    { name: 'response.p50', step: 'chat', label: 'p50 ' },
  ],
  sections: 1,
  usesPayload: false,
};

test('the definition of a scenario without its file', () => {
  const silent = { name: 'chat-quiet', load: null, server: 'lean' as const };
  const definition = declaredDefinition({ ...DECLARED, steps: [silent, ...DECLARED.steps] });
  const asked = { connections: 1, options: {}, payload: { minBytes: 1, maxBytes: 7, type: 'text' as const } };
  assert.deepEqual(
    [
      definition.lengths('chat', {}),
      definition.defaultRate(1, {}),
      definition.problemOf(asked),
      definition.timeline('chat', {}, 3),
      definition.largestMessage(asked.payload),
      definition.serverArguments({}),
    ],
    [null, 1000, null, [], 7, []],
  );
  const { metrics, declared, ...rest } = definition;
  const data = Object.entries(rest)
    .filter(([, value]) => typeof value !== 'function')
    .toSorted(([a], [b]) => a.localeCompare(b));
  assert.equal(metrics.at(-1)?.name, 'chat.joined');
  assert.equal(declared?.steps.length, 2);
  const lines = data.map(([name, value]) => `${name} ${JSON.stringify(value)}\n`);
  assertGolden('definitions/declared.txt', lines.join(''));
});

/** Stores a result with this declaration as JSON, as if by another process, and reads it. */
async function storedWith(change: (declared: Declaration) => unknown): Promise<Result> {
  const made = makeRun({ profile: 'plain', seconds: 2, connections: 12, perSecond: 100, load: OPEN });
  const read: Result[] = [];
  await inFolder(async (folder) => {
    await storeResult(folder, makeResult([made]));
    const path = join(folder, 'result.json');
    const index = JSON.parse(await readFile(path, 'utf8'));
    const [summary] = index.runs;
    index.plan = { ...index.plan, scenario: 'chat', steps: ['chat'], declared: change(DECLARED) };
    summary.step = 'chat';
    summary.load.workload.scenario = 'chat';
    await writeFile(path, JSON.stringify(index));
    const run = JSON.parse(await readFile(join(folder, summary.file), 'utf8'));
    run.plan.step = 'chat';
    run.plan.workload.scenario = 'chat';
    for (const worker of run.workers) worker.joined = worker.opened;
    await writeFile(join(folder, summary.file), JSON.stringify(run));
    read.push(await readResult(path));
  });
  return read[0] ?? assert.fail();
}

test('a stored result is read and reported without the file, with its metrics, and its texts are escaped', async () => {
  const result = await storedWith((declared) => declared);
  assert.deepEqual(result.plan.declared, DECLARED);
  const page = reportHtml(result);
  assert.ok(page.includes('chart-counter-joined'));
  assert.ok(!page.includes('<b>messages</b>'));
  const text = summaryText(result, null);
  assert.ok(text.includes('without the file'));
  for (const heading of ['chat.joined', 'response.p50']) assert.ok(text.includes(heading), heading);
  assert.match(text, /\b12\b/);
  const redacted = redactResult(result, []);
  assert.ok(reportHtml(redacted).length > 0);
});

test('sections of the file are in the report, even one whose code throws', async () => {
  const result = await storedWith((declared) => declared);
  addSections('chat', [
    () => ({ id: 'own', title: 'Own section', charts: [], body: html`<p>${'<i>'}</p>` }),
    () => {
      throw new Error('broken on purpose');
    },
  ]);
  const page = reportHtml(result);
  for (const part of ['Own section', '&lt;i&gt;', 'broken on purpose']) assert.ok(page.includes(part), part);
  assert.ok(!summaryText(result, null).includes('without the file'));
});

test('a result with additional declarations or other texts can be read at the same time', async () => {
  const more = { name: 'chat.more', title: 'x', of: { counter: 'joined' }, unit: 'count', better: null };
  const result = await storedWith((declared) => ({
    ...declared,
    title: 'Other',
    metrics: [...declared.metrics, more],
  }));
  assert.equal(result.plan.declared?.metrics.length, 2);
});

for (const [what, change, words] of [
  [
    'that means something else by the name of a metric',
    ({ metrics, ...rest }: Declaration) => ({
      ...rest,
      metrics: metrics.map((metric) => ({ ...metric, of: { counter: 'opened' } })),
    }),
    /in the metric chat\.joined/,
  ],
  [
    'whose declaration has another name',
    (rest: Declaration) => ({ ...rest, name: 'other' }),
    /declared\.name/,
  ],
  ['whose declaration is damaged', (rest: Declaration) => ({ ...rest, steps: [] }), /plan\.declared\.steps/],
] as const) {
  test(`a result ${what} is refused`, async () => {
    await assert.rejects(storedWith(change), (error) => {
      assert.ok(error instanceof Problem && error.kind === 'result', String(error));
      assert.match(error.message, words);
      return true;
    });
  });
}
