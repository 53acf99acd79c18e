import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  parseByteRange,
  parseBytes,
  parseCount,
  parseDuration,
  parseNumber,
  quoted,
} from './units.ts';

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };
const quantity = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: 1e15 - 1 }),
  fc.nat(1000).map((n) => n * 1e6),
);

const PARSERS = { parseNumber, parseCount, parseDuration, parseBytes, parseByteRange };

test('numbers accept SI suffixes in upper and lower case', () => {
  for (const [text, value] of [
    ['0', 0],
    ['1000', 1000],
    ['10k', 10_000],
    ['10K', 10_000],
    ['1.5M', 1_500_000],
    ['2m', 2_000_000],
    ['1G', 1e9],
    ['0.5', 0.5],
    ['1.005k', 1005],
    [' 7 ', 7],
    // Sixteen digits would show that 0.067 is not a binary number.
    ['0.067G', 67_000_000],
  ] as const) {
    assert.equal(parseNumber('-R', text, ANY), value, text);
  }
});

test('times need a unit and are returned in microseconds', () => {
  for (const [text, value] of [
    ['100us', 100],
    ['100µs', 100],
    ['100μs', 100],
    ['500ms', 500_000],
    ['0.5ms', 500],
    ['30s', 30_000_000],
    ['2m', 120_000_000],
    ['1h', 3_600_000_000],
    ['0', 0],
  ] as const) {
    assert.equal(parseDuration('-d', text, ANY), value, text);
  }
});

test('sizes use the suffixes of Nginx', () => {
  for (const [text, value] of [
    ['64', 64],
    ['64B', 64],
    ['16k', 16_384],
    ['16K', 16_384],
    ['16Ki', 16_384],
    ['16KiB', 16_384],
    ['3ki', 3072],
    ['2MiB', 2_097_152],
    ['1Mi', 1_048_576],
    ['7B', 7],
    ['1M', 1_048_576],
    ['0.5k', 512],
  ] as const) {
    assert.equal(parseBytes('--payload', text, ANY), value, text);
  }
  assert.deepEqual(parseByteRange('--payload', '64-1024', ANY), { min: 64, max: 1024 });
  assert.deepEqual(parseByteRange('--payload', '1k-16k', ANY), { min: 1024, max: 16_384 });
  assert.deepEqual(parseByteRange('--payload', '64', ANY), { min: 64, max: 64 });
});

test('an error names the option, the value and the valid values', () => {
  const bounds = { min: 1, max: 1000 };
  for (const [act, message] of [
    [() => parseCount('-c', '10x', bounds), '-c "10x" must be a whole number from 1 to 1k.'],
    [() => parseCount('-c', '1.5', bounds), '-c "1.5" must be a whole number from 1 to 1k.'],
    [() => parseCount('-c', '10k', bounds), '-c "10k" must be between 1 and 1k.'],
    [() => parseCount('-c', '1001', bounds), '-c "1001" must be between 1 and 1k.'],
    [() => parseCount('-c', '0', bounds), '-c "0" must be between 1 and 1k.'],
    [() => parseDuration('-d', ' 10 ', ANY), '-d " 10 " needs a unit, for example 10ms or 10s.'],
    [
      () => parseBytes('--payload', '0.3k', ANY),
      '--payload "0.3k" must be a size in bytes, for example 64, 16k (16,384) or 1M.',
    ],
    [() => parseNumber('-R', 'x', bounds), '-R "x" must be a number from 1 to 1k, for example 10k or 1.5M.'],
    [() => parseNumber('-R', 'x', ANY), '-R "x" must be a number, for example 10k or 1.5M.'],
    [() => parseDuration('-d', '10', ANY), '-d "10" needs a unit, for example 10ms or 10s.'],
    [() => parseDuration('-d', 'long', ANY), '-d "long" must be a time, for example 500ms, 30s or 2m.'],
    [() => parseDuration('-d', '0.5us', ANY), '-d "0.5us" must be a whole number of microseconds.'],
    [
      () => parseByteRange('--payload', '2k-1k', ANY),
      '--payload "2k-1k" must name the smaller size first: 1k-2k.',
    ],
    [
      () => parseByteRange('--payload', '1-2-3', ANY),
      '--payload "1-2-3" must be a size or a range of sizes, for example 64 or 64-1024.',
    ],
    [
      () => parseBytes('--payload', '1kb', ANY),
      '--payload "1kb" must be a size in bytes, for example 64, 16k (16,384) or 1M.',
    ],
  ] as const) {
    assert.throws(act, { name: 'Problem', kind: 'usage', message });
  }
});

test('a value on a bound is accepted, and the largest whole unit is shown', () => {
  const bounds = { min: 1, max: 1000 };
  assert.deepEqual([parseCount('-c', '1', bounds), parseCount('-c', '1k', bounds)], [1, 1000]);
  assert.deepEqual([0, 1, 1500, 60_000_000, 3_600_000_000].map(formatDuration), [
    '0',
    '1us',
    '1500us',
    '1m',
    '1h',
  ]);
  assert.deepEqual([0, 1, 1024, 1536, 2 ** 20].map(formatBytes), ['0', '1', '1k', '1536', '1M']);
  assert.deepEqual([0, 1, 1000, 1500, 2e6, 1e9].map(formatNumber), ['0', '1', '1k', '1500', '2M', '1G']);
});

test('a quoted text is one line of up to 60 characters', () => {
  assert.equal(quoted('x'.repeat(60)), `"${'x'.repeat(60)}"`);
  assert.equal(quoted('x'.repeat(61)), `"${'x'.repeat(57)}…"`);
  assert.equal(quoted('a\n\u2028\u001bb'), '"a···b"');
});

test('every formatted value is parsed back to the same value', () => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      assert.equal(parseNumber('', formatNumber(a), ANY), a);
      assert.equal(parseDuration('', formatDuration(a), ANY), a);
      assert.equal(parseBytes('', formatBytes(a), ANY), a);
      const range = { min: Math.min(a, b), max: Math.max(a, b) };
      const text = `${formatBytes(range.min)}-${formatBytes(range.max)}`;
      assert.deepEqual(parseByteRange('', text, ANY), range);
    }),
  );
});

test('for every text, a parser returns a value within its bounds or throws a Problem of one line', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[-+.\d]{0,20}[a-zA-Zµ]{0,4}(-\d{0,20}[a-z]?)?$/),
  );
  const bounds = { min: 2, max: 5000 };
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(PARSERS)), text, (parse, typed) => {
      try {
        const value = parse('--option', typed, bounds);
        for (const number of typeof value === 'number' ? [value] : [value.min, value.max]) {
          assert.ok(number >= bounds.min && number <= bounds.max);
        }
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
        assert.equal(error.kind, 'usage');
        assert.match(error.message, /^--option ".*".*\.$/u);
      }
    }),
    { numRuns: 1000 },
  );
});
