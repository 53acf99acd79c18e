import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, SOUND, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { Finding } from '../finding.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { httpVersion } from './http-version.ts';
import { upgrade } from './upgrade.ts';

const REFUSED = {
  handshake: {
    outcome: 'status-426',
    arrived: { httpVersion: '1.0', upgrade: null, connection: 'close' },
  },
} as const;

function brief(findings: readonly Finding[]): string[] {
  return findings.map(({ level, origin, text }) => `${level} :${origin?.line} ${text}`);
}

describe('upgrade', () => {
  const cases: [what: string, server: string, expected: RegExp][] = [
    [
      'HTTP/1.0',
      'location /ws { proxy_pass http://app; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }',
      /^error :11 Location \/ws speaks HTTP\/1\.0 to the server behind it: /,
    ],
    [
      'HTTP/2',
      'location /ws { proxy_pass http://app; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;\nproxy_http_version 2; }',
      /^error :12 .*speaks HTTP\/2 to the server/,
    ],
    [
      'no Connection',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; }',
      /^error :11 .*sends "Connection: close"/,
    ],
    [
      'an empty Connection, at its line',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header connection ""; }',
      /^error :12 .*sends no header Connection/,
    ],
    [
      'a name that stands for WebSockets',
      'location /socket.io/ { proxy_pass http://app; }',
      /^error :11 .*passes no header Upgrade on and sends "Connection: close"/,
    ],
    [
      'a name that may stand for something else',
      'location /live { proxy_pass http://app; }',
      /^warning :11 Location \/live/,
    ],
    [
      'headers that are not inherited, with both lines',
      `${UPGRADE}\nlocation /app { proxy_pass http://app;\nproxy_set_header Host $host; }`,
      /^warning :14 .*the one at \/site\/nginx\.conf:12 is not inherited, because proxy_set_header stands at \/site\/nginx\.conf:15 as well/,
    ],
    [
      'no location at all, with the others that proxy',
      'location / { proxy_pass http://app; }\nlocation /api { proxy_pass http://app; }',
      /^error :11 No location takes WebSockets\. .*The other locations that proxy do not either: \/site\/nginx\.conf:12\.$/,
    ],
  ];
  for (const [what, server, expected] of cases) {
    it(`finds ${what}`, () => {
      const found = brief(upgrade(ofServer(server)));
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', expected);
    });
  }

  it('tells what was seen, and the status', () => {
    const [found] = upgrade(seenAs(ofServer('location /ws { proxy_pass http://app; }'), REFUSED));
    assert.deepEqual(found?.seen, {
      text: 'A WebSocket on /ws was answered with 426; what reached the server behind Nginx was HTTP/1.0 with no Upgrade and "Connection: close".',
      status: 426,
    });
  });

  it('has nothing to say of a location that has all, or that was seen to open', () => {
    assert.deepEqual(upgrade(ofServer(SOUND)), []);
    assert.deepEqual(upgrade(seenAs(ofServer('location /ws { proxy_pass http://app; }'), {})), []);
  });

  it('adds the map where there is none', () => {
    const text = 'server { location /ws { proxy_pass http://app; } }';
    const blocks = (source: string) => upgrade(subjectOf(source))[0]?.remedies.map(({ block }) => block);
    assert.deepEqual(blocks(text), ['location', 'http']);
    assert.deepEqual(blocks(whole({ server: 'location /ws { proxy_pass http://app; }' })), ['location']);
  });
});

describe('http-version', () => {
  const server = SOUND.replace('proxy_http_version 1.1;', '');

  it('warns of what works by a default of newer versions', () => {
    const found = brief(httpVersion({ ...ofServer(server), nginxVersion: '1.30.6' }));
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^warning :11 .*versions before 1\.29\.7 speak HTTP\/1\.0/);
    assert.deepEqual(httpVersion(ofServer(server)), []);
    assert.deepEqual(httpVersion({ ...ofServer(SOUND), nginxVersion: '1.30.6' }), []);
  });
});

describe('handshake', () => {
  const seenOf = (outcome: 'status-403' | 'status-502' | 'reset', arrived = null) =>
    brief(handshake(seenAs(ofServer(SOUND), { handshake: { outcome, arrived } })));

  it('is a warning where Nginx answers by itself as it may be meant to, else an error', () => {
    assert.match(seenOf('status-403')[0] ?? '', /^warning :11 Location \/ws does not take .*--header/);
    assert.match(seenOf('status-502')[0] ?? '', /^error :11 .*Nginx could not pass it on/);
    assert.match(seenOf('reset')[0] ?? '', /^error :11/);
  });

  it('points at the header Connection whose variable does not follow the client’s', () => {
    const server = `location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $wrong; }`;
    const arrived = { httpVersion: '1.1', upgrade: 'websocket', connection: 'close' };
    const subject = seenAs(ofServer(server), { handshake: { outcome: 'status-426', arrived } });
    const [found] = handshake(subject);
    assert.match(brief(found === undefined ? [] : [found])[0] ?? '', /^error :12 .*does not say "upgrade"/);
    assert.deepEqual(found?.remedies[0]?.block, 'location');
  });

  it('offers no other Connection where the one that arrived asks to upgrade', () => {
    const arrived = { httpVersion: '1.1', upgrade: null, connection: 'Upgrade' };
    const [found] = handshake(seenAs(ofServer(SOUND), { handshake: { outcome: 'status-426', arrived } }));
    assert.match(found?.text ?? '', /What it passes on is no upgrade/);
    assert.deepEqual(found?.remedies, []);
    const closing = { ...arrived, connection: 'close' };
    const [other] = handshake(
      seenAs(ofServer(SOUND), { handshake: { outcome: 'status-426', arrived: closing } }),
    );
    assert.deepEqual(
      other?.remedies.map(({ block }) => block),
      ['location'],
    );
  });

  it('leaves to upgrade what that rule explains, and notes what was not tried', () => {
    assert.deepEqual(handshake(seenAs(ofServer('location /ws { proxy_pass http://app; }'), REFUSED)), []);
    const lost = ofServer(`location @ws { proxy_pass http://app; ${UPGRADE} }`);
    const seen = { ...seenAs(lost, {}).seen, locations: new Map() };
    const found = brief(handshake({ ...lost, seen } as typeof lost));
    assert.match(found[0] ?? '', /^note :11 Location @ws was not tried: .*--ws-path/);
  });
});

describe('connection', () => {
  const fixed = (path: string) =>
    ofServer(SOUND.replace('/ws', path).replace('$connection_upgrade', '"Upgrade"'));

  it('warns of a fixed header where other requests may come, and notes it elsewhere', () => {
    assert.match(
      brief(connection(fixed('/')))[0] ?? '',
      /^warning :11 "Connection: Upgrade" is sent with every/,
    );
    assert.match(brief(connection(fixed('/ws')))[0] ?? '', /^note :11/);
    assert.deepEqual(connection(ofServer(SOUND)), []);
  });

  it('tells how an ordinary GET arrived', () => {
    const arrived = { httpVersion: '1.1', upgrade: null, connection: 'Upgrade' };
    const [found] = connection(seenAs(fixed('/'), { get: { status: 426, arrived } }));
    assert.match(
      found?.seen?.text ?? '',
      /An ordinary GET reached .* with no Upgrade and "Connection: Upgrade"/,
    );
  });
});
