import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs } from '../check.test.fixture.ts';
import { cache } from './cache.ts';

describe('cache', () => {
  const of = (server: string) => ofServer(`proxy_cache c; ${server}\n${SOUND}`);
  const tried = (afterGet: 'echoed' | 'status-426', reached: number, slowestSeconds: number) => ({
    cache: { afterGet, together: 4, reached, slowestSeconds },
  });

  it('is an error if it stored a 426, a warning if handshakes wait, and a note if neither was observed', () => {
    only(cache(of('')), 'warning :11 handshakes-cached', { location: '/ws', isKept: false });
    const kept = cache(seenAs(of(''), tried('status-426', 0, 0.01)));
    const { seen } = only(kept, 'error :11 handshakes-cached', { isKept: true });
    assert.deepEqual(
      [seen?.code, seen?.status, seen?.data],
      ['cache-answered', 426, { path: '/ws', outcome: 'status-426', together: 4, reached: 0 }],
    );
    const queued = only(
      cache(seenAs(of('proxy_cache_lock on;'), tried('echoed', 4, 1.5))),
      'warning :11 handshakes-cached',
      { isKept: false, isLocked: true },
    );
    assert.deepEqual([queued.seen?.code, queued.seen?.seconds], ['cache-queued', 1.5]);
    const unharmed = only(cache(seenAs(of(''), tried('echoed', 4, 0.01))), 'note :11 handshakes-cached');
    assert.equal(unharmed.seen?.code, 'cache-not-kept');
  });

  it('keeps other conditions that bypass the cache', () => {
    const [remedy] = only(
      cache(of('proxy_cache_bypass $cookie_x;')),
      'warning :11 handshakes-cached',
    ).remedies;
    assert.deepEqual(remedy, {
      block: 'server',
      lines: ['proxy_cache_bypass  $http_upgrade  $cookie_x;', 'proxy_no_cache      $http_upgrade;'],
    });
  });

  it('has no finding if handshakes bypass the cache, or if it is off', () => {
    for (const server of [
      'proxy_cache_bypass $cookie_x $http_upgrade;',
      'proxy_cache_bypass $connection_upgrade;',
    ])
      assert.deepEqual(cache(of(server)), []);
    assert.deepEqual(cache(ofServer(SOUND.replace('access_log', 'proxy_cache off; access_log'))), []);
    assert.deepEqual(cache(ofServer(SOUND)), []);
  });
});
