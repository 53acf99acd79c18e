import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alikeGroups, mergedText } from './alike.ts';

test('texts that differ in their figures alone are one text with ranges, as they were written', () => {
  assert.equal(
    mergedText([
      'It used 0.98 of a core (113.1 µs), 1,200 in all.',
      'It used 1.00 of a core (9 µs), 800 in all.',
    ]),
    'It used 0.98 to 1.00 of a core (9 to 113.1 µs), 800 to 1,200 in all.',
  );
  assert.equal(mergedText(['the same 7', 'the same 7']), 'the same 7');
  for (const [a, b] of [
    ['4 of them', '4 of these'],
    ['took 4 ms', 'took 4 ms more'],
    ['in (4)', 'in 4'],
    ['worker 1–10', 'worker 2–7'],
    ['nginx 1.22.1', 'nginx 1.26.3'],
  ] as const)
    assert.equal(mergedText([a, b]), null, `${a} | ${b}`);
});

test('every item is in one group, and a group is what can be merged', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '1', '20', '3.5,', '(7)'), { maxLength: 4 })
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const groups = alikeGroups(texts, (each) => each);
      assert.deepEqual(groups.flat().toSorted(), texts.toSorted());
      for (const group of groups) assert.notEqual(mergedText(group), null);
      for (const [at, [first]] of groups.entries())
        for (const [earlier] of groups.slice(0, at)) assert.ok(first !== earlier);
    }),
  );
});
