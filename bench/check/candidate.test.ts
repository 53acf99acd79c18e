import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '../nginx/parse.ts';
import { directives } from '../nginx/tree.ts';
import {
  activeServers,
  allServers,
  findCandidates,
  locationOf,
  shownPath,
  upstreamsOf,
} from './candidate.ts';

const UP = 'proxy_set_header Upgrade $http_upgrade;';
const NOTHING = { websocketPath: null, host: null };

function found(text: string, wanted = NOTHING as { websocketPath: string | null; host: string | null }) {
  return findCandidates(parse(text, 'mine.conf'), wanted);
}

/** Lists each candidate as `sign path host`. */
function listed(
  text: string,
  wanted = NOTHING as { websocketPath: string | null; host: string | null },
): string[] {
  return found(text, wanted).map(({ sign, path, host }) => `${sign} ${path} ${host}`);
}

const site = (server: string) => `http { server { server_name a.org; ${server} } }`;

describe('the locations that may carry WebSockets', () => {
  it('are those that forward Upgrade, have a typical name, or would forward it without their own headers', () => {
    const text = site(`${UP}
      location / { proxy_pass http://app; }
      location /socket.io/ { proxy_pass http://app; proxy_set_header Host $host; }
      location /api { proxy_pass http://app; proxy_set_header Host $host; }
      location /quiet { proxy_pass http://app; proxy_set_header Upgrade ""; }
      location /files { root /srv; }
      location /inside { internal; proxy_pass http://app; }`);
    assert.deepEqual(listed(text), ['upgrade / a.org', 'name /socket.io/ a.org', 'hidden /api a.org']);
  });

  it('are all that proxy if none shows a sign', () => {
    const text = site('location /a { proxy_pass http://app; } location /b { proxy_pass http://app; }');
    assert.deepEqual(listed(text), ['any /a a.org', 'any /b a.org']);
    assert.deepEqual(listed(site('location / { root /srv; }')), []);
  });

  it('are reached by the path of the location that falls back to them', () => {
    const text = site(`location / { try_files $uri @app; } location @app { proxy_pass http://app; ${UP} }
      location @lost { proxy_pass http://app; ${UP} }`);
    assert.deepEqual(listed(text), ['upgrade / a.org', 'upgrade null a.org']);
    assert.deepEqual(found(text).map(shownPath), ['/', 'no path']);
  });

  it('of a server without a name are reached if it is the default server', () => {
    const ws = `location /ws { proxy_pass http://app; ${UP} }`;
    const text = `http { server { listen 80; ${ws} } server { listen 80 default_server; ${ws} } server { listen 81; ${ws} } }`;
    assert.deepEqual(listed(text), ['upgrade /ws null', 'upgrade /ws localhost', 'upgrade /ws localhost']);
  });

  it('are the one whose path the user gives, or those of the given host', () => {
    const text = `http { server { server_name a.org; location /x { proxy_pass http://app; } location /ws { proxy_pass http://app; ${UP} } }
      server { server_name b.org; location /ws { proxy_pass http://app; ${UP} } } }`;
    const asked = { websocketPath: '/x/y?token=secret', host: null };
    assert.deepEqual(listed(text, asked), ['asked /x/y?token=secret a.org']);
    assert.equal(shownPath(found(text, asked)[0] ?? assert.fail()), '/x/y');
    assert.deepEqual(listed(text, { websocketPath: null, host: 'b.org' }), ['upgrade /ws b.org']);
    assert.deepEqual(listed(text, { websocketPath: '/none', host: null }), []);
  });

  it('include servers of stream, but not for UDP', () => {
    const text = `stream { upstream App { server 10.0.0.1:80; } upstream other { server 10.0.0.2:80; }
      server { listen 80; proxy_pass app; } server { listen 53 udp; proxy_pass other; } }`;
    const [stream, ...others] = found(text);
    assert.ok(stream);
    assert.deepEqual([stream.sign, locationOf(stream), others.length], ['stream', null, 0]);
    const upstreams = upstreamsOf(parse(text, 'mine.conf'), stream);
    assert.deepEqual(
      upstreams.map(({ args }) => args[0]?.text),
      ['App'],
    );
  });

  it('in front of http servers are tried with the path and name of each, using TLS if it is passed through', () => {
    const ws = `location /ws { proxy_pass http://app; ${UP} }`;
    const inFront = (stream: string, http: string) =>
      found(`stream { ${stream} } http { ${http} }`).map(
        ({ sign, path, host, passesTls, server, entrance }) =>
          `${sign} ${path} ${host} ${passesTls ? 'TLS' : 'plain'} ${server === entrance ? 'direct' : 'behind'}`,
      );
    assert.deepEqual(
      inFront(
        'server { listen 443; proxy_pass 127.0.0.1:8443; }',
        `server { listen 127.0.0.1:8443 ssl; server_name a.org; ${ws} }`,
      ),
      ['upgrade /ws a.org plain direct', 'stream /ws a.org TLS direct'],
    );
    assert.deepEqual(
      inFront(
        'server { listen 443; proxy_pass 127.0.0.1:8443; proxy_protocol on; }',
        `server { listen 127.0.0.1:8443 ssl proxy_protocol; server_name a.org; ${ws} }`,
      ),
      ['upgrade /ws a.org TLS behind', 'stream /ws a.org TLS direct'],
    );
    assert.deepEqual(
      inFront(
        'server { listen 443; proxy_pass 127.0.0.1:8443; }',
        'server { listen 127.0.0.1:8443; root /srv; }',
      ),
      [],
    );
    assert.deepEqual(
      inFront(
        'server { listen 443 ssl; pass 127.0.0.1:8080; }',
        `server { listen 127.0.0.1:8080; server_name a.org; ${ws} }`,
      ),
      ['upgrade /ws a.org plain direct', 'stream /ws a.org plain direct'],
    );
  });
});

describe('a candidate, in detail', () => {
  /** Lists each candidate as `sign location path host`, with the lines of its blocks. */
  const detailed = (text: string, wanted = NOTHING as Parameters<typeof found>[1]) =>
    found(text, wanted).map((each) => ({
      shown: `${each.sign} ${locationOf(each)} ${shownPath(each)} ${each.host}`,
      lines: each.levels.map(({ name, origin }) => `${name}:${origin?.line}`),
      entrance: each.entrance.origin?.line,
      passesTls: each.passesTls,
    }));

  it('has the blocks around it, and the server through which clients reach it', () => {
    const ws = `location /ws { proxy_pass http://app; ${UP} }`;
    const stream = (settings: string) =>
      `stream {\nserver { listen 127.0.0.1:1; ${settings} proxy_pass 127.0.0.1:81; }\nserver { listen 2; ${settings} proxy_pass 127.0.0.1:1; }\nserver { listen 3; proxy_pass 127.0.0.1:81; } }`;
    const http = (parameters: string) =>
      `http {\nserver { listen 127.0.0.1:81${parameters}; server_name a.org;\nlocation / { ${ws} } } }`;
    assert.deepEqual(detailed(`${stream('')}\n${http('')}`), [
      {
        shown: 'upgrade /ws /ws a.org',
        lines: ['http:5', 'server:6', 'location:7', 'location:7'],
        entrance: 6,
        passesTls: false,
      },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:2'], entrance: 2, passesTls: false },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:3'], entrance: 3, passesTls: false },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:4'], entrance: 4, passesTls: false },
    ]);
    assert.deepEqual(detailed(`${stream('proxy_protocol on;')}\n${http(' proxy_protocol')}`), [
      {
        shown: 'upgrade /ws /ws a.org',
        lines: ['http:5', 'server:6', 'location:7', 'location:7'],
        entrance: 2,
        passesTls: false,
      },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:2'], entrance: 2, passesTls: false },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:3'], entrance: 3, passesTls: false },
      { shown: 'stream null /ws a.org', lines: ['stream:1', 'server:4'], entrance: 4, passesTls: false },
    ]);
    const open = `${stream('proxy_protocol on;')}\n${http(' proxy_protocol; listen 82')}`;
    assert.deepEqual(
      detailed(open).map(({ entrance }) => entrance),
      [6, 2, 3, 4],
    );
  });

  it('is reached at its own server if every stream server in front is behind another', () => {
    const stream =
      'stream { upstream u { server 127.0.0.1:81; server 127.0.0.1:2; } server { listen 127.0.0.1:1 proxy_protocol; proxy_pass u; proxy_protocol on; }\nserver { listen 127.0.0.1:2 proxy_protocol; proxy_pass 127.0.0.1:1; proxy_protocol on; } }';
    const http = `http {\nserver { listen 127.0.0.1:81 proxy_protocol; server_name a.org; location /ws { proxy_pass http://app; ${UP} } } }`;
    assert.deepEqual(
      detailed(`${stream}\n${http}`).map(({ entrance }) => entrance),
      [4, 1, 2],
    );
  });

  it('is reached through the stream server that leads to its own server', () => {
    const stream = [82, 81].map(
      (port, index) => `server { listen ${index + 1}; proxy_pass 127.0.0.1:${port}; proxy_protocol on; }`,
    );
    const http = [81, 82].map(
      (port) =>
        `server { listen 127.0.0.1:${port} proxy_protocol; server_name a.org; location /ws { proxy_pass http://app; ${UP} } }`,
    );
    const text = `stream {\n${stream.join('\n')} }\nhttp {\n${http.join('\n')} }`;
    assert.deepEqual(
      detailed(text).map(({ entrance }) => entrance),
      [3, 2, 2, 3],
    );
  });

  it('of stream without a server behind it has a path and TLS of its own', () => {
    assert.deepEqual(detailed('stream { server { listen 1; proxy_pass 10.0.0.1:1; } }'), [
      { shown: 'stream null / localhost', lines: ['stream:1', 'server:1'], entrance: 1, passesTls: false },
    ]);
  });

  it('is in front of another one that it leads to, in file order, with the path of that one', () => {
    const inner = (location: string) => `server { listen 127.0.0.1:81; server_name a.org;\n${location} }`;
    const front = (lines: string) =>
      `server { listen 80; server_name b.org;\nlocation / { proxy_pass http://127.0.0.1:81; ${lines} } }`;
    const ws = `location /ws { proxy_pass http://app; ${UP} }`;
    assert.deepEqual(listed(`http { ${front('')} ${inner(ws)} }`), ['hop /ws b.org', 'upgrade /ws a.org']);
    assert.deepEqual(listed(`http { ${inner(ws)} ${front(UP)} }`), [
      'upgrade /ws a.org',
      'upgrade /ws b.org',
    ]);
    assert.deepEqual(listed(`http { ${front('')} ${inner('location /ws { proxy_pass http://app; }')} }`), [
      'name /ws a.org',
    ]);
    assert.deepEqual(listed(`http { ${front('')} ${inner(ws.replace('/ws', '@ws'))} }`), [
      'upgrade null a.org',
    ]);
    assert.deepEqual(
      listed(`http { ${front('')} ${inner(`location /a { return 204; } ${ws}`)} ${front('')} }`),
      ['hop /ws b.org', 'upgrade /ws a.org', 'hop /ws b.org'],
    );
  });

  it('is asked for in each server, with a fallback or a shadowed location in place of one that does not proxy', () => {
    const asked = (server: string) =>
      detailed(`http { server { ${server} } }`, { websocketPath: '/ws?a', host: null }).map(
        ({ shown }) => shown,
      );
    assert.deepEqual(asked(`location / { try_files $uri @a; } location @a { proxy_pass http://a; }`), [
      'asked @a /ws localhost',
    ]);
    assert.deepEqual(asked(`location /ws { proxy_pass http://a; ${UP} } location ~ ^/ws { return 404; }`), [
      'asked /ws /ws localhost',
    ]);
    assert.deepEqual(asked('location /ws { proxy_pass http://a; } location ~ ^/ws { return 404; }'), []);
    assert.deepEqual(asked('location /ws { return 404; }'), []);
    assert.deepEqual(
      asked(`location / { return 404; } } server { listen 81; location ~ /ws { proxy_pass http://a; ${UP} }`),
      ['asked ~ /ws /ws localhost'],
    );
    const two = `http { server { listen 80; location / { proxy_pass http://a; } } server { listen 81; location /ws { proxy_pass http://a; } } server { root /x; } }`;
    assert.deepEqual(listed(two, { websocketPath: '/ws', host: null }), [
      'asked /ws localhost',
      'asked /ws localhost',
    ]);
  });

  it('of a stream server has the path and host of the best one behind it', () => {
    const through = (stream: string, locations: string, name = 'server_name a.org;') =>
      listed(
        `stream { ${stream} } http { server { listen 127.0.0.1:81; ${name} ${locations} } server { listen 127.0.0.1:82; root /x; } }`,
      );
    const pass = 'server { listen 1; proxy_pass 127.0.0.1:81; }';
    const named = 'location /live { proxy_pass http://app; }';
    const ws = `location /ws { proxy_pass http://app; ${UP} }`;
    assert.deepEqual(through(pass, named + ws), [
      'name /live a.org',
      'upgrade /ws a.org',
      'stream /ws a.org',
    ]);
    assert.deepEqual(through(pass, named), ['name /live a.org', 'stream /live a.org']);
    assert.deepEqual(through(pass, `location @ws { proxy_pass http://app; ${UP} }`), ['upgrade null a.org']);
    assert.deepEqual(through('server { listen 1; proxy_pass 127.0.0.1:82; }', ws), ['upgrade /ws a.org']);
    const both = 'upstream u { server 127.0.0.1:81; server 10.0.0.1:1; } server { listen 1; proxy_pass u; }';
    assert.deepEqual(through(both, ws), ['upgrade /ws a.org', 'stream /ws a.org', 'stream / localhost']);
    const mixed = 'map $a $to { default 127.0.0.1:81; b $c; } server { listen 1; pass $to; }';
    assert.deepEqual(through(mixed, ws), ['upgrade /ws a.org', 'stream / localhost']);
    assert.deepEqual(through('server { listen 1; pass 127.0.0.1:83; }', ws), [
      'upgrade /ws a.org',
      'stream / localhost',
    ]);
    assert.deepEqual(
      through('server { listen 1; proxy_pass 127.0.0.1:81; } server { listen 2; pass 10.0.0.1:1; }', ws),
      ['upgrade /ws a.org', 'stream /ws a.org', 'stream / localhost'],
    );
  });

  it('is hidden by the headers of an inner level, unless it sets Upgrade to nothing', () => {
    const of = (server: string, location: string) =>
      listed(site(`${server} location /a { proxy_pass http://app; ${location} }`));
    const host = 'proxy_set_header Host $host;';
    assert.deepEqual(of('proxy_set_header UPGRADE websocket;', host), ['hidden /a a.org']);
    assert.deepEqual(of('proxy_set_header Connection upgrade;', host), ['any /a a.org']);
    assert.deepEqual(of(UP, 'proxy_set_header UPGRADE "";'), ['any /a a.org']);
    assert.deepEqual(of('proxy_set_header Upgrade "";', ''), ['any /a a.org']);
    assert.deepEqual(listed(site('proxy_set_header Upgrade ""; location /ws { proxy_pass http://app; }')), [
      'any /ws a.org',
    ]);
    assert.deepEqual(listed(site('location /ws { proxy_pass http://app; proxy_set_header Origin ""; }')), [
      'name /ws a.org',
    ]);
  });
});

it('the upstreams of a candidate are those that it may pass requests to; some entries are not active', () => {
  const text = `http { upstream a { server x; server y down; server z backup; server w weight=2; } upstream b { server x; }
    server { server_name a.org; location /ws { proxy_pass http://b; ${UP} } location /live { proxy_pass http://$x; } } }
    stream { upstream { server y; } upstream A { server x; } upstream c { server x; } server { listen 1; proxy_pass a; } }`;
  const tree = parse(text, 'mine.conf');
  const candidates = findCandidates(tree, NOTHING);
  assert.deepEqual(
    candidates.map((each) => upstreamsOf(tree, each).map(({ args }) => args[0]?.text)),
    [['b'], ['a', 'b'], ['A']],
  );
  const [upstream = assert.fail()] = directives(tree, 'http').flatMap(({ block }) =>
    directives(block, 'upstream'),
  );
  const named = (entries: ReturnType<typeof allServers>) => entries.map(({ args }) => args[0]?.text);
  assert.deepEqual(
    [named(allServers(upstream)), named(activeServers(upstream))],
    [
      ['x', 'y', 'z', 'w'],
      ['x', 'w'],
    ],
  );
});
