import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsTls, namesTls } from './client-tls.ts';
import { parse } from './parse.ts';

const WS = 'location /ws { proxy_set_header Upgrade $http_upgrade; proxy_pass http://app; }';
const tls = (text: string, path: string | null = null) =>
  acceptsTls(parse(text, 'mine.conf'), { websocketPath: path, host: null });

test('clients use TLS if the server of the WebSockets listens with it, or another one on its socket', () => {
  const listening = (listen: string, other = '') => tls(`http { server { ${listen} ${WS} } ${other} }`);
  assert.deepEqual(
    ['listen 80; listen 443 ssl;', 'listen 443; ssl on;', 'listen 443 quic;', 'listen 80;', ''].map((each) =>
      listening(each),
    ),
    [true, true, true, false, false],
  );
  assert.equal(listening('listen 443;', 'server { listen 443 ssl; }'), true);
  assert.equal(listening('listen 80;', 'server { listen 443 ssl; }'), false);
});

test('the path that was asked for chooses the server', () => {
  const two = `http { server { listen 80; ${WS} } server { listen 443 ssl; location /b { proxy_pass http://b; } } }`;
  assert.equal(tls(two), false);
  assert.equal(tls(two, '/b'), true);
});

test('in stream it is the server that passes connections on', () => {
  const to = (listen: string) => tls(`stream { server { ${listen} proxy_pass a:1; } }`);
  assert.deepEqual(['listen 1 ssl;', 'listen 1;'].map(to), [true, false]);
});

test('a certificate is needed if TLS is named anywhere', () => {
  const names = (text: string) => namesTls(parse(text, 'mine.conf'));
  for (const text of [
    'http { server { listen 80; } server { listen 443 ssl; } }',
    'http { ssl on; server { listen 443; } }',
    'http { server { listen 443 quic; } }',
    'http { server { location / { proxy_ssl_certificate a.pem; proxy_pass https://app; } } }',
    'mail { server { ssl_certificate a.pem; } }',
  ])
    assert.equal(names(text), true, text);
  assert.equal(names(`http { server { listen 80; ${WS} } }`), false);
});
