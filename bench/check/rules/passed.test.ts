import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { described, OPENED, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { LocationSeen } from '../observation.ts';
import { passed } from './passed.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const FAILED: LocationSeen['handshake'] = { outcome: 'status-500', arrived: null };

function found(
  text: string,
  values: Record<string, string> | null,
  handshake: LocationSeen['handshake'] = FAILED,
): string[] {
  return described(passed(seenAs(subjectOf(text), { handshake, passed: values })));
}

const pass = (url: string, rest = '') => `location /ws {\nproxy_pass ${url}; ${UP}\n${rest} }`;
const of = (server: string, values: Record<string, string>, http = '') =>
  found(whole({ server, http }), values);

/** The variables that are found empty if all of them are. */
function emptyIn(url: string, names: readonly string[]): unknown {
  const values = Object.fromEntries(names.map((name) => [name, '']));
  const subject = seenAs(subjectOf(whole({ server: pass(url) })), { handshake: FAILED, passed: values });
  const [finding] = passed(subject);
  return finding?.data.variables ?? null;
}

describe('a proxy_pass whose variables are empty', () => {
  it('is an error if all variables of scheme, host or port are', () => {
    assert.deepEqual(emptyIn('$a://$b:$c', ['a', 'b', 'c']), ['$a', '$b', '$c']);
    assert.deepEqual(emptyIn(`http://\${a}$b$a:80/x`, ['a', 'b']), ['$a', '$b']);
    assert.deepEqual(emptyIn('http://$a$request_uri', ['a', 'request_uri']), ['$a']);
    assert.deepEqual(emptyIn(`http://$a\${uri}`, ['a', 'uri']), ['$a']);
    assert.deepEqual(emptyIn('http://$a?$b', ['a', 'b']), ['$a']);
    assert.deepEqual(emptyIn('http://app:$c/$d', ['c', 'd']), ['$c']);
    assert.deepEqual(emptyIn('$a', ['a']), ['$a']);
    assert.deepEqual(emptyIn('http://app-$a:8$b', ['a', 'b']), null);
    assert.deepEqual(emptyIn('http://[::1]:$c', ['c']), ['$c']);
    assert.deepEqual(emptyIn('http://app/$a', ['a']), null);
  });

  it('is none if one of the variables has a value', () => {
    assert.deepEqual(of(pass('http://$a$b'), { a: '', b: 'x' }), []);
    assert.deepEqual(of(pass('http://$a$b'), { a: '' }), []);
    assert.equal(of(pass('http://$a$request_uri'), { a: '', request_uri: '/ws' }).length, 2);
  });

  it('is none if the request arrived, was answered otherwise, or has no variables', () => {
    const text = whole({ server: pass('http://$a') });
    assert.equal(found(text, { a: '' }).length, 2);
    assert.deepEqual(found(text, null), []);
    assert.deepEqual(found(text, { a: '' }, { ...FAILED, outcome: 'status-502' }), []);
    assert.deepEqual(found(text, { a: '' }, { ...FAILED, arrived: OPENED.handshake.arrived }), []);
    assert.deepEqual(passed(subjectOf(text)), []);
  });

  it('may be in a condition, and is named once', () => {
    const server = `location /ws {\n${UP}\nif ($arg_a) { proxy_pass http://$a; } if ($arg_b) { proxy_pass http://$a:$b; } }`;
    assert.deepEqual(of(server, { a: '', b: '' }), [
      'error proxy-pass :13 passed-to-nothing {"location":"/ws","variables":["$a","$b"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });
});

describe('the source of an empty variable', () => {
  it('is no line at all', () => {
    assert.deepEqual(of(pass('http://$a'), { a: '' }, 'map $host $b { x y; }'), [
      'error proxy-pass :12 passed-to-nothing {"location":"/ws","variables":["$a"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });

  it('is every line around the location that sets it, otherwise every line elsewhere', () => {
    const around = `set $A x;\nset $b y;\nlocation /other { set $a z; }\n${pass('http://$a', 'set $a w;')}`;
    assert.deepEqual(of(around, { a: '' }), [
      'error proxy-pass :15 passed-to-nothing {"location":"/ws","variables":["$a"],"sources":[{"why":"elsewhere","places":["/site/nginx.conf:11","/site/nginx.conf:16"]}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    const once = `set $a x;\nlocation /other { set $a z; }\n${pass('http://$A')}`;
    assert.deepEqual(of(once, { A: '' }), [
      'error proxy-pass :14 passed-to-nothing {"location":"/ws","variables":["$A"],"sources":[{"why":"elsewhere","places":["/site/nginx.conf:11"]}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    const elsewhere = `location /x {\nset $a x;\nset $b y; }\nlocation /y { set $a x; }\n${pass('http://$a')}`;
    assert.deepEqual(of(elsewhere, { a: '' }), [
      'error proxy-pass :16 passed-to-nothing {"location":"/ws","variables":["$a"],"sources":[{"why":"elsewhere","places":["/site/nginx.conf:12","/site/nginx.conf:14"]}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });

  it('is every map with that result', () => {
    const http = 'map $host $A { x y; }';
    const server = pass('http://$a:$B');
    assert.deepEqual(of(server, { a: '', B: '' }, `${http} map $a $b { x y; } map $b $c { x y; }`), [
      'error proxy-pass :12 passed-to-nothing {"location":"/ws","variables":["$a","$B"],"sources":[{"why":"unmapped","places":["/site/nginx.conf:7","/site/nginx.conf:7"]}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });

  it('is a condition that evaluates a regular expression, itself or through a map', () => {
    const captured = (conditions: string, http = '') =>
      of(`${conditions}\nlocation ~ ^/ws/(\\d+)$ {\nproxy_pass http://app:$1; ${UP} }`, { 1: '' }, http);
    assert.deepEqual(captured('if ($http_a ~* x) { return 400; }\nif ($http_a !~ x) { return 400; }'), [
      'error proxy-pass :14 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"reset","place":"/site/nginx.conf:11","expression":"/site/nginx.conf:11"},{"why":"reset","place":"/site/nginx.conf:12","expression":"/site/nginx.conf:12"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    const mixed = `if ($a ~ x) { return 1; }\nlocation ~ ^/ws/(\\d+)$ {\nproxy_pass http://$1:$to; ${UP} }`;
    assert.match(of(mixed, { 1: '', to: '' })[0] ?? '', /"sources":\[\{"why":"reset","place":"[^"]+:11"/);
    assert.deepEqual(captured('if ($http_a = x) { return 400; }'), [
      'error proxy-pass :13 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    const maps = 'map $host $n { x y; } map $host $m { a b; ~c d; ~*e f; }';
    assert.deepEqual(captured('if ($n) { return 400; }\nif ($m = y) { return 400; }', maps), [
      'error proxy-pass :14 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"reset","place":"/site/nginx.conf:12","expression":"/site/nginx.conf:7"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    assert.deepEqual(captured('if ($n) { return 400; }', maps), [
      'error proxy-pass :13 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    assert.deepEqual(captured('if ($n) { return 400; }', 'types { a b; }'), [
      'error proxy-pass :13 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });

  it('is the first regular expression of a map, and of no other directive', () => {
    const server = `if ($n$m) { return 400; }\nlocation ~ ^/ws/(\\d+)$ {\nproxy_pass http://app:$1; ${UP} }`;
    const http = 'log_format x $n; map $host $n {\na b; ~c d;\n~e f; } map $host $m {\n~g h; }';
    const text = whole({ server, http: 'MAPS' }).replace('MAPS', () => http);
    assert.deepEqual(found(text, { 1: '' }), [
      'error proxy-pass :16 passed-to-nothing {"location":"~ ^/ws/(\\\\d+)$","variables":["$1"],"sources":[{"why":"reset","place":"/site/nginx.conf:14","expression":"/site/nginx.conf:8"}]}',
      '  seen handshake-answered {"path":"/ws/0","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });

  it('is no condition if the variable is not a capture', () => {
    assert.deepEqual(of(pass('http://$a', 'if ($host ~ x) { return 400; }'), { a: '' }), [
      'error proxy-pass :12 passed-to-nothing {"location":"/ws","variables":["$a"],"sources":[{"why":"never"}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
  });
});
