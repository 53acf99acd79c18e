import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { only, SOUND, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import { auth } from './auth.ts';
import { connectionLimit, ports, requestLimit } from './limits.ts';
import { anyProtocol, bufferSize, closing } from './protocol.ts';
import { refused } from './refused.ts';
import { shadow } from './shadow.ts';
import { sharedSocket } from './socket.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const of = (server: string, http = '') => subjectOf(whole({ server, http }));

describe('what Nginx rejects, and the sandbox repairs', () => {
  it('is a server that listens on an address twice', () => {
    only(refused(of(`listen *:80;\n${SOUND}`)), 'error :11 listen-twice', { address: '*:80' });
    assert.deepEqual(refused(of(`listen [::]:80; listen 81; listen 127.0.0.1:80;\n${SOUND}`)), []);
  });

  it('is TLS without a certificate, where the whole configuration is known', () => {
    only(refused(of(`listen 443 ssl;\n${SOUND}`)), 'error :11 no-certificate', { listen: '443 ssl' });
    assert.deepEqual(refused(of(`listen 443 ssl; ssl_certificate a.pem;\n${SOUND}`)), []);
    assert.deepEqual(refused(of(`listen 443 ssl;\n${SOUND}`, 'ssl_certificate a.pem;')), []);
    assert.deepEqual(refused(of(`listen 443 ssl; ssl_reject_handshake on;\n${SOUND}`)), []);
    assert.deepEqual(refused(subjectOf(`server { listen 443 ssl; ${SOUND} }`)), []);
  });

  it('is TLS of any server on the socket if the server for unknown names has no certificate', () => {
    const first = (certificate: string) => `server { listen 443 ssl; ${certificate} }`;
    assert.deepEqual(refused(of(`listen 443 ssl;\n${SOUND}`, first('ssl_certificate a.pem;'))), []);
    only(
      refused(of(`listen 443 ssl; ssl_certificate a.pem;\n${SOUND}`, first(''))),
      'error :7 no-certificate',
    );
    only(
      refused(of(`listen 443 ssl; ssl_certificate a.pem;\n${SOUND}`, 'server { listen 443; }')),
      'error :7 no-certificate',
      { listen: '443' },
    );
  });
});

describe('a regular expression', () => {
  it('takes what was meant for a prefix', () => {
    const found = only(
      shadow(of(`location /ws/ { proxy_pass http://app; ${UP} }\nlocation ~ ^/ws { return 404; }`)),
      'error :11 location-shadowed',
      { by: '~ ^/ws', place: '/site/nginx.conf:12' },
    );
    assert.equal(found.data.remedy, 'location ^~ /ws/');
  });

  it('takes nothing from a prefix that goes first, or some of its paths only', () => {
    for (const location of ['^~ /ws/', '= /ws'])
      assert.deepEqual(
        shadow(of(`location ${location} { proxy_pass http://app; ${UP} }\nlocation ~ ^/ws { return 404; }`)),
        [],
      );
    assert.deepEqual(shadow(of(`${SOUND}\nlocation ~ \\.php$ { return 404; }`)), []);
  });
});

describe('auth_request', () => {
  const guarded = (service: string) =>
    auth(
      of(
        `${UP}\nlocation = /auth { proxy_pass http://auth; ${service} }\nlocation /ws { auth_request /auth; proxy_pass http://app; }`,
      ),
    );

  it('passes the upgrade on, unless its location sets other headers', () => {
    only(guarded(''), 'warning :12 auth-upgrade', { location: '/ws', place: '/site/nginx.conf:13' });
    assert.deepEqual(guarded('proxy_set_header Upgrade "";'), []);
    assert.deepEqual(guarded('proxy_set_header Host $host;'), []);
  });
});

describe('limits', () => {
  it('of connections count WebSockets until they close', () => {
    const limited = (key: string, count: number) =>
      connectionLimit(of(`limit_conn z ${count};\n${SOUND}`, `limit_conn_zone ${key} zone=z:1m;`));
    only(limited('$binary_remote_addr', 2), 'warning :11 connection-limit', { perClient: true, limit: 2 });
    only(limited('$binary_remote_addr', 50), 'note :11 connection-limit');
    only(limited('$uri', 50), 'warning :11 connection-limit', { perClient: false, key: '$uri' });
  });

  it('of requests count handshakes', () => {
    const subject = of(
      `limit_req zone=z burst=5;\n${SOUND}`,
      'limit_req_zone $remote_addr zone=z:1m rate=9r/s;',
    );
    only(requestLimit(subject), 'note :11 request-limit', {
      rate: '9r/s',
      burst: '5',
      key: '$remote_addr',
      perClient: true,
      status: 503,
    });
    const other = of(
      `limit_req zone=z; limit_req_status 429;\n${SOUND}`,
      'limit_req_zone $uri zone=z:1m rate=9r/s;',
    );
    only(requestLimit(other), 'note :11 request-limit', { perClient: false, status: 429 });
  });

  it('of a zone that another file defines are unknown', () => {
    const elsewhere = of(`limit_req zone=z; limit_conn y 5;\n${SOUND}`);
    assert.deepEqual([...requestLimit(elsewhere), ...connectionLimit(elsewhere)], []);
  });

  it('of ports: one address of the upstream takes fewer than worker_connections allows', () => {
    only(ports(of(SOUND)), 'note :11 port-limit', { webSockets: 40_000 });
    only(ports(of(SOUND, 'upstream app { server a:1; }')), 'note :7 port-limit', { upstream: 'a:1' });
    assert.deepEqual(ports(of(SOUND, 'upstream app { server a:1; server b:1; }')), []);
    assert.deepEqual(ports(of(SOUND, 'upstream app { server unix:/a.sock; }')), []);
    assert.deepEqual(ports(of(`proxy_bind 127.0.0.2;\n${SOUND}`)), []);
  });
});

describe('the protocol', () => {
  it('close in the map undoes what newer versions do by default', () => {
    const text = whole({ server: SOUND }).replace("'' '';", "'' close;");
    only(closing(subjectOf(text, { nginxVersion: '1.30.6' })), 'note :6 close-undoes-keepalive');
    assert.deepEqual(closing(subjectOf(text)), []);
    assert.deepEqual(closing(subjectOf(whole({ server: SOUND }), { nginxVersion: '1.30.6' })), []);
  });

  it('a large buffer takes memory of each WebSocket', () => {
    only(bufferSize(of(`proxy_buffer_size 128k;\n${SOUND}`)), 'note :11 large-buffer', { bytes: 131_072 });
    assert.deepEqual(bufferSize(of(`proxy_buffer_size 16k;\n${SOUND}`)), []);
  });

  it('whatever a client names is passed on', () => {
    only(anyProtocol(of(SOUND)), 'note :11 any-protocol');
    assert.deepEqual(anyProtocol(of(SOUND.replace('$http_upgrade', 'websocket'))), []);
    assert.deepEqual(anyProtocol(of(`deny all;\n${SOUND}`)), []);
  });

  it('the PROXY protocol of another server applies to the same socket', () => {
    const http = 'server { listen 80 proxy_protocol; }';
    only(sharedSocket(of(SOUND, http)), 'warning :7 shared-socket', { place: '/site/nginx.conf:7' });
    assert.deepEqual(sharedSocket(of(SOUND, 'server { listen 81 proxy_protocol; }')), []);
  });

  it('TLS of another server applies to the same socket, and comes with its certificate', () => {
    const http = 'server { listen 80 ssl; ssl_certificate a.pem; }';
    only(sharedSocket(of(SOUND, http)), 'error :7 shared-socket', {
      place: '/site/nginx.conf:7',
      own: '/site/nginx.conf:9',
      hasCertificate: false,
    });
    only(sharedSocket(of(`ssl_certificate b.pem;\n${SOUND}`, http)), 'note :7 shared-socket');
    assert.deepEqual(sharedSocket(of(SOUND, http.replace('80', '81'))), []);
  });
});

it('a server without a listen has the parameters of others on its socket, at its own line', () => {
  const http = 'server { listen 80 proxy_protocol; }';
  const subject = subjectOf(whole({ server: SOUND, http }).replace('\nlisten 80;', '\n'));
  only(sharedSocket(subject), 'warning :7 shared-socket', {
    place: '/site/nginx.conf:7',
    own: '/site/nginx.conf:8',
  });
});
