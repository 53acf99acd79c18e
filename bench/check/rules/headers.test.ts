import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '../../nginx/parse.ts';
import { rewrite } from '../../nginx/tree.ts';
import { findCandidates } from '../candidate.ts';
import { described, ofServer, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { LocationSeen, Trace } from '../observation.ts';
import type { Rule, Subject } from '../subject.ts';
import { forwardedProto, headerOf, headers, host, hostPort, ownOrigin, setterOf } from './headers.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const WS = `location /ws { proxy_pass http://app; ${UP} }`;
const STREAM = 'stream { server { listen 443; proxy_pass 10.0.0.1:80; } }';
const REFUSED: LocationSeen['handshake'] = { outcome: 'status-403', arrived: null };

type Headers = Record<string, string>;
const listed = (all: Headers) => Object.entries(all).map(([name, value]) => ({ name, value }));

function traceOf(sent: Headers, received: Headers | null): Trace {
  const arrived = { httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade', method: 'GET' };
  return {
    sent: { path: '/ws', headers: listed(sent) },
    received: received === null ? null : { ...arrived, path: '/ws', headers: listed(received) },
    response: { status: 101, headers: [] },
  };
}

/** What a rule finds if every location was tried with this handshake. */
function found(
  rule: Rule,
  subject: Subject,
  sent: Headers,
  received: Headers | null,
  seen: Partial<LocationSeen> = {},
): string[] {
  return described(rule(seenAs(subject, { trace: traceOf(sent, received), ...seen })));
}

/** A configuration whose `include` directives are replaced by lines of another file. */
function including(text: string, other: string): Subject {
  const subject = subjectOf(text);
  const lines = parse(other, '/site/other.conf');
  const tree = rewrite(subject.tree, (node) => (node.name === 'include' ? lines : [node]));
  return { ...subject, tree, candidates: findCandidates(tree, { websocketPath: null, host: null }) };
}

describe('headers of a request', () => {
  it('with several values are joined, and a header that is not there has none', () => {
    const all = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
      { name: 'a', value: '3' },
    ];
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => headerOf(all, name)),
      ['1, 3', '2', null],
    );
  });

  it('are set by the first line of the innermost level that sets any', () => {
    const [candidate = assert.fail()] = ofServer(
      `proxy_set_header Cookie outer;\nlocation /ws { proxy_pass http://app; ${UP}\nproxy_set_header HOST a;\nproxy_set_header Host b; }`,
    ).candidates;
    const lineOf = (name: string) => setterOf(candidate.levels, name)?.origin?.line ?? null;
    assert.deepEqual([lineOf('host'), lineOf('cookie')], [13, null]);
  });
});

describe('a changed Host header', () => {
  const of = (server: string, sent: string, received: string) =>
    found(host, subjectOf(whole({ server })), { host: sent }, { host: received });
  const set = (value: string) =>
    `location /ws {\nproxy_pass http://app;\n${UP}\nproxy_set_header Host ${value}; }`;

  it('is one in another spelling than upper or lower case', () => {
    assert.deepEqual(of(WS, 'A.example.org', 'a.example.org'), []);
    assert.deepEqual(of(WS, 'a.example.org', 'A.example.org'), []);
  });

  it('is reported with the name that Nginx sends outside the sandbox', () => {
    assert.deepEqual(of(WS, 'a.example.org', 'upstream_1'), [
      'warning host :11 host-changed {"location":"/ws","sent":"a.example.org","received":"app","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(WS.replace('http://app', 'https://app:81/x?y'), 'a', 'b'), [
      'warning host :11 host-changed {"location":"/ws","sent":"a","received":"app:81","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(WS.replace('http://app', 'http://app?y'), 'a', 'b'), [
      'warning host :11 host-changed {"location":"/ws","sent":"a","received":"app","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(WS.replace('http://app', '$to'), 'a', 'b'), [
      'warning host :11 host-changed {"location":"/ws","sent":"a","received":"b","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(set('app.internal'), 'a', 'b'), [
      'note host :14 host-changed {"location":"/ws","sent":"a","received":"app.internal","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(set('$proxy_host'), 'a', 'b'), [
      'warning host :14 host-changed {"location":"/ws","sent":"a","received":"$proxy_host","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(set(`\${proxy_host}`), 'a', 'b'), [
      `warning host :14 host-changed {"location":"/ws","sent":"a","received":"\${proxy_host}","replaced":null}`,
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(of(set('x$proxy_host'), 'a', 'b'), [
      'note host :14 host-changed {"location":"/ws","sent":"a","received":"x$proxy_host","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
  });

  it('is reported at the line that replaces those of an outer level', () => {
    const outer = 'proxy_set_header X-A 1; proxy_set_header Host $host;\nproxy_set_header host $http_host;';
    const inner = `location /ws { proxy_pass http://app;\n${UP}\nproxy_set_header X-B 2; }`;
    assert.deepEqual(of(`${outer}\n${inner}`, 'a', 'b'), [
      'warning host :14 host-changed {"location":"/ws","sent":"a","received":"app","replaced":"/site/nginx.conf:11"}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
  });

  it('is reported at the location itself if only conditions pass requests', () => {
    const server = `location /ws {\n${UP}\nif ($arg_a) { proxy_pass http://app; } }`;
    assert.deepEqual(of(server, 'a', 'b'), [
      'warning host :11 host-changed {"location":"/ws","sent":"a","received":"b","replaced":null}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
  });

  it('is none if it is unknown what arrived, or if no WebSocket opened', () => {
    const subject = subjectOf(whole({ server: WS }));
    assert.deepEqual(found(host, subject, {}, { host: 'b' }), []);
    assert.deepEqual(found(host, subject, { host: 'a' }, {}), []);
    assert.deepEqual(found(host, subject, { host: 'a' }, null), []);
    assert.deepEqual(found(host, subject, { host: 'a' }, { host: 'b' }, { handshake: REFUSED }), []);
    assert.deepEqual(found(host, subjectOf(STREAM), { host: 'a' }, { host: 'b' }), []);
  });
});

describe('a Host header without its port', () => {
  const at = (listen: string, value = '$host') =>
    described(
      hostPort(
        subjectOf(
          whole({
            server: `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Host ${value}; }`,
          }).replace('listen 80;', listen),
        ),
      ),
    );

  it('is that of the first port that clients name', () => {
    assert.deepEqual(at('listen 80; listen 443; listen 8081; listen 8080;'), [
      'note host-port :12 host-without-port {"location":"/ws","port":8081}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
    assert.deepEqual(at('listen [::]:8443 ssl;', `\${host}`), [
      'note host-port :12 host-without-port {"location":"/ws","port":8443}',
      '  location: proxy_set_header  Host  $http_host;',
    ]);
  });

  it('is none with usual or inner addresses, sockets, and other values', () => {
    for (const listen of [
      'listen 80; listen 443 ssl;',
      'listen localhost:8080;',
      'listen [::1]:8080;',
      'listen unix:/a.sock;',
    ])
      assert.deepEqual(at(listen), [], listen);
    for (const value of ['$host:8080', 'x$host', '$http_host', 'a.example.org', '""'])
      assert.deepEqual(at('listen 8080;', value), [], value);
  });

  it('is none without a line that sets it, in stream, or if no WebSocket opened', () => {
    assert.deepEqual(hostPort(subjectOf(whole({ server: WS }).replace('80', '8080'))), []);
    assert.deepEqual(hostPort(subjectOf(STREAM.replace('443', '8443'))), []);
    const server = `location /ws { proxy_pass http://app; ${UP} proxy_set_header Host $host; }`;
    const subject = subjectOf(whole({ server }).replace('listen 80', 'listen 8080'));
    assert.equal(hostPort(seenAs(subject, {})).length, 1);
    assert.deepEqual(hostPort(seenAs(subject, { handshake: REFUSED })), []);
  });
});

describe('a lost header', () => {
  const ALL = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'a',
    'x-forwarded-for': '1.2.3.4',
    'x-real-ip': '1.2.3.4',
    cookie: 'a=1',
    origin: 'https://a',
    'sec-websocket-extensions': 'x',
  };

  it('is reported for each of those that a server may rely on', () => {
    const subject = subjectOf(whole({ server: WS }));
    assert.deepEqual(found(headers, subject, { ...ALL, accept: '*' }, {}), [
      'warning header-x-forwarded-proto :11 header-lost {"location":"/ws","header":"X-Forwarded-Proto","replaced":null}',
      'warning header-x-forwarded-host :11 header-lost {"location":"/ws","header":"X-Forwarded-Host","replaced":null}',
      'note header-x-forwarded-for :11 header-lost {"location":"/ws","header":"X-Forwarded-For","replaced":null}',
      'note header-x-real-ip :11 header-lost {"location":"/ws","header":"X-Real-IP","replaced":null}',
      'warning header-cookie :11 header-lost {"location":"/ws","header":"Cookie","replaced":null}',
      'note header-origin :11 header-lost {"location":"/ws","header":"Origin","replaced":null}',
      'note header-sec-websocket-extensions :11 header-lost {"location":"/ws","header":"Sec-WebSocket-Extensions","replaced":null}',
    ]);
    assert.deepEqual(found(headers, subject, ALL, ALL), []);
    assert.deepEqual(found(headers, subject, {}, {}), []);
  });

  it('is reported with the line to repeat, with quotes where Nginx needs them', () => {
    const server = `proxy_set_header Cookie "a;b";\nproxy_set_header Origin "";\nproxy_set_header X-Real-IP "a b";\nlocation /ws { proxy_pass http://app;\n${UP} }`;
    assert.deepEqual(found(headers, subjectOf(whole({ server })), {}, {}), [
      'note header-x-real-ip :15 header-lost {"location":"/ws","header":"X-Real-IP","replaced":"/site/nginx.conf:13"}',
      '  location: proxy_set_header  X-Real-IP  "a b";',
      'warning header-cookie :15 header-lost {"location":"/ws","header":"Cookie","replaced":"/site/nginx.conf:11"}',
      '  location: proxy_set_header  Cookie  "a;b";',
      'note header-origin :15 header-lost {"location":"/ws","header":"Origin","replaced":"/site/nginx.conf:12"}',
      '  location: proxy_set_header  Origin  "";',
    ]);
    assert.deepEqual(found(headers, subjectOf(whole({ server })), ALL, ALL), []);
  });

  it('is only noted if its own location removes it, but not if an included file does', () => {
    const server = (line: string) => `location /ws { proxy_pass http://app; ${UP}\n${line} }`;
    const own = subjectOf(whole({ server: server('proxy_set_header Cookie "";') }));
    assert.deepEqual(found(headers, own, ALL, { ...ALL, cookie: '' }), []);
    const { cookie: _, ...others } = ALL;
    assert.deepEqual(found(headers, own, ALL, others), [
      'note header-cookie :12 header-lost {"location":"/ws","header":"Cookie","replaced":null}',
    ]);
    const set = subjectOf(whole({ server: server('proxy_set_header Cookie $none;') }));
    assert.deepEqual(found(headers, set, ALL, others), [
      'warning header-cookie :12 header-lost {"location":"/ws","header":"Cookie","replaced":null}',
    ]);
    const included = including(whole({ server: server('include x;') }), '\n\nproxy_set_header Cookie "";');
    assert.deepEqual(found(headers, included, ALL, others), [
      'warning header-cookie :3 header-lost {"location":"/ws","header":"Cookie","replaced":null}',
    ]);
  });

  it('is none in stream, or if no WebSocket opened', () => {
    assert.deepEqual(found(headers, subjectOf(STREAM), ALL, {}), []);
    const subject = subjectOf(whole({ server: WS }));
    assert.deepEqual(found(headers, subject, ALL, {}, { handshake: REFUSED }), []);
    assert.deepEqual(found(headers, subject, ALL, null), []);
  });
});

describe('X-Forwarded-Proto that arrives as http', () => {
  const SENT = { origin: 'https://a' };
  const HTTP = { 'x-forwarded-proto': 'http' };
  const server = `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header X-Forwarded-Proto $scheme; }`;

  it('is reported at the line that sets it', () => {
    const subject = subjectOf(whole({ server }));
    assert.deepEqual(found(forwardedProto, subject, SENT, HTTP), [
      'warning header-x-forwarded-proto :12 scheme-changed {"location":"/ws","isBehind":false}',
      '  location: proxy_set_header  X-Forwarded-Proto  https;',
    ]);
    assert.deepEqual(found(forwardedProto, subject, SENT, HTTP, { handshake: REFUSED }), []);
    assert.deepEqual(found(forwardedProto, subject, {}, HTTP), []);
    assert.deepEqual(found(forwardedProto, subject, SENT, null), []);
    assert.deepEqual(found(forwardedProto, subjectOf(whole({ server: WS })), SENT, HTTP), []);
  });

  it('is that of an inner server behind a stream server', () => {
    const text = whole({ server }).replace('listen 80;', 'listen 127.0.0.1:81 proxy_protocol;');
    const stream = 'stream { server { listen 443 ssl; proxy_pass 127.0.0.1:81; proxy_protocol on; } }';
    assert.deepEqual(found(forwardedProto, subjectOf(text + stream), SENT, HTTP), [
      'warning header-x-forwarded-proto :12 scheme-changed {"location":"/ws","isBehind":true}',
      '  location: proxy_set_header  X-Forwarded-Proto  https;',
    ]);
  });
});

describe('X-Forwarded-Proto of a server in front of another', () => {
  it('is set by the innermost server that sets it', () => {
    const text = (front: string, inner: string) =>
      whole({
        server: `location /ws { proxy_pass http://127.0.0.1:81; ${UP}\n${front} }`,
        http: `server { listen 127.0.0.1:81; location /ws { proxy_pass http://app; ${UP} ${inner} } }`,
      });
    const of = (front: string, inner: string) =>
      found(
        forwardedProto,
        subjectOf(text(front, inner)),
        { origin: 'https://a' },
        { 'x-forwarded-proto': 'http' },
      );
    const set = 'proxy_set_header X-Forwarded-Proto $scheme;';
    assert.deepEqual(of(set, ''), [
      'warning header-x-forwarded-proto :12 scheme-changed {"location":"/ws","isBehind":false}',
      '  location: proxy_set_header  X-Forwarded-Proto  $http_x_forwarded_proto;',
    ]);
  });
});

describe('an Origin that Nginx sets', () => {
  const own = (value: string) =>
    `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Origin ${value}; }`;
  const of = (value: string, http = '') =>
    described(ownOrigin(subjectOf(whole({ server: own(value), http })))).length;

  it('is the same for every page if its variables are', () => {
    assert.deepEqual(described(ownOrigin(subjectOf(whole({ server: own('$scheme://$server_name') })))), [
      'note header-origin :12 origin-replaced {"location":"/ws","value":"$scheme://$server_name"}',
    ]);
    assert.equal(of('$HTTP_HOST'), 1);
    assert.equal(of('$scheme$http_origin'), 0);
    assert.equal(of('$a', 'map $host $b { x y; } map $host $a { default $b; }'), 1);
    assert.equal(of('$a', 'map $host $A { default x; } map $http_origin $a { default x; }'), 0);
    assert.equal(of('$a', 'map $host $a { default $a; }'), 0);
    assert.equal(of('$a', 'map $host $a { default $b; } map $host $b { default $a; }'), 0);
    assert.equal(of('$a$b', 'map $host $a { default x; } map $a $b { default x; }'), 1);
    assert.equal(of('$a', 'map x $a { $http_origin x; }'), 1);
    assert.equal(of('$a', 'map x $a { default $http_origin; }'), 0);
    assert.equal(of(''), 0);
  });

  it('is reported if what arrived is another one than was sent', () => {
    const subject = subjectOf(whole({ server: own('$chosen') }));
    const arrived = (received: Headers | null, seen: Partial<LocationSeen> = {}) =>
      found(ownOrigin, subject, { origin: 'https://a' }, received, seen);
    assert.deepEqual(arrived({ origin: 'https://b' }), [
      'note header-origin :12 origin-replaced {"location":"/ws","value":"$chosen"}',
    ]);
    assert.deepEqual(arrived({ origin: 'https://a' }), []);
    assert.deepEqual(arrived({}), []);
    assert.deepEqual(arrived(null), []);
    assert.deepEqual(arrived({ origin: 'https://b' }, { handshake: REFUSED }), []);
    const stream = subjectOf(`stream { server { listen 1; proxy_pass a:1; proxy_set_header Origin a; } }`);
    assert.deepEqual(ownOrigin(stream), []);
  });
});
