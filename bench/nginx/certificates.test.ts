import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyTypeFor, keyTypeOf } from './certificates.ts';
import { parse } from './parse.ts';
import { directives } from './tree.ts';

test('the innermost cipher list decides on the type of the key', () => {
  const of = (http: string, server: string) => {
    const [outer = assert.fail()] = directives(parse(`http { ${http} server { ${server} } }`, 'a.conf'));
    return keyTypeFor([outer, ...directives(outer.block, 'server')]);
  };
  const [rsa, both] = ['ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;', 'ssl_ciphers HIGH;'];
  assert.deepEqual(
    [of(rsa, ''), of('', rsa), of(both, rsa), of(rsa, both), of('', ''), of(rsa, 'ssl_ciphers;')],
    ['rsa', 'rsa', 'rsa', 'ecdsa', 'ecdsa', 'ecdsa'],
  );
});

test('a key is an RSA key only if every suite for TLS 1.2 needs one', () => {
  assert.deepEqual(
    [
      'ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-SHA',
      'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
      'kRSA, aRSA RSA:+AES128-SHA',
      '!aNULL:-MD5:@STRENGTH:TLS_AES_128_GCM_SHA256:AES256-SHA',
      '!aNULL:TLS_AES_128_GCM_SHA256',
      '',
    ].map(keyTypeOf),
    ['rsa', 'ecdsa', 'rsa', 'rsa', 'ecdsa', 'ecdsa'],
  );
});
