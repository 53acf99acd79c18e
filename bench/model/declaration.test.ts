import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declarationFault } from './declaration.ts';

const METRIC = { name: 'chat.join.p99', title: 'Join', of: { counter: 'joins' }, unit: 'time', better: null };
const COMPARED = { name: 'chat.join.p99', step: 'chat', weight: 1, headline: true };
const STEP = { name: 'chat', load: 'open', server: 'ws' };
const CHAT = {
  ...{ name: 'chat', title: 'Chat', question: 'How fast?', steps: [STEP] },
  recorded: { counters: ['joins'], gauges: [], histograms: ['join'] },
  conservation: [{ whole: 'joins', parts: ['kept', 'left'] }],
  phasesRead: { joins: ['steady'] },
  ...{ metrics: [METRIC], compared: [COMPARED], listed: [{ name: 'a', step: 'chat', label: 'A' }] },
  ...{ sections: 0, usesPayload: true },
};

test('a valid declaration has no fault, up to its limits', () => {
  const metric = (changes: object) => ({ metrics: [{ ...METRIC, ...changes }] });
  for (const changes of [
    {},
    { title: ` ${'a'.repeat(200)} `, question: '?', sections: 3, usesPayload: false },
    { steps: [{ ...STEP, name: `a${'-'.repeat(39)}`, load: null, server: 'lean' }, STEP] },
    metric({ of: { histogram: 'join', statistic: 'p9999' }, better: 'lower' }),
    metric({ of: { counter: 'joins', per: 'second' }, better: 'higher' }),
    metric({ of: { counter: 'joins', per: 'kept' } }),
    { compared: [{ ...COMPARED, weight: 100 }] },
  ])
    assert.equal(declarationFault({ ...CHAT, ...changes }), null, JSON.stringify(changes));
});

test('a fault is named with its place', () => {
  const fault = (changes: object) => declarationFault({ ...CHAT, ...changes });
  for (const [changes, place, message] of [
    [{ title: 'a'.repeat(201) }, 'title', 'is too long'],
    [{ question: ' ' }, 'question', 'expected a text'],
    [{ steps: [] }, 'steps', 'expected at least one step'],
    [
      { steps: [{ ...STEP, name: 'a'.repeat(41) }] },
      'steps.0.name',
      'expected lower-case words joined by hyphens',
    ],
    [
      { metrics: [{ ...METRIC, name: 'join' }] },
      'metrics.0.name',
      'expected words joined by dots, such as chat.join.p99',
    ],
  ] as const)
    assert.deepEqual(fault(changes), { place, fault: message });
  for (const [changes, place] of [
    [{ sections: -1 }, 'sections'],
    [{ sections: 0.5 }, 'sections'],
    [{ usesPayload: 1 }, 'usesPayload'],
    [{ compared: [{ ...COMPARED, weight: 0.9 }] }, 'compared.0.weight'],
    [{ compared: [{ ...COMPARED, weight: 100.1 }] }, 'compared.0.weight'],
    [{ metrics: [{ ...METRIC, of: { counter: 'joins', statistic: 'p50' } }] }, 'metrics.0.of'],
    [{ phasesRead: { joins: ['end'] } }, 'phasesRead.joins.0'],
    [{ name: undefined }, 'name'],
    [{ more: 1 }, 'more'],
  ] as const)
    assert.equal(fault(changes)?.place, place);
  assert.equal(declarationFault(null)?.place, '');
});
