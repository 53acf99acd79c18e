import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { assertGolden } from '../../test/golden.ts';
import { noticeSchema } from '../model/finding.ts';
import type { ChangeFacts } from '../wording/sandbox.ts';
import { collectChanges } from './notices.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { lines, move, moveServer, SPEC, WEBSOCKET } from './sandbox.test.fixture.ts';
import { moveAllServers, moveIntoSandbox } from './sandbox.ts';
import { UNKNOWN_DIRECTIVE } from './targets.ts';
import { directives, type Node } from './tree.ts';

test('with stream only, TCP is passed on, and a dynamic module is loaded', () => {
  const moved = move(
    'events {} stream { upstream app { server a:1; } server { listen 443 ssl; proxy_pass app; } }',
    {
      streamModule: '/opt/ngx_stream_module.so',
    },
  );
  assert.deepEqual(lines(moved, 'load_module'), ['load_module /opt/ngx_stream_module.so;']);
  assert.deepEqual(lines(moved, 'proxy_pass'), ['proxy_pass app;']);
  assert.deepEqual(moved.listeners, [{ host: '127.0.0.1', port: 9001, tls: true, http2: false }]);
  assert.equal(moved.websocketPath, '/');
});

test('with stream only, the first server that proxies is the entry, even if another one has TLS', () => {
  const { listeners } = move(
    'stream { server { listen 1 ssl; pass 127.0.0.1:2; } server { listen 2; proxy_pass a; } }',
  );
  assert.deepEqual(
    listeners.map(({ port, tls }) => [port, tls]),
    [
      [9002, false],
      [9001, true],
    ],
  );
});

test('the choice among several locations is reported, and an address of an unknown directive is refused', () => {
  const chosen = moveServer(WEBSOCKET.replace('/ws', '/socket'));
  assert.deepEqual(
    chosen.notices.map(({ code }) => code),
    ['sandbox-location'],
  );
  assert.throws(() => moveServer('unheard_of 10.0.0.1:80;'), {
    kind: 'configuration',
    code: UNKNOWN_DIRECTIVE,
  });
});

test('the PROXY protocol is kept only between servers of the configuration', () => {
  const kept = (stream: string) => {
    const http = `http { server { listen 127.0.0.1:81 proxy_protocol; ${WEBSOCKET} } }`;
    const { tree } = moveAllServers(parse(`${http} stream { ${stream} }`, 'mine.conf'), SPEC, () => {});
    return directives(tree, 'stream').flatMap(({ block }) => [
      directives(block, 'proxy_protocol').length,
      ...directives(block, 'server').map((server) => directives(server.block, 'proxy_protocol').length),
    ]);
  };
  const inner = 'server { listen 1; proxy_pass 127.0.0.1:81; proxy_protocol on; }';
  const outer = '\nserver { listen 2; proxy_pass a:1; proxy_protocol on; }';
  assert.deepEqual(kept(inner + outer), [0, 1, 0]);
  assert.deepEqual(kept(`proxy_protocol on; ${inner}`), [1, 1]);
  assert.deepEqual(kept(`proxy_protocol on; ${outer}`), [0, 0]);
});

test('what a location lacks for WebSockets is reported', () => {
  const { notices } = moveServer('', {}, '');
  assert.deepEqual(notices, []);
  const lacking = move(
    'http { server { location / { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; } } }',
  );
  assert.deepEqual(
    lacking.notices.map(({ code }) => code),
    ['sandbox-upgrade'],
  );
});

test('the stream module is not loaded twice, or without stream', () => {
  const streamModule = '/opt/ngx_stream_module.so';
  const stream = 'stream { server { listen 1; proxy_pass app; } }';
  const loaded = move(`load_module modules/ngx_stream_module.so; ${stream}`, {
    streamModule,
    modulesPath: '/opt',
  });
  assert.deepEqual(lines(loaded, 'load_module'), ['load_module /opt/ngx_stream_module.so;']);
  assert.deepEqual(lines(moveServer('', { streamModule }), 'load_module'), []);
});

test('there are no notices for changes that every configuration needs', () => {
  const moved = move(`user nginx; pid /run/nginx.pid; error_log /var/log/e.log; worker_processes 8;
    events { worker_connections 1024; }
    http { access_log /var/log/a.log; upstream app { server a:80 resolve; server b:80 down; } server {
      listen 443 ssl http2; ssl_certificate a.pem; ssl_certificate_key a.key; ssl_password_file p;
      proxy_temp_path /tmp/p; ${WEBSOCKET} location / { proxy_pass http://10.0.0.1:80; } } }`);
  assert.deepEqual(moved.notices, []);
});

test('kept access rules are listed with their lines, except those that admit everybody', () => {
  const moved = move(`http { server { allow all; ${WEBSOCKET}
    location /other { deny all; limit_conn one 1; } } }`);
  assert.deepEqual(
    moved.notices.map(({ level, code }) => [level, code]),
    [['warning', 'sandbox-kept-guards']],
  );
  const facts = moved.notices[0]?.data as ChangeFacts | undefined;
  assert.deepEqual(
    facts?.directives.map(({ directive, places }) => [directive, places]),
    [
      ['deny', ['mine.conf:2']],
      ['limit_conn', ['mine.conf:2']],
    ],
  );
});

describe('notices', () => {
  const part = (file: string, line: number) => {
    const [node] = parse(`${'\n'.repeat(line - 1)}resolver 10.0.0.53;`, file);
    assert.ok(node);
    return node;
  };
  /** Returns the notices about resolvers in these files. */
  const told = (main: string, parts: Node[]) => {
    const tree = parse(`http { server { ${WEBSOCKET} } }`, main);
    const [http] = directives(tree);
    assert.ok(http?.block);
    const { note, notices } = collectChanges();
    const given = [{ ...http, block: [...parts, ...http.block] }];
    moveIntoSandbox(given, SPEC, note);
    return notices(given).map(({ code, data }) => ({ code, ...data }));
  };

  test('name files relative to their common folder', () => {
    const resolver = (...places: string[]) => [
      {
        code: 'sandbox-name-server',
        directives: [{ directive: 'resolver', argument: null, places, more: 0 }],
      },
    ];
    const parts = [part('/home/me/site/conf.d/b.conf', 9), part('/home/me/site/nginx.conf', 10)];
    assert.deepEqual(
      told('/home/me/site/nginx.conf', [...parts, part('/home/me/site/nginx.conf', 9)]),
      resolver('conf.d/b.conf:9', 'nginx.conf:9', 'nginx.conf:10'),
    );
    assert.deepEqual(
      told('/home/me/nginx/nginx.conf', [part('/home/me/nginx.d/a.conf', 1)]),
      resolver('nginx.d/a.conf:1'),
    );
    assert.deepEqual(
      told('/home/me/nginx.conf', [part('/home/me/nginx.conf', 1), part('the tuning a', 2)]),
      resolver('nginx.conf:1', 'the tuning a:2'),
    );
    assert.deepEqual(told('/etc/nginx.conf', [part('/srv/a.conf', 1)]), resolver('/srv/a.conf:1'));
  });

  test('count the places if there are many', () => {
    const parts = Array.from({ length: 11 }, (_, index) => part('/a/nginx.conf', index + 1));
    const places = (count: number) => {
      const [{ directives: [of] = [] } = {}] = told(
        '/a/nginx.conf',
        parts.slice(0, count),
      ) as unknown as ChangeFacts[];
      return [of?.places.at(-1), of?.places.length, of?.more];
    };
    assert.deepEqual(places(11), ['nginx.conf:8', 8, 3]);
    assert.deepEqual(places(8), ['nginx.conf:8', 8, 0]);
  });

  test('name the files of includes, unless they are many or look like a secret', () => {
    const included = (...names: string[]) => {
      const { note, notices } = collectChanges();
      const nodes = directives(parse(names.map((name) => `include ${name};`).join('\n'), 'mine.conf'));
      for (const node of nodes) note('no-files', node);
      const [{ data } = assert.fail()] = notices(nodes);
      return (data as unknown as ChangeFacts).directives.map(({ argument, places }) => [argument, ...places]);
    };
    assert.deepEqual(included('sites/*', 'b/*.conf', 'sites/*'), [
      ['sites/*', 'mine.conf:1', 'mine.conf:3'],
      ['b/*.conf', 'mine.conf:2'],
    ]);
    assert.deepEqual(included(`${'0123456789abcdef'.repeat(2)}/*`), [[null, 'mine.conf:1']]);
    const [many, ...others] = included(...Array.from({ length: 9 }, (_, index) => `${index}/*`));
    assert.deepEqual([many?.[0], many?.length, others], [null, 9, []]);
  });

  test('match the schema of a result', () => {
    const { notices } = move(`mail { } http { resolver a; server { listen 80 udp; ${WEBSOCKET} } }`);
    assert.equal(notices.length, 3);
    for (const notice of notices) assert.deepEqual(v.parse(noticeSchema, notice), notice);
  });
});

test('the original tree is not modified', () => {
  const tree = parse(`http { resolver a; server { listen 80; ${WEBSOCKET} } }`, 'mine.conf');
  const before = structuredClone(tree);
  moveIntoSandbox(tree, SPEC, () => {});
  assert.deepEqual(tree, before);
});

test('configurations that people had are moved as their golden files say', () => {
  const folder = fileURLToPath(new URL('../../../test/fixtures/configurations/', import.meta.url));
  const moved = readdirSync(folder).flatMap((name) => {
    const source = readFileSync(`${folder}${name}/nginx.conf`, 'utf8');
    if (/^\s*include /m.test(source)) return [];
    const { note, notices } = collectChanges();
    const tree = parse(source, 'nginx.conf');
    const moved = moveAllServers(tree, { ...SPEC, keepGuards: false }, note);
    const codes = notices(tree).map(({ code }) => code);
    return [`# ${name}`, print(moved.tree).text, JSON.stringify([moved.listeners, codes])].join('\n');
  });
  assertGolden('sandboxed.txt', `${moved.join('\n\n')}\n`);
});
