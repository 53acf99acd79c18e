import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SOUND, subjectOf } from '../check.test.fixture.ts';
import { hop } from './hop.ts';

const MAIN = 'events { worker_connections 20000; }\n';

/** Lists each finding as `:line what`. The front server's listen is on line 4, its proxy_pass on line 5. */
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
