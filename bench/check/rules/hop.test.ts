import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { only, SOUND, subjectOf, UPGRADE } from '../check.test.fixture.ts';
import { hop, unlistened } from './hop.ts';

const MAIN = 'events { worker_connections 20000; }\n';

const UP = UPGRADE.replaceAll('\n', ' ');

/** `:line what` of each finding; the listen in front is on line 4, its proxy_pass on line 5. */
const found = (text: string) =>
  hop(subjectOf(MAIN + text)).map(({ origin, data }) => `:${origin?.line} ${data.what}`);

const stream = (front: string, inner: string, settings = '') =>
  found(`stream {\nserver {\n${front}\nproxy_pass 127.0.0.1:8080;\n${settings}\n}\n}
http { server { listen 127.0.0.1:8080 ${inner}; server_name a.org; ${SOUND} } }`);

const passed = (front: string, inner: string) =>
  found(`stream {\nserver {\n${front}\npass 127.0.0.1:8080;\n}\n}
http { server { listen 127.0.0.1:8080 ${inner}; server_name a.org; ${SOUND} } }`);

const http = (pass: string, inner: string) =>
  found(`http {\nserver {\nlisten 80; server_name a.org;\nlocation / { proxy_pass ${pass}; } }
server { listen 127.0.0.1:8080 ${inner}; server_name a.org; ${SOUND} } }`);

describe('two servers of a configuration, and the connection between them', () => {
  it('must agree about the PROXY protocol, or every connection fails', () => {
    assert.deepEqual(stream('listen 443;', '', 'proxy_protocol on;'), [':6 proxy-protocol-unexpected']);
    assert.deepEqual(stream('listen 443;', 'proxy_protocol'), [':5 proxy-protocol-missing']);
    assert.deepEqual(stream('listen 443;', 'proxy_protocol', 'proxy_protocol on;'), []);
    assert.deepEqual(http('http://127.0.0.1:8080', 'proxy_protocol'), [':5 proxy-protocol-missing']);
  });

  it('must agree about TLS, which a client may also use through the stream server', () => {
    assert.deepEqual(stream('listen 443;', 'ssl'), []);
    assert.deepEqual(stream('listen 443 ssl;', 'ssl'), [':5 tls-missing']);
    assert.deepEqual(stream('listen 443 ssl;', 'ssl', 'proxy_ssl on;'), []);
    assert.deepEqual(stream('listen 443;', '', 'proxy_ssl on;'), [':5 tls-unexpected']);
    assert.deepEqual(passed('listen 443 ssl;', ''), []);
    assert.deepEqual(passed('listen 443 ssl;', 'ssl'), [':5 tls-missing']);
    assert.deepEqual(http('http://127.0.0.1:8080', 'ssl'), [':5 tls-missing']);
    assert.deepEqual(http('https://127.0.0.1:8080', 'ssl'), []);
    assert.deepEqual(http('https://127.0.0.1:8080', ''), [':5 tls-unexpected']);
  });
});

describe('an address on this machine on which no server listens', () => {
  it('is nowhere for pass', () => {
    const to = (address: string, listen = '127.0.0.1:8443') =>
      unlistened(
        subjectOf(`${MAIN}stream {\nserver { listen 443;\npass ${address}; }\n}
http { server { listen ${listen}; server_name a.org; ${SOUND} } }`),
      );
    only(to('127.0.0.1:8444'), 'error :4 pass-unlistened', { address: '127.0.0.1:8444' });
    for (const address of ['127.0.0.1:8443', '$backend']) assert.deepEqual(to(address), []);
    assert.deepEqual(to('127.0.0.1:8443', '8443'), []);
    assert.deepEqual(unlistened(subjectOf('server { listen 443; pass 127.0.0.1:1; }')), []);
  });

  it('is remarkable if an inner server with WebSockets gets no connections', () => {
    const front = (port: number, inner = SOUND, http = '') =>
      unlistened(
        subjectOf(`${MAIN}http { ${http} server { listen 80; server_name a.org;
location /ws { ${UP} proxy_pass http://127.0.0.1:${port}; } }
server { listen 127.0.0.1:8080; server_name b.org;
${inner} } }`),
      );
    only(front(8081), 'note :3 inner-server-unused', {
      address: '127.0.0.1:8081',
      place: '/site/nginx.conf:4',
      listened: '127.0.0.1:8080',
    });
    assert.deepEqual(front(8080), []);
    // A page of status, and an application that another server uses as well.
    assert.deepEqual(front(8081, 'location /status { stub_status; }'), []);
    assert.deepEqual(front(8081, `location /ws { ${UP} proxy_pass http://127.0.0.1:8081; }`), []);
    const used = 'server { listen 81; location / { proxy_pass http://127.0.0.1:8080; } }';
    assert.deepEqual(front(8081, SOUND, used), []);
  });

  it('is remarkable for a stream server, too', () => {
    const found = unlistened(
      subjectOf(`${MAIN}stream { server { listen 443;\nproxy_pass 127.0.0.1:8444; } }
http { server { listen 127.0.0.1:8443; server_name a.org; ${SOUND} } }`),
    );
    only(found, 'note :3 inner-server-unused', { location: null, address: '127.0.0.1:8444' });
  });
});
