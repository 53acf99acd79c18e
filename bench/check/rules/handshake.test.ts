import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  described,
  OPENED,
  ofServer,
  SOUND,
  seenAs,
  subjectOf,
  UPGRADE,
  whole,
} from '../check.test.fixture.ts';
import type { LocationSeen, Trace } from '../observation.ts';
import type { Subject } from '../subject.ts';
import { cache } from './cache.ts';
import { connections, openFiles } from './capacity.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { httpVersion, upgrade } from './upgrade.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const REFUSED: LocationSeen['handshake'] = { outcome: 'reset', arrived: null };
const STREAM = 'stream { server { listen 1; proxy_pass a:1; } }';

/** Findings on a location whose handshake had this outcome. */
function failed(
  outcome: LocationSeen['handshake']['outcome'],
  arrived: LocationSeen['handshake']['arrived'] = null,
  subject: Subject = ofServer(SOUND),
): string[] {
  return described(handshake(seenAs(subject, { handshake: { outcome, arrived } })));
}

const ARRIVED = { httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade' };

describe('a handshake that fails', () => {
  it('is the answer of Nginx below 500, of the upstream from 500 on', () => {
    assert.deepEqual(failed('status-499'), [
      'warning handshake :11 handshake-failed {"location":"/ws","reason":"nginx"}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-499","arrived":null} {"status":499}',
    ]);
    assert.deepEqual(failed('status-500'), [
      'error handshake :11 handshake-failed {"location":"/ws","reason":"upstream"}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-500","arrived":null} {"status":500}',
    ]);
    assert.deepEqual(failed('reset'), [
      'error handshake :11 handshake-failed {"location":"/ws","reason":"nginx"}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":null} {}',
    ]);
  });

  it('is one that Nginx changed, or that was answered otherwise', () => {
    assert.deepEqual(failed('status-403', ARRIVED), [
      'error handshake :11 handshake-failed {"location":"/ws","reason":"no-upgrade"}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-403","arrived":{"httpVersion":"1.1","upgrade":"websocket","connection":"upgrade"}} {"status":403}',
    ]);
    assert.deepEqual(failed('reset', { ...ARRIVED, upgrade: 'WebSocket', connection: 'Upgrade' }), [
      'error handshake :11 handshake-failed {"location":"/ws","reason":"response"}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":{"httpVersion":"1.1","upgrade":"WebSocket","connection":"Upgrade"}} {}',
    ]);
    assert.deepEqual(failed('reset', { ...ARRIVED, connection: null }), [
      'error handshake :11 handshake-failed {"location":"/ws","reason":"connection"}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":{"httpVersion":"1.1","upgrade":"websocket","connection":null}} {}',
      '  location: proxy_set_header    Connection  $connection_upgrade;',
    ]);
    assert.deepEqual(failed('echoed'), []);
  });

  it('suggests the map as well if the configuration has none', () => {
    const text = `events { }\nhttp { server { listen 80; server_name a.org;\nlocation /ws { proxy_pass http://app; proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $c; } } }`;
    assert.deepEqual(failed('reset', { ...ARRIVED, connection: 'close' }, subjectOf(text)), [
      'error handshake :5 handshake-failed {"location":"/ws","reason":"connection"}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":{"httpVersion":"1.1","upgrade":"websocket","connection":"close"}} {}',
      '  location: proxy_set_header    Connection  $connection_upgrade;',
      "  http: map $http_upgrade $connection_upgrade { |     default  upgrade; |     ''       ''; | }",
    ]);
  });

  it('is left to the rule that explains it', () => {
    const explained = (server: string, http = '', seen: Partial<LocationSeen> = {}, listen = 'listen 80;') =>
      described(
        handshake(
          seenAs(subjectOf(whole({ server, http }).replace('listen 80;', listen)), {
            handshake: { outcome: 'status-404', arrived: null },
            ...seen,
          }),
        ),
      );
    assert.equal(explained(SOUND).length, 2);
    assert.deepEqual(explained(SOUND, '', {}, 'listen 80 http2;'), []);
    const inner = 'server { listen 127.0.0.1:8080 proxy_protocol; }';
    assert.deepEqual(explained(SOUND.replace('http://app', 'http://127.0.0.1:8080'), inner), []);
    assert.deepEqual(explained(SOUND.replace('{', '{ try_files $uri =404;')), []);
    assert.deepEqual(explained(`${SOUND} location ~ ^/ws { return 404; }`), []);
    assert.deepEqual(explained(`proxy_hide_header Upgrade; ${SOUND}`), []);
    const empty = { outcome: 'status-500', arrived: null } as const;
    const variable = SOUND.replace('http://app', 'http://$to');
    assert.deepEqual(explained(variable, '', { handshake: empty, passed: { to: '' } }), []);
    const trace: Trace = {
      sent: { path: '/ws', headers: [] },
      received: { ...ARRIVED, method: 'GET', path: '/ws', headers: [] },
      response: { status: 101, headers: [] },
    };
    assert.deepEqual(explained(SOUND, '', { trace }), []);
  });

  it('is left to the finding about the stream server in front', () => {
    const text = `events { }\nstream { server { listen 443; proxy_pass 127.0.0.1:81; } }
http { server { listen 127.0.0.1:81 proxy_protocol; server_name a.org; ${SOUND} } }`;
    assert.deepEqual(failed('reset', null, subjectOf(text)), []);
  });

  it('is not expected of a location without any sign', () => {
    const any = ofServer(`location / { proxy_pass http://app; proxy_http_version 1.1; }`);
    assert.deepEqual(failed('reset', null, any), []);
  });

  it('was not tried if no path or no host leads there', () => {
    const untried = (subject: Subject) => {
      const { seen } = seenAs(subject, {});
      return described(handshake({ ...subject, seen: seen && { ...seen, locations: new Map() } }));
    };
    const other = `server { listen 80;\nlocation /ws { proxy_pass http://app; ${UP} } }`;
    const subject = ofServer(SOUND);
    assert.deepEqual(untried(subject), [
      'note handshake :11 location-not-tried {"location":"/ws","lacks":"host"}',
    ]);
    const nameless = subjectOf(`http { server { listen 80; root /srv; }\n${other} }`);
    assert.deepEqual(untried(nameless), [
      'note handshake :3 location-not-tried {"location":"/ws","lacks":"host"}',
    ]);
    assert.deepEqual(untried(ofServer(`location @ws { proxy_pass http://app; ${UP} }`)), [
      'note handshake :11 location-not-tried {"location":"@ws","lacks":"path"}',
    ]);
  });
});

describe('an upgrade that a location lacks', () => {
  const of = (server: string, seen: Partial<LocationSeen> | null = null) => {
    const subject = ofServer(server);
    return described(upgrade(seen === null ? subject : seenAs(subject, seen)));
  };

  it('is suggested in full, with the map only for the Connection header', () => {
    assert.deepEqual(of('location /ws { proxy_pass http://app; }'), [
      'error upgrade :11 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"version","version":"1.0"},{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}]}',
      '  location: proxy_http_version  1.1; | proxy_set_header    Upgrade     $http_upgrade; | proxy_set_header    Connection  $connection_upgrade;',
    ]);
    const text = (lines: string) =>
      `http { server { listen 80; location /ws { proxy_pass http://app;\n${lines} } } }`;
    const found = (lines: string) => described(upgrade(subjectOf(text(lines))));
    assert.deepEqual(found('proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;'), [
      'error upgrade :1 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"version","version":"1.0"}]}',
      '  location: proxy_http_version  1.1;',
    ]);
    assert.deepEqual(found('proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;'), [
      'error upgrade :1 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"connection","sent":"close"}]}',
      '  location: proxy_set_header    Connection  $connection_upgrade;',
      "  http: map $http_upgrade $connection_upgrade { |     default  upgrade; |     ''       ''; | }",
    ]);
    assert.deepEqual(found('set $connection_upgrade x;'), [
      'error upgrade :1 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"version","version":"1.0"},{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}]}',
      '  location: proxy_http_version  1.1; | proxy_set_header    Upgrade     $http_upgrade; | proxy_set_header    Connection  $connection_upgrade;',
    ]);
    assert.deepEqual(described(upgrade(subjectOf(text(''), { nginxVersion: '1.29.7' }))), [
      'error upgrade :1 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}]}',
      '  location: proxy_set_header    Upgrade     $http_upgrade; | proxy_set_header    Connection  $connection_upgrade;',
      "  http: map $http_upgrade $connection_upgrade { |     default  upgrade; |     ''       ''; | }",
    ]);
  });

  it('is one of the protocol if the Upgrade header names another', () => {
    const set = (value: string) =>
      `location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection upgrade;\nproxy_set_header Upgrade ${value}; }`;
    assert.deepEqual(of(set('h2c')), [
      'error upgrade :12 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"protocol","written":"h2c","sent":null}]}',
      '  location: proxy_set_header    Upgrade     $http_upgrade;',
    ]);
    assert.deepEqual(of(set('WebSocket')), []);
    assert.deepEqual(of(set('$a')), []);
    const sent = (name: string | null) => ({
      handshake: { outcome: 'reset' as const, arrived: { ...ARRIVED, upgrade: name } },
    });
    assert.deepEqual(of(set('$a'), sent('h2c')), [
      'error upgrade :12 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"protocol","written":"$a","sent":"h2c"}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":{"httpVersion":"1.1","upgrade":"h2c","connection":"upgrade"}} {}',
      '  location: proxy_set_header    Upgrade     $http_upgrade;',
    ]);
    assert.deepEqual(of(set('$a'), sent('WEBSOCKET')), []);
    assert.deepEqual(of(set('$a'), sent(null)), []);
    assert.deepEqual(of(set('h2c'), sent(null)), [
      'error upgrade :12 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"protocol","written":"h2c","sent":null}]}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":{"httpVersion":"1.1","upgrade":null,"connection":"upgrade"}} {}',
      '  location: proxy_set_header    Upgrade     $http_upgrade;',
    ]);
  });

  it('is an error only if the name is used for WebSockets alone', () => {
    const level = (name: string) => of(`location ${name} { proxy_pass http://app; }`)[0]?.split(' ')[0];
    for (const name of ['/WebSocket', '/sockjs/', '/signalr', '/a-ws', '/wss/x', '/cable', '~ ^/ws$'])
      assert.equal(level(name), 'error', name);
    for (const name of ['/live', '/stream', '/socket']) assert.equal(level(name), 'warning', name);
  });

  it('is reported for each location, but once for all that only use proxy_pass', () => {
    const two = 'location /ws { proxy_pass http://app; }\nlocation /live { proxy_pass http://app; }';
    assert.deepEqual(
      of(two).filter((line) => !line.startsWith(' ')),
      [
        'error upgrade :11 upgrade-not-passed {"location":"/ws","lacks":[{"lack":"version","version":"1.0"},{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}]}',
        'warning upgrade :12 upgrade-not-passed {"location":"/live","lacks":[{"lack":"version","version":"1.0"},{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}]}',
      ],
    );
    const any =
      'location /a { proxy_pass http://app; }\nlocation /b { proxy_pass http://app; }\nlocation /c { proxy_pass http://app; }';
    assert.deepEqual(of(any), [
      'error upgrade :11 upgrade-nowhere {"location":"/a","lacks":[{"lack":"version","version":"1.0"},{"lack":"upgrade","replaced":null},{"lack":"connection","sent":"close"}],"others":["/site/nginx.conf:12","/site/nginx.conf:13"]}',
      '  location: proxy_http_version  1.1; | proxy_set_header    Upgrade     $http_upgrade; | proxy_set_header    Connection  $connection_upgrade;',
    ]);
    assert.deepEqual(upgrade(subjectOf(STREAM)), []);
  });
});

describe('HTTP/1.1 by default', () => {
  it('is noticed since the version that introduced it, where WebSockets open', () => {
    const subject = ofServer(SOUND.replace('proxy_http_version 1.1;', ''));
    const at = (nginxVersion: string, changes: Partial<Subject> = {}) =>
      described(httpVersion({ ...subject, nginxVersion, ...changes }));
    assert.deepEqual(at('1.29.7'), [
      'warning http-version :11 http-version-by-default {"location":"/ws","nginxVersion":"1.29.7","since":"1.29.7"}',
      '  location: proxy_http_version  1.1;',
    ]);
    assert.deepEqual(at('1.29.6'), []);
    assert.deepEqual(httpVersion({ ...subjectOf(STREAM), nginxVersion: '1.29.7' }), []);
    const { seen } = seenAs(subject, { handshake: REFUSED });
    assert.deepEqual(at('1.29.7', { seen }), []);
  });
});

describe('a fixed Connection header', () => {
  const set = (name: string, value = 'upgrade') =>
    `location ${name} { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection ${value}; }`;
  const of = (name: string, value?: string, seen: Partial<LocationSeen> = {}) =>
    described(connection(seenAs(ofServer(set(name, value)), seen)));

  it('is reported with how a GET arrived', () => {
    assert.deepEqual(of('/'), [
      'warning connection :12 connection-fixed {"value":"upgrade"}',
      '  location: proxy_set_header    Connection  $connection_upgrade;',
    ]);
    const get = (value: string | null) => ({
      get: { status: 426, arrived: { ...ARRIVED, upgrade: null, connection: value } },
    });
    assert.deepEqual(of('/', '"keep-alive, Upgrade"', get('UPGRADE')), [
      'warning connection :12 connection-fixed {"value":"keep-alive, Upgrade"}',
      '  seen get-arrived {"arrived":{"httpVersion":"1.1","upgrade":null,"connection":"UPGRADE"}} {}',
      '  location: proxy_set_header    Connection  $connection_upgrade;',
    ]);
    assert.equal(of('/', 'upgrade', get(null))[1]?.startsWith('  seen'), false);
    assert.equal(of('/', 'upgrade', { get: { status: 426, arrived: null } })[1]?.startsWith('  seen'), false);
    assert.equal(of('/', 'upgrade', { get: null })[1]?.startsWith('  seen'), false);
  });

  it('is none with a variable or another value, or if no WebSocket opened', () => {
    for (const value of ['$a', 'upgrade$a', '$a-upgrade', 'close']) assert.deepEqual(of('/', value), []);
    assert.deepEqual(of('/', 'upgrade', { handshake: REFUSED }), []);
    assert.deepEqual(connection(subjectOf(STREAM)), []);
  });

  it('is only noted in a location for WebSockets alone', () => {
    const level = (name: string) => of(name)[0]?.split(' ')[0];
    assert.deepEqual(['/ws', '/api', '~ ^/ws/[0-9]+$', '~ ^/(ws|api)', '~ (?<a>x)(?=y)'].map(level), [
      'note',
      'warning',
      'note',
      'warning',
      'warning',
    ]);
    const asked = { websocketPath: '/x', host: null };
    const subject = subjectOf(whole({ server: set('/') }));
    const [first = assert.fail()] = subject.candidates;
    const candidates = [{ ...first, sign: 'asked' as const, path: asked.websocketPath }];
    assert.equal(connection({ ...subject, candidates })[0]?.level, 'note');
  });
});

describe('a cache', () => {
  const of = (server: string, tried: LocationSeen['cache'] = null, location = SOUND) =>
    described(cache(seenAs(ofServer(`proxy_cache c;\n${server}\n${location}`), { cache: tried })));
  const tried = (afterGet: 'echoed' | 'status-426', slowestSeconds: number) => ({
    ...{ afterGet, slowestSeconds, together: 4, reached: 3 },
  });

  it('is reported with what was seen', () => {
    assert.deepEqual(of(''), [
      'warning cache :11 handshakes-cached {"location":"/ws","isKept":false,"isLocked":false}',
      '  server: proxy_cache_bypass  $http_upgrade; | proxy_no_cache      $http_upgrade;',
    ]);
    assert.deepEqual(of('', tried('echoed', 0.39)), [
      'note cache :11 handshakes-cached {"location":"/ws","isKept":false,"isLocked":false}',
      '  seen cache-not-kept {"path":"/ws"} {}',
      '  server: proxy_cache_bypass  $http_upgrade; | proxy_no_cache      $http_upgrade;',
    ]);
    assert.deepEqual(of('proxy_cache_lock off;', tried('echoed', 0.4)), [
      'warning cache :11 handshakes-cached {"location":"/ws","isKept":false,"isLocked":false}',
      '  seen cache-queued {"together":4,"seconds":0.4} {"seconds":0.4}',
      '  server: proxy_cache_bypass  $http_upgrade; | proxy_no_cache      $http_upgrade;',
    ]);
    assert.deepEqual(of('proxy_cache_lock on;', tried('status-426', 9)), [
      'error cache :11 handshakes-cached {"location":"/ws","isKept":true,"isLocked":true}',
      '  seen cache-answered {"path":"/ws","outcome":"status-426","together":4,"reached":3} {"status":426}',
      '  server: proxy_cache_bypass  $http_upgrade; | proxy_no_cache      $http_upgrade;',
    ]);
  });

  it('is reported at the line that decides, with the conditions that apply', () => {
    assert.deepEqual(of('proxy_cache_bypass $a $b;\nproxy_cache_bypass $c; proxy_no_cache $d;'), [
      'warning cache :12 handshakes-cached {"location":"/ws","isKept":false,"isLocked":false}',
      '  server: proxy_cache_bypass  $http_upgrade  $a  $b  $c; | proxy_no_cache      $http_upgrade  $d;',
    ]);
  });

  it('is bypassed with any header of the handshake', () => {
    for (const value of [`\${http_upgrade}`, '$http_connection', '$connection_upgrade', 'x$http_upgrade'])
      assert.deepEqual(of(`proxy_cache_bypass ${value};`), [], value);
    for (const value of ['$http_upgrades', 'http_upgrade', '$upgrade'])
      assert.notDeepEqual(of(`proxy_cache_bypass ${value};`), [], value);
    assert.deepEqual(cache(seenAs(ofServer(`proxy_cache c;\n${SOUND}`), { handshake: REFUSED })), []);
  });
});

describe('limits of a worker', () => {
  const of = (main: string, events: string, http = '') =>
    subjectOf(whole({ server: SOUND, main, http }).replace(' worker_connections 20000; ', ` ${events} `));

  it('are reported with the lines that set them', () => {
    assert.deepEqual(described(connections(of('', 'worker_connections 2048;'))), [
      'note worker-connections :4 worker-connections {"connections":2048,"isDefault":false,"webSockets":1024,"workers":"4"}',
    ]);
    assert.deepEqual(described(connections(of('', 'worker_connections 2047;'))), [
      'warning worker-connections :4 worker-connections {"connections":2047,"isDefault":false,"webSockets":1023,"workers":"4"}',
      '  events: worker_connections  20000;',
      '  main: worker_rlimit_nofile  40000;',
    ]);
    const none = whole({ server: SOUND })
      .replace(/events.*\n/, '')
      .replace('worker_processes 4;', '');
    assert.deepEqual(described(connections(subjectOf(none))), [
      'warning worker-connections :none worker-connections {"connections":512,"isDefault":true,"webSockets":256,"workers":"1"}',
      '  events: worker_connections  20000;',
    ]);
    const capacity = { opened: 0, kind: 'reset' as const };
    assert.deepEqual(described(connections(seenAs(of('', ''), {}, { capacity }))), [
      'warning worker-connections :4 worker-connections {"connections":512,"isDefault":true,"webSockets":256,"workers":"4"}',
      '  seen worker-full {"opened":0,"outcome":"reset"} {}',
      '  events: worker_connections  20000;',
      '  main: worker_rlimit_nofile  40000;',
    ]);
    assert.deepEqual(connections({ ...of('', ''), candidates: [] }), []);
  });

  it('are too few open files for the connections', () => {
    assert.deepEqual(described(openFiles(of('', 'worker_connections 1025;'))), [
      'warning open-files :4 open-files {"openFiles":1024,"isDefault":true,"connections":1025,"webSockets":512}',
      '  main: worker_rlimit_nofile  2050;',
    ]);
    assert.deepEqual(described(openFiles(of('worker_rlimit_nofile 99;', 'worker_connections 100;'))), [
      'warning open-files :2 open-files {"openFiles":99,"isDefault":false,"connections":100,"webSockets":49}',
      '  main: worker_rlimit_nofile  200;',
    ]);
    assert.deepEqual(openFiles(of('worker_rlimit_nofile x;', 'worker_connections 100;')), []);
    assert.deepEqual(openFiles({ ...of('', 'worker_connections 1025;'), candidates: [] }), []);
    assert.deepEqual(openFiles({ ...of('', 'worker_connections 1025;'), isPart: true }), []);
  });
});

it('a location is sound if a WebSocket opened, or if none was tried and it forwards Upgrade', () => {
  const of = (server: string, seen: Partial<LocationSeen> | null) =>
    httpVersion({
      ...(seen === null ? ofServer(server) : seenAs(ofServer(server), seen)),
      nginxVersion: '1.30.0',
    }).length;
  const sound = SOUND.replace('proxy_http_version 1.1;', '');
  const named = 'location /ws { proxy_pass http://app; }';
  assert.deepEqual(
    [of(sound, null), of(named, null), of(sound, { handshake: REFUSED }), of(named, OPENED)],
    [1, 0, 0, 1],
  );
});
