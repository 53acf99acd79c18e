import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, probed, SOUND } from '../check.test.fixture.ts';
import { resumption } from './resumption.ts';

describe('tls-resumption', () => {
  it('is based on what was observed', () => {
    const found = only(
      resumption(probed('ssl_session_tickets off;', { tlsResumed: false })),
      'warning :11 tls-not-resumed',
    );
    assert.deepEqual([found.seen?.code, found.seen?.data], ['session-not-resumed', { protocol: 'TLSv1.3' }]);
    assert.deepEqual(resumption(probed('ssl_session_tickets off;', {})), []);
    only(
      resumption(probed('\nssl_session_cache off;', { tlsResumed: false })),
      'warning :12 tls-not-resumed',
    );
    only(resumption(probed('', { tlsResumed: false })), 'warning :8 tls-not-resumed');
  });

  it('suggests no smaller cache, and no shorter session, than the configuration has', () => {
    const own = 'ssl_session_cache shared:mine:50m; ssl_session_timeout 7d; ssl_session_tickets off;';
    const [remedy] = only(
      resumption(probed(own, { tlsResumed: false })),
      'warning :11 tls-not-resumed',
    ).remedies;
    assert.deepEqual(remedy?.lines, ['ssl_session_tickets  on;']);
  });

  it('is based on tickets and shared cache if nothing was observed', () => {
    const unseen = (server: string) => ofServer(`listen 443 ssl; ${server}\n${SOUND}`);
    only(resumption(unseen('ssl_session_tickets off;')), 'warning :11 tls-not-resumed');
    assert.deepEqual(resumption(unseen('ssl_session_tickets off; ssl_session_cache shared:a:1m;')), []);
    assert.deepEqual(resumption(unseen('')), []);
  });
});
