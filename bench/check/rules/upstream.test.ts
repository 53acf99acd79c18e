import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  described,
  ofServer,
  only,
  SOUND,
  seenAs,
  subjectOf,
  upstreamIn,
  whole,
} from '../check.test.fixture.ts';
import type { Subject } from '../subject.ts';
import { elsewhere, ipHash, maxFails, zone } from './upstream.ts';

describe('upstreams', () => {
  const of = (upstream: string, main = '') =>
    subjectOf(whole({ server: SOUND, http: `upstream app { ${upstream} }`, main }));
  const TWO = 'server 10.0.0.1 max_fails=0; server 10.0.0.2 max_fails=0;';

  it('zone: a warning for methods that count, a note for others, nothing for one server or one worker', () => {
    only(zone(of(`least_conn; ${TWO}`)), 'warning :7 no-zone', { upstream: 'app', method: 'least_conn' });
    only(zone(of(TWO)), 'note :7 no-zone', { method: null });
    only(zone(of(`hash $remote_addr; ${TWO}`)), 'note :7 no-zone', { method: 'hash' });
    only(zone(of(`hash $remote_addr; ${TWO} least_conn;`)), 'warning :7 no-zone', { method: 'least_conn' });
    assert.deepEqual(zone(of(`zone app 64k; ${TWO}`)), []);
    assert.deepEqual(zone(of('server 10.0.0.1; server 10.0.0.2 down; server 10.0.0.3 backup;')), []);
    const alone = whole({ server: SOUND, http: `upstream app { ${TWO} }` });
    assert.deepEqual(zone(subjectOf(alone.replace('worker_processes 4', 'worker_processes 1'))), []);
  });

  it('ip-hash: a note, with a suggestion unless the address behind a proxy is known', () => {
    const found = only(ipHash(of(`ip_hash; ${TWO}`)), 'note :7 ip-hash', {
      realIpHeader: false,
    });
    assert.equal(found.seen, null);
    const told = whole({ server: SOUND, http: `real_ip_header X-Real-IP; upstream app { ip_hash; ${TWO} }` });
    only(ipHash(subjectOf(told)), 'note :7 ip-hash', { realIpHeader: true });
    assert.deepEqual(ipHash(of(TWO)), []);
  });

  it('ip-hash: reports how many servers clients of one network reached', () => {
    const subject = of(`ip_hash; ${TWO}`);
    const upstreams = new Map([
      [upstreamIn(subject), { spread: { clients: 6, servers: 1 }, recovery: null }],
    ]);
    const { seen } = only(ipHash(seenAs(subject, {}, { upstreams })), 'note :7 ip-hash');
    assert.deepEqual([seen?.code, seen?.data], ['clients-spread', { clients: 6, servers: 1 }]);
  });

  it('max-fails: a warning if one failure excludes a server, unless it was observed to recover', () => {
    const subject = of('server 10.0.0.1; server 10.0.0.2 max_fails=1;');
    const found = only(maxFails(subject), 'warning :7 max-fails', { upstream: 'app' });
    assert.deepEqual(found.remedies[0]?.lines, [
      'server  10.0.0.1  max_fails=0;',
      'server  10.0.0.2  max_fails=0;',
    ]);
    const recovered = (failed: number): Subject => {
      const recovery = { tried: 2, failed, kind: failed > 0 ? ('status-502' as const) : null };
      return seenAs(subject, {}, { upstreams: new Map([[upstreamIn(subject), { spread: null, recovery }]]) });
    };
    const { seen } = only(maxFails(recovered(2)), 'warning :7 max-fails');
    assert.deepEqual([seen?.status, seen?.data], [502, { tried: 2, failed: 2, outcome: 'status-502' }]);
    assert.deepEqual(maxFails(recovered(0)), []);
    for (const entries of [TWO, 'server 10.0.0.1;', 'server a fail_timeout=0s; server b max_fails=3;'])
      assert.deepEqual(maxFails(of(entries)), []);
    only(maxFails(of('server a fail_timeout=10; server b max_fails=3;')), 'warning :7 max-fails');
  });

  it('max-fails: if a parameter occurs twice, the last one counts, as in Nginx', () => {
    const [patient, touchy] = ['max_fails=0', 'max_fails=1 fail_timeout=5s'];
    const foundOf = (words: string) => maxFails(of(`server a max_fails=0; server b ${words};`)).length;
    assert.deepEqual([foundOf(`${touchy} ${patient}`), foundOf(`${patient} ${touchy}`)], [0, 1]);
    assert.deepEqual(
      ['fail_timeout=5s fail_timeout=0', 'fail_timeout=0 fail_timeout=5s'].map(foundOf),
      [0, 1],
    );
  });
});

it('a name that a partial configuration does not define may be an upstream in another file', () => {
  const part = (pass: string, http = '') =>
    elsewhere(subjectOf(`${http} server {\n${SOUND.replace('http://app', pass)} }`));
  only(part('http://app'), 'note :2 upstream-elsewhere', { upstream: 'app' });
  assert.deepEqual(part('http://app:3000'), []);
  assert.deepEqual(part(''), []);
  assert.deepEqual(part('http://app', 'upstream app { server a; }'), []);
  assert.deepEqual(elsewhere(ofServer(SOUND)), []);
  const missing = [{ path: 'conf.d/*.conf', place: 'nginx.conf:3', folder: null }];
  only(elsewhere({ ...ofServer(SOUND), missing }), 'note :11 upstream-elsewhere', {
    upstream: 'app',
    missing,
  });
});

describe('findings on upstreams, whole', () => {
  const of = (upstream: string, http = '') =>
    subjectOf(whole({ server: SOUND, http: `${http} upstream app { ${upstream} }` }));

  it('name the method, the upstream and what to write', () => {
    assert.deepEqual(described(zone(of('random; server a; server b;'))), [
      'warning zone :7 no-zone {"upstream":"app","method":"random"}',
      '  upstream: zone  app  64k;',
    ]);
    assert.deepEqual(described(zone(of('least_time header; server a; server b;'))), [
      'warning zone :7 no-zone {"upstream":"app","method":"least_time"}',
      '  upstream: zone  app  64k;',
    ]);
    assert.deepEqual(described(zone(of('ip_hash; server a; server b;'))), [
      'note zone :7 no-zone {"upstream":"app","method":"ip_hash"}',
      '  upstream: zone  app  64k;',
    ]);
    const nameless = whole({ server: SOUND.replace('app', '$a'), http: 'upstream { server a; server b; }' });
    assert.deepEqual(described(zone(subjectOf(nameless))), [
      'note zone :7 no-zone {"upstream":"","method":null}',
      '  upstream: zone    64k;',
    ]);
    const part = subjectOf(`upstream app { server a; server b; }\nserver { ${SOUND} }`);
    assert.deepEqual(described(zone(part)), [
      'note zone :1 no-zone {"upstream":"app","method":null}',
      '  upstream: zone  app  64k;',
    ]);
    const unset = whole({ server: SOUND, http: 'upstream app { server a; server b; }' });
    assert.deepEqual(zone(subjectOf(unset.replace('worker_processes 4;', ''))), []);
  });

  it('suggest a hash only if no proxy in front is known', () => {
    assert.deepEqual(described(ipHash(of('ip_hash; server a; server b;'))), [
      'note ip-hash :7 ip-hash {"upstream":"app","realIpHeader":false}',
      '  upstream: hash  $remote_addr  consistent;',
      '  http: set_real_ip_from  192.0.2.1;  # the proxy in front of Nginx | real_ip_header  X-Forwarded-For;',
    ]);
    assert.deepEqual(described(ipHash(of('ip_hash; server a; server b;', 'real_ip_header X-A;'))), [
      'note ip-hash :7 ip-hash {"upstream":"app","realIpHeader":true}',
    ]);
    assert.deepEqual(ipHash(of('ip_hash; server a; server b down;')), []);
  });

  it('keep the parameters of a server, and name entries that never receive connections', () => {
    assert.deepEqual(described(maxFails(of('server a weight=2 max_fails=1; server b max_fails=2;'))), [
      'warning max-fails :7 max-fails {"upstream":"app","uncounted":[]}',
      '  upstream: server  a  weight=2  max_fails=0;',
    ]);
    const lines = whole({ server: SOUND, http: 'UP' }).replace(
      'UP',
      'upstream app {\nserver a;\nserver b down;\nserver c backup; }',
    );
    assert.deepEqual(described(maxFails(subjectOf(lines))), [
      'warning max-fails :8 max-fails {"upstream":"app","uncounted":["/site/nginx.conf:9","/site/nginx.conf:10"]}',
      '  upstream: server  a  max_fails=0;',
    ]);
    assert.deepEqual(described(maxFails(of('server a; server b; server c down;'))), [
      'warning max-fails :7 max-fails {"upstream":"app","uncounted":[]}',
      '  upstream: server  a  max_fails=0; | server  b  max_fails=0;',
    ]);
    assert.deepEqual(described(maxFails(of('server a;\nserver b down; server c backup; server d down;'))), [
      'warning max-fails :7 max-fails {"upstream":"app","uncounted":["/site/nginx.conf:7"]}',
      '  upstream: server  a  max_fails=0;',
    ]);
    assert.deepEqual(described(maxFails(of('server a fail_timeout=10s; server b down;'))), [
      'warning max-fails :7 max-fails {"upstream":"app","uncounted":["/site/nginx.conf:7"]}',
      '  upstream: server  a  fail_timeout=10s  max_fails=0;',
    ]);
    assert.deepEqual(described(maxFails(of('server a down; server b backup;'))), []);
  });

  it('count only upstreams through which WebSockets open, each once', () => {
    const two = SOUND + SOUND.replace('/ws', '/live');
    const http = 'upstream app { server a; server b; } upstream other { server a; server b; }';
    const subject = subjectOf(whole({ server: two, http }));
    assert.equal(zone(subject).length, 1);
    assert.deepEqual(zone(seenAs(subject, { handshake: { outcome: 'reset', arrived: null } })), []);
    const upstreams = new Map([[upstreamIn(subject), { spread: null, recovery: null }]]);
    assert.deepEqual(described(maxFails(seenAs(subject, {}, { upstreams }))), [
      'warning max-fails :7 max-fails {"upstream":"app","uncounted":[]}',
      '  upstream: server  a  max_fails=0; | server  b  max_fails=0;',
    ]);
    const failed = { tried: 2, failed: 1, kind: null };
    const unknown = new Map([[upstreamIn(subject), { spread: null, recovery: failed }]]);
    assert.equal(maxFails(seenAs(subject, {}, { upstreams: unknown }))[0]?.seen, null);
  });
});

it('an upstream in another file has a plain name, with or without scheme and path', () => {
  const found = (pass: string) =>
    described(elsewhere(subjectOf(`server {\n${SOUND.replace('http://app', pass)} }`)));
  assert.deepEqual(found('https://App-1/x/y'), [
    'note upstream-elsewhere :2 upstream-elsewhere {"upstream":"App-1","missing":[]}',
  ]);
  assert.deepEqual(found('app_2'), [
    'note upstream-elsewhere :2 upstream-elsewhere {"upstream":"app_2","missing":[]}',
  ]);
  for (const pass of ['http://localhost', 'http://a.org', 'http://127.0.0.1', 'http://$app', 'http://app:80'])
    assert.deepEqual(found(pass), [], pass);
  const condition = `server { location /ws { ${SOUND.slice(15, -1).replace(/proxy_pass [^;]*;/, '')} if ($a) { proxy_pass http://app; } } }`;
  assert.deepEqual(elsewhere(subjectOf(condition)), []);
});
