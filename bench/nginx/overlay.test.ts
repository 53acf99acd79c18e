import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';

const BASE = `events { worker_connections 64; }
http {
    upstream backend { server 127.0.0.1:8080; server 127.0.0.1:8081; }
    server {
        listen 80;
        listen 443 ssl backlog=100;
        location /websocket { proxy_pass http://backend; proxy_set_header Upgrade $http_upgrade; proxy_buffer_size 4k; }
        location / { proxy_pass http://backend; }
    }
}`;

function laid(base: string, tuning: string): string {
  return print(overlay(parse(base, 'base.conf'), parse(tuning, 'tuning.conf')))
    .text.replace(/\s+/g, ' ')
    .trim();
}

function expected(text: string): string {
  return print(parse(text, 'x')).text.replace(/\s+/g, ' ').trim();
}

describe('a tuning', () => {
  test('replaces existing directives and adds new ones, in every matching block', () => {
    assert.equal(
      laid(BASE, 'http { server { location { proxy_buffer_size 16k; } } }'),
      expected(
        BASE.replace('proxy_buffer_size 4k', 'proxy_buffer_size 16k').replace(
          'location / { proxy_pass http://backend; }',
          'location / { proxy_pass http://backend; proxy_buffer_size 16k; }',
        ),
      ),
    );
  });

  test('with arguments matches only blocks with the same arguments', () => {
    assert.equal(
      laid(BASE, 'http { server { location /websocket { proxy_buffer_size 16k; } } }'),
      expected(BASE.replace('4k', '16k')),
    );
  });

  test('takes the position of the directive that it replaces', () => {
    assert.equal(
      laid('http { a 1; b 2; a 3; c 4; server { } }', 'http { a 5; d 6; }'),
      expected('http { a 5; b 2; c 4; d 6; server { } }'),
    );
  });

  test('finds an upstream by name, ignoring case', () => {
    assert.equal(
      laid('http { upstream Backend { server a; } }', 'http { upstream backend { keepalive 8; } }'),
      expected('http { upstream Backend { server a; keepalive 8; } }'),
    );
    assert.throws(
      () => laid('http { server { location /A { } } }', 'http { server { location /a { b; } } }'),
      Problem,
    );
  });

  test('adds parameters to every listen, replacing existing ones', () => {
    assert.equal(
      laid(BASE, 'http { server { listen reuseport backlog=512; } }'),
      expected(
        BASE.replace('listen 80', 'listen 80 reuseport backlog=512').replace(
          'ssl backlog=100',
          'ssl reuseport backlog=512',
        ),
      ),
    );
  });

  test('with a listen address replaces all listen directives', () => {
    assert.equal(
      laid('http { server { listen 80; listen 81; } }', 'http { server { listen 90; } }'),
      expected('http { server { listen 90; } }'),
    );
  });

  test('replaces a list as a whole: servers of an upstream', () => {
    assert.equal(
      laid(
        'http { upstream b { server a; server b; } }',
        'http { upstream b { server c; server d; least_conn; } }',
      ),
      expected('http { upstream b { server c; server d; least_conn; } }'),
    );
  });

  test('distinguishes headers by name', () => {
    assert.equal(
      laid(
        'http { proxy_set_header Upgrade $u; proxy_set_header Host a; }',
        'http { proxy_set_header host b; proxy_set_header X c; }',
      ),
      expected('http { proxy_set_header Upgrade $u; proxy_set_header host b; proxy_set_header X c; }'),
    );
  });

  test('adds a block that defines a name', () => {
    assert.equal(
      laid('http { }', 'http { map $a $b { default 1; } }'),
      expected('http { map $a $b { default 1; } }'),
    );
    assert.equal(
      laid('http { }', 'events { multi_accept on; }'),
      expected('http { } events { multi_accept on; }'),
    );
  });

  test('that matches nothing is rejected, with its place', () => {
    assert.throws(
      () => laid(BASE, 'http { server {\n location /chat { proxy_buffer_size 16k; } } }'),
      (error) =>
        error instanceof Problem && /"location \/chat" at tuning.conf:2 matches no block/.test(error.message),
    );
  });

  test('does not modify the original tree', () => {
    const tree = parse(BASE, 'base.conf');
    const before = structuredClone(tree);
    overlay(tree, parse('http { server { location { proxy_buffer_size 16k; } } }', 't'));
    assert.deepEqual(tree, before);
  });

  test('applied twice has the same result as once', () => {
    const names = fc.constantFrom('a', 'b', 'listen', 'add_header');
    const args = fc.array(fc.constantFrom('x', 'y', 'reuseport', '80'), { minLength: 1, maxLength: 3 });
    const leaves = fc.array(
      fc.tuple(names, args).map(([name, words]) => `${name} ${words.join(' ')};`),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(leaves, leaves, (base, tuning) => {
        const tree = parse(`http { ${base.join(' ')} }`, 'base');
        const change = parse(`http { ${tuning.join(' ')} }`, 'tuning');
        const once = overlay(tree, change);
        assert.equal(print(overlay(once, change)).text, print(once).text);
      }),
    );
  });
});
