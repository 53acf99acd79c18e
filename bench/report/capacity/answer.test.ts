import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSearch, makeSearchResult } from '../../../test/capacity.ts';
import { stored } from '../../model/finding.ts';
import { resultText } from '../terminal.ts';
import { capacitySentences, searchSoFar } from './answer.ts';

const OBJECTIVES = 'with response.p99<20ms and connections.failed==0';
const LATE = 'The generator sent late: 9 ms.';

test('answers distinguish an interval, a lower bound, no level that holds, and an unknown capacity', () => {
  const held = `over 100 WebSockets ${OBJECTIVES}`;
  assert.deepEqual(capacitySentences(makeSearch()), [
    `tls holds between 4,900 and 5,100 messages per second ${held}.`,
  ]);
  assert.deepEqual(capacitySentences(makeSearch({ bound: 'at-least', limit: stored(LATE) })), [
    `tls holds at least 4,900 messages per second ${held}.`,
    `An objective was missed at 5,100, but nothing shows that tls was the cause. ${LATE}`,
  ]);
  const most = {
    bound: 'at-least',
    interval: [4900, null],
    limit: stored('No more was to be tried.'),
  } as const;
  assert.deepEqual(capacitySentences(makeSearch({ ...most, interval: [4900, null] })), [
    `tls holds at least 4,900 messages per second ${held}.`,
    'No more was to be tried.',
  ]);
  assert.deepEqual(capacitySentences(makeSearch({ bound: 'below', interval: [null, 200] })), [
    `tls did not hold 200 messages per second ${held}; this was the lowest level tried.`,
  ]);
  const unknown = capacitySentences(
    makeSearch({ bound: 'unknown', interval: [null, null], limit: stored(LATE) }),
  );
  assert.match(unknown.join(' '), /^Could not determine the capacity of tls over .* 9 ms\.$/);
});

test('the answer says if the search did not finish', () => {
  const [, last] = capacitySentences(makeSearch({ finished: false }));
  assert.equal(last, 'The search did not finish: it stopped after 6 trials.');
});

test('a search over connections counts them, with the rate on each or in total', () => {
  const sentence = (per: 'all' | 'connection', ratePerSecond: number) =>
    capacitySentences(makeSearch({ axis: { over: 'connections', ratePerSecond, per } }))[0];
  assert.equal(
    sentence('connection', 1),
    `tls holds between 4,900 and 5,100 WebSockets at 1 message per second on each WebSocket ${OBJECTIVES}.`,
  );
  assert.match(sentence('all', 2500), /WebSockets at 2.5k messages per second in total with /);
});

test('the progress line has both ends of the interval, as far as they are known', () => {
  assert.equal(searchSoFar(makeSearch()), 'held 4.9k/s, missed 5.1k/s');
  assert.equal(searchSoFar(makeSearch({ interval: [4900, null] })), 'held 4.9k/s');
  assert.equal(searchSoFar(makeSearch({ interval: [null, null] })), 'search');
});

test('the text has the answer first, a row for each trial, and why one is inconclusive', () => {
  const lines = resultText(makeSearchResult(), null).split('\n');
  assert.match(lines[0] ?? '', /^tls holds between 4,900 and 5,100 messages per second/);
  const cells = lines.slice(2).map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(cells[0], [
    'trial',
    'messages per second',
    'response.p99<20ms',
    'connections.failed==0',
    'Nginx CPU',
    'outcome',
  ]);
  assert.deepEqual(
    cells.slice(2, 8).map((row) => [row[0], row[1], row[2], row.at(-1)]),
    [
      ['1', '2,500', '3 ms', 'held'],
      ['2', '5,100', '41 ms', 'missed'],
      ['3', '4,900', '26 ms', 'inconclusive'],
      ['4', '4,900', '12 ms', 'held'],
      ['5', '4,900', '13 ms', 'held'],
      ['6', '5,100', '900 ms', 'schedule not kept'],
    ],
  );
  assert.ok(lines.includes(`Trial 3: ${LATE}`));
});
