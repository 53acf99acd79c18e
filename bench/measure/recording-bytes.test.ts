import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PHASES } from '../model/load.ts';
import type { Recording } from '../model/recording.ts';
import { BUCKETS } from './counts.ts';
import { decodeRecording, encodeRecording } from './recording-bytes.ts';

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const span = fc.tuple(count, fc.nat(1e9)).map(([startUs, us]) => ({
  startUs: Math.min(startUs, Number.MAX_SAFE_INTEGER - us),
  endUs: Math.min(startUs, Number.MAX_SAFE_INTEGER - us) + us,
}));
const pairs = fc.uniqueArray(fc.nat(BUCKETS - 1), { minLength: 1, maxLength: 50 }).chain((indexes) =>
  fc
    .array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), {
      minLength: indexes.length,
      maxLength: indexes.length,
    })
    .map((counts) =>
      Uint32Array.from(indexes.sort((a, b) => a - b).flatMap((index, i) => [index, counts[i] ?? 1])),
    ),
);

const names = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,39}$/);
const byName = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> =>
  fc.dictionary(names, of, { maxKeys: 12, noNullPrototype: true });

const recordings: fc.Arbitrary<Recording> = fc
  .record({
    from: fc.record(
      { host: fc.string({ unit: 'grapheme', maxLength: 20 }), index: count },
      { noNullPrototype: true },
    ),
    sequence: count,
    span,
    phase: fc.constantFrom(...PHASES),
    counters: byName(count),
    failures: fc.dictionary(fc.constantFrom('tcp/refused', 'upgrade/status-503', 'open/closed-1006'), count, {
      noNullPrototype: true,
    }),
    gauges: fc.option(byName(count), { nil: null }),
    loop: fc.option(fc.tuple(span, fc.nat(1e6), count), { nil: null }),
    histograms: byName(pairs),
    fanOuts: fc.array(
      fc.record(
        { number: count, intendedUs: count, members: count, delays: pairs },
        { noNullPrototype: true },
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ span: bounds, loop, ...rest }) => ({
    ...rest,
    ...bounds,
    loop: loop === null ? null : { ...loop[0], utilisation: loop[1] / 1e6, delayMaxUs: loop[2] },
  }));

test('an encoded recording is decoded unchanged, even after base64 and JSON', () => {
  fc.assert(
    fc.property(recordings, (recording) => {
      const bytes = encodeRecording(recording);
      assert.deepEqual(decodeRecording(bytes), recording);
      const text: string = JSON.parse(JSON.stringify(bytes.toString('base64')));
      assert.deepEqual(decodeRecording(Buffer.from(text, 'base64')), recording);
    }),
  );
});

/** Returns the bytes of an encoded string. */
function text(of: string): number[] {
  const bytes = Buffer.from(of);
  return [bytes.length, ...bytes];
}

/** The bytes of EMPTY up to its counters (ORIGIN) and up to its failures (HEAD). */
const ORIGIN = [3, 1, 104, 1, 2, 3, 5, 2];
const HEAD = [...ORIGIN, 0];

const EMPTY: Recording = {
  from: { host: 'h', index: 1 },
  sequence: 2,
  startUs: 3,
  endUs: 300,
  phase: 'steady',
  counters: {},
  failures: {},
  gauges: null,
  loop: null,
  histograms: {},
  fanOuts: [],
};

test('the highest bucket is decoded, and a histogram that ends with the bytes', () => {
  const top = Uint8Array.from([...HEAD, 0, 0, 0, 1, ...text('tcp'), 1, 0x80, 0xb0, 0x01, 1, 0]);
  assert.deepEqual(decodeRecording(top).histograms, { tcp: Uint32Array.from([BUCKETS - 1, 1]) });
  // No more than one pair can follow, whether a fan-out ends the bytes or not.
  const short = [...HEAD, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1];
  assert.throws(() => decodeRecording(Uint8Array.from(short)), /middle of a histogram/);
  assert.equal(decodeRecording(Uint8Array.from([...short, 1])).fanOuts.length, 1);
});

test('the longest possible host name is decoded', () => {
  const recording = { ...EMPTY, from: { host: 'h'.repeat(255), index: 1 } };
  assert.deepEqual(decodeRecording(encodeRecording(recording)), recording);
});

test('the utilisation of the event loop is rounded to the nearest millionth', () => {
  const loop = { startUs: 8, endUs: 9, utilisation: 2 / 3, delayMaxUs: 10 };
  const decoded = decodeRecording(encodeRecording({ ...EMPTY, loop }));
  assert.deepEqual(decoded.loop, { ...loop, utilisation: 0.666667 });
});

test('the layout is the documented one', () => {
  const bytes = encodeRecording({
    ...EMPTY,
    counters: { sent: 1, echoed: 300 },
    failures: { 'tcp/refused': 5 },
    gauges: { outstanding: 6, open: 7 },
    loop: { startUs: 8, endUs: 9, utilisation: 0.5, delayMaxUs: 10 },
    histograms: { tcp: new Uint32Array([0, 11, 4, 12]), unsentWait: new Uint32Array([130, 1]) },
    fanOuts: [{ number: 13, intendedUs: 14, members: 15, delays: new Uint32Array([16, 17]) }],
  });
  assert.deepEqual(
    [...bytes],
    [
      ...[3, 1, 'h'.charCodeAt(0), 1, 2, 3, 0xac, 0x02, 2],
      ...[2, ...text('sent'), 1, ...text('echoed'), 0xac, 0x02],
      ...[1, ...text('tcp/refused'), 5],
      ...[1, 2, ...text('outstanding'), 6, ...text('open'), 7],
      ...[1, 8, 9, 0xa0, 0xc2, 0x1e, 10],
      ...[2, ...text('tcp'), 2, 1, 11, 4, 12, ...text('unsentWait'), 1, 0x83, 0x01, 1],
      ...[1, 13, 14, 15, 1, 17, 17],
    ],
  );
});

const NO_NAMES = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 50 }),
    fc.stringMatching(/^[a-zA-Z0-9_-]{0,45}$/),
    fc.constantFrom('', 'Sent', '9lives', '__proto__', 'two words', 'sent\n', 'a'.repeat(41)),
  )
  .filter((name) => !/^[a-z][A-Za-z0-9]{0,39}$/.test(name));

test('invalid and duplicate names of counters and histograms are errors', () => {
  fc.assert(
    fc.property(
      NO_NAMES.filter((name) => Buffer.byteLength(name) <= 255),
      (name) => {
        for (const bytes of named(text(name)))
          assert.throws(() => decodeRecording(Buffer.from(bytes)), /unknown or repeated/);
      },
    ),
  );
  fc.assert(
    fc.property(names, (name) => {
      for (const bytes of named(text(name))) decodeRecording(Buffer.from(bytes));
      for (const bytes of named(text(name), text(name)))
        assert.throws(() => decodeRecording(Buffer.from(bytes)), /unknown or repeated/);
    }),
  );
});

test('a number that is no count cannot be encoded', () => {
  const [recording] = fc.sample(recordings, { numRuns: 1, seed: 1 });
  assert.ok(recording);
  for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => encodeRecording({ ...recording, sequence }), RangeError);
});

/** Recordings that count, have levels of, and time these names. */
function named(...list: number[][]): number[][] {
  const { length } = list;
  const counts = [length, ...list.flatMap((name) => [...name, 1])];
  const histograms = [length, ...list.flatMap((name) => [...name, 1, 1, 1])];
  return [
    [...ORIGIN, ...counts, 0, 0, 0, 0, 0],
    [...ORIGIN, 0, 0, 1, ...counts, 0, 0, 0],
    [...ORIGIN, 0, 0, 0, 0, ...histograms, 0],
  ];
}

test('any bytes that are not a recording cause an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        encodeRecording(decodeRecording(bytes));
      } catch (error) {
        assert.ok(error instanceof Error && /^(it|its|a|the) /.test(error.message), String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test('a truncated recording is an error, and one with a changed byte is an error or another recording', () => {
  fc.assert(
    fc.property(recordings, fc.nat(), fc.integer({ min: 1, max: 255 }), (recording, where, change) => {
      const bytes = encodeRecording(recording);
      assert.throws(() => decodeRecording(bytes.subarray(0, where % bytes.length)));
      assert.throws(() => decodeRecording(Buffer.concat([bytes, Buffer.from([0])])), /after its end/);
      const changed = Buffer.from(bytes);
      const at = where % bytes.length;
      changed[at] = (bytes[at] ?? 0) ^ change;
      try {
        assert.notDeepEqual(decodeRecording(changed), recording);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
  );
});

const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];

function histogram(...pairs: number[]): number[] {
  return [...HEAD, 0, 0, 0, 1, ...text('tcp'), ...pairs];
}

const HOSTILE: [what: string, bytes: number[], error: RegExp][] = [
  ['nothing', [], /ends too early/],
  ['an older version', [1], /version 1/],
  ['another version', [4], /version 4/],
  ['a number that does not end', Array<number>(3_000).fill(0x80), /ends too early|too large to be a count/],
  ['a number beyond the safe integers', [3, 1, 104, ...Array<number>(9).fill(0xff), 1], /too large to be/],
  ['a text that does not end', [3, ...HUGE], /too long/],
  ['a text that is longer than the remaining bytes', [3, 100, 104], /too long/],
  ['a text longer than any host name', [3, 0x80, 0x02, ...Array<number>(300).fill(104)], /too long/],
  ['an end before the beginning', [3, 1, 104, 1, 2, 5, 3], /before it begins/],
  ['an unknown phase', [3, 1, 104, 1, 2, 3, 5, 4], /phase/],
  ['counters that do not end', [...ORIGIN, ...HUGE], /ends too early/],
  ['an unknown failure', [...HEAD, 1, 1, 104, 1], /unknown or repeated/],
  ['a failure named like a property', [...HEAD, 1, 9, ...Buffer.from('__proto__'), 1], /unknown or repeated/],
  ['a failure twice', [...HEAD, 2, ...text('tcp/refused'), 1, ...text('tcp/refused'), 1], /or repeated/],
  ['failures that do not end', [...HEAD, ...HUGE], /ends too early/],
  ['an invalid flag for gauges', [...HEAD, 0, 2], /yes or no/],
  ['a loop that is more than 100 % busy', [...HEAD, 0, 0, 1, 0, 0, 0xc1, 0x84, 0x3d, 0], /100 % busy/],
  ['gauges that do not end', [...HEAD, 0, 1, ...HUGE], /ends too early/],
  ['histograms that do not end', [...HEAD, 0, 0, 0, ...HUGE], /ends too early/],
  ['fan-outs that do not end', [...HEAD, 0, 0, 0, 0, ...HUGE], /ends too early/],
  ['a histogram with more pairs than bytes', histogram(...HUGE, 1, 1), /middle of a histogram/],
  ['a bucket twice', histogram(2, 1, 1, 0, 1), /buckets/],
  ['a bucket beyond the highest', histogram(1, 0xff, 0xff, 0x7f, 1), /buckets/],
  ['an empty bucket', histogram(1, 1, 0), /no count/],
  ['a count of more than 32 bits', histogram(1, 1, 0x80, 0x80, 0x80, 0x80, 0x10), /no count/],
];

for (const [what, bytes, error] of HOSTILE) {
  test(`${what}: an error`, () => {
    assert.throws(() => decodeRecording(Buffer.from(bytes)), error);
  });
}

test('the head before the hostile bytes is valid', () => {
  const recording = { ...EMPTY, endUs: 5 };
  assert.deepEqual(decodeRecording(Buffer.from([...HEAD, 0, 0, 0, 0, 0])), recording);
});
