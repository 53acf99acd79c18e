import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { hostsOf, httpTarget, streamPasses, streamTarget } from './proxy-pass.ts';
import { type Directive, texts } from './tree.ts';

test('a URL has a scheme, a host and what replaces the path', () => {
  const shown = (text: string) => {
    const target = httpTarget(text);
    return target && Object.values(target).map(String).join(' | ');
  };
  assert.deepEqual(
    [
      'http://app',
      'HTTPS://App:81/x/$1?a',
      'http://unix:/run/a.sock:/x',
      'http://unix:/run/a.sock',
      '$scheme://app',
      '$a://app/x',
      'http://$a$request_uri',
      `http://$a\${is_args}$args`,
      'http://$a$uri$is_args',
      `http://$a\${document_uri}`,
      'http://app?x',
      'http:///x',
      '$url',
      '$url/x$y',
      '$url$uri',
      'x$url',
      'app',
      'ftp://app',
    ].map(shown),
    [
      'app |  | http | http | false',
      'App:81 | /x/$1?a | https | HTTPS | false',
      'unix:/run/a.sock: | /x | http | http | false',
      'unix:/run/a.sock |  | http | http | false',
      'app |  | $scheme | $scheme | false',
      'app | /x | null | $a | true',
      '$a | $request_uri | http | http | true',
      `$a | \${is_args}$args | http | http | true`,
      '$a |  | http | http | true',
      '$a |  | http | http | true',
      'app | ?x | http | http | false',
      ' | /x | http | http | true',
      ' |  | null | $url | true',
      ' | /x$y | null | $url | true',
      ' |  | null | $url | true',
      ' |  | null |  | true',
      null,
      null,
    ],
  );
  assert.deepEqual(
    [streamTarget('a:1'), streamTarget('$a:1')].map((target) => Object.values(target)),
    [
      ['a:1', '', null, '', false],
      ['$a:1', '', null, '', true],
    ],
  );
});

test('a host is known unless a variable may have any value', () => {
  const block = parse('map $a $to { default x; b y; } set $one z;', 'a.conf');
  const hosts = (text: string) => hostsOf(streamTarget(text), block);
  assert.deepEqual(['app', '$to', `\${one}`, '$none', '$to:80', 'x$to'].map(hosts), [
    ['app'],
    ['x', 'y'],
    ['z'],
    null,
    null,
    null,
  ]);
});

test('a stream server passes connections on with either directive', () => {
  const [server] = parse('server { pass b; proxy_pass a; pass c; }', 'a.conf') as Directive[];
  assert.deepEqual(streamPasses(server ?? assert.fail()).map(texts), [['a'], ['b'], ['c']]);
});
