import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '../nginx/parse.ts';
import { findCandidates, locationOf, shownPath, upstreamsOf } from './candidate.ts';

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
