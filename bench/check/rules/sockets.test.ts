import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  described,
  OPENED,
  ofServer,
  probed,
  SOUND,
  seenAs,
  subjectOf,
  UPGRADE,
  whole,
} from '../check.test.fixture.ts';
import type { LocationSeen, Trace } from '../observation.ts';
import { handshake } from './handshake.ts';
import { http2 } from './http2.ts';
import { idle } from './idle.ts';
import { judge } from './index.ts';
import { withNowhere } from './nowhere.ts';
import { part } from './part.ts';
import { refused } from './refused.ts';
import { response, subprotocol } from './response.ts';
import { shadow } from './shadow.ts';
import { shutdown } from './shutdown.ts';
import { sharedSocket } from './socket.ts';
import { tryFiles } from './try-files.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const REFUSED: LocationSeen['handshake'] = { outcome: 'status-404', arrived: null };
const STREAM = 'stream { server { listen 1; proxy_pass a:1; } }';

describe('a server that Nginx rejects', () => {
  const of = (listens: string, http = '', more = '') =>
    described(refused(subjectOf(whole({ server: SOUND, http }).replace('listen 80;', listens) + more)));

  it('listens on an address twice, however that is written', () => {
    const twice = (...addresses: string[]) =>
      of(addresses.map((each) => `listen ${each};`).join('')).filter((line) => line.includes('listen-twice'))
        .length;
    for (const pair of [
      ['80', '*:80'],
      ['0.0.0.0:80', '80'],
      ['a.org', 'a.org:80'],
      ['[::]:80', '[::]:80'],
      ['[::1]', '[::1]:80'],
      ['unix:/a', 'unix:/a'],
      ['53 udp', '53 udp'],
      ['443 quic', '443 quic'],
      ['127.0.0.1', '127.0.0.1:80'],
    ])
      assert.equal(twice(...pair), 1, pair.join());
    for (const pair of [
      ['80', '[::]:80'],
      ['80', '81'],
      ['53', '53 udp'],
      ['443', '443 quic'],
      ['unix:/a', 'unix:/b'],
      ['127.0.0.1:80', '80'],
      ['a.org', 'b.org'],
      ['a:b', '81'],
    ])
      assert.equal(twice(...pair), 0, pair.join());
    assert.deepEqual(of('listen 80; listen 81;\nlisten *:80;\nlisten 81;'), [
      'error refused :10 listen-twice {"address":"*:80"}',
      'error refused :11 listen-twice {"address":"81"}',
    ]);
    assert.deepEqual(of('', '', 'stream { server { listen 1;\nlisten 1; proxy_pass a:1; } }'), [
      'error refused :15 listen-twice {"address":"1"}',
    ]);
  });

  it('has no certificate for TLS, at its own listen on that socket', () => {
    assert.deepEqual(of('listen 80;\nlisten 443 ssl; listen 444 ssl;'), [
      'error refused :10 no-certificate {"listen":"444 ssl"}',
    ]);
    assert.deepEqual(of('listen 443;', 'server { listen 443 ssl; ssl_certificate a; }'), []);
    assert.deepEqual(of('listen 443 default_server;', 'server { listen 443 ssl; ssl_certificate a; }'), [
      'error refused :9 no-certificate {"listen":"443 default_server"}',
    ]);
    assert.deepEqual(of('listen 443 ssl;', 'ssl_reject_handshake on;'), []);
    assert.deepEqual(of('listen 443 ssl;', 'ssl_reject_handshake off;').length, 1);
    const others = ['', 'ssl_certificate a;', 'ssl_reject_handshake on;'];
    const behind = (first: string) =>
      of(
        `listen 443 ssl default_server; ${first}`,
        others.map((own) => `server { listen 443; ${own} }`).join('\n'),
      );
    assert.deepEqual(behind('ssl_reject_handshake on;'), [
      'error refused :7 no-certificate {"listen":"443"}',
    ]);
    assert.deepEqual(behind('ssl_certificate a;'), []);
  });
});

describe('a socket that servers share', () => {
  const of = (http: string, own = 'listen 80;') =>
    described(sharedSocket(subjectOf(whole({ server: SOUND, http }).replace('listen 80;', own))));

  it('has the parameters of every server, at the lines of both', () => {
    assert.deepEqual(of('server { listen 80 ssl proxy_protocol; ssl_certificate a; }'), [
      'error shared-ssl :7 shared-socket {"parameter":"ssl","place":"/site/nginx.conf:7","own":"/site/nginx.conf:9","hasCertificate":false,"location":"/ws"}',
      'warning proxy-protocol :7 shared-socket {"parameter":"proxy_protocol","place":"/site/nginx.conf:7","own":"/site/nginx.conf:9","hasCertificate":false,"location":"/ws"}',
    ]);
    assert.deepEqual(
      of('server { listen 80 ssl; ssl_certificate a; }', 'listen 81; listen 80; ssl_certificate b;'),
      [
        'note shared-ssl :7 shared-socket {"parameter":"ssl","place":"/site/nginx.conf:7","own":"/site/nginx.conf:9","hasCertificate":true,"location":"/ws"}',
      ],
    );
    assert.deepEqual(of('server { listen 80 ssl; ssl_certificate a; }', 'listen 80 default_server;'), []);
    assert.deepEqual(of('server { listen 80 proxy_protocol; }', 'listen 80 default_server;').length, 1);
    assert.deepEqual(
      of('server { listen 80 ssl; ssl_certificate a; }', 'listen 80 ssl; ssl_certificate b;'),
      [],
    );
    assert.deepEqual(of('ssl_certificate a; server { listen 80 ssl; }')[0]?.split(' ')[0], 'note');
  });

  it('accepts HTTP/2 alone if any server asks for it without TLS, before 1.25.1', () => {
    const alone = (
      http: string,
      own = 'listen 80;',
      nginxVersion = '1.25.0',
      more: Partial<LocationSeen> | null = null,
    ) => {
      const subject = subjectOf(whole({ server: SOUND, http }).replace('listen 80;', own), { nginxVersion });
      return described(http2(more === null ? subject : seenAs(subject, more)));
    };
    assert.deepEqual(alone('server { listen 80 http2; }'), [
      'error http2 :7 http2-only {"since":"1.25.1","location":"/ws","isOthers":true}',
      '  server: listen  80;',
    ]);
    assert.deepEqual(alone('server { listen 80 http2; }', 'listen 81; listen 80 http2 backlog=5;'), [
      'error http2 :9 http2-only {"since":"1.25.1","location":"/ws","isOthers":false}',
      '  server: listen  80  backlog=5;',
    ]);
    assert.deepEqual(alone('server { listen 80 http2; }', 'listen 80;', '1.25.1'), []);
    assert.deepEqual(alone('server { listen 80 http2 ssl; }'), []);
    assert.deepEqual(alone('ssl on;', 'listen 80 http2;'), ['note http2 :9 http2-without-websockets {}']);
    assert.deepEqual(alone('', 'listen 80 http2;', '1.25.0', { handshake: REFUSED }), [
      'error http2 :9 http2-only {"since":"1.25.1","location":"/ws","isOthers":false}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-404","arrived":null} {"status":404}',
      '  server: listen  80;',
    ]);
    assert.deepEqual(alone('', 'listen 443 ssl http2;', '1.25.0', { handshake: REFUSED }), []);
    assert.deepEqual(http2(subjectOf(STREAM.replace('listen 1', 'listen 1 http2'))), []);
  });

  it('offers HTTP/2 with TLS, as its own listen, its server or http says', () => {
    assert.deepEqual(described(http2(probed('http2 off;', {}, 'listen 443 ssl;'))), []);
    assert.deepEqual(described(http2(probed('', { alpnOffered: '' }))), [
      'note http2 :9 http2-without-websockets {}',
    ]);
    assert.deepEqual(described(http2(probed('', { extendedConnect: true }))), [
      'note http2 :9 http2-with-websockets {}',
      '  seen http2-settings {"extendedConnect":true} {}',
    ]);
    assert.deepEqual(described(http2(subjectOf(whole({ server: SOUND, http: 'http2 on;' })))), [
      'note http2 :7 http2-without-websockets {}',
    ]);
    const nested = `location / { http2 on; ${SOUND} }`;
    assert.deepEqual(http2(ofServer(nested)), []);
  });
});

describe('an idle timeout', () => {
  const pages = (timeout: string, name = '/') =>
    `location ${name} { proxy_pass http://app; ${UP} }\nlocation /live { proxy_pass http://app; ${UP} ${timeout} }`;
  const found = (server: string) => described(idle(ofServer(server)));

  it('matters less in a location for pages, if WebSockets have another one with a long timeout', () => {
    assert.deepEqual(found(pages('proxy_read_timeout 121s;')), [
      'note idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
      'note idle-timeout :12 idle-timeout {"directive":"proxy_read_timeout","seconds":121,"isDefault":false,"location":"/live"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
    ]);
    assert.deepEqual(found(pages('proxy_read_timeout 120s;')), [
      'warning idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
      'warning idle-timeout :12 idle-timeout {"directive":"proxy_read_timeout","seconds":120,"isDefault":false,"location":"/live"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
    ]);
    assert.deepEqual(found(pages('proxy_read_timeout 1h;', '/ws')), [
      'warning idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/ws"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
    ]);
    assert.deepEqual(found(pages('proxy_read_timeout x;')), [
      'warning idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
    ]);
    const other = `server { listen 81; location /live { proxy_pass http://app; ${UP} proxy_read_timeout 1h; } }`;
    const alone = whole({ server: `location / { proxy_pass http://app; ${UP} }`, http: other });
    assert.deepEqual(described(idle(subjectOf(alone))), [
      'warning idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/"}',
      '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
    ]);
  });

  it('is suggested where it is written, without a shorter send timeout', () => {
    assert.deepEqual(
      found(
        `proxy_read_timeout 3599s; proxy_send_timeout 59m;\n${SOUND.replace('proxy_read_timeout 1h;', '')}`,
      ),
      [
        'note idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":3599,"isDefault":false,"location":"/ws"}',
        '  server: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
      ],
    );
    assert.deepEqual(
      found(`proxy_read_timeout 5m; proxy_send_timeout 1h;\n${SOUND.replace('proxy_read_timeout 1h;', '')}`),
      [
        'note idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":300,"isDefault":false,"location":"/ws"}',
        '  server: proxy_read_timeout  1h;',
      ],
    );
    assert.deepEqual(
      described(idle(subjectOf(`stream { proxy_timeout 2m;\nserver { listen 1; proxy_pass a:1; } }`))),
      [
        'warning idle-timeout :1 idle-timeout {"directive":"proxy_timeout","seconds":120,"isDefault":false,"location":null}',
        '  stream: proxy_timeout  1h;',
      ],
    );
    const seen = { idle: { closed: { code: 1001, seconds: 2 }, busyStayedOpen: false } };
    assert.deepEqual(
      described(idle(seenAs(ofServer(`location /ws { proxy_pass http://app; ${UP} }`), seen))),
      [
        'warning idle-timeout :11 idle-timeout {"directive":"proxy_read_timeout","seconds":60,"isDefault":true,"location":"/ws"}',
        '  seen silent-closed {"directive":"proxy_read_timeout","setSeconds":1,"closeCode":1001,"seconds":2,"busyStayedOpen":false} {"closeCode":1001,"seconds":2}',
        '  location: proxy_read_timeout  1h; | proxy_send_timeout  1h;',
      ],
    );
  });
});

describe('what a reload does to WebSockets', () => {
  it('depends on worker_shutdown_timeout', () => {
    const unset = subjectOf(`# c\n${whole({ server: SOUND }).replace(/worker_shutdown.*\n/, '')}`);
    const closed = { closed: { code: 1006, seconds: 3 }, watchedSeconds: 5 };
    assert.deepEqual(described(shutdown(unset)), [
      'note worker-shutdown-timeout :2 shutdown-timeout-unset {}',
      '  main: worker_shutdown_timeout  1h;',
    ]);
    assert.deepEqual(described(shutdown(seenAs(unset, {}, { reload: closed }))), [
      'note worker-shutdown-timeout :2 shutdown-timeout-unset {}',
      '  seen closed-after-reload {"setSeconds":null,"closeCode":1006,"seconds":3} {"closeCode":1006,"seconds":3}',
      '  main: worker_shutdown_timeout  1h;',
    ]);
    assert.deepEqual(
      described(shutdown(seenAs(ofServer(SOUND), {}, { reload: { ...closed, closed: null } }))),
      [
        'note worker-shutdown-timeout :3 shutdown-timeout {"value":"1h"}',
        '  seen open-after-reload {"seconds":5} {"seconds":5}',
      ],
    );
    assert.deepEqual(shutdown({ ...unset, candidates: [] }), []);
    assert.deepEqual(shutdown({ ...unset, isPart: true }), []);
  });
});

describe('files that are looked for before a WebSocket', () => {
  const own = ofServer(SOUND.replace('/ws {', '/ws {\ntry_files $uri @x;'));

  it('are an error if they answered, and a warning if folders come first', () => {
    assert.deepEqual(described(tryFiles(seenAs(own, { handshake: REFUSED }))), [
      'error try-files :12 try-files-first {"location":"/ws","fallback":"@x"}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-404","arrived":null} {"status":404}',
    ]);
    assert.deepEqual(tryFiles(seenAs(own, { handshake: { outcome: 'reset', arrived: null } })), []);
    assert.deepEqual(
      tryFiles(seenAs(own, { handshake: { outcome: 'status-404', arrived: OPENED.handshake.arrived } })),
      [],
    );
    const empty = ofServer(SOUND.replace('/ws {', '/ws { try_files;'));
    assert.deepEqual(tryFiles(seenAs(empty, { handshake: REFUSED }))[0]?.data, {
      location: '/ws',
      fallback: '',
    });
    assert.deepEqual(tryFiles(own), []);
    const folder = (tests: string, location = '/') =>
      ofServer(
        `location ${location} {\ntry_files ${tests} @app; }\nlocation @app { proxy_pass http://app; ${UP} }`,
      );
    assert.deepEqual(described(tryFiles(folder(`$uri \${document_uri}/ $uri/`))), [
      `warning try-files :12 try-files-folder {"location":"@app","test":"\${document_uri}/","path":"/"}`,
      '  location: try_files  $uri  $uri/  @app;',
    ]);
    assert.deepEqual(described(tryFiles(folder('$uri/', '/x'))), [
      'note try-files :12 try-files-folder {"location":"@app","test":"$uri/","path":"/x"}',
      '  location: try_files  @app;',
    ]);
    assert.deepEqual(tryFiles(folder('$uri x$uri/ $uri/x')), []);
    assert.deepEqual(
      tryFiles(seenAs(folder('$uri/'), { handshake: { outcome: 'reset', arrived: null } })),
      [],
    );
    assert.deepEqual(tryFiles(subjectOf(STREAM)), []);
  });
});

describe('the 101 response', () => {
  const hide = (name: string, extra = '') => ofServer(`proxy_hide_header ${name};\n${extra}${SOUND}`);

  it('needs three headers', () => {
    assert.deepEqual(described(response(seenAs(hide('CONNECTION'), { handshake: REFUSED }))), [
      'error response-header :11 response-header-hidden {"location":"/ws","header":"CONNECTION"}',
      '  seen handshake-answered {"path":"/ws","outcome":"status-404","arrived":null} {"status":404}',
    ]);
    assert.equal(response(hide('Sec-WebSocket-Accept')).length, 1);
    assert.deepEqual(response(hide('X-Upgrade')), []);
    assert.deepEqual(response(hide('Sec-WebSocket-Protocol')), []);
    assert.deepEqual(described(response(hide('X-A', 'proxy_hide_header Upgrade; '))), [
      'error response-header :12 response-header-hidden {"location":"/ws","header":"Upgrade"}',
    ]);
    const two = ofServer(
      SOUND.replace('/ws {', '/ws {\nproxy_hide_header Upgrade;\nproxy_hide_header Connection;'),
    );
    assert.deepEqual(described(response(two)), [
      'error response-header :12 response-header-hidden {"location":"/ws","header":"Upgrade"}',
    ]);
    assert.deepEqual(response(subjectOf(STREAM)), []);
  });

  it('has the subprotocol that the client prefers', () => {
    const NAME = 'sec-websocket-protocol';
    const traced = (server: string, offered: string | null, answered: string | null, status = 101) => {
      const listed = (value: string | null) => (value === null ? [] : [{ name: NAME, value }]);
      const trace: Trace = {
        sent: { path: '/ws', headers: [] },
        received: {
          httpVersion: '1.1',
          upgrade: null,
          connection: null,
          method: 'GET',
          path: '/ws',
          headers: listed(offered),
        },
        response: { status, headers: listed(answered) },
      };
      return described(subprotocol(seenAs(ofServer(server), { trace })));
    };
    const both = 'check.v2, check.v1';
    assert.deepEqual(traced(SOUND, both, 'check.v2'), []);
    assert.deepEqual(traced(SOUND, both, null), [
      'warning subprotocol :11 subprotocol-changed {"location":"/ws","offered":"check.v2, check.v1","received":"check.v2, check.v1","answered":null}',
    ]);
    assert.deepEqual(traced(SOUND, 'check.v2', 'check.v2'), [
      'warning subprotocol :11 subprotocol-changed {"location":"/ws","offered":"check.v2, check.v1","received":"check.v2","answered":"check.v2"}',
    ]);
    assert.deepEqual(traced(`add_header SEC-WebSocket-Protocol x;\n${SOUND}`, both, 'x'), [
      'error subprotocol :11 subprotocol-changed {"location":"/ws","offered":"check.v2, check.v1","received":"check.v2, check.v1","answered":"x"}',
    ]);
    assert.deepEqual(
      traced(`add_header ${NAME} x;\nproxy_hide_header ${NAME};\n${SOUND}`, both, 'check.v1'),
      [
        'warning subprotocol :12 subprotocol-changed {"location":"/ws","offered":"check.v2, check.v1","received":"check.v2, check.v1","answered":"check.v1"}',
      ],
    );
    assert.deepEqual(traced(SOUND, null, null, 200), []);
  });
});

describe('all findings', () => {
  it('are each named once, the worst first', () => {
    const subject = subjectOf(
      whole({
        server: `proxy_read_timeout 60s;\n${SOUND.replace('proxy_read_timeout 1h;', '')}\nlocation /live { proxy_pass http://app; }`,
        main: '',
      }),
    );
    assert.deepEqual(
      judge(subject).map(({ level, rule, origin }) => `${level} ${rule} :${origin?.line ?? 'none'}`),
      [
        'warning open-files :4',
        'warning idle-timeout :11',
        'warning upgrade :13',
        'note worker-shutdown-timeout :3',
        'note capacity :4',
        'note worker-connections :4',
        'note ports :12',
        'note any-protocol :12',
      ],
    );
  });

  it('include an error if nothing opens and no other says so', () => {
    const closed = seenAs(ofServer(SOUND), { handshake: REFUSED });
    assert.deepEqual(described(withNowhere(closed, [])), [
      'error handshake :11 no-websocket {"locations":1}',
    ]);
    const [error = assert.fail()] = response(ofServer(`proxy_hide_header Upgrade; ${SOUND}`));
    assert.deepEqual(withNowhere(closed, [error]), [error]);
    const warning = { ...error, level: 'warning' as const };
    assert.deepEqual(withNowhere(closed, [warning]).length, 2);
    assert.deepEqual(withNowhere(ofServer(SOUND), []), []);
    assert.deepEqual(withNowhere({ ...closed, candidates: [] }, []), []);
    const partly = seenAs(ofServer(`${SOUND} ${SOUND.replace('/ws', '/live')}`), {});
    assert.deepEqual(withNowhere(partly, [warning]), [warning]);
  });

  it('of a shadowed location, or a part, name the first line', () => {
    const shadowed = ofServer(
      `location /ws/ { proxy_pass http://app; ${UP} }\nlocation ~* ^/ws { return 404; }`,
    );
    assert.deepEqual(described(shadow(shadowed)), [
      'error shadowed :11 location-shadowed {"location":"/ws/","by":"~* ^/ws","place":"/site/nginx.conf:12","remedy":"location ^~ /ws/"}',
      '  server: location ^~ /ws/ {',
    ]);
    assert.deepEqual(shadow(subjectOf(STREAM)), []);
    assert.deepEqual(described(part(subjectOf(`# c\n\nserver { ${SOUND} }`))), [
      'note part :3 part-of-configuration {}',
    ]);
    assert.deepEqual(described(handshake(ofServer(`location ws { proxy_pass http://app; ${UP} }`))), [
      'error handshake :11 location-without-slash {"location":"ws","remedy":"location /ws"}',
      '  server: location /ws {',
    ]);
  });
});
