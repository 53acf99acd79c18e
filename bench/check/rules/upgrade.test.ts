import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LackFacts } from '../../wording/check/handshake.ts';
import { FILE, ofServer, only, SOUND, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { LintFinding } from '../finding.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { httpVersion, upgrade } from './upgrade.ts';

const REFUSED = {
  handshake: {
    outcome: 'status-426',
    arrived: { httpVersion: '1.0', upgrade: null, connection: 'close' },
  },
} as const;

/** Lists each finding as `level :line code`, with what the location lacks. */
const lacksIn = (findings: readonly LintFinding[]) =>
  findings.map(({ level, origin, code, data }) => [`${level} :${origin?.line} ${code}`, data.lacks]);

describe('upgrade', () => {
  const HEADERS = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
  const cases: [what: string, server: string, expected: string, lacks: readonly LackFacts[]][] = [
    [
      'HTTP/1.0',
      `location /ws { proxy_pass http://app; ${HEADERS} }`,
      'error :11 upgrade-not-passed',
      [{ lack: 'version', version: '1.0' }],
    ],
    [
      'HTTP/2',
      `location /ws { proxy_pass http://app; ${HEADERS}\nproxy_http_version 2; }`,
      'error :12 upgrade-not-passed',
      [{ lack: 'version', version: '2' }],
    ],
    [
      'no Connection',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; }',
      'error :11 upgrade-not-passed',
      [{ lack: 'connection', sent: 'close' }],
    ],
    [
      'an empty Connection, at its line',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header connection ""; }',
      'error :12 upgrade-not-passed',
      [{ lack: 'connection', sent: '' }],
    ],
    [
      'a name that means WebSockets',
      'location /socket.io/ { proxy_pass http://app; }',
      'error :11 upgrade-not-passed',
      [
        { lack: 'version', version: '1.0' },
        { lack: 'upgrade', replaced: null },
        { lack: 'connection', sent: 'close' },
      ],
    ],
    [
      'a name that may mean something else',
      'location /live { proxy_pass http://app; proxy_http_version 1.1; }',
      'warning :11 upgrade-not-passed',
      [
        { lack: 'upgrade', replaced: null },
        { lack: 'connection', sent: 'close' },
      ],
    ],
    [
      'headers that are not inherited, with both lines',
      `${UPGRADE}\nlocation /app { proxy_pass http://app;\nproxy_set_header Host $host; }`,
      'warning :14 upgrade-not-passed',
      [
        { lack: 'upgrade', replaced: { set: `${FILE}:12`, by: `${FILE}:15` } },
        { lack: 'connection', sent: 'close' },
      ],
    ],
  ];
  cases.push(
    [
      'headers that are set instead',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Host $host; }',
      'error :11 upgrade-not-passed',
      [
        { lack: 'upgrade', replaced: null },
        { lack: 'connection', sent: 'close' },
      ],
    ],
    [
      'the first of several lines that are replaced',
      `proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Upgrade websocket;\nlocation /app { proxy_pass http://app; proxy_http_version 1.1;\nproxy_set_header Host $host; }`,
      'warning :13 upgrade-not-passed',
      [
        { lack: 'upgrade', replaced: { set: `${FILE}:11`, by: `${FILE}:14` } },
        { lack: 'connection', sent: 'close' },
      ],
    ],
    [
      'the first of two Connection headers',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection a;\nproxy_set_header Connection upgrade; }',
      'error :12 upgrade-not-passed',
      [{ lack: 'connection', sent: 'a' }],
    ],
    [
      'headers without a value',
      'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade;\nproxy_set_header Connection; }',
      'error :12 upgrade-not-passed',
      [{ lack: 'connection', sent: '' }],
    ],
  );
  for (const [what, server, expected, lacks] of cases) {
    it(`finds ${what}`, () => assert.deepEqual(lacksIn(upgrade(ofServer(server))), [[expected, lacks]]));
  }

  it('reports that there is no location, with the others that proxy', () => {
    const server = 'location / { proxy_pass http://app; }\nlocation /api { proxy_pass http://app; }';
    only(upgrade(ofServer(server)), 'error :11 upgrade-nowhere', { location: '/', others: [`${FILE}:12`] });
    only(upgrade(ofServer('location / { proxy_pass http://app; }')), 'error :11 upgrade-nowhere', {
      others: [],
    });
  });

  it('reports the observation and the status', () => {
    const [found] = upgrade(seenAs(ofServer('location /ws { proxy_pass http://app; }'), REFUSED));
    const { outcome, arrived } = REFUSED.handshake;
    assert.deepEqual(
      [found?.seen?.code, found?.seen?.data, found?.seen?.status],
      ['handshake-answered', { path: '/ws', outcome, arrived }, 426],
    );
  });

  it('has no finding on a complete location, or one through which a WebSocket opened', () => {
    assert.deepEqual(upgrade(ofServer(SOUND)), []);
    assert.deepEqual(upgrade(seenAs(ofServer('location /ws { proxy_pass http://app; }'), {})), []);
  });

  it('adds the map if there is none', () => {
    const text = 'server { location /ws { proxy_pass http://app; } }';
    const blocks = (source: string) => upgrade(subjectOf(source))[0]?.remedies.map(({ block }) => block);
    assert.deepEqual(blocks(text), ['location', 'http']);
    assert.deepEqual(blocks(whole({ server: 'location /ws { proxy_pass http://app; }' })), ['location']);
  });
});

describe('http-version', () => {
  const server = SOUND.replace('proxy_http_version 1.1;', '');

  it('warns about settings that work only by a default of newer versions', () => {
    const found = httpVersion({ ...ofServer(server), nginxVersion: '1.30.6' });
    only(found, 'warning :11 http-version-by-default', { nginxVersion: '1.30.6', since: '1.29.7' });
    assert.deepEqual(httpVersion(ofServer(server)), []);
    assert.deepEqual(httpVersion({ ...ofServer(SOUND), nginxVersion: '1.30.6' }), []);
  });
});

describe('handshake', () => {
  const seenOf = (outcome: 'status-403' | 'status-502' | 'reset', arrived = null) =>
    handshake(seenAs(ofServer(SOUND), { handshake: { outcome, arrived } }));

  it('is a warning if Nginx may be meant to answer itself, otherwise an error', () => {
    only(seenOf('status-403'), 'warning :11 handshake-failed', { location: '/ws', reason: 'nginx' });
    only(seenOf('status-502'), 'error :11 handshake-failed', { reason: 'upstream' });
    only(seenOf('reset'), 'error :11 handshake-failed', { reason: 'nginx' });
  });

  it('names the Connection header whose variable does not depend on the client’s', () => {
    const server = `location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $wrong; }`;
    const arrived = { httpVersion: '1.1', upgrade: 'websocket', connection: 'close' };
    const subject = seenAs(ofServer(server), { handshake: { outcome: 'status-426', arrived } });
    const { remedies } = only(handshake(subject), 'error :12 handshake-failed', { reason: 'connection' });
    assert.equal(remedies[0]?.block, 'location');
  });

  it('suggests no other Connection if the one that arrived requests an upgrade', () => {
    const arrived = { httpVersion: '1.1', upgrade: null, connection: 'Upgrade' };
    const found = handshake(seenAs(ofServer(SOUND), { handshake: { outcome: 'status-426', arrived } }));
    assert.deepEqual(only(found, 'error :11 handshake-failed', { reason: 'no-upgrade' }).remedies, []);
    const whole = { ...arrived, upgrade: 'websocket' };
    const spoilt = { handshake: { outcome: 'protocol-error' as const, arrived: whole } };
    only(handshake(seenAs(ofServer(SOUND), spoilt)), 'error :11 handshake-failed', { reason: 'response' });
    const closing = { ...arrived, connection: 'close' };
    const [other] = handshake(
      seenAs(ofServer(SOUND), { handshake: { outcome: 'status-426', arrived: closing } }),
    );
    assert.deepEqual(
      other?.remedies.map(({ block }) => block),
      ['location'],
    );
  });

  it('leaves failures to the rule `upgrade` if that explains them, and notes what was not tried', () => {
    assert.deepEqual(handshake(seenAs(ofServer('location /ws { proxy_pass http://app; }'), REFUSED)), []);
    const lost = ofServer(`location @ws { proxy_pass http://app; ${UPGRADE} }`);
    const seen = { ...seenAs(lost, {}).seen, locations: new Map() };
    const found = handshake({ ...lost, seen } as typeof lost);
    only(found, 'note :11 location-not-tried', { location: '@ws', lacks: 'path' });
  });

  it('reports a location that is never reached because it does not begin with a slash', () => {
    for (const [name, remedy] of [
      ['ws', 'location /ws'],
      ['^~ socket.io/', 'location ^~ /socket.io/'],
      ['=ws', 'location = /ws'],
    ] as const) {
      const lost = ofServer(`location ${name} { proxy_pass http://app; ${UPGRADE} }`);
      const found = only(handshake(lost), 'error :11 location-without-slash', { location: name, remedy });
      assert.deepEqual(found.remedies, [{ block: 'server', lines: [`${remedy} {`] }]);
    }
    for (const name of ['/ws', '~ ws', '@ws', '""']) {
      assert.deepEqual(handshake(ofServer(`location ${name} { proxy_pass http://app; ${UPGRADE} }`)), []);
    }
  });
});

describe('connection', () => {
  const fixed = (path: string) =>
    ofServer(SOUND.replace('/ws', path).replace('$connection_upgrade', '"Upgrade"'));

  it('warns about a fixed header if other requests are likely, and otherwise notes it', () => {
    only(connection(fixed('/')), 'warning :11 connection-fixed', { value: 'Upgrade' });
    only(connection(fixed('/ws')), 'note :11 connection-fixed');
    only(connection(fixed('~ ^/(ws|socket)/\\d+$')), 'note :11 connection-fixed');
    only(connection(fixed('~ ^/(ws|api)/')), 'warning :11 connection-fixed');
    assert.deepEqual(connection(ofServer(SOUND)), []);
  });

  it('reports how an ordinary GET arrived', () => {
    const arrived = { httpVersion: '1.1', upgrade: null, connection: 'Upgrade' };
    const [found] = connection(seenAs(fixed('/'), { get: { status: 426, arrived } }));
    assert.deepEqual([found?.seen?.code, found?.seen?.data], ['get-arrived', { arrived }]);
  });
});
