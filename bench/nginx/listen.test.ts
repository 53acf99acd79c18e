import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addressesOf,
  defaultServerAt,
  isDefaultServer,
  listenAddresses,
  listensOn,
  moveListens,
} from './listen.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { changesOf, lines, move, moveServer, SPEC, WEBSOCKET } from './sandbox.test.fixture.ts';
import { moveAllServers } from './sandbox.ts';
import { directives } from './tree.ts';

describe('listen', () => {
  test('moves to loopback with its parameters and gets the backlog', () => {
    const moved = moveServer('listen 443 ssl http2 reuseport; listen 80;');
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 ssl http2 backlog=4096 reuseport;',
      'listen 127.0.0.1:9002 backlog=4096;',
    ]);
    assert.deepEqual(moved.listeners, [
      { host: '127.0.0.1', port: 9001, tls: true, http2: true },
      { host: '127.0.0.1', port: 9002, tls: false, http2: false },
    ]);
  });

  test('keeps its own backlog, once for each socket', () => {
    const moved = moveServer('listen 443 ssl backlog=511; listen [::]:443 ssl backlog=511; listen 80;');
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 ssl backlog=511;',
      'listen 127.0.0.1:9002 backlog=4096;',
    ]);
  });

  test('IPv4 and IPv6 of a port become one socket; parameters that do not suit loopback are removed', () => {
    const moved = moveServer(
      'listen 80 proxy_protocol; listen [::]:80 ipv6only=on; listen unix:/run/x.sock;',
    );
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 backlog=4096;',
      'listen 127.0.0.1:9002 backlog=4096;',
    ]);
  });

  test('all notations for the wildcard address mean one socket', () => {
    const moved = moveServer(
      'listen 443 ssl; listen *:443 ssl; listen 0.0.0.0:443 rcvbuf=8k; listen [::]:443 rcvbuf=4k;',
    );
    assert.deepEqual(lines(moved, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096 rcvbuf=8k;']);
  });

  test('a socket has TLS if any of its servers requires it', () => {
    const moved = move(`http {
      server { listen 443; return 404; }
      server { listen 443 ssl; ${WEBSOCKET} } server { listen 443; return 403; } }`);
    assert.deepEqual(moved.listeners, [{ host: '127.0.0.1', port: 9001, tls: true, http2: false }]);
  });

  test('the WebSocket server’s listeners come first, even if only another one has TLS', () => {
    const moved = move(`http {
      server { listen 443 ssl; return 404; }
      server { listen 80; ${WEBSOCKET} } }`);
    assert.deepEqual(
      moved.listeners.map(({ port, tls }) => [port, tls]),
      [
        [9002, false],
        [9001, true],
      ],
    );
  });

  test('removed listeners are reported', () => {
    const moved = move(`http { server {
      listen 443 quic;
      listen 80 proxy_protocol;
      ${WEBSOCKET} } }
      stream { server { listen 53 udp; proxy_pass app; } }`);
    assert.deepEqual(
      moved.notices.map(({ level }) => level),
      ['warning', 'info', 'info'],
    );
    assert.deepEqual(changesOf(moved.notices), [
      ['udp', 'listen mine.conf:5'],
      ['quic', 'listen mine.conf:2'],
      ['proxy-protocol', 'listen mine.conf:3'],
    ]);
  });

  test('a server without listen uses port 80 of every address', () => {
    assert.deepEqual(lines(moveServer(''), 'listen'), ['listen 127.0.0.1:9001 backlog=4096;']);
  });

  test('QUIC is removed, and becomes TLS if it was the only listener', () => {
    const both = moveServer('listen 443 quic reuseport; listen 443 ssl;');
    assert.deepEqual(lines(both, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
    const alone = moveServer('listen 443 quic;');
    assert.deepEqual(lines(alone, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
  });

  test('socket options are set once per address, and the WebSocket server is its default', () => {
    const moved = move(`http {
      server { listen 80 default_server reuseport; return 301 https://$host; }
      server { listen 80; listen 443 ssl; ${WEBSOCKET} }
    }`);
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001;',
      'listen 127.0.0.1:9001 default_server backlog=4096 reuseport;',
      'listen 127.0.0.1:9002 ssl backlog=4096;',
    ]);
    assert.deepEqual(
      moved.listeners.map(({ port }) => port),
      [9002, 9001],
    );
  });

  test('requested reuseport is set once, whether or not the configuration has it', () => {
    for (const written of ['', 'reuseport']) {
      const moved = moveServer(`listen 80 ${written};`, { reuseport: true });
      assert.deepEqual(lines(moved, 'listen'), ['listen 127.0.0.1:9001 backlog=4096 reuseport;']);
    }
  });

  test('a socket with one server needs no default_server, one with several has exactly one', () => {
    const moved = move(`http {
      server { listen 80; listen 81; ${WEBSOCKET} } server { listen 80; return 404; } }`);
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 default_server backlog=4096;',
      'listen 127.0.0.1:9002 backlog=4096;',
      'listen 127.0.0.1:9001;',
    ]);
  });

  test('needs a port for each address', () => {
    const source = `http { server { listen 80; listen *:80; listen 10.0.0.1:80; listen localhost; ${WEBSOCKET} } }`;
    assert.deepEqual(listenAddresses(parse(source, 'x')), ['*:80', '10.0.0.1:80', 'localhost:80']);
    assert.throws(() => move(source, { ports: [1, 2] }), RangeError);
  });
});

describe('without a main server', () => {
  const source = `http {
    server { listen 80; server_name a; return 301 https://$host; }
    server { listen 80 default_server; listen 81; ${WEBSOCKET} }
    server { listen 80; listen 443 ssl; server_name c; ${WEBSOCKET} }
  }`;
  const tree = parse(source, 'mine.conf');
  const all = directives(directives(tree, 'http')[0]?.block ?? null, 'server');

  test('each socket keeps its default server, and the listeners keep their order', () => {
    const { tree: moved, listeners } = moveAllServers(tree, SPEC, () => {});
    assert.deepEqual(
      print(moved)
        .text.split('\n')
        .filter((line) => line.includes('listen '))
        .map((line) => line.trim()),
      [
        'listen 127.0.0.1:9001;',
        'listen 127.0.0.1:9001 default_server backlog=4096;',
        'listen 127.0.0.1:9002 backlog=4096;',
        'listen 127.0.0.1:9001;',
        'listen 127.0.0.1:9003 ssl backlog=4096;',
      ],
    );
    assert.deepEqual(
      listeners.map(({ port, tls }) => [port, tls]),
      [
        [9003, true],
        [9001, false],
        [9002, false],
      ],
    );
  });

  test('a server knows its addresses, and whether it is the default of one', () => {
    assert.deepEqual(all.map(addressesOf), [['*:80'], ['*:80', '*:81'], ['*:80', '*:443']]);
    assert.deepEqual(
      all.map((server) => isDefaultServer(tree, server)),
      [false, true, true],
    );
  });

  test('a listener that only accepts HTTP/2 is kept', () => {
    const cleartext = parse(`http { server { listen 80 http2; ${WEBSOCKET} } }`, 'mine.conf');
    const { tree: moved } = moveAllServers(cleartext, SPEC, () => assert.fail('nothing is changed'));
    assert.match(print(moved).text, /listen 127\.0\.0\.1:9001 http2 backlog=4096;/);
  });
});

describe('an unusual configuration', () => {
  const servers = (text: string) => {
    const tree = parse(`http { ${text} }`, 'mine.conf');
    return { tree, all: directives(directives(tree, 'http')[0]?.block ?? null, 'server') };
  };

  test('has each address as Nginx reads it', () => {
    const { all } = servers(
      'server { listen unix:/run/x.sock; listen a:b; listen [::1]; listen [::]; listen 8000-8002; listen h:81; listen :82; }',
    );
    assert.deepEqual(all.map(addressesOf), [
      ['unix:/run/x.sock', 'a:b:80', '[::1]:80', '*:80', '*:8000-8002', 'h:81', '*:82'],
    ]);
  });

  test('has the first of several marked servers as the default server of an address, else the first', () => {
    const { tree, all } = servers(
      'server { listen 80; } server { listen 80 default; listen 81; } server { listen 80 default_server; listen 81; }',
    );
    assert.deepEqual(
      ['*:80', '*:81', '*:82'].map((address) => {
        const server = defaultServerAt(tree, address);
        return server === undefined ? null : all.indexOf(server);
      }),
      [1, 1, null],
    );
    assert.deepEqual(
      listensOn(tree, '*:80').map(({ args }) => args.map(({ text }) => text)),
      [['80'], ['80', 'default'], ['80', 'default_server']],
    );
  });

  test('may have a server or an http without a block, and comments anywhere', () => {
    const printed = (text: string) => {
      const { tree, listeners } = moveListens(
        parse(text, 'mine.conf'),
        { ...SPEC, main: null, nginxVersion: '1.25.1' },
        () => assert.fail('nothing is changed'),
      );
      return [
        print(tree).text.replace(/\s+/g, ' ').trim(),
        ...listeners.map(({ port, http2 }) => [port, http2]),
      ];
    };
    assert.deepEqual(printed('http { http2 on; server; server { listen 81; } }'), [
      'http { http2 on; server { listen 127.0.0.1:9001 backlog=4096; } server { listen 127.0.0.1:9002 backlog=4096; } }',
      [9001, false],
      [9002, false],
    ]);
    assert.deepEqual(
      printed('# a\nuser x; http; other { server { listen 80; } } http { # b\nserver { # c\nlisten 80; } }'),
      [
        '# a user x; http; other { server { listen 80; } } http { # b server { # c listen 127.0.0.1:9001 backlog=4096; } }',
        [9001, false],
      ],
    );
    assert.deepEqual(printed('http { server { listen 443 ssl http2; listen 80; } }'), [
      'http { server { listen 127.0.0.1:9001 ssl backlog=4096; listen 127.0.0.1:9002 backlog=4096; http2 on; } }',
      [9001, true],
      [9002, false],
    ]);
  });
});

describe('HTTP/2 is enabled in the syntax of the version', () => {
  test('parameter to directive', () => {
    const moved = moveServer('listen 443 ssl http2;', { nginxVersion: '1.25.1' });
    assert.deepEqual(lines(moved, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
    assert.deepEqual(lines(moved, 'http2'), ['http2 on;']);
    assert.equal(moved.listeners[0]?.http2, true);
  });

  test('is not added to servers without it', () => {
    const moved = move(
      `http { server { listen 443 ssl http2; ${WEBSOCKET} } server { listen 444 ssl; } server { listen 445; } }`,
      { nginxVersion: '1.25.1' },
    );
    assert.deepEqual(lines(moved, 'http2'), ['http2 on;']);
    assert.deepEqual(
      moved.listeners.map(({ http2 }) => http2),
      [true, false, false],
    );
  });

  test('directive to parameter, from the server or from http', () => {
    const moved = moveServer('listen 443 ssl; listen 80; http2 on;');
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 ssl http2 backlog=4096;',
      'listen 127.0.0.1:9002 backlog=4096;',
    ]);
    assert.deepEqual(lines(moved, 'http2'), []);
    const inherited = moveServer('listen 443 ssl;', {}, 'http2 on;');
    assert.deepEqual(lines(inherited, 'listen'), ['listen 127.0.0.1:9001 ssl http2 backlog=4096;']);
    assert.deepEqual(lines(inherited, 'http2'), []);
  });

  test('off is off', () => {
    const moved = moveServer('listen 443 ssl; http2 off;', {}, 'http2 on;');
    assert.equal(moved.listeners[0]?.http2, false);
  });
});
