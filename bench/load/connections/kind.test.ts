import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { FAILURE_STAGES, failureKey } from '../../model/failure.ts';
import { kindOfEnd, kindOfError } from './connection.ts';

const KINDS: [code: string | null, tcp: string, tls: string][] = [
  ['ECONNREFUSED', 'refused', 'refused'],
  ['ECONNRESET', 'reset', 'reset'],
  ['EPIPE', 'reset', 'reset'],
  ['ETIMEDOUT', 'connect-timeout', 'connect-timeout'],
  ['EADDRNOTAVAIL', 'no-ports', 'no-ports'],
  ['EADDRINUSE', 'no-ports', 'no-ports'],
  ['EMFILE', 'no-files', 'no-files'],
  ['ENFILE', 'no-files', 'no-files'],
  ['EHOSTUNREACH', 'system-EHOSTUNREACH', 'tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'system-ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['<b>/&', 'system-b', 'tls'],
  ['///', 'system-unknown', 'tls'],
  ['E'.repeat(41), `system-${'E'.repeat(40)}`, 'tls'],
  [null, 'system-unknown', 'tls'],
];

for (const [code, tcp, secured] of KINDS) {
  test(`${code} is ${tcp} before TLS, ${secured} during TLS, and an abnormal closure once the connection is open`, () => {
    assert.equal(kindOfError(code, 'tcp'), tcp);
    assert.equal(kindOfError(code, 'upgrade'), tcp);
    assert.equal(kindOfError(code, 'tls'), secured);
    assert.equal(kindOfError(code, 'open'), 'closed-1006');
    for (const stage of FAILURE_STAGES)
      assert.ok(v.is(failureKey, `${stage}/${kindOfError(code, stage)}`), 'it is a valid key of the result');
  });
}

test('a connection that ends without an error counts as reset before it opened, and as closed without a frame afterwards', () => {
  assert.deepEqual(FAILURE_STAGES.map(kindOfEnd), ['reset', 'reset', 'reset', 'closed-1006']);
});
