import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, probed, SOUND } from '../check.test.fixture.ts';
import { resumption } from './resumption.ts';

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
