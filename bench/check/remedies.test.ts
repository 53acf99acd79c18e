import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remedied, SOUND, subjectOf, UPGRADE, whole } from './check.test.fixture.ts';
import type { LintFinding } from './finding.ts';
import { judge } from './rules/index.ts';

/** A configuration for each rule that makes a suggestion. */
const WRONG: Record<string, string> = {
  upgrade: whole({
    server: 'location /ws { proxy_pass http://app; proxy_read_timeout 1h; access_log off; }',
  }),
  'upgrade of a part': 'server { listen 80; location /ws { proxy_pass http://app; } }',
  'upgrade by a wrong line': whole({
    server: `location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection ""; proxy_read_timeout 1h; access_log off; }`,
  }),
  'upgrade of a level around': whole({
    server:
      'proxy_http_version 1.1;\nproxy_set_header Host $host;\nproxy_set_header Upgrade $http_upgrade;\nlocation /ws { proxy_pass http://app; proxy_read_timeout 1h; access_log off; }',
  }),
  'http-version': whole({ server: SOUND.replace('proxy_http_version 1.1;', '') }),
  connection: whole({ server: SOUND.replace('$connection_upgrade', 'upgrade') }),
  'idle-timeout': whole({ server: `location /ws { proxy_pass http://app; ${UPGRADE} access_log off; }` }),
  'idle-timeout of stream':
    'worker_rlimit_nofile 40000; worker_shutdown_timeout 1h; events { worker_connections 20000; } stream { server { listen 1; proxy_pass a:1; } }',
  'worker-connections': whole({ server: SOUND }).replace('worker_connections 20000;', ''),
  'open-files': whole({ server: SOUND, main: '' }),
  'cache with another bypass': whole({
    server: `proxy_cache c;\n${SOUND.replace('access_log', 'proxy_cache_bypass $cookie_x; access_log')}`,
  }),
  'idle-timeout of a level around': whole({
    server: `proxy_read_timeout 30s;\nlocation /ws { proxy_pass http://app; ${UPGRADE} access_log off; }`,
  }),
  'connection of a level around': whole({
    server: `proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\nlocation / { proxy_pass http://app; proxy_read_timeout 1h; access_log off; }`,
  }),
  cache: whole({ server: `proxy_cache c;\n${SOUND}` }),
  zone: whole({ server: SOUND, http: 'upstream app { server a max_fails=0; server b max_fails=0; }' }),
  'ip-hash': whole({
    server: SOUND,
    http: 'upstream app { zone app 64k; ip_hash; server a max_fails=0; server b max_fails=0; }',
  }),
  'max-fails': whole({ server: SOUND, http: 'upstream app { zone app 64k; server a weight=2; server b; }' }),
  'tls-resumption': whole({ server: `ssl_session_tickets off;\n${SOUND}` }),
};

/** Codes without a suggestion: `worker-shutdown-timeout` describes a trade-off, the others require no change. */
const ALWAYS = ['worker-shutdown-timeout', 'access-log', 'any-protocol', 'ports', 'capacity'];

const versionFor = (what: string) => (what === 'http-version' ? '1.30.6' : '1.22.1');

function found(text: string, nginxVersion = '1.22.1'): LintFinding[] {
  return judge(subjectOf(text, { nginxVersion })).filter(({ rule }) => !ALWAYS.includes(rule));
}

describe('the suggestion of a finding', () => {
  it('starts with a configuration that has only the expected findings', () => {
    const said = found(whole({ server: SOUND })).map(({ rule, level }) => `${level} ${rule}`);
    assert.deepEqual(said, ['note worker-connections']);
  });

  for (const [what, text] of Object.entries(WRONG)) {
    it(`resolves the finding: ${what}`, () => {
      const rule = what.split(' ')[0];
      const finding = found(text, versionFor(what)).find((each) => each.rule === rule);
      assert.ok(finding !== undefined && finding.remedies.length > 0);
      const after = found(remedied(text, finding), versionFor(what));
      const same = after.filter((each) => each.rule === rule && each.level === finding.level);
      assert.deepEqual(same, []);
      const worse = after.filter(({ level }) => level === 'error');
      assert.deepEqual(worse, [], 'and brings no other');
    });
  }
});

describe('judge', () => {
  it('is made once if a line applies to several locations', () => {
    const two = `proxy_read_timeout 60s;\nlocation /ws { proxy_pass http://app; ${UPGRADE} }\nlocation /wss { proxy_pass http://app; ${UPGRADE} }`;
    const found = judge(subjectOf(whole({ server: two }))).filter(({ rule }) => rule === 'idle-timeout');
    assert.deepEqual(
      found.map(({ origin }) => origin?.line),
      [11],
    );
  });
});
