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
    'proxy_pass ?VALUE;',
    'root ?VALUE;',
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
    assert.deepEqual(secretIn('VALUE harmless;', 'set $x a; # b\nset long'), ['$x', 'a', 'long']);
    // Text after the comment does not belong to the value.
    assert.deepEqual(secretIn('VALUE\nset $y harmless;', 'a; # b').includes('harmless'), false);
    assert.deepEqual(secretIn('set $x aVALUEb;', 'mid'), ['mid']);
    assert.deepEqual(secretIn('proxy_set_header; set $x VALUE;', 'after'), ['after']);
    assert.deepEqual(secretIn('proxy_pass http://meVALUE:81;', '@app.internal'), ['@app.internal']);
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

describe('secret values, exactly', () => {
  it('are those of a template with their names, and not those around them', () => {
    const found = (source: string) => secretsIn(source, 'mine.conf');
    const a = (value: string, name = 'A') => marked(name, value);
    assert.deepEqual(
      [
        found(`set $x "${a('one')}two${a('three', 'B')}";`),
        found(`set $x ${a('')};`),
        found(`set $x ${a('one')}; set $y ${a('one', 'B')};`),
        found(`return 301 https://u@${a('host')}/x;`),
        found(`return 301 https://h/?${a('query')};`),
        found(`return 301 https://h${a(':80/path?q')};`),
        found(`proxy_pass http://h:${a('80/path')};`),
        found(`proxy_pass http://${a('user@host')};`),
        found(`location ~ x?${a('y')} { }`),
        found(`location "/a?${a('path')}" { }`),
        found(`proxy_pass http://h/x?${a('q')};`),
        found(`server ${a('some')}?x;`),
        found(`fastcgi_cache_path /x/${a('dir')} keys_zone=${a('zone', 'Z')};`),
        found(`ssl_certificate /x/${a('cert')}; ssl_dhparam ${a('dh')}; ssl_ciphers ${a('ciphers')};`),
        found(`map $a $b { x ${a('server')}; } types { a ${a('root')}; }`),
        found(`grpc_set_header HOST ${a('header')}; proxy_set_header X ${a('other')};`),
        found(`# ${a('comment')}\nset $x y;`),
        found(`x ${a('one')} "${a('two', 'B')}`),
      ],
      [
        [
          { name: 'A', value: 'one', isStructural: false },
          { name: 'B', value: 'three', isStructural: false },
        ],
        [],
        [
          { name: 'A', value: 'one', isStructural: false },
          { name: 'B', value: 'one', isStructural: false },
        ],
        [],
        [{ name: 'A', value: 'query', isStructural: false }],
        [{ name: 'A', value: ':80/path?q', isStructural: false }],
        [],
        [{ name: 'A', value: 'user@host', isStructural: false }],
        [],
        [],
        [{ name: 'A', value: 'q', isStructural: false }],
        [],
        [],
        [{ name: 'A', value: 'ciphers', isStructural: false }],
        [
          { name: 'A', value: 'server', isStructural: false },
          { name: 'A', value: 'root', isStructural: false },
        ],
        [{ name: 'A', value: 'other', isStructural: false }],
        [],
        [
          { name: 'A', value: 'one', isStructural: false },
          { name: 'B', value: 'two', isStructural: false },
        ],
      ],
    );
    assert.deepEqual(found(`map ${a('x')} { y ${a('root /srv')}; }`).length, 3);
  });

  it('are headers and queries as a whole, and their long parts', () => {
    const header = (name: string, value: string) =>
      givenSecrets({ headers: [{ name, value }], websocketPath: null });
    assert.deepEqual(header('Cookie', 'sid=abcdef; t=abcde; x'), ['sid=abcdef; t=abcde; x', 'abcdef']);
    assert.deepEqual(header('X', 'ab'), []);
    assert.deepEqual(header('X', 'abc'), ['abc']);
    assert.deepEqual(header('X', 'Bearer'), []);
    assert.deepEqual(header('X', 'Digest 123456,abcdef'), ['Digest 123456,abcdef', '123456', 'abcdef']);
    assert.deepEqual(header('ORIGIN', 'http://[::1]:80'), []);
    assert.deepEqual(header('X-Origin', 'http://a'), ['http://a', 'http://a']);
    assert.deepEqual(givenSecrets({ headers: [], websocketPath: '/a?b=ccccccc&d\n?e' }), [
      'b=ccccccc&d\n?e',
      'ccccccc',
    ]);
  });

  it('are masked in a header as typed, but not in an origin', () => {
    assert.deepEqual(
      ['Origin:  https://a  ', 'Origin:', 'X: a', 'X:\ta', ':x', 'X:a\nb', 'Origin: x://a b'].map(
        maskedHeader,
      ),
      ['Origin:  https://a  ', 'Origin:***', 'X: ***', 'X:\t***', '***', 'X:***', 'Origin: ***'],
    );
  });

  it('are masked with the longest first, short ones only as words, special characters as they are', () => {
    assert.equal(
      maskerOf(['abcde', 'abcdef'])('abcde abcdef abcdeg xabcdef -abcde.'),
      '*** *** abcdeg x*** -***.',
    );
    assert.equal(maskerOf(['a.b*c+(d)'])('a.b*c+(d) axb*c+(d)'), '*** axb*c+(d)');
    assert.equal(maskerOf(['^$[]{}|/\\-?'])('x^$[]{}|/\\-?x'), 'x***x');
    assert.equal(maskerOf(['abc'])('abc9 9abc abc_ abc'), 'abc9 9abc ***_ ***');
  });

  it('are masked in a problem, which keeps its kind, code and cause', async () => {
    const cause = new Error('x');
    const problem = new Problem('usage', 'canary', { code: 'the-code', cause });
    await assert.rejects(
      maskProblems(
        () => ['canary'],
        () => Promise.reject(problem),
      ),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual(
          [error.kind, error.message, error.code, error.cause],
          ['usage', '***', 'the-code', cause],
        );
        return true;
      },
    );
    assert.equal(await maskProblems(assert.fail, () => 5), 5);
  });
});
