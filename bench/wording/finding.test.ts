import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { type Fact, type Facts, type Finding, findingSchema, stored } from '../model/finding.ts';
import { finding, groupedFindings, mergedFinding, SENTENCES } from './finding.ts';
import type { Amount } from './format.ts';

const count = fc.nat(100_000);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 });
/** Findings with several codes, whose data contain figures, nested figures, lists of figures, and lists of objects. */
const made: fc.Arbitrary<Finding> = fc.oneof(
  fc.record({ lagUs: count, share }).map((data) => finding('send-lag', data)),
  fc.record({ count, seconds, of: count, usualUs: count }).map((data) => finding('stalled', data)),
  fc
    .record({ proxy: fc.option(share), server: share, component: fc.constantFrom('proxy', 'server') })
    .map(({ proxy, server, component }) => {
      const busy = {
        proxy: proxy === null ? null : { busiest: proxy, least: null },
        server,
        generator: null,
      };
      return finding('limited-by', { component, evidence: { kind: 'busy', busy } });
    }),
  fc
    .array(fc.record({ name: fc.constantFrom('sent', 'lost'), slices: count, totals: count }), {
      maxLength: 2,
    })
    .map((counts) => finding('slices-differ', { counts })),
  fc.constant(finding('engine-node', { remedy: 'Install it' })),
);
const several = fc.array(made, { minLength: 1, maxLength: 5 }) as fc.Arbitrary<[Finding, ...Finding[]]>;
/** Findings that can usually be merged. */
const alike = fc
  .array(fc.record({ lagUs: count, share }), { minLength: 1, maxLength: 5 })
  .map((all) => all.map((data) => finding('send-lag', data)) as [Finding, ...Finding[]]);

test('the result of merging does not depend on the order', () => {
  const shuffled = fc
    .oneof(several, alike)
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }) as typeof several),
    );
  fc.assert(
    fc.property(shuffled, ([all, other]) => assert.deepEqual(mergedFinding(other), mergedFinding(all))),
  );
});

test('a merged finding covers every figure of its parts, and its sentence is generated from its data', () => {
  fc.assert(
    fc.property(fc.oneof(several, alike), (all) => {
      const merged = mergedFinding(all);
      if (merged === null) return;
      assert.deepEqual(mergedFinding([merged, merged]), merged);
      assert.deepEqual(mergedFinding([merged, ...all]), merged);
      for (const { data } of all) assert.ok(covers(merged.data, data), JSON.stringify([merged.data, data]));
    }),
  );
});

/** Whether each figure of `part` equals that of `whole` or lies in its range. Lists of figures may be missing. */
function covers(whole: Fact, part: Fact): boolean {
  if (typeof part === 'number') {
    const amount = whole as Amount;
    if (typeof amount === 'number') return amount === part;
    return amount.least <= part && part <= amount.most;
  }
  if (Array.isArray(whole) && whole.length === 0) return Array.isArray(part);
  if (typeof part !== 'object' || part === null) return whole === part;
  return Object.entries(part).every(([name, each]) => covers((whole as Facts)[name], each));
}

test('findings with different codes, different words or unknown sentences are not merged', () => {
  const lag = finding('send-lag', { lagUs: 1, share: 0.5 });
  const ended = (reason: string) => finding('run-ended', { state: 'failed', reason });
  const pairs: [Finding, Finding][] = [
    [lag, finding('rate-missed', { ratio: 1 })],
    [ended('a'), ended('b')],
    [lag, { ...lag, text: 'The generator sent late.' }],
    [lag, { ...lag, data: { lagUs: 2, share: 0.5 }, text: '' }],
    [stored('a'), stored('b')],
    [
      { ...lag, code: 'toString' },
      { ...lag, code: 'toString', text: '' },
    ],
  ];
  for (const [a, b] of pairs) {
    assert.equal(mergedFinding([a, b]), null);
    assert.equal(mergedFinding([b, a]), null);
    assert.equal(groupedFindings([a, b, a], (each) => each).length, 2);
  }
  assert.equal(mergedFinding([stored('a'), stored('a')])?.text, 'a');
  const [cut, echoed] = [finding('nothing-cut', {}), finding('nothing-echoed', {})];
  assert.deepEqual(
    [mergedFinding([cut, cut]), mergedFinding([cut, echoed, cut]), mergedFinding([cut, cut, echoed])],
    [cut, null, null],
  );
  const odd = { ...cut, text: 'x' };
  assert.deepEqual(
    [mergedFinding([odd, odd]), mergedFinding([cut, odd, cut]), mergedFinding([odd, cut])],
    [odd, null, null],
  );
});

test('groups are in the order of their first member and contain all of their members', () => {
  const lags = [1000, 3000, 2000].map((lagUs) => finding('send-lag', { lagUs, share: 0.5 }));
  const other = finding('nothing-echoed', {});
  const [first, ...rest] = lags;
  assert.ok(first);
  const groups = groupedFindings([first, other, ...rest], (each) => each);
  assert.deepEqual(
    groups.map(({ members, finding: { data } }) => [members, data]),
    [
      [lags, { lagUs: { least: 1000, most: 3000 }, share: 0.5 }],
      [[other], {}],
    ],
  );
});

test('merging never throws, whatever was stored', () => {
  const code = fc.constantFrom(...Object.keys(SENTENCES), 'constructor', 'stored');
  const name = fc.constantFrom(
    'seconds',
    'count',
    'busy',
    'evidence',
    'kind',
    'least',
    'most',
    '__proto__',
    'x',
  );
  const data = fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })) as fc.Arbitrary<Facts>;
  const hostile = fc.record({ code, data, text: fc.constantFrom('', 'a', '–') }).map((each): Finding => {
    // About half of them have the sentence that is generated from their data, if it can be generated.
    try {
      const sentence = SENTENCES[each.code as keyof typeof SENTENCES] as (of: unknown) => string;
      return each.text === '' ? { ...each, text: String(sentence(each.data)) } : each;
    } catch {
      return each;
    }
  });
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 2, maxLength: 3 }), code, ([first, ...others], shared) => {
      assert.ok(first);
      const all = [first, ...others.map((each) => ({ ...each, code: first.code }))] as const;
      for (const each of [all, [first, ...others] as const, [{ ...first, code: shared }] as const]) {
        const merged = mergedFinding(each);
        if (merged !== null) assert.equal(typeof merged.text, 'string');
      }
    }),
    { numRuns: 1_000 },
  );
});

test('data nested more deeply than that of any finding is rejected when it is read', () => {
  const nested = (levels: number): Fact => (levels === 0 ? 1 : { a: nested(levels - 1) });
  const read = (levels: number) => v.is(findingSchema, { code: 'a', data: nested(levels), text: '' });
  assert.deepEqual([read(1), read(10), read(11)], [true, true, false]);
  assert.equal(v.is(findingSchema, { code: 'a', data: { shallow: 1, deep: nested(10) }, text: '' }), false);
  assert.equal(
    v.is(findingSchema, {
      code: 'a',
      data: JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)[0],
      text: '',
    }),
    false,
  );
});

test('facts are merged by name and position; whatever is not a number must be the same', () => {
  const merged = (first: Facts, ...others: Facts[]) => {
    const all = [first, ...others].map((data) => finding('nothing-cut', data as never));
    return mergedFinding(all as [Finding, ...Finding[]])?.data;
  };
  const span = (least: number, most: number) => ({ least, most });
  assert.deepEqual(merged({ a: 1, b: 'x' }, { a: 3, b: 'x' }, { a: 2, b: 'x' }), { a: span(1, 3), b: 'x' });
  assert.deepEqual(merged({ a: span(2, 5) }, { a: 7 }), { a: span(2, 7) });
  assert.deepEqual(merged({ a: 1 }, { a: span(2, 5) }), { a: span(1, 5) });
  assert.deepEqual(merged({ a: [1, 2] }, { a: [1, 2] }), { a: [1, 2] });
  assert.deepEqual(merged({ a: [1, 2] }, { a: [1, 3] }), { a: [] });
  assert.deepEqual(merged({ a: [1] }, { a: [1, 3] }), { a: [] });
  assert.deepEqual(merged({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }), { a: [{ b: span(1, 2) }] });
  assert.deepEqual(merged({ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }), { a: { b: { c: span(1, 2) } } });
  assert.deepEqual(merged({ a: { ...span(1, 2), more: 3 } }, { a: { ...span(0, 2), more: 3 } }), {
    a: { least: span(0, 1), most: 2, more: 3 },
  });
  assert.deepEqual(merged({ a: { least: 1, most: 'x' } }, { a: { least: 2, most: 'x' } }), {
    a: { least: span(1, 2), most: 'x' },
  });
  assert.deepEqual(merged({ a: undefined, b: 1 }, { a: undefined, b: 1 }), { a: undefined, b: 1 });
  // If they cannot be merged, the first one stands for all, because their texts are the same.
  for (const [a, b] of [
    [{ a: 1 }, { a: 'x' }],
    [{ a: null }, { a: 1 }],
    [{ a: [{}] }, { a: { 0: {} } }],
    [{ a: [{}] }, { a: [{}, {}] }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 2, b: 1 }],
    [{ a: [{ c: 1 }] }, { a: { 0: { c: 2 } } }],
    [{ a: { b: 'x' } }, { a: { b: 'y' } }],
  ] as const) {
    assert.deepEqual(merged(a, b), a);
    assert.deepEqual(merged(b, a), b);
  }
});
