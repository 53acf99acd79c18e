import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { parse } from './parse.ts';
import { lineRedactor, redacted } from './redact.ts';
import {
  givenSecrets,
  marked,
  maskedHeader,
  maskedPath,
  maskerOf,
  maskProblems,
  secretsIn,
} from './secrets.ts';

/** Of a variable with this value in the place of VALUE, what is kept secret. */
function secretIn(source: string, value: string, name = 'VALUE'): string[] {
  return secretsIn(source.replaceAll('VALUE', marked(name, value)), 'mine.conf').map((each) => each.value);
}

describe('a value of a template', () => {
  for (const source of [
    'proxy_set_header X-Served-By VALUE;',
    'proxy_set_header X-Served-By "a VALUE";',
    'auth_basic "VALUE";',
    'map $host $x { default VALUE; }',
    'map $host $x { VALUE 1; }',
    'set $x VALUE;',
    'return 200 "VALUE";',
    'if ($http_x != "VALUE") { return 403; }',
    'proxy_pass http://me:VALUE@app;',
    'proxy_pass http://VALUE:x@app;',
    'proxy_pass http://app/?a=VALUE;',
    'return 301 https://a.example/?a=VALUE;',
    'return 301 https://a.example/VALUE;',
    'upstream app { server a:1; } proxy_set_header X VALUE;',
    // Nothing that can be read as a configuration.
    'http { a VALUE',
  ])
    it(`is a secret in ${source}`, () => assert.deepEqual(secretIn(source, 'opensesame'), ['opensesame']));

  for (const source of [
    'listen VALUE;',
    'server_name VALUE;',
    'upstream app { server VALUE weight=2; }',
    'upstream VALUE { server a:1; }',
    'proxy_pass http://VALUE;',
    'proxy_pass http://VALUE:80/x;',
    'proxy_pass http://app/VALUE/ws;',
    'fastcgi_pass VALUE:9000;',
    'return 301 https://VALUE/x;',
    'proxy_set_header Host VALUE;',
    'root /srv/VALUE;',
    'location /VALUE/ws { }',
    'location ~ ^/(VALUE)?/ws { }',
    'location ~ ^/x?/VALUE { }',
    'VALUE on;',
    // Shown in one place, it cannot be hidden in another.
    'listen VALUE; add_header X VALUE;',
  ])
    it(`is none in ${source}`, () => assert.deepEqual(secretIn(source, 'app.internal'), []));

  it('is a secret in a path where its name says so, and never as a host', () => {
    assert.deepEqual(secretIn('location /VALUE/ws { }', 'abcdef', 'HOOK_TOKEN'), ['abcdef']);
    assert.deepEqual(secretIn('proxy_pass http://app/VALUE;', 'abcdef', 'HOOK_TOKEN'), ['abcdef']);
    assert.deepEqual(secretIn('proxy_pass http://VALUE;', 'auth.internal', 'AUTH_HOST'), []);
    assert.deepEqual(secretIn('set $x VALUE;', '12345', 'API_TOKEN'), ['12345']);
  });

  it('is none where it is a port, a size, a time, a switch or an address, wherever it stands', () => {
    for (const value of ['8080', '16k', '30s', '10r/s', 'on', 'auto', '10.0.0.0/8', 'app:3000', 'a.b:80'])
      assert.deepEqual(secretIn('set $x VALUE;', value), [], value);
    for (const value of ['123456', 'hunter', '10.0.0', 'a:b', '/a/path', 'https://a.example/hook'])
      assert.deepEqual(secretIn('set $x VALUE;', value), [value], value);
  });

  it('is found whole, in pieces over several words, and up to its end', () => {
    assert.deepEqual(secretIn('set $x "VALUE";', 'my s3 pw'), ['my s3 pw']);
    assert.deepEqual(secretIn('VALUE set $y harmless;', 'set $x "one two"; set $z three;'), [
      '$x',
      'one two',
      '$z',
      'three',
    ]);
    // Whatever follows a comment is none of the value.
    assert.deepEqual(secretIn('VALUE\nset $y harmless;', 'a; # b').includes('harmless'), false);
    assert.deepEqual(secretIn('set $x aVALUEb;', 'mid'), ['mid']);
  });
});

test('what was filled in is shown neither in a tree nor in a line, whatever its shape', () => {
  const nodes = parse(
    'http { upstream a { server b; } add_header X "pre-canary-post"; map $a $b { canary canary; } gzip on; }',
    'f',
  );
  const text = redacted(nodes, ['canary', 'gzip']);
  assert.doesNotMatch(text, /canary/);
  assert.match(text, /add_header X "pre-\*\*\*-post";/);
  assert.match(text, /server b;/);
  assert.match(text, /gzip on;/);
  assert.equal(lineRedactor([], ['canary'])('invalid value "canary" in x:3'), 'invalid value "***" in x:3');
});

test('a short secret is masked as a word alone, and the longest of several first', () => {
  const mask = maskerOf(['abc', 'abcdefg', 'ab', 'a.c']);
  assert.equal(mask('abc abcd xabc abcdefgh ab a.c'), '*** abcd xabc ***h ab ***');
  assert.equal(maskerOf(['ab', ''])('ab'), 'ab');
  assert.equal(maskerOf(['abcdef', 'abcdefgh'])('abcdefgh'), '***');
});

test('headers and the query of the path are a person’s own, but not the site that a browser names', () => {
  const secrets = givenSecrets({
    headers: [
      { name: 'Origin', value: 'https://a.example:8443' },
      { name: 'origin', value: 'https://a.example/secret' },
      { name: 'Cookie', value: 'sid=abcdef; theme=dark' },
      { name: 'Authorization', value: 'Bearer xyz123' },
    ],
    websocketPath: '/ws?ticket=one&port=8080&b=two?three',
  });
  for (const secret of [
    'https://a.example/secret',
    'abcdef',
    'Bearer xyz123',
    'xyz123',
    'two?three',
    'ticket=one&port=8080&b=two?three',
    'sid=abcdef; theme=dark',
  ])
    assert.ok(secrets.includes(secret), secret);
  for (const word of ['https://a.example:8443', 'Bearer', '8080', '/ws', '', 'dark', 'one'])
    assert.ok(!secrets.includes(word), word);
  assert.deepEqual(givenSecrets({ headers: [], websocketPath: null }), []);
  assert.deepEqual(givenSecrets({ headers: [], websocketPath: '/ws' }), []);
});

test('a command line shows which header was sent, and on which path', () => {
  assert.equal(maskedHeader('X-Api-Key: canary'), 'X-Api-Key: ***');
  assert.equal(maskedHeader('Origin: https://a.example'), 'Origin: https://a.example');
  assert.equal(maskedHeader('Origin: https://a.example/x'), 'Origin: ***');
  assert.equal(maskedHeader('canary'), '***');
  assert.equal(maskedPath('/ws?a=1?b'), '/ws?***');
  assert.equal(maskedPath('/ws'), '/ws');
});

test('a sentence about a failure has no secret in it, and what is no such sentence stays as it is', async () => {
  const act = () => {
    throw new Problem('died', 'It said canary.');
  };
  await assert.rejects(
    maskProblems(() => ['canary'], act),
    { kind: 'died', message: 'It said ***.' },
  );
  const defect = new Error('canary');
  await assert.rejects(
    maskProblems(
      () => ['canary'],
      () => Promise.reject(defect),
    ),
    (error) => error === defect,
  );
});
