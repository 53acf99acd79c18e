import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateText, rfc3339, timeMarkup } from './time.ts';

test('a time is shown by its day and minute, and any other text as it is', () => {
  const time = '2026-11-04T12:38:59.123Z';
  assert.equal(dateText(time), '4 Nov 2026');
  assert.equal(
    timeMarkup(time).markup,
    `<time datetime="${time}">4 Nov 2026, <span class="beside">12:38 UTC</span></time>`,
  );
  assert.deepEqual(['2026-01-31T00:00:00Z', '2026-12-01T00:00:00Z'].map(dateText), [
    ...['31 Jan 2026', '1 Dec 2026'],
  ]);
  for (const other of ['2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-01-40T00:00:00Z', '<b>', ''])
    assert.deepEqual(
      [dateText(other), timeMarkup(other).markup],
      [other, other.replace('<', '&lt;').replace('>', '&gt;')],
    );
});

test('a time in RFC 3339 format is kept, and the start of 1970 stands for any other', () => {
  const none = '1970-01-01T00:00:00Z';
  const times = ['2026-11-04T12:38:59.123Z', '2026-11-04T12:38:59Z'];
  assert.deepEqual(times.map(rfc3339), times);
  assert.deepEqual(['2026-13-04T12:38:59Z', 'yesterday', null].map(rfc3339), [none, none, none]);
});
