import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PAGE_PATH, withPage } from './page.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { directives } from './tree.ts';
import { findPaths } from './websocket.ts';

const SITE = parse(
  `user a; # b
events { }
http {
  server { listen 80; return 301 https://$host$request_uri; }
  server {
    listen 443 ssl;
    location ~ ^/nginx { return 404; }
    location /live { proxy_pass http://b; proxy_set_header Upgrade $http_upgrade; }
  }
}`,
  'nginx.conf',
);

describe('the page in a configuration', () => {
  it('is an additional location in the WebSocket server, without other changes', () => {
    const { server } = findPaths(SITE);
    const tree = withPage(SITE, server, '/tmp/a folder/page');
    const [first, second] = directives(directives(tree, 'http')[0]?.block ?? null, 'server');
    const [left, right] = directives(directives(SITE, 'http')[0]?.block ?? null, 'server');
    assert.deepEqual(tree.slice(0, -1), SITE.slice(0, -1));
    assert.deepEqual(first, left);
    assert.deepEqual(second?.block?.slice(0, -1), right?.block);
    const added = second?.block?.at(-1);
    assert.ok(added?.kind === 'directive');
    const { text } = print([added]);
    assert.match(text, /^location \^~ \/nginx-ws-bench\/ \{\n\s+alias\s+"\/tmp\/a folder\/page\/";/);
    assert.match(text, /add_header\s+Content-Security-Policy\s+"default-src 'none';/);
  });

  it('does not intercept any WebSocket', () => {
    const tree = withPage(SITE, findPaths(SITE).server, '/tmp/page');
    const { websocketPath, httpPath } = findPaths(tree);
    assert.deepEqual([websocketPath, httpPath], ['/live', null]);
    assert.ok(!PAGE_PATH.startsWith(websocketPath));
  });

  it('is omitted if there is no http server', () => {
    const stream = parse('stream { server { listen 80; proxy_pass b; } }', 'nginx.conf');
    assert.equal(withPage(stream, findPaths(stream).server, '/tmp/page'), stream);
  });
});
