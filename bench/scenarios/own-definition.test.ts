import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { assertGolden } from '../../test/golden.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { comparedMetrics } from '../metrics/compared.ts';
import { findMetric, metricsOf } from '../metrics/metrics.ts';
import { declarationSchema } from '../model/declaration.ts';
import { Problem } from '../model/failure.ts';
import { defineScenario } from '../package.ts';
import { declaredDefinition, disagreement, united } from './declared.ts';
import type { ScenarioDefinition } from './definition.ts';
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

/** A scenario whose client sends nothing. */
const QUIET = {
  name: 'quiet',
  title: 'Quiet',
  question: 'Who stays?',
  steps: [{ name: 'quiet', load: null }],
  client: () => ({ message() {} }),
};

const ASKED = { connections: 1, payload: { minBytes: 5, maxBytes: 6, type: 'text' as const }, options: {} };

/** A definition without its functions, and with the names of its metrics only. */
const dataOf = ({ metrics, ...definition }: Partial<ScenarioDefinition>) => ({
  ...Object.fromEntries(Object.entries(definition).filter(([, value]) => typeof value !== 'function')),
  metrics: (metrics ?? []).map(({ name }) => name).filter((name) => /p50|^[^.]*$|hat|quiet|cut/.test(name)),
});

/** Compares data with a golden file, one line for each member. */
function assertData(name: string, ...all: (object | undefined)[]): void {
  const lines = all.flatMap((data = {}) =>
    Object.entries(data)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, value]) => `${key} ${JSON.stringify(value)}`),
  );
  assertGolden(`definitions/own-${name}.txt`, `${lines.join('\n')}\n`);
}

const definitionOf = (scenario: unknown) => ownDefinition(scenario, '/chat.ts', 'chat.ts');

describe('a scenario file', () => {
  test('may have sections of its own, which are counted', () => {
    const sections = [() => ({}), () => ({})] as never;
    assert.deepEqual(
      [CHAT, { ...CHAT, sections }].map((scenario) => definitionOf(scenario).declared?.sections),
      [0, 2],
    );
  });

  test('is completed to a definition, whose data can be stored', () => {
    const { declared, ...definition } = definitionOf(CHAT);
    assert.deepEqual(v.parse(declarationSchema, JSON.parse(JSON.stringify(declared))), declared);
    assertData('conversation', dataOf(definition), declared, { rate: definition.defaultRate(1, {}) });
  });

  test('of both kinds of loop has all fields of its own, and compares both', () => {
    const timeline = () => [];
    const lengths = () => ({ warmupMs: 1, durationMs: 2 });
    const own = {
      ...CHAT,
      name: 'my-big-2chat',
      steps: [
        { name: 'my-big-2chat', load: 'closed', server: 'ws' },
        { name: 'my-big-2chat-open', load: 'open' },
      ],
      recorded: {},
      conservation: [],
      metrics: [
        { name: 'myBig2chat.sent', title: 'x', of: { counter: 'sent', per: 'echoed' }, better: 'higher' },
        {
          name: 'myBig2chat.time',
          title: 'y',
          of: { histogram: 'response', statistic: 'p50' },
          better: null,
        },
      ],
      options: { 'fan-out-2': { value: 'N', kind: 'count', least: 1, most: 2, default: 1, help: '' } },
      ...{ timeline, lengths, defaultRate: () => 7, problemOf: () => 'No.', largestMessage: () => 9 },
      ...{ servers: { least: 1, most: 2 }, openingStages: 3, takesTurns: false },
      ...{ handshake: { query: 'a=b' }, defaults: { payload: '1k' } },
    };
    const { declared, ...definition } = definitionOf(own);
    assertData('complete', dataOf(definition), declared);
    assert.deepEqual([definition.timeline, definition.lengths], [timeline, lengths]);
    assert.deepEqual(
      [definition.defaultRate(1, {}), definition.problemOf(ASKED), definition.largestMessage(ASKED.payload)],
      [7, 'No.', 9],
    );
  });

  test('of a closed loop compares CPU time and throughput, and has no rate', () => {
    const { compared, listed, defaultRate, excluded } = definitionOf({
      ...CHAT,
      steps: [{ name: 'chat', load: 'closed' }],
    });
    const both = [
      { name: 'chat', load: 'closed' },
      { name: 'chat-open', load: 'open' },
    ];
    assert.equal(definitionOf({ ...CHAT, steps: both }).defaultRate(1, {}), null);
    assertData('closed', { compared, listed, rate: defaultRate(1, {}), excluded });
  });

  test('without messages has no rate, no schedule and no echoes', () => {
    const { metrics, recorded, excluded, doubts, takesTurns } = definitionOf(QUIET);
    assert.deepEqual([metrics, recorded.counters, takesTurns], [[], [], false]);
    assert.ok(excluded.includes('rate') && excluded.includes('in-flight'));
    assert.ok(!doubts.includes('nothing-echoed'));
    const { declared, ...definition } = definitionOf({
      ...QUIET,
      metrics: ['a', 'b', 'c', 'd'].map((name) => ({
        name: `quiet.${name}`,
        title: name,
        of: { counter: 'opened' },
      })),
    });
    assertData('quiet', dataOf(definition), declared);
  });

  test('whose clients reconnect takes the policy, records what happens to them, and may lose connections', () => {
    const { options, recorded, conservation, doubts, metrics, declared } = definitionOf({
      ...CHAT,
      reconnects: true,
    });
    assert.deepEqual(Object.keys(options), ['reconnect']);
    assertData('reconnecting', { recorded, conservation });
    assert.ok(metrics.some(({ name }) => name === 'outage.p99'));
    assert.ok(!doubts.includes('losses') && definitionOf(CHAT).doubts.includes('losses'));
    // The same follows from the stored result, without the file.
    assert.deepEqual(declaredDefinition(declared ?? assert.fail()).doubts, doubts);
  });

  const mistakes: [what: string, scenario: unknown, words: RegExp][] = [
    ['no object', 'chat', /default export is not a scenario/],
    ['a missing field', { ...CHAT, title: undefined, question: undefined }, /title/],
    ['no field', (({ question: _, ...rest }) => rest)(CHAT), /question is missing/],
    ['unknown fields', { ...CHAT, stepz: [], namez: '' }, /stepz is not a field/],
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
    ['nothing', {}, /name is missing/],
    ['null', null, /default export is not a scenario/],
    ['sections that are not a list', { ...CHAT, sections: {} }, /sections is not a list/],
    ['a section that is not a function', { ...CHAT, sections: [() => ({}), 1] }, /sections is not a list/],
    ['a conversation that is not a function', { ...CHAT, conversation: {} }, /neither a client nor/],
    ['an option in upper case', withOption('fanOut'), /the option fanOut must be/],
    ['an option that begins with a digit', withOption('2fan'), /the option 2fan must be/],
    ['an option with a blank', withOption('fan out'), /the option fan out must be/],
    [
      'a step whose name only begins like it',
      { ...CHAT, steps: [{ name: 'chatty', load: 'open' }] },
      /chatty must be called chat/,
    ],
    [
      'a step twice',
      {
        ...CHAT,
        steps: [
          { name: 'chat', load: 'open' },
          { name: 'chat', load: 'closed' },
        ],
      },
      /two steps called chat\./,
    ],
    [
      'a counter twice',
      { ...CHAT, recorded: { counters: ['joined', 'left', 'left'], histograms: ['join'] } },
      /left in `recorded`/,
    ],
    ['a counter of messages', { ...CHAT, recorded: { counters: ['echoed'] } }, /echoed in `recorded`/],
    ['a histogram of every run', { ...CHAT, recorded: { histograms: ['tcp'] } }, /tcp in `recorded`/],
    ['a gauge of workers', { ...CHAT, recorded: { gauges: ['asked'] } }, /asked in `recorded`/],
    [
      'an equation for nothing',
      { ...CHAT, conservation: [{ whole: 'nowhere', parts: ['joined'] }] },
      /the equation for nowhere contains nowhere/,
    ],
    [
      'phases of a counter',
      { ...CHAT, phasesRead: { joined: ['steady'], left: ['steady'] } },
      /`phasesRead` names joined/,
    ],
    [
      'a metric of a histogram that is a counter',
      { ...CHAT, metrics: [{ name: 'chat.x', title: 'x', of: { histogram: 'joined', statistic: 'p50' } }] },
      /read from joined, which is not recorded/,
    ],
    [
      'a metric per nothing',
      { ...CHAT, metrics: [{ name: 'chat.x', title: 'x', of: { counter: 'joined', per: 'nowhere' } }] },
      /read from nowhere, which is not recorded/,
    ],
    [
      'no headline',
      { ...CHAT, compared: [{ name: 'chat.joined', step: 'chat', weight: 100, headline: false }] },
      /must be a headline/,
    ],
    [
      'a list of a step that is not there',
      { ...CHAT, listed: [{ name: 'chat.joined', step: 'chatty', label: '' }] },
      /for chatty, which is not a step/,
    ],
    [
      'a list of a metric that is not there',
      { ...CHAT, listed: [{ name: 'chat.none', step: 'chat', label: '' }] },
      /chat\.none is in/,
    ],
    [
      'the step of another scenario',
      { ...CHAT, name: 'hold', steps: [{ name: 'hold', load: 'open' }], metrics: [] },
      /two steps called hold/,
    ],
    [
      'a step of another name',
      { ...CHAT, steps: [{ name: 'latency', load: 'open' }] },
      /latency must be called chat/,
    ],
    ['a step without load', { ...CHAT, steps: [{ name: 'chat', load: null }] }, /no load/],
    ['a counter of every run', { ...CHAT, recorded: { counters: ['opened'] } }, /opened in `recorded`/],
    ['a metric that exists', withMetric('response.p50'), /must begin with 'chat\.'/],
    ['a metric twice', withMetric('chat.joined'), /already a metric called chat\.joined/],
    [
      'a metric of nothing',
      { ...CHAT, metrics: [{ name: 'chat.x', title: 'x', of: { counter: 'nowhere' } }] },
      /nowhere, which is not recorded/,
    ],
    [
      'an equation of nothing',
      { ...CHAT, conservation: [{ whole: 'joined', parts: ['nowhere', 'elsewhere'] }] },
      /contains nowhere/,
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

  test('may compare and list nothing, and have phases of its own histograms and those of every run', () => {
    const phasesRead = { join: ['steady'], tcp: ['steady'] };
    const { declared } = definitionOf({ ...CHAT, compared: [], listed: [], phasesRead });
    assert.deepEqual([declared?.compared, declared?.listed, declared?.phasesRead], [[], [], phasesRead]);
  });

  function withOption(name: string): unknown {
    return { ...CHAT, options: { [name]: { value: null, kind: 'switch', default: 'off', help: '' } } };
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
  assert.deepEqual(united(one, other), { ...one, metrics: [...one.metrics, more] });
  const wider = {
    ...other,
    steps: [...one.steps, { name: 'chat-more', load: null, server: 'ws' as const }],
    recorded: { counters: ['joined', 'won'], gauges: ['level'], histograms: ['leave'] },
    conservation: [{ whole: 'won', parts: ['joined'] }, ...one.conservation],
    phasesRead: { join: ['drain' as const], leave: ['steady' as const] },
    listed: [...one.listed, { name: 'response.p50', step: 'chat-more', label: 'x' }],
  };
  const narrow = { ...one, phasesRead: { join: ['steady' as const] } };
  assert.equal(disagreement(one, wider), null);
  assertData('united', united(narrow, wider));
  const steps = [{ name: 'chat', load: 'open' as const, server: 'ws' as const }];
  assert.equal(disagreement(one, { ...one, steps }), 'the step chat');
  const changed = one.metrics.map((metric) => ({ ...metric, of: { counter: 'left' } }));
  assert.match(disagreement(one, { ...one, metrics: changed }) ?? '', /metric chat\.join\.p99/);
  const equation = [{ whole: 'opened', parts: ['joined'] }];
  assert.match(disagreement(one, { ...one, conservation: equation }) ?? '', /equation of opened/);
});
