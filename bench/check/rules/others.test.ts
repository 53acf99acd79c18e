import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Probe } from '../../model/run.ts';
import { SOUND, seenAs, subjectOf, UPGRADE, upstreamIn, whole } from '../check.test.fixture.ts';
import type { Finding } from '../finding.ts';
import type { Subject } from '../subject.ts';
import { accessLog } from './access-log.ts';
import { buffering } from './buffering.ts';
import { cache } from './cache.ts';
import { connections, openFiles } from './capacity.ts';
import { handshake } from './handshake.ts';
import { http2 } from './http2.ts';
import { idle } from './idle.ts';
import { resumption } from './resumption.ts';
import { shutdown } from './shutdown.ts';
import { ipHash, maxFails, zone } from './upstream.ts';

/** `level :line`, and whether the text is as expected. */
function only(findings: readonly Finding[], expected: RegExp): Finding {
  assert.equal(findings.length, 1, JSON.stringify(findings));
  const [found] = findings;
  assert.ok(found);
  assert.match(`${found.level} :${found.origin?.line} ${found.text}`, expected);
  return found;
}

const ofServer = (server: string) => subjectOf(whole({ server }));

describe('idle-timeout', () => {
  const within = (value: string) => ofServer(SOUND.replace(' proxy_read_timeout 1h;', value));

  it('warns up to two minutes, notes up to an hour, and is content with an hour', () => {
    only(idle(within('')), /^warning :11 proxy_read_timeout is 60 s, the default: .*code 1006/);
    only(idle(within('\nproxy_read_timeout 2m;')), /^warning :12 proxy_read_timeout is 120 s:/);
    only(idle(within('proxy_read_timeout 59m 59s;')), /^note :11/);
    assert.deepEqual(idle(within('proxy_read_timeout 60m;')), []);
    assert.deepEqual(idle(within('proxy_read_timeout soon;')), []);
  });

  it('goes by the nearest level, and by proxy_timeout in stream', () => {
    only(
      idle(ofServer(`proxy_read_timeout 75s;\nlocation /ws { proxy_pass http://app; ${UPGRADE} }`)),
      /^warning :11/,
    );
    only(
      idle(subjectOf('stream { server { listen 1; proxy_pass a:1; } }')),
      /^note :1 proxy_timeout is 600 s/,
    );
  });

  it('tells close code and second of the copy, and says nothing where it stayed open or never opened', () => {
    const seen = { closed: { code: 1006, seconds: 1.0042 }, busyStayedOpen: true };
    const found = only(idle(seenAs(within(''), { idle: seen })), /^warning/);
    assert.deepEqual([found.seen?.closeCode, found.seen?.seconds], [1006, 1.004]);
    assert.match(found.seen?.text ?? '', /closed with 1006 after 1\.0 s\. .* stayed open\./);
    assert.deepEqual(idle(seenAs(within(''), { idle: { closed: null, busyStayedOpen: true } })), []);
    const refused = { handshake: { outcome: 'status-502', arrived: null } } as const;
    assert.deepEqual(idle(seenAs(within(''), refused)), []);
  });
});

describe('worker-connections and open-files', () => {
  const of = (main: string, events = '') =>
    subjectOf(whole({ server: SOUND, main }).replace(' worker_connections 20000; ', ` ${events} `));

  it('counts two for a WebSocket, and warns where few are for many', () => {
    only(
      connections(of('', 'worker_connections 20000;')),
      /^note :4 .* is for 10,000 WebSockets a worker, with 4 workers/,
    );
    only(connections(of('', 'worker_connections 2047;')), /^warning :4 .*for 1,023 WebSockets/);
    only(connections(of('')), /^warning :4 worker_connections 512, the default, is for 256 WebSockets/);
  });

  it('tells how many a worker took', () => {
    const subject = seenAs(
      of('', 'worker_connections 512;'),
      {},
      { capacity: { opened: 255, kind: 'reset' } },
    );
    const { seen } = only(connections(subject), /^warning/);
    assert.equal(seen?.text, 'One worker took 255 WebSockets; the next one was closed without an answer.');
  });

  it('finds fewer open files than connections, those of the system where none are written', () => {
    const events = 'worker_connections 2000;';
    only(openFiles(of('', events)), /^warning :4 .*not set.* 1,024 open files.* about 512 WebSockets/);
    only(
      openFiles(of('worker_rlimit_nofile 1999;', events)),
      /^warning :2 worker_rlimit_nofile 1999 is less/,
    );
    assert.deepEqual(openFiles(of('worker_rlimit_nofile 2000;', events)), []);
    assert.deepEqual(openFiles(of('', 'worker_connections 1024;')), []);
  });

  it('says nothing of a part, whose main file is elsewhere', () => {
    const part = subjectOf(`server { ${SOUND} }`);
    assert.deepEqual([...connections(part), ...openFiles(part), ...shutdown(part)], []);
  });
});

describe('upstreams', () => {
  const of = (upstream: string, main = '') =>
    subjectOf(whole({ server: SOUND, http: `upstream app { ${upstream} }`, main }));
  const TWO = 'server 10.0.0.1 max_fails=0; server 10.0.0.2 max_fails=0;';

  it('zone: a warning for methods that count, a note for others, nothing for one server or one worker', () => {
    only(zone(of(`least_conn; ${TWO}`)), /^warning :7 Upstream app has no zone\. .*least_conn sees only/);
    only(zone(of(TWO)), /^note :7/);
    assert.deepEqual(zone(of(`zone app 64k; ${TWO}`)), []);
    assert.deepEqual(zone(of('server 10.0.0.1; server 10.0.0.2 down; server 10.0.0.3 backup;')), []);
    const alone = whole({ server: SOUND, http: `upstream app { ${TWO} }` });
    assert.deepEqual(zone(subjectOf(alone.replace('worker_processes 4', 'worker_processes 1'))), []);
  });

  it('ip-hash: a warning, a note where the address behind a proxy is known', () => {
    const found = only(ipHash(of(`ip_hash; ${TWO}`)), /^warning :7 ip_hash goes by the first three octets/);
    assert.equal(found.seen, null);
    const told = whole({ server: SOUND, http: `real_ip_header X-Real-IP; upstream app { ip_hash; ${TWO} }` });
    only(ipHash(subjectOf(told)), /^note/);
    assert.deepEqual(ipHash(of(TWO)), []);
  });

  it('ip-hash: tells where clients of one network came', () => {
    const subject = of(`ip_hash; ${TWO}`);
    const upstreams = new Map([
      [upstreamIn(subject), { spread: { clients: 6, servers: 1 }, recovery: null }],
    ]);
    const { seen } = only(ipHash(seenAs(subject, {}, { upstreams })), /^warning/);
    assert.equal(seen?.text, 'WebSockets from 6 addresses of one network came to one server.');
  });

  it('max-fails: a warning where one failure takes a server out, not where it was seen to recover', () => {
    const subject = of('server 10.0.0.1; server 10.0.0.2 max_fails=1;');
    const found = only(maxFails(subject), /^warning :7/);
    assert.deepEqual(found.remedies[0]?.lines, [
      'server  10.0.0.1  max_fails=0;',
      'server  10.0.0.2  max_fails=0;',
    ]);
    const recovered = (failed: number): Subject => {
      const recovery = { tried: 2, failed, kind: failed > 0 ? ('status-502' as const) : null };
      return seenAs(subject, {}, { upstreams: new Map([[upstreamIn(subject), { spread: null, recovery }]]) });
    };
    const { seen } = only(maxFails(recovered(2)), /^warning/);
    assert.deepEqual([seen?.status, /2 of 2 handshakes failed/.test(seen?.text ?? '')], [502, true]);
    assert.deepEqual(maxFails(recovered(0)), []);
    for (const entries of [TWO, 'server 10.0.0.1;', 'server a fail_timeout=0; server b max_fails=3;'])
      assert.deepEqual(maxFails(of(entries)), []);
  });
});

describe('cache', () => {
  const of = (server: string) => ofServer(`proxy_cache c; ${server}\n${SOUND}`);
  const tried = (afterGet: 'echoed' | 'status-426', reached: number, slowestSeconds: number) => ({
    cache: { afterGet, together: 4, reached, slowestSeconds },
  });

  it('is an error where it kept a 426, a warning where handshakes wait, a note where neither was seen', () => {
    only(cache(of('')), /^warning :11 Handshakes of location \/ws go through proxy_cache/);
    const kept = only(cache(seenAs(of(''), tried('status-426', 0, 0.01))), /^error/);
    assert.deepEqual(
      [kept.seen?.status, kept.seen?.text.includes('of 4 handshakes 0 reached the server')],
      [426, true],
    );
    const queued = only(
      cache(seenAs(of('proxy_cache_lock on;'), tried('echoed', 4, 1.5))),
      /^warning .*one after/,
    );
    assert.equal(queued.seen?.seconds, 1.5);
    only(cache(seenAs(of(''), tried('echoed', 4, 0.01))), /^note/);
  });

  it('keeps what else passes the cache by', () => {
    const [remedy] = only(cache(of('proxy_cache_bypass $cookie_x;')), /^warning/).remedies;
    assert.deepEqual(remedy, {
      block: 'server',
      lines: ['proxy_cache_bypass  $http_upgrade  $cookie_x;', 'proxy_no_cache      $http_upgrade;'],
    });
  });

  it('has nothing to say where handshakes pass it by, or where it is off', () => {
    for (const server of [
      'proxy_cache_bypass $cookie_x $http_upgrade;',
      'proxy_cache_bypass $connection_upgrade;',
    ])
      assert.deepEqual(cache(of(server)), []);
    assert.deepEqual(cache(ofServer(SOUND.replace('access_log', 'proxy_cache off; access_log'))), []);
    assert.deepEqual(cache(ofServer(SOUND)), []);
  });
});

const PROBE: Probe = {
  alpn: null,
  alpnOffered: 'h2',
  extendedConnect: false,
  tlsProtocol: 'TLSv1.3',
  tlsCipher: 'TLS_AES_256_GCM_SHA384',
  tlsResumed: true,
};

/** A server with TLS, and what a probe of it found. */
function probed(server: string, probe: Partial<Probe>, listen = 'listen 443 ssl http2;'): Subject {
  const subject = subjectOf(whole({ server: `${server}\n${SOUND}` }).replace('listen 80;', listen));
  const tls = new Map(subject.candidates.map((each) => [each.server, { ...PROBE, ...probe }]));
  return seenAs(subject, {}, { tls });
}

describe('http2', () => {
  it('is a note with TLS, by what was on the wire', () => {
    const found = only(http2(probed('', {})), /^note :9 HTTP\/2 is on, but not for WebSockets/);
    assert.match(found.seen?.text ?? '', /SETTINGS_ENABLE_CONNECT_PROTOCOL is not among/);
    only(http2(probed('', { extendedConnect: true })), /^note :9 .*offers WebSockets over it/);
    only(http2(probed('http2 on;', {}, 'listen 443 ssl;')), /^note :11/);
    assert.deepEqual(http2(probed('', {}, 'listen 443 ssl;')), []);
  });

  it('is an error without TLS where such a listener takes nothing else', () => {
    const subject = subjectOf(whole({ server: SOUND }).replace('listen 80;', 'listen 80 http2;'));
    const found = only(http2(subject), /^error :9 Before Nginx 1\.25\.1/);
    assert.deepEqual(found.remedies[0]?.lines, ['listen  80;']);
    only(http2({ ...subject, nginxVersion: '1.25.1' }), /^note :9/);
    const refused = { handshake: { outcome: 'protocol-error', arrived: null } } as const;
    assert.match(
      only(http2(seenAs(subject, refused)), /^error/).seen?.text ?? '',
      /no response of HTTP\/1\.1/,
    );
    assert.deepEqual(handshake(seenAs(subject, refused)), [], 'said once');
  });
});

describe('tls-resumption', () => {
  it('goes by what was seen', () => {
    const found = only(resumption(probed('ssl_session_tickets off;', { tlsResumed: false })), /^warning :11/);
    assert.match(found.seen?.text ?? '', /was not resumed \(TLSv1\.3\)/);
    assert.deepEqual(resumption(probed('ssl_session_tickets off;', {})), []);
  });

  it('goes by tickets and shared cache where nothing was seen', () => {
    const unseen = (server: string) => ofServer(`listen 443 ssl; ${server}\n${SOUND}`);
    only(resumption(unseen('ssl_session_tickets off;')), /^warning :11/);
    assert.deepEqual(resumption(unseen('ssl_session_tickets off; ssl_session_cache shared:a:1m;')), []);
    assert.deepEqual(resumption(unseen('')), []);
  });
});

describe('worker-shutdown-timeout', () => {
  const UNSET = whole({ server: SOUND }).replace('worker_shutdown_timeout 1h;', '');

  it('notes what a reload does, with and without it', () => {
    const reload = { closed: null, watchedSeconds: 2.5 };
    const unset = only(shutdown(seenAs(subjectOf(UNSET), {}, { reload })), /^note :1 .*is not set/);
    assert.match(unset.seen?.text ?? '', /^2\.5 s after a reload a WebSocket was still open/);
    const cut = { closed: { code: 1006, seconds: 1.1 }, watchedSeconds: 2.5 };
    const set = only(
      shutdown(seenAs(ofServer(SOUND), {}, { reload: cut })),
      /^note :3 .* 1h cuts every WebSocket/,
    );
    assert.deepEqual([set.seen?.closeCode, set.seen?.seconds, set.remedies.length], [1006, 1.1, 0]);
  });
});

describe('buffering', () => {
  it('names what does nothing in the location itself, once', () => {
    const own = 'proxy_buffering off;\nproxy_buffers 8 4k; proxy_buffer_size 16k; access_log';
    const found = buffering(ofServer(SOUND.replace('access_log', own)));
    only(found, /^note :11 proxy_buffering, proxy_buffers in location \/ws do nothing/);
    assert.deepEqual(buffering(ofServer(`proxy_buffering off; ${SOUND}`)), []);
  });
});

describe('access-log', () => {
  it('is noted once, for the first location that is logged', () => {
    const logged = SOUND.replace('access_log off;', '');
    only(accessLog(ofServer(`${SOUND}\n${logged}\n${logged}`)), /^note :12/);
    assert.deepEqual(accessLog(ofServer(SOUND)), []);
    const found = accessLog(seenAs(ofServer(logged), {}, { log: { whileOpen: 0, afterClose: 1 } }));
    assert.match(only(found, /^note/).seen?.text ?? '', /No line came while a WebSocket was open/);
    const late = accessLog(seenAs(ofServer(logged), {}, { log: { whileOpen: 0, afterClose: 0 } }));
    assert.equal(only(late, /^note/).seen, null);
  });
});
