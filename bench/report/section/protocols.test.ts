import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import { PLAIN_PROBE } from '../../load/probe.ts';
import type { Run } from '../../model/run.ts';
import { formatRate } from '../../wording/format.ts';
import { extremesSentence } from '../finding/extremes.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { cacheSentence, protocolSentence } from '../protocol.ts';
import { viewOf } from '../view.ts';
import { httpLeg, protocols } from './protocols.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

test('variants are listed by what they offer in any step, and each sentence once with its runs', () => {
  const result = makeBothSteps(3, 1);
  const [, , tls, directLatency, , tlsLatency] = result.runs;
  assert.ok(tls && directLatency && tlsLatency && tls.probe);
  tlsLatency.probe = { ...tls.probe, alpnOffered: 'h2' };
  directLatency.probe = null;
  const view = viewOf(result);
  const section = protocols(view);
  assert.equal(section.finding, 'TLS: tls; HTTP/2 for clients that offer it: tls.');
  assert.deepEqual(
    [...(section.body?.markup ?? '').matchAll(/<li><strong>(.*?)<\/strong>: (.*?)<\/li>/g)].map(
      ([, whose, what]) => [whose, what],
    ),
    [
      ['direct, plain (throughput); plain (latency)', protocolSentence(PLAIN_PROBE)],
      ['direct (latency)', protocolSentence(null)],
      ['tls (throughput)', protocolSentence(tls.probe)],
      ['tls (latency)', protocolSentence(tlsLatency.probe)],
    ],
  );
  const none = protocols(viewOf(makeResult([makeRun({ ...SMALL, profile: 'plain' })])));
  assert.equal(none.finding, 'TLS: none; HTTP/2 for clients that offer it: none.');
});

test('what a probe did not find out is a dash or none, and so is all of a run without a probe', () => {
  const run = makeRun(SMALL);
  const unknown = { tlsProtocol: null, tlsCipher: null, tlsKeyType: null, tlsResumed: null };
  const probe = { ...unknown, alpn: null, alpnOffered: null, extendedConnect: null };
  const rowOf = (of: Run['probe']) =>
    tableOf(
      protocols(viewOf(makeResult([{ ...run, probe: of }]))).body?.markup ?? '',
      'Result of one connection before the load',
    );
  const none = [['tls', 'throughput', 'no TLS', '–', '–', '–', 'none', 'none', '–']];
  assert.deepEqual([rowOf(null), rowOf(probe)], [none, none]);
  const known = { ...probe, tlsResumed: false, extendedConnect: true };
  assert.deepEqual(rowOf(known), [['tls', 'throughput', 'no TLS', '–', '–', 'no', 'none', 'none', 'yes']]);
});

test('only runs with HTTP requests are compared and listed, and a cache is explained if there is one', () => {
  const runs = [
    makeRun({ ...SMALL, profile: 'cache', cache: true }),
    makeRun(SMALL),
    { ...makeRun({ ...SMALL, profile: 'plain' }), http: null },
  ];
  const [cached, tls] = runs;
  assert.ok(cached?.http && tls?.http);
  tls.http = { ...tls.http, requestsPerSecond: 5 };
  const view = viewOf(makeResult(runs));
  const section = httpLeg(view);
  const levels = [
    { name: 'cache', value: cached.http.requestsPerSecond },
    { name: 'tls', value: 5 },
  ];
  assert.equal(section.finding, extremesSentence('HTTP throughput', levels, formatRate));
  const page = section.body?.markup ?? '';
  const [first = assert.fail()] = view.runs;
  const paragraphs = [...page.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => text);
  assert.deepEqual(paragraphs.slice(1), [cacheSentence(first)]);
  assert.deepEqual(
    tableOf(page, 'HTTP requests').map(([name]) => name),
    ['cache', 'tls'],
  );
  const one = httpLeg(viewOf(makeResult([tls])));
  assert.deepEqual(
    [headsOf(one).length, one.finding],
    [1, extremesSentence('HTTP throughput', levels.slice(1), formatRate)],
  );
  const none = httpLeg(viewOf(makeResult(runs.slice(2))));
  assert.equal(none.body, null);
  assert.notEqual(none.finding, extremesSentence('HTTP throughput', [], formatRate));
});

test('responses other than 2xx are listed by class if it is known, and errors and timeouts are one figure', () => {
  const run = makeRun(SMALL);
  const { http } = run;
  assert.ok(http);
  const cellsOf = (changes: Partial<typeof http>) => {
    const changed = { ...http, errors: 3, timeouts: 4, non2xx: 1500, ...changes };
    const page = httpLeg(viewOf(makeResult([{ ...run, http: changed }]))).body?.markup ?? '';
    return tableOf(page, 'HTTP requests')[0]?.slice(7, 9);
  };
  const statuses = { '2xx': 10, '4xx': 1200, '5xx': 300 };
  assert.deepEqual(cellsOf({ statuses }), ['1,500 (4xx 1,200, 5xx 300)', '7']);
  assert.deepEqual(cellsOf({ statuses: { '2xx': 10 } }), ['1,500', '7']);
  assert.deepEqual(cellsOf({ statuses: null }), ['1,500', '7']);
});
