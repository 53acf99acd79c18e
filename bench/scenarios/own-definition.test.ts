import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { comparedMetrics } from '../metrics/compared.ts';
import { findMetric, metricsOf } from '../metrics/metrics.ts';
import { declarationSchema } from '../model/declaration.ts';
import { Problem } from '../model/failure.ts';
import { defineScenario } from '../package.ts';
import { declaredDefinition, disagreement, united } from './declared.ts';
import { ownDefinition } from './own-definition.ts';
import { addScenario, scenarioNamed, stepNamed } from './registry.ts';

/** A scenario file with all required members and a few others. */
const CHAT = defineScenario({
  name: 'chat',
  title: 'Chat messages',
  question: 'How long until a chat message is back?',
  steps: [{ name: 'chat', load: 'open' }],
  recorded: { counters: ['joined', 'left'], histograms: ['join'] },
  conservation: [{ whole: 'opened', parts: ['joined', 'left'] }],
  metrics: [
    { name: 'chat.join.p99', title: 'time to join p99', of: { histogram: 'join', statistic: 'p99' } },
    { name: 'chat.joined', title: 'clients that joined', of: { counter: 'joined' } },
    { name: 'chat.joinedPerSecond', title: 'joins per second', of: { counter: 'joined', per: 'second' } },
    { name: 'chat.left', title: 'share that left', of: { counter: 'left', per: 'joined' }, unit: 'share' },
  ],
  conversation: () => ({ request: () => 'hello', message: () => 'answer' }),
});

const definitionOf = (scenario: unknown) => ownDefinition(scenario, '/chat.ts', 'chat.ts');

describe('a scenario file', () => {
  test('is completed to a definition, whose data can be stored', () => {
    const { declared, ...definition } = definitionOf(CHAT);
    assert.deepEqual(v.parse(declarationSchema, JSON.parse(JSON.stringify(declared))), declared);
    assert.deepEqual(definition.steps, [{ name: 'chat', load: 'open', server: 'lean' }]);
    assert.equal(definition.takesTurns, true);
    assert.equal(definition.file, '/chat.ts');
    assert.ok(
      definition.recorded.counters.includes('echoed') && definition.recorded.counters.includes('joined'),
    );
    assert.equal(definition.defaultRate(100, {}), 1000);
    for (const option of ['payload', 'in-flight']) assert.ok(definition.excluded.includes(option), option);
    assert.ok(!definition.excluded.includes('rate'));
  });

  test('without messages has no rate, no schedule and no echoes', () => {
    const { metrics, recorded, excluded, doubts, takesTurns } = definitionOf({
      name: 'quiet',
      title: 'Quiet',
      question: 'Who stays?',
      steps: [{ name: 'quiet', load: null }],
      client: () => ({ message() {} }),
    });
    assert.deepEqual([metrics, recorded.counters, takesTurns], [[], [], false]);
    assert.ok(excluded.includes('rate') && excluded.includes('in-flight'));
    assert.ok(!doubts.includes('nothing-echoed'));
  });

  test('whose clients reconnect takes the policy, records what happens to them, and may lose connections', () => {
    const { options, recorded, conservation, doubts, metrics, declared } = definitionOf({
      ...CHAT,
      reconnects: true,
    });
    assert.deepEqual(Object.keys(options), ['reconnect']);
    assert.ok(recorded.counters.includes('cut') && recorded.histograms.includes('outage'));
    assert.ok(conservation.some(({ whole }) => whole === 'cut'));
    assert.ok(metrics.some(({ name }) => name === 'outage.p99'));
    assert.ok(!doubts.includes('losses') && definitionOf(CHAT).doubts.includes('losses'));
    // The same follows from the stored result, without the file.
    assert.deepEqual(declaredDefinition(declared ?? assert.fail()).doubts, doubts);
  });

  const mistakes: [what: string, scenario: unknown, words: RegExp][] = [
    ['no object', 'chat', /default export is not a scenario/],
    ['a missing field', { ...CHAT, title: undefined, question: undefined }, /title/],
    ['no field', (({ question: _, ...rest }) => rest)(CHAT), /question is missing/],
    ['an unknown field', { ...CHAT, stepz: [] }, /stepz is not a field/],
    [
      'neither client nor conversation',
      { ...CHAT, conversation: undefined },
      /neither a client nor a conversation/,
    ],
    ['both', { ...CHAT, client: () => ({}) }, /both a client and a conversation/],
    [
      'a client that is to reconnect by itself',
      { ...CHAT, conversation: undefined, client: () => ({}), reconnects: true },
      /`reconnects` only applies to a conversation/,
    ],
    ['the name of a built-in scenario', { ...CHAT, name: 'echo' }, /echo is the name of a built-in/],
    ['no name', { ...CHAT, name: 'My Chat' }, /name/],
    ['steps that are not a list', { ...CHAT, steps: 'chat' }, /steps is not a list/],
    ['no steps', { ...CHAT, steps: [] }, /steps/],
    [
      'a step of another name',
      { ...CHAT, steps: [{ name: 'latency', load: 'open' }] },
      /latency must be called chat/,
    ],
    ['a step without load', { ...CHAT, steps: [{ name: 'chat', load: null }] }, /no load/],
    ['a counter of every run', { ...CHAT, recorded: { counters: ['opened'] } }, /opened/],
    ['a metric that exists', withMetric('response.p50'), /must begin with 'chat\.'/],
    ['a metric twice', withMetric('chat.joined'), /already a metric called chat\.joined/],
    [
      'a metric of nothing',
      { ...CHAT, metrics: [{ name: 'chat.x', title: 'x', of: { counter: 'nowhere' } }] },
      /nowhere, which is not recorded/,
    ],
    [
      'an equation of nothing',
      { ...CHAT, conservation: [{ whole: 'joined', parts: ['nowhere'] }] },
      /nowhere/,
    ],
    [
      'weights that do not add up',
      { ...CHAT, compared: [{ name: 'chat.joined', step: 'chat', weight: 40, headline: true }] },
      /add up to 100/,
    ],
    [
      'a comparison of a metric that is not there',
      { ...CHAT, compared: [{ name: 'chat.none', step: 'chat', weight: 100, headline: true }] },
      /chat\.none/,
    ],
  ];
  for (const [what, scenario, words] of mistakes) {
    test(`with ${what} is refused`, () => {
      assert.throws(
        () => definitionOf(scenario),
        (error) =>
          error instanceof Problem &&
          error.kind === 'usage' &&
          error.message.startsWith('chat.ts: ') &&
          words.test(error.message) &&
          error.message.endsWith('.'),
        String(words),
      );
    });
  }

  function withMetric(name: string): unknown {
    return { ...CHAT, metrics: [...(CHAT.metrics ?? []), { name, title: 'x', of: { counter: 'joined' } }] };
  }
});

test('an added scenario is found like a built-in one, with its metrics', () => {
  addScenario(definitionOf(CHAT), './chat.ts');
  assert.equal(scenarioNamed('chat').title, CHAT.title);
  assert.equal(stepNamed('chat').load, 'open');
  assert.equal(findMetric('chat.join.p99')?.unit, 'time');
  assert.deepEqual(
    comparedMetrics().flatMap(({ step, metric, weight }) => (step === 'chat' ? [[metric.name, weight]] : [])),
    [
      ['cpuPerMessage.proxy', 50],
      ['response.p50', 50],
    ],
  );
  const run = makeRun({ profile: 'plain', seconds: 2, connections: 10, perSecond: 100, load: OPEN });
  const workers = run.workers.map((worker) => ({ ...worker, joined: 8, left: 2 }));
  const slices = run.slices.map((slice) => ({ ...slice, counters: { ...slice.counters, joined: 4 } }));
  const workload = { ...run.plan.workload, scenario: 'chat' };
  const own = { ...run, workers, slices, plan: { ...run.plan, step: 'chat', workload } };
  const metrics = metricsOf(figuresOf(own), own.plan);
  assert.equal(metrics['chat.joined'], 8 * workers.length);
  assert.equal(metrics['chat.left'], 0.25);
  assert.equal(metrics['chat.joinedPerSecond'], 4);
  assert.equal(metrics['chat.join.p99'], null);
  assert.equal(makeResult([run]).plan.declared, undefined);
});

test('declarations of one scenario are united unless they mean different things by the same name', () => {
  const one = definitionOf(CHAT).declared ?? assert.fail();
  const more = {
    name: 'chat.more',
    title: 'more',
    of: { counter: 'left' },
    unit: 'count',
    better: null,
  } as const;
  const other = { ...one, title: 'Another title', metrics: [...one.metrics, more] };
  assert.equal(disagreement(one, other), null);
  const names = declaredDefinition(united(one, other)).metrics.map(({ name }) => name);
  assert.equal(names.filter((name) => name === 'chat.more').length, 1);
  assert.equal(names.filter((name) => name === 'chat.joined').length, 1);
  const changed = one.metrics.map((metric) => ({ ...metric, of: { counter: 'left' } }));
  assert.match(disagreement(one, { ...one, metrics: changed }) ?? '', /metric chat\.join\.p99/);
  const equation = [{ whole: 'opened', parts: ['joined'] }];
  assert.match(disagreement(one, { ...one, conservation: equation }) ?? '', /equation of opened/);
});
