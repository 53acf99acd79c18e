import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { Problem } from '../model/failure.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { freePorts } from '../topology/ports.ts';
import { type Launched, launch } from '../topology/process.ts';
import { type Listener, listenAddresses } from './listen.ts';
import { parse } from './parse.ts';
import { moveAllServers, moveIntoSandbox, type Sandbox, type SandboxSpec } from './sandbox.ts';
import { writeAccepted } from './sandboxed.ts';
import { HOST, setUpBench } from './start.test.fixture.ts';
import { checkNginx, startNginx, writeConfiguration } from './start.ts';
import { directive, type Node } from './tree.ts';

const bench = setUpBench();

/** An address of this machine that the benchmark does not use. */
const OUTSIDE = '127.0.0.9';

/** Everything that arrived outside, over TCP, through the Unix-domain socket, and as datagrams. */
const reached: string[] = [];
const tcp = createServer();
const local = createServer();
const udp = createSocket('udp4');
const backend = createHttpServer((_, response) => response.end('page'));
const sockets = new WebSocketServer({ server: backend });
/** Processes that a test has not stopped yet. */
const running = new Set<Launched>();
let outsidePort: number;
let localPath: string;

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

type Move = (source: string) => Promise<Running>;

interface Running {
  listeners: readonly Listener[];
  stop(): Promise<void>;
}

/** How `run` and `up` move a configuration into the sandbox, and how `check` does. */
const MOVES: Record<string, Move> = {
  'run and up': (source) => started(source, (tree, spec) => moveIntoSandbox(tree, spec, () => {})),
  check: (source) => started(source, (tree, spec) => moveAllServers(tree, spec, () => {})),
};

async function started(
  source: string,
  move: (tree: readonly Node[], spec: SandboxSpec) => Pick<Sandbox, 'tree' | 'listeners'>,
): Promise<Running> {
  const { binary, root } = bench;
  const tree = parse(source, 'mine.conf');
  const folder = await mkdtemp(join(root, 'run-'));
  const spec: SandboxSpec = {
    folder,
    host: HOST,
    ports: await freePorts(HOST, listenAddresses(tree).length),
    backlog: 64,
    upstreams: [{ host: HOST, port: portOf(backend) }],
    certificate: await makeCertificate(folder),
    workers: 1,
    workerConnections: 256,
    workerFiles: 512,
    reuseport: false,
    cpuAffinity: null,
    user: process.getuid?.() === 0 ? 'root root' : null,
    nginxVersion: binary.version,
    buildArguments: binary.buildArguments,
    modulesPath: binary.modulesPath,
    streamModule: binary.streamModule,
    wanted: { websocketPath: null, host: null },
    keepGuards: true,
  };
  const moved = move(tree, spec);
  const { written } = await writeAccepted(binary, folder, moved.tree, spec, [], () => {}, launch);
  const { listeners } = moved;
  const nginx = await startNginx({
    binary,
    confPath: written.confPath,
    folder,
    listeners,
    workers: 1,
    cpus: null,
    launch,
  });
  running.add(nginx);
  return {
    listeners,
    async stop() {
      running.delete(nginx);
      await nginx.stop('SIGTERM', 2000);
    },
  };
}

/** Sends a handshake, and resolves with the status of the response; empty if there is none. */
function handshake(port: number, path: string, headers: readonly string[] = []): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, HOST);
    const lines = [
      `GET ${path} HTTP/1.1`,
      ...(headers.some((each) => each.startsWith('Host:')) ? [] : ['Host: chat.example.org']),
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    ];
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => done(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? ''));
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

/** Replaces placeholders with the outside addresses. */
function filled(text: string): string {
  return text
    .replaceAll('OUTSIDE', `${OUTSIDE}:${outsidePort}`)
    .replaceAll('PORT', `${outsidePort}`)
    .replaceAll('SOCKET', localPath);
}

/** A configuration that leads, or once led, out of the sandbox through a location. */
interface Way {
  what: string;
  /** Directives in `http`. */
  http?: string;
  /** Directives in the server. */
  server?: string;
  /** Directives in a separate location. */
  location: string;
  /** Pattern of the location if it is a regular expression; by default, a unique prefix. */
  match?: string;
  /** Suffix of the path that is requested. */
  path?: string;
  headers?: readonly string[];
  /** Status of the response to each handshake; by default 101, from an echo server. */
  status?: string;
}

const CHOSEN = ['X-Target: OUTSIDE'];

const WAYS: readonly Way[] = [
  {
    what: 'an upstream named like an address with a port',
    http: 'upstream OUTSIDE { server a; }',
    location: 'proxy_pass http://OUTSIDE;',
  },
  {
    what: 'an upstream named like an address',
    http: 'upstream 127.0.0.9 { server a; }',
    location: 'proxy_pass HTTP://127.0.0.9:PORT;',
  },
  {
    what: 'an upstream named like a host with a port',
    http: 'upstream app:3000 { server a; }',
    location: 'proxy_pass http://app:3000;',
  },
  {
    what: 'an upstream named like a Unix-domain socket',
    http: 'upstream "unix:SOCKET:" { server a; }',
    location: 'proxy_pass http://unix:SOCKET:;',
  },
  {
    what: 'an upstream named like the path of a socket',
    http: 'upstream "SOCKET" { server a; } map $uri $t_path { default unix:SOCKET; }',
    location: 'proxy_pass http://$t_path;',
  },
  { what: 'a socket in capitals', location: 'proxy_pass HTTP://UNIX:SOCKET:;' },
  {
    what: 'an upstream named like an IPv6 address',
    http: 'upstream [::ffff:127.0.0.9]:PORT { server a; }',
    location: 'proxy_pass http://[::ffff:127.0.0.9]:PORT;',
  },
  {
    what: 'an address as one number',
    http: 'upstream 2130706441:PORT { server a; }',
    location: 'proxy_pass http://2130706441:PORT;',
  },
  {
    what: 'an address as a hexadecimal number',
    http: 'upstream 0x7f000009:PORT { server a; }',
    location: 'proxy_pass http://0x7f000009:PORT;',
  },
  {
    what: 'a short address',
    http: 'upstream 127.9:PORT { server a; }',
    location: 'proxy_pass http://127.9:PORT;',
  },
  { what: 'a user before the address', location: 'proxy_pass http://app@OUTSIDE;' },
  { what: 'a query behind the address', location: 'proxy_pass http://OUTSIDE/?app;' },
  {
    what: 'a name that is equal after Unicode case folding',
    http: 'upstream \u212Aelvin { server a; }',
    location: 'proxy_pass http://kelvin;',
  },
  {
    what: 'a variable set to an upstream named like an address',
    location: 'set $t_set OUTSIDE; proxy_pass http://$t_set;',
  },
  {
    what: 'a variable that a map takes from the request',
    http: 'map $http_x_target $t_map { default app; ~^(?<t_word>.+)$ $t_word; }',
    location: 'proxy_pass http://$t_map;',
    headers: CHOSEN,
  },
  {
    what: 'a named capture in the key of a map',
    http: 'map $http_x_target $t_seen { default 0; ~^(?<t_key>.+)$ 1; }',
    location: 'set $t_key app; if ($t_seen) { set $t_any 1; } proxy_pass http://$t_key;',
    headers: CHOSEN,
  },
  {
    what: 'a capture in other notations',
    location: `set $t_other app; set $t_third app;
      if ($http_x_target ~ "(?'t_other'.+)") { set $t_any 1; } if ($http_x_target ~ "(?P<T_THIRD>.+)") { set $t_any 1; }
      proxy_pass http://$t_third;`,
    headers: CHOSEN,
  },
  {
    what: 'a capture in the server name',
    server: 'server_name ~^(?<t_name>127.+)$;',
    http: 'map $uri $t_name_ { default $t_name; }',
    location: 'set $t_name app; proxy_pass http://$t_name_:PORT;',
    headers: ['Host: 127.0.0.9'],
  },
  {
    what: 'a capture of the location',
    match: '~ ^/NUMBER/(?<t_location>.+)$',
    server: 'location /never { set $t_location app; }',
    location: 'proxy_pass http://$t_location;',
    path: '/OUTSIDE',
  },
  {
    what: 'a capture of a rewrite',
    location: 'set $t_rewrite app; rewrite ^/[^/]+/(?<t_rewrite>.+)$ /a break; proxy_pass http://$t_rewrite;',
    path: '/OUTSIDE',
  },
  {
    what: 'a numbered capture',
    match: '~ ^/NUMBER/(.+)$',
    location: 'set $1 app; proxy_pass http://$1;',
    path: '/OUTSIDE',
  },
  {
    what: 'a variable in capitals',
    location: 'set $t_case app; set $T_CASE $http_x_target; proxy_pass http://$t_case;',
    headers: CHOSEN,
  },
  {
    what: 'a request header that is set elsewhere',
    server: 'location /never/2 { set $http_x_other app; }',
    location: 'proxy_pass http://$http_x_other;',
    headers: ['X-Other: OUTSIDE'],
  },
  {
    what: 'a request parameter that is set elsewhere',
    server: 'location /never/3 { set $arg_to app; set $cookie_to app; }',
    location: 'proxy_pass http://$arg_to;',
    path: '?to=OUTSIDE',
  },
  {
    what: 'a key of a map that reads like a keyword',
    http: 'map $http_x_word $t_keyword { default app; hostnames OUTSIDE; }',
    location: 'proxy_pass http://$t_keyword;',
    headers: ['X-Word: hostnames'],
  },
  {
    what: 'text after a name',
    http: 'upstream 127.0.0. { server a; } map $http_x_tail $args { default $http_x_tail; }',
    location: 'proxy_pass http://127.0.0.$is_args$args;',
    headers: ['X-Tail: 9:PORT'],
    status: '502', // for the host bench_echo_servers9, which is never looked up
  },
  {
    what: 'text after a name that ends like the start of a socket address',
    http: 'upstream unix { server a; }',
    location: 'proxy_pass http://unix$is_args$args;',
    headers: ['X-Tail: :SOCKET:'],
    status: '500', // for an invalid port
  },
  {
    what: 'text after an empty variable',
    server: 'location /never/4 { set $t_empty app; }',
    location: 'proxy_pass http://$t_empty$is_args$args;',
    headers: ['X-Tail: OUTSIDE'],
    status: '502', // for the host bench_echo_servers127.0.0.9, which is never looked up
  },
  {
    what: 'a geo',
    http: 'geo $t_geo { default OUTSIDE; }',
    location: 'proxy_pass http://$t_geo;',
  },
  {
    what: 'a split among clients',
    http: 'split_clients $remote_addr $t_split { 1% app; * OUTSIDE; }',
    location: 'proxy_pass http://$t_split;',
  },
  { what: 'a header', location: 'proxy_pass $scheme://$http_x_target;', headers: CHOSEN },
  { what: 'a URL in a header', location: 'proxy_pass $http_x_url;', headers: ['X-Url: http://OUTSIDE/'] },
  {
    what: 'a response to a subrequest',
    location:
      'auth_request /never/auth; auth_request_set $t_auth $upstream_http_x; set $t_auth app; proxy_pass http://$t_auth;',
    server: 'location /never/auth { internal; proxy_set_header Upgrade ""; proxy_pass http://OUTSIDE; }',
  },
  {
    what: 'a mirror',
    server: 'location /never/mirror { internal; proxy_pass http://OUTSIDE; }',
    location: 'mirror /never/mirror; proxy_pass http://app;',
  },
  {
    what: 'an error page',
    server: 'location @t_error { proxy_pass http://OUTSIDE; }',
    location: 'error_page 418 = @t_error; return 418;',
  },
  {
    what: 'a condition',
    location: 'if ($http_x_target) { proxy_pass http://$http_x_target; }',
    headers: CHOSEN,
  },
  { what: 'a method', location: 'limit_except POST { proxy_pass http://OUTSIDE; } proxy_pass http://app;' },
  {
    what: 'a name server',
    http: 'resolver OUTSIDE valid=1s; upstream t_named { zone t_named 64k; server named.invalid:80; }',
    location: 'resolver OUTSIDE; set $t_dns named.invalid; proxy_pass http://$t_dns:80;',
  },
  {
    what: 'a log server',
    http: 'access_log syslog:server=OUTSIDE; error_log syslog:server=unix:SOCKET debug;',
    location:
      'access_log syslog:server=OUTSIDE,nohostname; error_log syslog:server=OUTSIDE info; proxy_pass http://app;',
  },
  {
    what: 'an address of the client',
    server: 'set_real_ip_from named.invalid; real_ip_header X-Target;',
    location: 'proxy_pass http://app;',
    headers: CHOSEN,
  },
  {
    what: 'an authority',
    server: 'ssl_stapling on; ssl_stapling_responder http://OUTSIDE/;',
    location: 'proxy_pass http://app;',
  },
  ...[
    'fastcgi_pass OUTSIDE',
    'fastcgi_pass unix:SOCKET',
    'grpc_pass grpc://OUTSIDE',
    'memcached_pass OUTSIDE',
    'scgi_pass OUTSIDE',
    'uwsgi_pass OUTSIDE',
    'fastcgi_pass $http_x_target',
  ].map((pass): Way => ({ what: pass, location: `${pass};`, headers: CHOSEN, status: '502' })),
];

const UPGRADE =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

/** Builds one configuration with all of these cases. */
function configuration(): string {
  const all = (part: 'http' | 'server') => WAYS.map((way) => way[part] ?? '').join('\n');
  const locations = WAYS.map(
    ({ location, match = '/NUMBER' }, index) =>
      `location ${match.replace('NUMBER', `way${index}`)} { ${location} }`,
  );
  return filled(`events { debug_connection named.invalid; }
    mail { auth_http http://OUTSIDE/auth; server { listen OUTSIDE; protocol imap; } }
    http { variables_hash_bucket_size 128; upstream app { server a; } ${all('http')}
      server { listen OUTSIDE; ${all('server')} ${UPGRADE} location /ws { proxy_pass http://app; }
        ${locations.join('\n')} } }`);
}

/** The same for `stream`, with a server for each case. */
const STREAM = `upstream app { server a:1; }
  resolver OUTSIDE; log_format t '$remote_addr'; access_log syslog:server=OUTSIDE t; error_log syslog:server=unix:SOCKET debug;
  upstream OUTSIDE { server a:1; } server { listen 1; proxy_pass OUTSIDE; }
  upstream "unix:SOCKET" { server a:1; } server { listen 2; proxy_pass unix:SOCKET; }
  upstream [::ffff:127.0.0.9]:PORT { server a:1; } server { listen 3; proxy_pass [::ffff:127.0.0.9]:PORT; }
  upstream 2130706441:PORT { server a:1; } server { listen 4; proxy_pass 2130706441:PORT; }
  upstream \u212Aelvin:PORT { server a:1; } server { listen 5; proxy_pass kelvin:PORT; }
  upstream app:3000 { server a:1; } server { listen 6; proxy_pass app:3000; }
  map $remote_addr $t_map { default OUTSIDE; } server { listen 7; proxy_pass $t_map; }
  map $remote_addr $t_seen { default 0; "~^(?<t_key>.)27" 1; } server { listen 8; set $t_key app; set $t_any $t_seen; proxy_pass $t_key; }
  geo $t_geo { default OUTSIDE; } server { listen 9; proxy_pass $t_geo; }
  split_clients $remote_addr $t_split { 1% app; * unix:SOCKET; } server { listen 10; proxy_pass $t_split; }
  server { listen 11; set $t_set OUTSIDE; proxy_pass $t_set; }
  server { listen 12; set $t_case app; set $T_CASE OUTSIDE; proxy_pass $t_case; }
  server { listen 13; proxy_pass UNIX:SOCKET; }
  server { listen 14 udp; proxy_pass OUTSIDE; }
  server { listen 15; resolver OUTSIDE; set $t_dns named.invalid:80; proxy_pass $t_dns; }
  server { listen 16; set $proxy_protocol_tlv_alpn app; proxy_pass $proxy_protocol_tlv_alpn; }
  server { listen 17; proxy_pass app; set_real_ip_from named.invalid; }`;

describe('Nginx reaches nothing outside, whatever the configuration', () => {
  before(async () => {
    for (const [name, server] of Object.entries({ tcp, local })) {
      server.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.once('data', (data) => {
          reached.push(`${name}: ${data.toString('latin1').split('\r\n')[0]}`);
          socket.destroy();
        });
        reached.push(`${name}: a connection`);
      });
    }
    udp.on('message', (data) => reached.push(`udp: ${data.toString('latin1')}`));
    localPath = join(bench.root, 'outside.sock');
    tcp.listen(0, OUTSIDE);
    local.listen(localPath);
    backend.listen(0, HOST);
    await Promise.all([tcp, local, backend].map((server) => once(server, 'listening')));
    outsidePort = portOf(tcp);
    udp.bind(outsidePort, OUTSIDE);
    await once(udp, 'listening');
  });
  after(async () => {
    for (const nginx of running) await nginx.stop('SIGTERM', 2000);
    for (const server of [tcp, local, udp, sockets, backend]) server.close();
    backend.closeAllConnections();
  });

  test('connections to the outside would be detected', async () => {
    const { binary, root } = bench;
    const folder = await mkdtemp(join(root, 'bare-'));
    const [port = 0] = await freePorts(HOST, 1);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const source = filled(`daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events { }
      http { ${temporary.join(' ')} access_log syslog:server=OUTSIDE; server { listen ${HOST}:${port};
        location /1 { proxy_pass http://OUTSIDE; } location /2 { proxy_pass http://unix:SOCKET:; } } }`);
    const tree = [directive('user', ['root', 'root']), ...parse(source, 'bare.conf')];
    const { confPath } = await writeConfiguration(folder, process.getuid?.() === 0 ? tree : tree.slice(1));
    await checkNginx(binary, confPath, folder);
    const listeners = [{ host: HOST, port, tls: false, http2: false }];
    const nginx = await startNginx({ binary, confPath, folder, listeners, workers: 1, cpus: null, launch });
    const statuses = [await handshake(port, '/1'), await handshake(port, '/2')];
    await nginx.stop('SIGTERM', 2000);
    assert.deepEqual(statuses, ['502', '502']);
    const kinds = new Set(reached.splice(0).map((each) => each.split(':')[0]));
    assert.deepEqual(kinds, new Set(['tcp', 'local', 'udp']));
  });

  for (const [name, move] of Object.entries(MOVES)) {
    test(`through http (${name})`, async () => {
      const { listeners, stop } = await move(configuration());
      const port = listeners[0]?.port ?? 0;
      const answers: Record<string, string> = {};
      for (const [index, { what, path = '', headers = [] }] of WAYS.entries()) {
        const to = filled(`/way${index}${path}`);
        answers[what] = await handshake(port, to, headers.map(filled));
        for (const value of ['unix:SOCKET:', 'app', ''])
          await handshake(port, to, [`X-Target: ${value}`, `X-Tail: ${value}`].map(filled));
      }
      await stop();
      assert.deepEqual(reached.splice(0), []);
      assert.deepEqual(answers, Object.fromEntries(WAYS.map(({ what, status = '101' }) => [what, status])));
    });

    test(`through stream (${name})`, async () => {
      const http = `http { server { location /ws { proxy_pass http://app; ${UPGRADE} } } upstream app { server a; } }`;
      const { listeners, stop } = await move(filled(`${http} stream { ${STREAM} }`));
      const answers = [];
      for (const { port } of listeners) answers.push(await handshake(port, '/ws'));
      await stop();
      assert.deepEqual(reached.splice(0), []);
      assert.equal(answers.length, 18);
      assert.deepEqual(new Set(answers), new Set(['101']));
    });

    test(`not even if an upstream is removed because Nginx rejects it (${name})`, async () => {
      // Nginx rejects the ciphers. Everything on their line with the same argument is removed.
      const source = `http { upstream 0x7f000009 { server a; } server { listen 443 ssl; ssl_ciphers 0x7f000009;
        ${UPGRADE} location /ws { proxy_pass http://0x7f000009; } } }`;
      await assert.rejects(move(source), (error) => {
        assert.ok(error instanceof Problem);
        assert.match(
          error.message,
          /^"proxy_pass" at mine\.conf:2 names "http:\/\/0x7f000009", which is not one of/,
        );
        return true;
      });
    });
  }
});
