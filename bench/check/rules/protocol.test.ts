import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { described, ofServer, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { accessLog } from './access-log.ts';
import { auth } from './auth.ts';
import { buffering } from './buffering.ts';
import { anyProtocol, bufferSize, closing } from './protocol.ts';
import { resumption } from './resumption.ts';

const refused = { handshake: { outcome: 'reset', arrived: null } } as const;
const stream = (text: string) => subjectOf(`stream {\n${text} server { listen 1; proxy_pass a:1; } }`);

describe('a map that closes connections', () => {
  const of = (http: string, server = SOUND, nginxVersion = '1.29.7') =>
    described(closing(subjectOf(whole({ server, http }), { nginxVersion })));
  const used = SOUND.replace('$connection_upgrade', '$closing');

  it('is one whose result is the Connection header, for no upgrade', () => {
    const map = (lines: string) => `map $http_upgrade $closing { ${lines} }`;
    assert.deepEqual(of(map("default upgrade; '' close;"), used), [
      'note connection-close :7 close-undoes-keepalive {"nginxVersion":"1.29.7"}',
      "  http: ''  '';  # in this map",
    ]);
    assert.deepEqual(of(map("default close; '' '';"), used), []);
    assert.deepEqual(of(map("default upgrade; '' close;"), used, '1.29.6'), []);
    assert.deepEqual(of(map("'' close;"), SOUND), []);
    assert.deepEqual(of("map $a { '' close; }", SOUND), []);
    assert.deepEqual(of("map $a { '' close; }", 'location /ws { proxy_pass http://app; }'), []);
  });
});

describe('a large buffer', () => {
  const of = (size: string) => described(bufferSize(ofServer(`proxy_buffer_size ${size};\n${SOUND}`)));

  it('has 64 KiB or more, in any unit', () => {
    assert.deepEqual(of('64k'), ['note buffer-size :11 large-buffer {"bytes":65536,"memory":1310720000}']);
    assert.deepEqual(of('65536'), ['note buffer-size :11 large-buffer {"bytes":65536,"memory":1310720000}']);
    assert.deepEqual(of('1M'), ['note buffer-size :11 large-buffer {"bytes":1048576,"memory":20971520000}']);
    assert.deepEqual(of('1g'), [
      'note buffer-size :11 large-buffer {"bytes":1073741824,"memory":21474836480000}',
    ]);
    for (const size of ['63K', '65535', '0', '100x', '$size']) assert.deepEqual(of(size), [], size);
    assert.deepEqual(bufferSize(stream('proxy_buffer_size 64k;')), []);
    assert.deepEqual(bufferSize(seenAs(ofServer(`proxy_buffer_size 64k;\n${SOUND}`), refused)), []);
  });
});

describe('an Upgrade header that is passed on', () => {
  it('lets clients ask for any protocol, unless access is denied', () => {
    assert.deepEqual(described(anyProtocol(ofServer(SOUND))), [
      'note any-protocol :11 any-protocol {"location":"/ws"}',
    ]);
    assert.equal(anyProtocol(ofServer(SOUND.replace('$http_upgrade', `\${http_upgrade}`))).length, 1);
    assert.deepEqual(anyProtocol(ofServer(SOUND.replace('$http_upgrade', 'x$http_upgrade'))), []);
    assert.deepEqual(anyProtocol(ofServer(`deny all;\n${SOUND}`)), []);
    assert.deepEqual(anyProtocol(seenAs(ofServer(SOUND), refused)), []);
    assert.deepEqual(anyProtocol(stream('proxy_set_header Upgrade $http_upgrade;')), []);
    assert.deepEqual(anyProtocol(seenAs(ofServer('location /ws { proxy_pass http://a; }'), {})), []);
  });
});

describe('directives without effect', () => {
  it('are named once each, in order', () => {
    const names =
      'gzip on; proxy_request_buffering off; proxy_max_temp_file_size 0; gzip off; limit_rate_after 1k; gzip_types a;';
    const server = SOUND.replace('access_log', `\n${names}\naccess_log`);
    assert.deepEqual(described(buffering(ofServer(server))), [
      'note buffering :12 no-effect {"directives":["gzip","proxy_request_buffering","proxy_max_temp_file_size","limit_rate_after"],"location":"/ws"}',
    ]);
    assert.deepEqual(buffering(seenAs(ofServer(server), refused)), []);
    assert.deepEqual(buffering(subjectOf('stream { server { listen 1; proxy_pass a:1; gzip on; } }')), []);
  });
});

describe('the log', () => {
  const logged = SOUND.replace('access_log off;', '');

  it('is written when a WebSocket closes', () => {
    const seen = (whileOpen: number, afterClose: number) =>
      described(accessLog(seenAs(ofServer(logged), {}, { log: { whileOpen, afterClose } })));
    assert.deepEqual(seen(0, 1), ['note access-log :11 logged-at-close {}', '  seen log-at-close {} {}']);
    assert.equal(seen(1, 1).length, 1);
    assert.equal(seen(0, 0).length, 1);
    assert.deepEqual(described(accessLog(ofServer(`access_log /a;\n${logged}`))), [
      'note access-log :11 logged-at-close {}',
    ]);
    assert.deepEqual(accessLog(seenAs(ofServer(logged), refused)), []);
    assert.deepEqual(accessLog(subjectOf('stream { server { listen 1; proxy_pass a:1; } }')), []);
  });
});

describe('auth_request', () => {
  const guarded = (service: string, guard = 'auth_request /auth?a=1;') =>
    described(
      auth(
        ofServer(
          `proxy_set_header Upgrade $http_upgrade;\n${service}\nlocation /ws {\n${guard} proxy_pass http://app; }`,
        ),
      ),
    );

  it('asks a service for an upgrade if that passes the header on', () => {
    assert.deepEqual(guarded('location = /auth {\nproxy_pass http://auth; }'), [
      'warning auth-request :12 auth-upgrade {"location":"/ws","uri":"/auth?a=1","place":"/site/nginx.conf:15"}',
      '  location: proxy_set_header  Upgrade     ""; | proxy_set_header  Connection  "";',
    ]);
    assert.deepEqual(guarded('location / { return 204; } location = /auth { return 204; }'), []);
    assert.deepEqual(guarded(''), []);
    const own = 'location = /auth { proxy_pass http://auth; proxy_set_header Upgrade ""; }';
    assert.deepEqual(guarded(own), []);
    const service = 'location = /auth { proxy_pass http://auth; }';
    assert.deepEqual(guarded(service, ''), []);
    assert.deepEqual(guarded('location ~ off { proxy_pass http://auth; }', 'auth_request off;'), []);
    assert.deepEqual(guarded(`auth_request /auth; ${service}`, 'auth_request off;'), [
      'warning auth-request :12 auth-upgrade {"location":"= /auth","uri":"/auth","place":"/site/nginx.conf:12"}',
      '  location: proxy_set_header  Upgrade     ""; | proxy_set_header  Connection  "";',
    ]);
  });

  it('looks for the service in the same server', () => {
    const service = 'location = /auth { proxy_pass http://auth; }';
    const http = `server { listen 81; ${service} }`;
    const server = `proxy_set_header Upgrade $http_upgrade;\nlocation /ws { auth_request /auth; proxy_pass http://app; }`;
    assert.deepEqual(auth(subjectOf(whole({ server, http }))), []);
    assert.deepEqual(auth(stream('auth_request /auth;')), []);
  });
});

describe('TLS sessions that are not resumed', () => {
  const of = (settings: string) => described(resumption(ofServer(`listen 443 ssl;\n${settings}\n${SOUND}`)));

  it('are suggested with what the configuration lacks', () => {
    assert.deepEqual(of('ssl_session_tickets off; ssl_session_timeout 23h;'), [
      'warning tls-resumption :12 tls-not-resumed {}',
      '  server: ssl_session_cache    shared:tls:10m; | ssl_session_timeout  1d; | ssl_session_tickets  on;',
    ]);
    assert.deepEqual(of('ssl_session_tickets off; ssl_session_timeout 1d;'), [
      'warning tls-resumption :12 tls-not-resumed {}',
      '  server: ssl_session_cache    shared:tls:10m; | ssl_session_tickets  on;',
    ]);
    assert.deepEqual(of('ssl_session_tickets off; ssl_session_timeout x;'), [
      'warning tls-resumption :12 tls-not-resumed {}',
      '  server: ssl_session_cache    shared:tls:10m; | ssl_session_timeout  1d; | ssl_session_tickets  on;',
    ]);
    assert.deepEqual(of('ssl_session_tickets off; ssl_session_cache builtin:1000;'), [
      'warning tls-resumption :12 tls-not-resumed {}',
      '  server: ssl_session_cache    shared:tls:10m; | ssl_session_timeout  1d; | ssl_session_tickets  on;',
    ]);
    assert.deepEqual(of('ssl_session_tickets off; ssl_session_cache builtin:1000 shared:a:1m;'), []);
    assert.deepEqual(of('ssl_session_tickets on;'), []);
  });

  it('are reported once for each server, at the line of the cache if tickets are not mentioned', () => {
    const subject = ofServer(
      `listen 443 ssl;\nssl_session_cache off;\n${SOUND} ${SOUND.replace('/ws', '/live')}`,
    );
    const probe = {
      ...{ alpn: null, alpnOffered: 'h2', extendedConnect: false, tlsProtocol: 'TLSv1.2' },
      ...{ tlsCipher: 'x', tlsKeyType: 'ec', tlsResumed: false },
    };
    const [candidate = assert.fail()] = subject.candidates;
    const seen = (changes: object) =>
      described(
        resumption(seenAs(subject, {}, { tls: new Map([[candidate.server, { ...probe, ...changes }]]) })),
      );
    assert.deepEqual(seen({}), [
      'warning tls-resumption :12 tls-not-resumed {}',
      '  seen session-not-resumed {"protocol":"TLSv1.2"} {}',
      '  server: ssl_session_cache    shared:tls:10m; | ssl_session_timeout  1d; | ssl_session_tickets  on;',
    ]);
    assert.deepEqual(seen({ tlsResumed: null }), []);
    assert.deepEqual(seen({ tlsResumed: true }), []);
  });
});
