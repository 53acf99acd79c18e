import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPENED, ofServer, only, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { LocationSeen, Trace } from '../observation.ts';
import type { Subject } from '../subject.ts';
import { forwardedProto, headers, host, hostPort, ownOrigin } from './headers.ts';
import { judge } from './index.ts';
import { withNowhere } from './nowhere.ts';
import { passed } from './passed.ts';
import { path, slash } from './path.ts';
import { response, subprotocol } from './response.ts';

type Headers = Record<string, string>;
const listed = (all: Headers) => Object.entries(all).map(([name, value]) => ({ name, value }));

const SENT: Headers = {
  host: 'a.example.org',
  cookie: 'a=1',
  'sec-websocket-protocol': 'check.v2, check.v1',
};

/** A handshake through a location. The given parts arrived differently from how they were sent. */
function traced(
  server: string,
  {
    received = {},
    answered = {},
    paths = ['/ws?a=1', '/ws?a=1'],
  }: { received?: Headers; answered?: Headers; paths?: [string, string] } = {},
): Subject {
  const [sent, arrived] = paths;
  const trace: Trace = {
    sent: { path: sent, headers: listed(SENT) },
    received: {
      ...{ httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade', method: 'GET', path: arrived },
      headers: listed({ ...SENT, ...received }).filter(({ value }) => value !== ''),
    },
    response: { status: 101, headers: listed({ 'sec-websocket-protocol': 'check.v2', ...answered }) },
  };
  return seenAs(subjectOf(whole({ server })), { trace });
}

const UP = UPGRADE.replaceAll('\n', ' ');
const WS = `location /ws { proxy_pass http://app; ${UP} }`;

describe('changes to the headers', () => {
  it('there is no finding if headers arrive unchanged, or no handshake was tried', () => {
    for (const rule of [host, headers, path, subprotocol, response]) {
      assert.deepEqual(rule(traced(WS)), []);
      assert.deepEqual(rule(subjectOf(whole({ server: WS }))), []);
    }
  });

  it('$host loses the port in the client’s Host header', () => {
    const at = (listen: string, value: string) =>
      hostPort(
        subjectOf(
          whole({
            server: `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Host ${value}; }`,
          }).replace('listen 80;', listen),
        ),
      );
    only(at('listen 8080;', '$host'), 'note :12 host-without-port', { port: 8080 });
    assert.deepEqual(at('listen 8080;', '$http_host'), []);
    assert.deepEqual(at('listen 127.0.0.1:8080;', '$host'), []);
    assert.deepEqual(at('listen 443 ssl;', '$host'), []);
  });

  it('Host is the name in proxy_pass unless it is forwarded or set', () => {
    const received = { host: 'app' };
    only(host(traced(WS, { received })), 'warning :11 host-changed', { received: 'app', replaced: null });
    const fixed = `location /ws {\nproxy_set_header Host app.internal; proxy_pass http://app; ${UP} }`;
    only(host(traced(fixed, { received })), 'note :12 host-changed', { received: 'app.internal' });
    const replaced = `proxy_set_header Host $host;\nlocation /ws {\nproxy_pass http://app;\n${UP} }`;
    only(host(traced(replaced, { received })), 'warning :14 host-changed', {
      replaced: '/site/nginx.conf:11',
    });
  });

  it('a header that was sent, or that an outer level sets, is lost', () => {
    const emptied = `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Cookie ""; }`;
    only(headers(traced(emptied, { received: { cookie: '' } })), 'note :12 header-lost', {
      header: 'Cookie',
    });
    const replaced = `proxy_set_header X-Forwarded-Proto $scheme;\n${WS}`;
    const found = only(headers(traced(replaced)), 'warning :12 header-lost', {
      replaced: '/site/nginx.conf:11',
    });
    assert.deepEqual(found.remedies[0]?.lines, ['proxy_set_header  X-Forwarded-Proto  $scheme;']);
  });

  it('an Origin is replaced with one that does not depend on the page', () => {
    const own = (value: string) =>
      `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Origin ${value}; }`;
    for (const value of ['http://$host', 'https://app.internal'])
      only(ownOrigin(ofServer(own(value))), 'note :12 origin-replaced', { location: '/ws', value });
    only(ownOrigin(traced(own('$chosen'), { received: { origin: 'http://x' } })), 'note :12 origin-replaced');
    const mapped = (source: string) =>
      subjectOf(
        whole({
          server: own('$chosen://$host'),
          http: `map ${source} $chosen { default $scheme; ~a https; }`,
        }),
      );
    only(ownOrigin(mapped('$http_x_forwarded_proto')), 'note :12 origin-replaced');
    assert.deepEqual(ownOrigin(mapped('$http_origin')), []);
    for (const value of ['$http_origin', '$chosen', '""'])
      assert.deepEqual(ownOrigin(ofServer(own(value))), []);
    assert.deepEqual(ownOrigin(traced(WS)), []);
  });

  it('a subprotocol is dropped, or was not offered', () => {
    const none = { received: { 'sec-websocket-protocol': '' }, answered: { 'sec-websocket-protocol': 'x' } };
    only(subprotocol(traced(WS, none)), 'error :11 subprotocol-changed', { received: null, answered: 'x' });
    const fixed = `location /ws { proxy_pass http://app; ${UP}\nproxy_set_header Sec-WebSocket-Protocol check.v1; }`;
    const one = {
      received: { 'sec-websocket-protocol': 'check.v1' },
      answered: { 'sec-websocket-protocol': 'check.v1' },
    };
    only(subprotocol(traced(fixed, one)), 'warning :12 subprotocol-changed', { answered: 'check.v1' });
  });

  it('a hidden Upgrade fails the handshake', () => {
    const hidden = subjectOf(whole({ server: `proxy_hide_header Upgrade;\n${WS}` }));
    only(response(hidden), 'error :11 response-header-hidden', { header: 'Upgrade' });
    assert.deepEqual(response(seenAs(hidden, {})), []);
  });
});

describe('changes to the path', () => {
  const changed = (location: string, paths: [string, string]) => path(traced(location, { paths }));
  const to = (name: string, url: string) => `location ${name} {\nproxy_pass ${url}; ${UP} }`;

  it('is doubled, joined without a slash, cut, or without its query', () => {
    const found = (location: string, paths: [string, string], change: string) =>
      only(changed(location, paths), 'warning :12 path-changed', { change });
    found(to('/ws', 'http://app/'), ['/ws/a?b=1', '//a?b=1'], 'doubled');
    found(to('/ws/', 'http://app/v1'), ['/ws/a?b=1', '/v1a?b=1'], 'glued');
    found(to('/ws', 'http://$app/ws'), ['/ws/a?b=1', '/ws'], 'cut');
    found(to('= /ws', 'http://$app/ws'), ['/ws?b=1', '/ws'], 'query');
  });

  it('is unchanged or as intended', () => {
    assert.deepEqual(changed(to('/ws/', 'http://app/'), ['/ws/a?b=1', '/a?b=1']), []);
    assert.deepEqual(changed(to('/ws', 'http://$app$request_uri'), ['/ws/a?b=1', '/ws/a?b=1']), []);
    const rewritten = `location /ws { rewrite ^ /x break;\nproxy_pass http://app; ${UP} }`;
    assert.deepEqual(changed(rewritten, ['/ws/a?b=1', '//x']), []);
  });

  it('is redirected without its slash, unless a location answers', () => {
    only(slash(traced(to('/ws/', 'http://app'))), 'note :11 slash-redirect', { path: '/ws' });
    assert.deepEqual(slash(traced(`location = /ws { return 204; }\n${to('/ws/', 'http://app')}`)), []);
    assert.deepEqual(slash(traced(WS)), []);
  });
});

describe('a difference behind another server of the configuration', () => {
  it('is reported at the server that causes it', () => {
    const subject = (front: string, inner: string) =>
      subjectOf(`events { }
http {
server { listen 80; server_name a.example.org; location /ws {
proxy_pass http://127.0.0.1:81; ${UP} ${front} } }
server { listen 127.0.0.1:81; server_name a.example.org; location /ws {
proxy_pass http://app${inner}; ${UP} proxy_set_header Host $http_host; } } }`);
    const changed = { ...SENT, host: '127.0.0.1:81' };
    const trace: Trace = {
      sent: { path: '/ws/a', headers: listed(SENT) },
      received: {
        ...{ httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade', method: 'GET', path: '//a' },
        headers: listed(SENT),
      },
      response: { status: 101, headers: [] },
    };
    const doubled = seenAs(subject('proxy_set_header Host $http_host;', '/'), { trace });
    assert.equal(doubled.candidates.length, 2);
    only(path(doubled), 'warning :6 path-changed');
    const { received } = trace;
    assert.ok(received);
    const renamed = seenAs(subject('', ''), {});
    const [front] = renamed.candidates;
    const locations = new Map(
      renamed.candidates.map((each) => {
        const headers = listed(each === front ? changed : SENT);
        return [each, { ...OPENED, trace: { ...trace, received: { ...received, headers } } }] as const;
      }),
    );
    assert.ok(renamed.seen);
    only(host({ ...renamed, seen: { ...renamed.seen, locations } }), 'warning :4 host-changed');
  });
});

describe('X-Forwarded-Proto of a client that uses TLS', () => {
  const seen = (text: string, proto: string, origin = 'https://a.example.org') => {
    const trace: Trace = {
      sent: { path: '/ws', headers: listed({ ...SENT, origin }) },
      received: {
        ...{ httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade', method: 'GET', path: '/ws' },
        headers: listed({ ...SENT, 'x-forwarded-proto': proto }),
      },
      response: { status: 101, headers: [] },
    };
    const subject = seenAs(subjectOf(text), { trace });
    const [front] = subject.candidates;
    assert.ok(front !== undefined && subject.seen !== null);
    const locations = new Map([...subject.seen.locations].filter(([each]) => each === front));
    return forwardedProto({ ...subject, seen: { ...subject.seen, locations } });
  };
  const two = (inner: string) => `events { }
http {
server { listen 443 ssl; server_name a.example.org; location /ws {
proxy_pass http://127.0.0.1:81; ${UP} proxy_set_header X-Forwarded-Proto $scheme; } }
server { listen 127.0.0.1:81; server_name a.example.org; location /ws {
proxy_pass http://app; ${UP}
${inner} } } }`;

  it('is overwritten by an inner server, or written as http', () => {
    const overwritten = two('proxy_set_header X-Forwarded-Proto $scheme;');
    const found = only(seen(overwritten, 'http'), 'warning :7 scheme-changed', { isBehind: true });
    assert.deepEqual(found.remedies[0]?.lines, [
      'proxy_set_header  X-Forwarded-Proto  $http_x_forwarded_proto;',
    ]);
    const written = whole({
      server: `location /ws {\nproxy_pass http://app; ${UP} proxy_set_header X-Forwarded-Proto http; }`,
    });
    only(seen(written, 'http'), 'warning :12 scheme-changed', { isBehind: false });
  });

  it('arrives, is not sent, or is that of a client without TLS', () => {
    const passed = two('proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;');
    assert.deepEqual(seen(passed, 'https'), []);
    assert.deepEqual(seen(passed, ''), []);
    assert.deepEqual(seen(passed, 'http', 'http://a.example.org'), []);
  });
});

describe('variables of proxy_pass', () => {
  const failed = (server: string, values: Record<string, string>, http = '') => {
    const handshake: LocationSeen['handshake'] = { outcome: 'status-500', arrived: null };
    return passed(seenAs(subjectOf(whole({ server, http })), { ...OPENED, handshake, passed: values }));
  };
  const nested = `location / {\nset $to app;\nlocation /ws {\nproxy_pass http://$to; ${UP} } }`;

  it('are empty if another block sets them', () => {
    const found = only(failed(nested, { to: '' }), 'error :14 passed-to-nothing', { variables: ['$to'] });
    assert.deepEqual(found.data.sources, [{ why: 'elsewhere', places: ['/site/nginx.conf:12'] }]);
    assert.deepEqual(failed(nested, { to: 'app' }), []);
  });

  it('come from a map without an entry', () => {
    const server = `location /ws {\nproxy_pass http://$to; ${UP} }`;
    const found = only(failed(server, { to: '' }, 'map $host $to { a app; }'), 'error :12 passed-to-nothing');
    assert.deepEqual(found.data.sources, [{ why: 'unmapped', places: ['/site/nginx.conf:7'] }]);
  });

  it('are captures that a condition resets', () => {
    const server = `location ~ ^/ws/(\\d+)$ {\nif ($http_upgrade ~ x) { return 400; }\nproxy_pass http://app:$1; ${UP} }`;
    const found = only(failed(server, { 1: '' }), 'error :13 passed-to-nothing');
    assert.deepEqual(found.data.sources, [
      { why: 'reset', place: '/site/nginx.conf:12', expression: '/site/nginx.conf:12' },
    ]);
  });
});

describe('a configuration through which no WebSocket can connect', () => {
  const closed = seenAs(subjectOf(whole({ server: WS })), {
    handshake: { outcome: 'status-403', arrived: null },
  });

  it('is an error, whatever else is found', () => {
    only(withNowhere(closed, []), 'error :11 no-websocket', { locations: 1 });
    assert.deepEqual(withNowhere(traced(WS), []), []);
  });

  it('has a separate finding for the reason', () => {
    const found = judge(closed).filter(({ rule }) => rule === 'handshake');
    assert.deepEqual(
      found.map(({ level, code }) => `${level} ${code}`),
      ['error no-websocket', 'warning handshake-failed'],
    );
    assert.equal(found[1]?.seen?.code, 'handshake-answered');
  });
});
