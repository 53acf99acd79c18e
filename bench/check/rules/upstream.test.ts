import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, subjectOf, upstreamIn, whole } from '../check.test.fixture.ts';
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
    for (const entries of [TWO, 'server 10.0.0.1;', 'server a fail_timeout=0; server b max_fails=3;'])
      assert.deepEqual(maxFails(of(entries)), []);
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
  assert.deepEqual(part('http://app', 'upstream app { server a; }'), []);
  assert.deepEqual(elsewhere(ofServer(SOUND)), []);
  const missing = [{ path: 'conf.d/*.conf', place: 'nginx.conf:3', folder: null }];
  only(elsewhere({ ...ofServer(SOUND), missing }), 'note :11 upstream-elsewhere', {
    upstream: 'app',
    missing,
  });
});
