import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { parse } from './parse.ts';
import { directives } from './tree.ts';
import { passesOverTls, securedBy } from './upstream-tls.ts';
import type { Wanted } from './websocket.ts';

const NOTHING: Wanted = { websocketPath: null, host: null };
const over = (text: string, wanted = NOTHING) => passesOverTls(parse(text, 'mine.conf'), wanted);

/** A server whose WebSocket location contains these directives. */
const serverTo = (pass: string, beside = '', http = '') =>
  `http { ${http} server { ${beside} location /ws { proxy_set_header Upgrade $http_upgrade; ${pass} } } }`;

test('the WebSocket location determines whether the echo servers use TLS', () => {
  assert.equal(over(serverTo('proxy_pass https://app;')), true);
  assert.equal(over(serverTo('proxy_pass HTTPS://$backend/ws;')), true);
  assert.equal(over(serverTo('if ($arg_x) { proxy_pass https://app; }')), true);
  assert.equal(over(serverTo('proxy_pass http://app;')), false);
});

test('no other location does, and a requested path selects the location', () => {
  const mixed = serverTo('proxy_pass http://app;', 'location /api { proxy_pass https://api; }');
  assert.equal(over(mixed), false);
  assert.equal(over(mixed, { ...NOTHING, websocketPath: '/api/live' }), true);
  assert.equal(over(serverTo('proxy_pass https://app;', 'location / { proxy_pass http://web; }')), true);
});

test('$scheme is that of the listener that receives the load', () => {
  const to = (beside: string) => over(serverTo('proxy_pass $scheme://app;', beside));
  assert.deepEqual(
    ['listen 80; listen 443 ssl;', 'listen 443; ssl on;', 'listen 443 quic;', 'listen 80;', ''].map(to),
    [true, true, true, false, false],
  );
});

test('a variable with the whole URL is resolved if its values are literal', () => {
  assert.equal(over(serverTo('set $app https://app.internal:8443; proxy_pass $app;')), true);
  assert.equal(over(serverTo('set $app https://app.internal; proxy_pass $app$request_uri;')), true);
  assert.equal(over(serverTo('set $app http://app.internal; proxy_pass $app;')), false);
  assert.equal(over(serverTo('proxy_pass $app;', '', 'map $host $app { default https://app; }')), true);
  // If the values differ, one with TLS is enough.
  for (const values of ['default http://app; a https://app;', 'default https://app; a http://app;'])
    assert.equal(over(serverTo('proxy_pass $app;', '', `map $host $app { ${values} }`)), true);
  // In another server, the same name may have a different value.
  const other = 'server { set $app https://other; }';
  assert.equal(over(serverTo('proxy_pass $app;', 'set $app http://app;', other)), false);
  assert.equal(over(serverTo('proxy_pass $arg_app;')), false);
});

test('in stream, proxy_ssl of the server that receives the load determines it', () => {
  assert.equal(over('stream { proxy_ssl on; server { listen 1; proxy_pass a:1; } }'), true);
  const [plain, tls] = ['listen 1; proxy_pass a:1;', 'listen 2 ssl; proxy_ssl on; proxy_pass a:1;'];
  assert.equal(over(`stream { server { ${plain} } server { ${tls} } }`), true);
  assert.equal(over(`stream { proxy_ssl on; server { proxy_ssl off; ${plain} } }`), false);
});

test('a missing WebSocket location is reported as usual', () => {
  assert.throws(
    () => over('http { server { location / { proxy_pass https://app; } } }'),
    (error) => error instanceof Problem && error.kind === 'configuration',
  );
});

test('protocols and ciphers that the echo servers support are kept; without any, the directive is removed', () => {
  const left = (text: string) => {
    const changes: string[] = [];
    const nodes = directives(parse(text, 'mine.conf')).flatMap((node) =>
      securedBy(node, '/cert.pem', (change) => changes.push(change)),
    );
    return [nodes.length, ...changes];
  };
  const kept = ['TLSv1.2', 'TLSv1.1 TLSv1.2', 'TLSv1.3', 'TLSv1 TLSv1.3'];
  for (const each of kept) assert.deepEqual(left(`proxy_ssl_protocols ${each};`), [1], each);
  assert.deepEqual(left('proxy_ssl_protocols TLSv1 TLSv1.1;'), [0, 'upstream-handshake']);
  assert.deepEqual(left('proxy_ssl_ciphers AES128-SHA;'), [0, 'upstream-handshake']);
  assert.deepEqual(left('proxy_ssl_ciphers AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256;'), [1]);
  assert.deepEqual(left('proxy_ssl_crl /crl.pem;'), [0, 'upstream-certificate']);
});

test('behind another server of the configuration, that server’s location determines it', () => {
  const inner = (pass: string) =>
    `server { listen 127.0.0.1:8443 ssl; location /ws { proxy_set_header Upgrade $http_upgrade; ${pass} } }`;
  const front = (pass: string) =>
    over(
      `http { server { listen 80; location / { proxy_set_header Upgrade $http_upgrade; proxy_pass https://127.0.0.1:8443; } } ${inner(pass)} }`,
      { ...NOTHING, websocketPath: '/ws' },
    );
  assert.equal(front('proxy_pass http://app;'), false);
  assert.equal(front('proxy_pass https://app;'), true);
});
