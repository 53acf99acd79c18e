import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { described, only, SOUND, seenAs, subjectOf, UPGRADE } from '../check.test.fixture.ts';
import { hop, isCutOff, unlistened } from './hop.ts';

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

describe('a disagreement between two servers, whole', () => {
  const refused = { handshake: { outcome: 'reset', arrived: null } } as const;

  it('names the location, the listen and what the handshake showed', () => {
    const subject = subjectOf(`${MAIN}http {\nserver { listen 80; server_name a.org;
location /ws { ${UP}\nproxy_pass https://127.0.0.1:8080; } }
server {\nlisten 127.0.0.1:8080; server_name a.org; ${SOUND} } }`);
    assert.deepEqual(described(hop(seenAs(subject, refused))), [
      'error hop :5 hop-mismatch {"location":"/ws","what":"tls-unexpected","place":"/site/nginx.conf:7"}',
      '  seen handshake-answered {"path":"/ws","outcome":"reset","arrived":null} {}',
    ]);
    assert.deepEqual(described(hop(subject)), [
      'error hop :5 hop-mismatch {"location":"/ws","what":"tls-unexpected","place":"/site/nginx.conf:7"}',
    ]);
  });

  it('is at the line that sends the PROXY protocol, also if an outer level does', () => {
    const subject = subjectOf(`${MAIN}stream {\nproxy_protocol on;
server { listen 443 ssl;\nproxy_pass 127.0.0.1:8080; } }
http { server {\nlisten 127.0.0.1:8080; server_name a.org; ${SOUND} } }`);
    assert.deepEqual(described(hop(subject)), [
      'error hop :3 hop-mismatch {"location":null,"what":"proxy-protocol-unexpected","place":"/site/nginx.conf:7"}',
    ]);
  });

  it('is found at any of several addresses', () => {
    const subject = subjectOf(`${MAIN}http { upstream two { server 127.0.0.1:8080; server 127.0.0.1:8081; }
server { listen 80; server_name a.org;\nlocation /ws { ${UP}\nproxy_pass http://two; } }
server { listen 127.0.0.1:8080; server_name a.org; ${SOUND} }
server {\nlisten 127.0.0.1:8081 ssl; ssl_certificate a; server_name a.org; ${SOUND} } }`);
    assert.deepEqual(described(hop(subject)), [
      'error hop :5 hop-mismatch {"location":"/ws","what":"tls-missing","place":"/site/nginx.conf:8"}',
    ]);
    const stream = subjectOf(`${MAIN}stream { upstream two { server 127.0.0.1:8080; server 127.0.0.1:8081; }
server { listen 443;\nproxy_pass two; } }
http { server { listen 127.0.0.1:8080; server_name a.org; ${SOUND} }
server {\nlisten 127.0.0.1:8081 proxy_protocol; server_name a.org; ${SOUND} } }`);
    assert.deepEqual(described(hop(stream)), [
      'error hop :4 hop-mismatch {"location":null,"what":"proxy-protocol-missing","place":"/site/nginx.conf:7"}',
      'error hop :4 hop-mismatch {"location":null,"what":"proxy-protocol-missing","place":"/site/nginx.conf:7"}',
    ]);
  });

  it('cuts off an inner server whose stream server sends no PROXY protocol to it', () => {
    const cutOff = (settings: string) => {
      const { tree, candidates } = subjectOf(`${MAIN}stream { server { listen 443; ${settings}
proxy_pass 127.0.0.1:8080; } }
http { server { listen 127.0.0.1:8080 proxy_protocol; server_name a.org; ${SOUND} } }`);
      return candidates.map((candidate) => isCutOff(tree, candidate));
    };
    assert.deepEqual(cutOff(''), [true, false]);
    assert.deepEqual(cutOff('proxy_protocol on;'), [false, false]);
  });
});

describe('an address without a server, whole', () => {
  it('is reported with the listen of the inner server that gets no connections', () => {
    const found = (inner: string, changes: Parameters<typeof subjectOf>[1] = {}) =>
      described(
        unlistened(
          subjectOf(
            `${MAIN}http {\nserver { listen 80; server_name a.org;
location /ws { ${UP}\nproxy_pass http://127.0.0.1:8081; } }
${inner} }`,
            changes,
          ),
        ),
      );
    const inner = `server {\nlisten 127.0.0.1:8080; listen 127.0.0.1:8082; server_name b.org;\n${SOUND} }`;
    assert.deepEqual(found(inner), [
      'note hop :5 inner-server-unused {"location":"/ws","address":"127.0.0.1:8081","place":"/site/nginx.conf:7","listened":"127.0.0.1:8080"}',
    ]);
    const reaching = `server { listen 81; location / { proxy_pass http://127.0.0.1:8082; } }`;
    assert.deepEqual(found(inner + reaching), []);
    assert.equal(found(inner + inner.replaceAll('127.0.0.1:808', '127.0.0.1:809'))[0], found(inner)[0]);
    assert.deepEqual(found(inner, { isPart: true }), []);
    const missing = [{ path: 'a', place: 'b', folder: null }];
    assert.deepEqual(found(inner, { missing }), []);
    assert.deepEqual(found(inner.replace(SOUND, 'location /ws { proxy_pass http://app; }')), []);
    assert.deepEqual(found(inner.replace('127.0.0.1:8080; listen 127.0.0.1:8082', '82')), []);
  });

  it('is nowhere for each pass without one', () => {
    const found = (passes: string) =>
      described(
        unlistened(
          subjectOf(`${MAIN}stream {\nserver { listen 443;\n${passes} } }
http { server { listen 127.0.0.1:8443; server_name a.org; ${SOUND} } }`),
        ),
      );
    assert.deepEqual(found('pass 127.0.0.1:1;\npass 127.0.0.1:2;'), [
      'error hop :4 pass-unlistened {"address":"127.0.0.1:1"}',
    ]);
    assert.deepEqual(found('pass;'), ['error hop :4 pass-unlistened {"address":""}']);
    assert.deepEqual(found('pass 127.0.0.1:8443;\npass 127.0.0.1:2;'), [
      'error hop :5 pass-unlistened {"address":"127.0.0.1:2"}',
    ]);
  });
});
