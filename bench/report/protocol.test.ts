import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN_PROBE } from '../load/probe.ts';
import { keyName, protocolSentence } from './protocol.ts';

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
