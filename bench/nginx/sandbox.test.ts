import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { listenAddresses } from './listen.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { moveIntoSandbox, type Sandbox, type SandboxSpec } from './sandbox.ts';

const SPEC: SandboxSpec = {
  folder: '/run/bench',
  host: '127.0.0.1',
  ports: [9001, 9002, 9003, 9004],
  backlog: 4096,
  upstreams: [
    { host: '127.0.0.1', port: 7001 },
    { host: '127.0.0.1', port: 7002 },
  ],
  certificate: { certPath: '/run/bench/certificate.pem', keyPath: '/run/bench/key.pem' },
  workers: 2,
  workerConnections: 512,
  workerFiles: 2048,
  reuseport: false,
  cpuAffinity: null,
  user: null,
  nginxVersion: '1.22.1',
  buildArguments: '',
  modulesPath: null,
  streamModule: null,
};

const WEBSOCKET = 'location /ws { proxy_pass http://app; proxy_set_header Upgrade $http_upgrade; }';

function move(source: string, changes: Partial<SandboxSpec> = {}): Sandbox {
  return moveIntoSandbox(parse(source, 'mine.conf'), { ...SPEC, ...changes });
}

function moveServer(server: string, changes: Partial<SandboxSpec> = {}, http = ''): Sandbox {
  return move(`http { ${http} server { ${server} ${WEBSOCKET} } }`, changes);
}

/** The printed lines that begin with a directive's name. */
function lines({ tree }: Sandbox, name: string): string[] {
  const all = print(tree)
    .text.split('\n')
    .map((line) => line.trim());
  return all.filter((line) => line.startsWith(`${name} `) || line === `${name};`);
}

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

  test('IPv4 and IPv6 of one port are one socket; what fits no loopback socket goes', () => {
    const moved = moveServer(
      'listen 80 proxy_protocol; listen [::]:80 ipv6only=on; listen unix:/run/x.sock;',
    );
    assert.deepEqual(lines(moved, 'listen'), [
      'listen 127.0.0.1:9001 backlog=4096;',
      'listen 127.0.0.1:9002 backlog=4096;',
    ]);
  });

  test('a server without one listened on port 80 of every address', () => {
    assert.deepEqual(lines(moveServer(''), 'listen'), ['listen 127.0.0.1:9001 backlog=4096;']);
  });

  test('QUIC goes, and is TLS where there was nothing else', () => {
    const both = moveServer('listen 443 quic reuseport; listen 443 ssl;');
    assert.deepEqual(lines(both, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
    const alone = moveServer('listen 443 quic;');
    assert.deepEqual(lines(alone, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
  });

  test('socket options stand once for each address, and the WebSocket server is its default', () => {
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

  test('needs a port for each address', () => {
    const source = `http { server { listen 80; listen *:80; listen 10.0.0.1:80; listen localhost; ${WEBSOCKET} } }`;
    assert.deepEqual(listenAddresses(parse(source, 'x')), ['*:80', '10.0.0.1:80', 'localhost:80']);
    assert.throws(() => move(source, { ports: [1, 2] }), RangeError);
  });
});

describe('HTTP/2 is written as the version wants it', () => {
  test('parameter to directive', () => {
    const moved = moveServer('listen 443 ssl http2;', { nginxVersion: '1.25.1' });
    assert.deepEqual(lines(moved, 'listen'), ['listen 127.0.0.1:9001 ssl backlog=4096;']);
    assert.deepEqual(lines(moved, 'http2'), ['http2 on;']);
    assert.equal(moved.listeners[0]?.http2, true);
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

describe('upstream servers', () => {
  const entries = (servers: string, upstreams = SPEC.upstreams) =>
    lines(
      moveServer('', { upstreams }, `upstream app { zone app 64k; ${servers} keepalive 8; }`),
      'server',
    ).slice(0, -1);

  test('are the echo servers, each used, with the parameters of the entries in turn', () => {
    const three = [7001, 7002, 7003].map((port) => ({ host: '127.0.0.1', port }));
    assert.deepEqual(entries('server a:1 max_fails=0; server b:1 weight=2;', three), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 weight=2;',
      'server 127.0.0.1:7003 max_fails=0;',
    ]);
  });

  test('stay as many as were written', () => {
    assert.deepEqual(entries('server a; server b; server c;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001;',
    ]);
  });

  test('never ask a name server, and leave out what is down', () => {
    assert.deepEqual(entries('server a.example.com resolve; server b down; server c backup;'), [
      'server 127.0.0.1:7001;',
      'server 127.0.0.1:7002;',
      'server 127.0.0.1:7001 backup;',
    ]);
  });

  test('stand in for a host named in proxy_pass, with its URI', () => {
    const moved = move(`http { upstream app { server a; } server {
      ${WEBSOCKET}
      location /api { proxy_pass https://api.example.com:8443/v1/; proxy_bind 10.0.0.1; }
      location /var { proxy_pass http://$target$request_uri; }
      location /sock { proxy_pass http://unix:/run/app.sock:/x; }
    } }`);
    assert.deepEqual(lines(moved, 'proxy_pass'), [
      'proxy_pass http://app;',
      'proxy_pass http://bench_echo_servers/v1/;',
      'proxy_pass http://bench_echo_servers;',
      'proxy_pass http://bench_echo_servers/x;',
    ]);
    assert.deepEqual(lines(moved, 'upstream'), ['upstream bench_echo_servers {', 'upstream app {']);
    assert.deepEqual(lines(moved, 'server').slice(0, 2), [
      'server 127.0.0.1:7001 max_fails=0;',
      'server 127.0.0.1:7002 max_fails=0;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_bind'), []);
  });
});

describe('nothing is written outside the folder', () => {
  const source = `
user nginx;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log debug;
working_directory /tmp/cores;
load_module modules/ngx_http_perl_module.so;
mail { server { listen 25; } }
http {
  error_log /var/log/a.log;
  log_format f "$request";
  access_log /var/log/b.log f buffer=4k;
  proxy_cache_path /var/cache/a keys_zone=a:1m;
  fastcgi_cache_path /var/cache/b keys_zone=b:1m;
  proxy_temp_path /var/tmp/p;
  server {
    listen 80;
    ssl_stapling on;
    ssl_certificate /etc/rsa.crt; ssl_certificate_key /etc/rsa.key;
    ssl_certificate /etc/ec.crt; ssl_certificate_key /etc/ec.key;
    access_log off;
    error_log /var/log/c.log;
    ${WEBSOCKET}
    location /store { proxy_pass http://app; proxy_store on; access_log /var/log/d.log; client_body_temp_path /x; }
  }
}`;

  test('whatever the configuration names', () => {
    const moved = move(source, { modulesPath: '/opt/modules' });
    const text = print(moved.tree).text;
    assert.doesNotMatch(text, /\/(var|etc|tmp|x\b|run\/nginx)/);
    assert.deepEqual(lines(moved, 'error_log'), ['error_log /run/bench/error.log warn;']);
    assert.deepEqual(lines(moved, 'pid'), ['pid /run/bench/nginx.pid;']);
    assert.deepEqual(lines(moved, 'access_log'), [
      'access_log /run/bench/access.log f buffer=4k;',
      'access_log off;',
      'access_log /run/bench/access.log;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_cache_path'), [
      'proxy_cache_path /run/bench/cache-1 keys_zone=a:1m;',
    ]);
    assert.deepEqual(lines(moved, 'fastcgi_cache_path'), [
      'fastcgi_cache_path /run/bench/cache-2 keys_zone=b:1m;',
    ]);
    assert.deepEqual(lines(moved, 'proxy_temp_path'), ['proxy_temp_path /run/bench/proxy_temp;']);
    assert.deepEqual(lines(moved, 'client_body_temp_path'), [
      'client_body_temp_path /run/bench/client_body_temp;',
    ]);
    assert.deepEqual(lines(moved, 'ssl_certificate'), ['ssl_certificate /run/bench/certificate.pem;']);
    assert.deepEqual(lines(moved, 'ssl_certificate_key'), ['ssl_certificate_key /run/bench/key.pem;']);
    assert.deepEqual(lines(moved, 'load_module'), ['load_module /opt/modules/ngx_http_perl_module.so;']);
    for (const name of ['mail', 'user', 'working_directory', 'ssl_stapling', 'proxy_store']) {
      assert.deepEqual(lines(moved, name), [], name);
    }
  });

  test('nor where it names nothing, for the modules that are built in', () => {
    const moved = moveServer('', {
      buildArguments: '--without-http_uwsgi_module --without-http_scgi_module',
    });
    assert.deepEqual(lines(moved, 'access_log'), ['access_log /run/bench/access.log;']);
    assert.deepEqual(lines(moved, 'fastcgi_temp_path'), ['fastcgi_temp_path /run/bench/fastcgi_temp;']);
    assert.deepEqual(lines(moved, 'uwsgi_temp_path'), []);
    assert.deepEqual(lines(moved, 'scgi_temp_path'), []);
  });
});

describe('processes and limits', () => {
  test('are as planned', () => {
    const moved = move(
      `worker_processes auto; events { multi_accept on; worker_connections 10; } http { server { ${WEBSOCKET} } }`,
      { user: 'root root', workers: 3, cpuAffinity: [0, 2] },
    );
    const expected = {
      user: 'user root root;',
      daemon: 'daemon off;',
      master_process: 'master_process on;',
      worker_processes: 'worker_processes 3;',
      worker_rlimit_nofile: 'worker_rlimit_nofile 2048;',
      worker_cpu_affinity: 'worker_cpu_affinity 1 100 1;',
      worker_connections: 'worker_connections 512;',
      multi_accept: 'multi_accept on;',
    };
    for (const [name, line] of Object.entries(expected)) assert.deepEqual(lines(moved, name), [line], name);
  });

  test('reuseport is added once to each socket where workers are to share evenly', () => {
    const text = `http { server { listen 80; listen 443 ssl reuseport; ${WEBSOCKET} } }`;
    assert.deepEqual(lines(move(text, { reuseport: true }), 'listen'), [
      'listen 127.0.0.1:9001 backlog=4096 reuseport;',
      'listen 127.0.0.1:9002 ssl backlog=4096 reuseport;',
    ]);
  });

  test('events are added where there are none', () => {
    assert.deepEqual(lines(moveServer(''), 'events'), ['events {']);
  });
});

describe('worker and upstream are named in responses', () => {
  const inLocation = (source: string) => {
    const moved = move(source);
    return lines(moved, 'add_header');
  };
  const BENCH = [
    'add_header X-Bench-Worker $pid always;',
    'add_header X-Bench-Upstream $upstream_addr always;',
  ];

  test('beside headers that the location has, or in its place inherits', () => {
    const own = WEBSOCKET.replace('{', '{ add_header A 1;');
    assert.deepEqual(inLocation(`http { add_header B 2; server { ${own} } }`), [
      'add_header B 2;',
      'add_header A 1;',
      ...BENCH,
    ]);
    assert.deepEqual(inLocation(`http { add_header B 2; server { add_header C 3 always; ${WEBSOCKET} } }`), [
      'add_header B 2;',
      'add_header C 3 always;',
      'add_header C 3 always;',
      ...BENCH,
    ]);
  });

  test('in nested locations and in an if; not where nothing is proxied', () => {
    const source = `http { server { ${WEBSOCKET.replace('{', '{ location /ws/in { proxy_pass http://app; }')}
      location /static { root /srv; }
      location /if { proxy_pass http://app; if ($a) { add_header A 1; } }
      location /only-if { if ($a) { proxy_pass http://app; } } } }`;
    assert.deepEqual(inLocation(source), [
      ...BENCH,
      ...BENCH,
      'add_header A 1;',
      ...BENCH,
      ...BENCH,
      ...BENCH,
    ]);
  });
});

describe('the path for WebSockets', () => {
  const pathOf = (location: string) => {
    return moveServer('', {}).websocketPath === '/ws'
      ? move(`http { server { ${WEBSOCKET.replace('/ws', location)} } }`).websocketPath
      : '';
  };

  test('is the location’s, of any kind', () => {
    const cases = ['/chat', '= /chat', '^~ /chat', '=/chat', '~ ^/chat$', '~* /chat', '~ "^/chat"'];
    assert.deepEqual(
      cases.map(pathOf),
      cases.map(() => '/chat'),
    );
  });

  test('of an expression that is no plain path cannot be told', () => {
    assert.throws(
      () => pathOf(String.raw`~ ^/chat/\d+`),
      (error) => error instanceof Problem && /No path can be told .* at mine.conf:1/.test(error.message),
    );
  });

  test('may be set by the server, and a plain GET has its own', () => {
    const moved = move(`http { server { proxy_set_header upgrade $http_upgrade;
      location / { proxy_pass http://app; proxy_set_header Host $host; }
      location /deep { location /deep/ws { proxy_pass http://app; } } } }`);
    assert.deepEqual([moved.websocketPath, moved.httpPath], ['/deep/ws', '/']);
  });

  test('leaves GETs to a cached location first, and to none where there is none', () => {
    const cached = move(`http { server { ${WEBSOCKET}
      location / { proxy_pass http://app; } location = /page { proxy_pass http://app; proxy_cache c; } } }`);
    assert.equal(cached.httpPath, '/page');
    assert.equal(moveServer('location /static { root /srv; }').httpPath, null);
  });

  test('is asked for where there is none', () => {
    assert.throws(
      () => move('http { server { location / { proxy_pass http://app; } } }'),
      (error) => error instanceof Problem && /no location for WebSockets/.test(error.message),
    );
  });
});

test('stream alone: TCP is passed on, by the module if it is a dynamic one', () => {
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
