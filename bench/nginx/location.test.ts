import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRegular, locationsOf, pathsFor, patternOf, withSlash } from './location.ts';
import { parse } from './parse.ts';
import { type Directive, texts } from './tree.ts';

function serverOf(text: string): Directive {
  const [server] = parse(`server { ${text} }`, 'mine.conf');
  assert.ok(server?.kind === 'directive');
  return server;
}

function locationOf(head: string): Directive {
  const [location] = serverOf(`location ${head} {}`).block ?? [];
  assert.ok(location?.kind === 'directive');
  return location;
}

test('a pattern is read with its modifier, with or without a space; a name or a path without a slash is not one', () => {
  const read = (head: string) => {
    const pattern = patternOf(locationOf(head));
    return pattern === null ? null : `${pattern.modifier} ${pattern.text}`;
  };
  assert.deepEqual(['/a', '= /a', '=/a', '^~ /a', '^~/a', '~ ^/a', '~* a', '~*a', '~a'].map(read), [
    ' /a',
    '= /a',
    '= /a',
    '^~ /a',
    '^~ /a',
    '~ ^/a',
    '~* a',
    '~* a',
    '~ a',
  ]);
  assert.deepEqual(['@app', 'a', '= a', '! /a'].map(read), [null, null, null, null]);
  assert.deepEqual(
    ['~ a', '~* a', '^~ /a', '= /a', '/a'].map((head) => isRegular(locationOf(head))),
    [true, true, false, false, false],
  );
});

test('a path without a leading slash is corrected; a name or an expression is not', () => {
  const corrected = ['ws', '= ws', '^~ws', '/ws', '@ws', '~ ws', '""'].map((head) =>
    withSlash(locationOf(head)),
  );
  assert.deepEqual(corrected, ['location /ws', 'location = /ws', 'location ^~ /ws', null, null, null, null]);
});

test('the location for a path is the one that Nginx selects', () => {
  const found = (server: string, ...paths: string[]) =>
    paths.map((path) =>
      locationsOf(serverOf(server), path)
        .map((location) => texts(location).join(''))
        .join(' > '),
    );
  const plain = 'location / {} location /ws {} location =/ws {} location ^~ /static/ {} location ~ \\.js$ {}';
  assert.deepEqual(found(plain, '/', '/ws', '/ws/a', '/a.js', '/static/a.js', '/ws/a.js'), [
    '/',
    '=/ws',
    '/ws',
    '~\\.js$',
    '^~/static/',
    '~\\.js$',
  ]);
  assert.deepEqual(found('location /a {} location ~ /b {} location ~ /b/c {}', '/c', '/a', '/b/c'), [
    '',
    '/a',
    '~/b',
  ]);
  const nested = 'location /a { location /a/b {} location = /a/c {} location ~ d {} } location ~ [bcd] {}';
  assert.deepEqual(found(nested, '/a', '/a/b', '/a/c', '/a/d', '/d'), [
    '/a',
    '~[bcd]',
    '/a > =/a/c',
    '/a > ~d',
    '~[bcd]',
  ]);
  assert.deepEqual(
    found('location ~ A {} location ~* B {} location ~ (?i)C {} location ~ (?R) {}', '/a', '/b', '/c'),
    ['', '~*B', '~(?i)C'],
  );
});

test('paths that may reach a location start with the most natural one', () => {
  const paths = (head: string) => pathsFor(locationOf(head));
  assert.deepEqual(paths('= /ws'), ['/ws']);
  assert.deepEqual(paths('@app'), []);
  assert.deepEqual(paths('/ws'), ['/ws', '/ws/websocket', '/ws/socket', '/ws/live']);
  assert.deepEqual(paths('/ws/'), ['/ws/', '/ws/websocket', '/ws/socket', '/ws/live']);
});

test('for an expression, paths are made from its parts', () => {
  const first = (expression: string) => pathsFor(locationOf(`~ "${expression}"`))[0] ?? null;
  const expected: readonly [expression: string, path: string | null][] = [
    ['^/ws$', '/ws'],
    ['^/(a|bc)/d', '/a/d'],
    ['^/a?b+c*$', '/b'],
    ['^/x{3}y{2,}z{0}$', '/xxxyy'],
    ['^/[0-9]+/[^a]$', '/0/0'],
    ['^/[\\]a]$', '/a'],
    ['^/[xy]$', '/x'],
    ['^/\\d\\w\\.\\W$', '/0a.-'],
    ['^/(?<name>a)(?P<other>b)(?:c)(?=d)d$', '/abcd'],
    ['^/(?!b)(?<=/)a.$', '/aa'],
    ['(?i)^/A$', '/A'],
    ['^/(a|b$', null],
    ['^(/a|/b)|/c', '/a'],
    ['socket$', '/socket'],
  ];
  assert.deepEqual(
    expected.map(([expression]) => [expression, first(expression)]),
    expected,
  );
  assert.deepEqual(pathsFor(locationOf('~ ^/(a|b)/?$')), ['/a', '/a/', '/b', '/b/', '/a/', '/b/']);
  const many = pathsFor(locationOf('~ ^/(a|b)(a|b)(a|b)(a|b)(a|b)$'));
  assert.deepEqual([many.length, many[0]], [16, '/aaaaa']);
  const twenty = Array.from({ length: 20 }, (_, index) => `^/${index}$`).join('|');
  assert.equal(pathsFor(locationOf(`~ ${twenty}`)).length, 16);
});

test('the parts of an expression become one character of each class, and the least of each repetition', () => {
  const all = (expression: string) => pathsFor(locationOf(`~ "${expression}"`));
  const cases = [
    '^/a{2}b{0,3}c{1}$',
    '^/a*?b++c{2}?d$',
    '^/[^/]+$',
    '^/[A-Z]$',
    '^/[_]$',
    '^/[.]$',
    '^/[-]$',
    '^/[/]$',
    '^/[z]$',
    '^/[]a]$',
    '^/[^]a]$',
    '^/[x\\]]+y$',
    '^/\\s\\S\\D\\W\\b\\Bx\\/$',
    '\\A/x\\z',
    '^/(?i)x$',
    '^/(a(?=b)b|(?<!c)d)$',
    '^/(?<n>a|b)(?:c|d)?$',
    '^/x{70}$',
    '^/.$',
    'x|y',
    '^(/a|b)$',
    '^/a(b',
    '^/a)b',
  ];
  assert.deepEqual(cases.map(all), [
    ['/aac'],
    [],
    ['/a'],
    ['/A'],
    ['/_'],
    ['/.'],
    ['/-'],
    ['//'],
    ['/z'],
    [],
    [],
    ['/xy'],
    [],
    [],
    [],
    ['/ab', '/d'],
    ['/a', '/ac', '/ad', '/b', '/bc', '/bd'],
    [],
    ['/a'],
    ['/x', '/y', '/x/', '/y/'],
    ['/a'],
    [],
    [],
  ]);
});

test('a location without a slash is read, corrected or neither, whatever its modifier', () => {
  const shown = (head: string) => {
    const location = locationOf(head);
    return [patternOf(location), withSlash(location), isRegular(location), pathsFor(location).length];
  };
  assert.deepEqual(['^~ a', '~* ""', '= ""', '=', '^~', '~', '@a b', '= @a'].map(shown), [
    [null, 'location ^~ /a', false, 0],
    [{ modifier: '~*', text: '' }, null, true, 2],
    [null, null, false, 0],
    [null, null, false, 0],
    [null, null, false, 0],
    [{ modifier: '~', text: '' }, null, true, 2],
    [null, null, false, 0],
    [null, null, false, 0],
  ]);
});

test('a prefix that another one extends, and expressions in order, decide for a path', () => {
  const found = (server: string, path: string) =>
    locationsOf(serverOf(server), path).map((location) => texts(location).join(''));
  assert.deepEqual(found('location /a {} location /ab {} location /abc {}', '/abx'), ['/ab']);
  assert.deepEqual(found('location ^~ /a { location ~ x {} location /a/b {} } location ~ b {}', '/a/b'), [
    '^~/a',
    '/a/b',
  ]);
  assert.deepEqual(found('location ^~ /a { location ~ b {} }', '/a/b'), ['^~/a', '~b']);
  assert.deepEqual(found('location ^~ /a { location = /a/b {} } location ~ b {}', '/a/b'), ['^~/a', '=/a/b']);
  assert.deepEqual(found('location ~ /a { location ~ b {} location /a {} }', '/a/b'), ['~/a', '~b']);
  assert.deepEqual(found('location a {} location @a {} location ! /a {}', '/a'), []);
  assert.deepEqual(found('location ~ (?P<x>a) {}', '/a'), ['~(?P<x>a)']);
});
