import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { only, probed, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { handshake } from './handshake.ts';
import { http2 } from './http2.ts';

describe('http2', () => {
  it('is a note with TLS, based on what was negotiated', () => {
    const { seen } = only(http2(probed('', {})), 'note :9 http2-without-websockets');
    assert.deepEqual([seen?.code, seen?.data], ['http2-settings', { extendedConnect: false }]);
    only(http2(probed('', { extendedConnect: true })), 'note :9 http2-with-websockets');
    only(http2(probed('http2 on;', {}, 'listen 443 ssl;')), 'note :11 http2-without-websockets');
    assert.deepEqual(http2(probed('', {}, 'listen 443 ssl;')), []);
  });

  it('is an error without TLS if such a listener accepts nothing else', () => {
    const subject = subjectOf(whole({ server: SOUND }).replace('listen 80;', 'listen 80 http2;'));
    const found = only(http2(subject), 'error :9 http2-only', { since: '1.25.1' });
    assert.deepEqual(found.remedies[0]?.lines, ['listen  80;']);
    only(http2({ ...subject, nginxVersion: '1.25.1' }), 'note :9 http2-without-websockets');
    const refused = { handshake: { outcome: 'protocol-error', arrived: null } } as const;
    const { seen } = only(http2(seenAs(subject, refused)), 'error :9 http2-only');
    assert.deepEqual(seen?.data, { path: '/ws', outcome: 'protocol-error', arrived: null });
    assert.deepEqual(handshake(seenAs(subject, refused)), [], 'said once');
  });
});
