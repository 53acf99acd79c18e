import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { finding } from '../wording/finding.ts';
import { parse } from './parse.ts';
import { lineRedactor, redacted } from './redact.ts';
import {
  givenSecrets,
  marked,
  maskedFinding,
  maskedHeader,
  maskedPath,
  maskerOf,
  maskProblems,
  secretsIn,
} from './secrets.ts';

/** Returns the secret parts if a variable with this value replaces VALUE. */
function secretIn(source: string, value: string, name = 'VALUE'): string[] {
  return secretsIn(source.replaceAll('VALUE', marked(name, value)), 'mine.conf').map((each) => each.value);
}

describe('a template variable’s value', () => {
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
    // Text that cannot be parsed as a configuration.
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
    // A value shown in one place cannot be hidden in another.
    'listen VALUE; add_header X VALUE;',
  ])
    it(`is not a secret in ${source}`, () => assert.deepEqual(secretIn(source, 'app.internal'), []));

  it('is a secret in a path if its name suggests it, and never as a host', () => {
    assert.deepEqual(secretIn('location /VALUE/ws { }', 'abcdef', 'HOOK_TOKEN'), ['abcdef']);
    assert.deepEqual(secretIn('proxy_pass http://app/VALUE;', 'abcdef', 'HOOK_TOKEN'), ['abcdef']);
    assert.deepEqual(secretIn('proxy_pass http://VALUE;', 'auth.internal', 'AUTH_HOST'), []);
    assert.deepEqual(secretIn('set $x VALUE;', '12345', 'API_TOKEN'), ['12345']);
  });

  it('is not a secret if it is a port, a size, a time, a switch or an address, wherever it occurs', () => {
    for (const value of ['8080', '16k', '30s', '10r/s', 'on', 'auto', '10.0.0.0/8', 'app:3000', 'a.b:80'])
      assert.deepEqual(secretIn('set $x VALUE;', value), [], value);
    for (const value of ['123456', 'hunter', '10.0.0', 'a:b', '/a/path', 'https://a.example/hook'])
      assert.deepEqual(secretIn('set $x VALUE;', value), [value], value);
  });

  it('is found entirely, in parts over several words, and up to its end', () => {
    assert.deepEqual(secretIn('set $x "VALUE";', 'my s3 pw'), ['my s3 pw']);
    assert.deepEqual(secretIn('VALUE set $y harmless;', 'set $x "one two"; set $z three;'), [
      '$x',
      'one two',
      '$z',
      'three',
    ]);
    // Text after the comment does not belong to the value.
    assert.deepEqual(secretIn('VALUE\nset $y harmless;', 'a; # b').includes('harmless'), false);
    assert.deepEqual(secretIn('set $x aVALUEb;', 'mid'), ['mid']);
  });
});

test('a variable’s value is shown neither in a tree nor in a line, whatever its form', () => {
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

test('a short secret is only masked as a whole word, and longer secrets are masked first', () => {
  const mask = maskerOf(['abc', 'abcdefg', 'ab', 'a.c']);
  assert.equal(mask('abc abcd xabc abcdefgh ab a.c'), '*** abcd xabc ***h ab ***');
  assert.equal(maskerOf(['ab', ''])('ab'), 'ab');
  assert.equal(maskerOf(['abcdef', 'abcdefgh'])('abcdefgh'), '***');
});

test('header values and the path’s query are secret, except the site in Origin', () => {
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

test('a command line still shows the header names and the path', () => {
  assert.equal(maskedHeader('X-Api-Key: canary'), 'X-Api-Key: ***');
  assert.equal(maskedHeader('Origin: https://a.example'), 'Origin: https://a.example');
  assert.equal(maskedHeader('Origin: https://a.example/x'), 'Origin: ***');
  assert.equal(maskedHeader('canary'), '***');
  assert.equal(maskedPath('/ws?a=1?b'), '/ws?***');
  assert.equal(maskedPath('/ws'), '/ws');
});

test('a failure’s sentence contains no secret, and other errors are not changed', async () => {
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

test('a notice contains no secret in its data, at any depth', () => {
  const others = [{ location: '/b/s3cret', place: 's3cret.conf:2' }];
  const data = { path: '/s3cret', location: '~ ^/s3cret', place: 'a.conf:1', others };
  const notice = { level: 'info' as const, ...finding('sandbox-location', data) };
  const masked = maskedFinding(notice, maskerOf(['s3cret']));
  assert.deepEqual(masked, {
    level: 'info',
    ...finding('sandbox-location', {
      path: '/***',
      location: '~ ^/***',
      place: 'a.conf:1',
      others: [{ location: '/b/***', place: '***.conf:2' }],
    }),
  });
});
