import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs } from '../check.test.fixture.ts';
import { cache } from './cache.ts';

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
