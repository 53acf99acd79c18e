import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { METRICS, metricTitle } from '../metrics/metrics.ts';
import type { Declaration } from '../model/declaration.ts';
import { declaredDefinition, united } from '../scenarios/declared.ts';
import { addedScenarios, SCENARIOS } from '../scenarios/registry.ts';
import { readIndex } from './read.ts';

const DECLARED: Declaration = {
  ...{ name: 'chat', title: 'Chat', question: 'How long?' },
  steps: [{ name: 'chat', load: 'open', server: 'lean' }],
  recorded: { counters: ['joined'], gauges: [], histograms: ['join'] },
  conservation: [{ whole: 'opened', parts: ['joined'] }],
  phasesRead: { join: ['steady'] },
  metrics: [
    { name: 'chat.joined', title: 'clients', of: { counter: 'joined' }, unit: 'count', better: null },
  ],
  ...{ compared: [], listed: [{ name: 'chat.joined', step: 'chat', label: 'joined ' }] },
  ...{ sections: 1, usesPayload: false },
};

/** Reads the index of a result without runs, whose scenario and declaration are the given ones. */
async function read(declared: Declaration, scenario = declared.name, steps = ['chat']): Promise<unknown> {
  let index: unknown;
  await inFolder(async (folder) => {
    const { plan, ...rest } = makeResult([]);
    const text = JSON.stringify({ ...rest, plan: { ...plan, scenario, steps, declared } });
    await writeFile(join(folder, 'result.json'), text);
    index = await readIndex(folder);
  });
  return index;
}

/** Functions are not the same in two definitions, so only the data are compared. */
const dataOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('scenarios declared in results are known from then on, and extended by later results', async () => {
  const known = SCENARIOS.length;
  await assert.rejects(read(DECLARED, 'echo', ['throughput']), {
    message: /\(plan\.declared\.name: it is not the name of the scenario\)/,
  });
  assert.deepEqual(addedScenarios(), []);

  await read(DECLARED);
  assert.deepEqual(dataOf(addedScenarios()), dataOf([declaredDefinition(DECLARED)]));
  assert.equal(SCENARIOS.length, known + 1);
  const [first] = addedScenarios();
  await read(DECLARED);
  assert.equal(addedScenarios()[0], first, 'the same declaration changes nothing');

  const later: Declaration = {
    ...DECLARED,
    ...{ title: 'Another title', sections: 2, listed: [{ name: 'chat.left', step: 'more', label: 'left ' }] },
    steps: [{ name: 'more', load: 'closed', server: 'ws' }],
    recorded: { counters: ['left'], gauges: ['here'], histograms: [] },
    conservation: [{ whole: 'left', parts: ['opened'] }],
    phasesRead: { join: ['drain'] },
    metrics: [{ name: 'chat.left', title: 'left', of: { counter: 'left' }, unit: 'count', better: null }],
  };
  await read(later, 'chat', ['more', 'chat']);
  const both = declaredDefinition(united(DECLARED, later));
  const { excluded, ...extended } = both;
  assert.deepEqual(dataOf(addedScenarios()), dataOf([{ ...extended, excluded: first?.excluded }]));
  assert.notDeepEqual(excluded, first?.excluded, 'what the first definition excludes still holds');
  assert.equal(addedScenarios()[0]?.defaultRate, first?.defaultRate);

  const [metric] = DECLARED.metrics;
  assert.ok(metric);
  await assert.rejects(read({ ...DECLARED, metrics: [{ ...metric, unit: 'bytes' }] }), {
    kind: 'result',
    message:
      /declares its own scenario chat, which differs from another scenario of that name in the metric /,
  });
  await assert.rejects(read({ ...DECLARED, name: 'echo' }, 'echo', ['throughput']), {
    kind: 'result',
    message: /declares its own scenario echo, although a built-in scenario has that name\. Give /,
  });
  assert.deepEqual(dataOf(addedScenarios()), dataOf([{ ...extended, excluded: first?.excluded }]));
  assert.equal(SCENARIOS.length, known + 1);
});

test('a step belongs to the first scenario that has it, and must exist', async () => {
  await assert.rejects(read(DECLARED, 'chat', ['chat', 'none']), {
    message: /\(plan\.steps\.1: none is not a step of the scenario chat\)/,
  });
});

test('metrics of declared scenarios have titles, without becoming metrics of built-in scenarios', async () => {
  await read(DECLARED);
  assert.equal(metricTitle({ name: 'chat.joined', step: 'chat' }), 'clients');
  assert.equal(metricTitle({ name: 'chat.joined', step: 'latency' }), 'clients, latency step');
  assert.ok(!METRICS.some(({ name }) => name === 'chat.joined'));
});
