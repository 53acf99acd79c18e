import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { PLAIN_PROBE } from '../load/probe.ts';
import { formatShare } from '../wording/format.ts';
import { cacheCounts, cacheSentence, keyName, protocolSentence } from './protocol.ts';
import { viewOf } from './view.ts';

test('no sentence claims that WebSockets ran over HTTP/2 if they did not', () => {
  const probe = {
    alpn: null,
    alpnOffered: 'h2',
    extendedConnect: false,
    tlsProtocol: 'TLSv1.3',
    tlsCipher: null,
    tlsKeyType: null,
    tlsResumed: null,
  };
  const without = protocolSentence(probe);
  assert.match(without, /does not advertise extended CONNECT \(RFC 8441\)/);
  assert.match(without, /every WebSocket ran over HTTP\/1\.1 on its own TLS connection/);
  for (const extendedConnect of [true, null])
    assert.match(protocolSentence({ ...probe, extendedConnect }), /every WebSocket ran over HTTP\/1\.1/);
  assert.match(protocolSentence({ ...probe, extendedConnect: true }), /would be possible/);
  assert.match(protocolSentence({ ...probe, extendedConnect: null }), /\(RFC 8441\) is unknown/);
  assert.doesNotMatch(protocolSentence({ ...probe, alpnOffered: 'http/1.1' }), /h2/);
  assert.match(protocolSentence({ ...probe, tlsProtocol: null, alpnOffered: null }), /No TLS/);
  assert.match(protocolSentence(null), /was not probed/);
});

test('the key type of a certificate has its common name', () => {
  const names = ['ec', 'rsa', 'ed25519', null].map((tlsKeyType) => keyName({ ...PLAIN_PROBE, tlsKeyType }));
  assert.deepEqual([...names, keyName(null)], ['ECDSA', 'RSA', 'ed25519', '–', '–']);
});

test('a connection that negotiated h2 is reported as such, whatever else the listener offers', () => {
  const probe = { ...PLAIN_PROBE, tlsProtocol: 'TLSv1.3', alpn: 'h2' };
  const sentences = ['h2', 'http/1.1', null].map((alpnOffered) =>
    protocolSentence({ ...probe, alpnOffered }),
  );
  assert.equal(new Set(sentences).size, 1);
  assert.notEqual(sentences[0], protocolSentence({ ...probe, alpn: null, alpnOffered: null }));
});

test('cache statuses are listed with the most frequent first', () => {
  assert.equal(cacheCounts({ MISS: 1, HIT: 1234, STALE: 5 }), 'HIT 1,234, STALE 5, MISS 1');
  assert.equal(cacheCounts({}), 'no answer');
  assert.equal(cacheCounts(null), 'no cache');
});

test('the effect of a cache is explained only if there is one, with its figures if they are known', () => {
  const [view = assert.fail()] = viewOf(
    makeResult([makeRun({ seconds: 1, profile: 'cache', cache: true })]),
  ).runs;
  const { http } = view.run;
  assert.ok(http && view.figures.http);
  const told = (figures: Partial<typeof view.figures>, run: Partial<typeof view.run> = {}) =>
    cacheSentence({ ...view, figures: { ...view.figures, ...figures }, run: { ...view.run, ...run } });
  const share = formatShare(view.figures.http.cacheHitShare);
  const known = `cache, throughput: the cache answered ${share} of the requests, and 1 of 24,000 requests reached`;
  assert.ok(told({}).startsWith(known), told({}));
  assert.equal(told({}, { http: null }), '');
  assert.equal(told({}, { http: { ...http, cache: null } }), '');
  const unknown = told({ http: null });
  assert.ok(unknown.startsWith('cache, throughput: ') && !unknown.includes('24,000'));
  assert.equal(told({ http: { ...view.figures.http, backend: null } }), unknown);
});
