import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, subjectOf, UPGRADE } from '../check.test.fixture.ts';
import { idle } from './idle.ts';
import { judge } from './index.ts';

describe('idle-timeout', () => {
  const within = (value: string) => ofServer(SOUND.replace(' proxy_read_timeout 1h;', value));

  it('is a warning up to two minutes, a note up to an hour, and absent from an hour up', () => {
    only(idle(within('')), 'warning :11 idle-timeout', {
      directive: 'proxy_read_timeout',
      seconds: 60,
      isDefault: true,
      location: '/ws',
    });
    only(idle(within('\nproxy_read_timeout 2m;')), 'warning :12 idle-timeout', {
      seconds: 120,
      isDefault: false,
    });
    only(idle(within('proxy_read_timeout 59m 59s;')), 'note :11 idle-timeout');
    assert.deepEqual(idle(within('proxy_read_timeout 60m;')), []);
    assert.deepEqual(idle(within('proxy_read_timeout soon;')), []);
  });

  it('depends on the innermost level, and on proxy_timeout in stream', () => {
    only(
      idle(ofServer(`proxy_read_timeout 75s;\nlocation /ws { proxy_pass http://app; ${UPGRADE} }`)),
      'warning :11 idle-timeout',
    );
    only(idle(subjectOf('stream { server { listen 1; proxy_pass a:1; } }')), 'note :1 idle-timeout', {
      directive: 'proxy_timeout',
      seconds: 600,
      location: null,
    });
    const handedOver = 'stream { server { listen 1; pass 127.0.0.1:8080; } }';
    assert.deepEqual(idle(subjectOf(handedOver)), []);
  });

  it('is reported once for several locations, with the first of them', () => {
    const location = (path: string) => `location ${path} { proxy_pass http://app; ${UPGRADE} }`;
    const found = judge(ofServer(`proxy_read_timeout 75s;\n${location('/ws')} ${location('/live')}`));
    only(
      found.filter(({ rule }) => rule === 'idle-timeout'),
      'warning :11 idle-timeout',
      { location: '/ws' },
    );
  });

  it('suggests no proxy_send_timeout below the current one', () => {
    const lines = (value: string) => only(idle(within(value)), 'warning :11 idle-timeout').remedies[0]?.lines;
    assert.deepEqual(lines('\nproxy_send_timeout 1d;'), ['proxy_read_timeout  1h;']);
    assert.deepEqual(lines('\nproxy_send_timeout 5m;'), [
      'proxy_read_timeout  1h;',
      'proxy_send_timeout  1h;',
    ]);
  });

  it('reports close code and time in the copy, and nothing if it stayed open or never opened', () => {
    const seen = { closed: { code: 1006, seconds: 1.004 }, busyStayedOpen: true };
    const found = only(idle(seenAs(within(''), { idle: seen })), 'warning :11 idle-timeout').seen;
    assert.deepEqual([found?.code, found?.closeCode, found?.seconds], ['silent-closed', 1006, 1.004]);
    assert.deepEqual([found?.data.setSeconds, found?.data.busyStayedOpen], [1, true]);
    assert.deepEqual(idle(seenAs(within(''), { idle: { closed: null, busyStayedOpen: true } })), []);
    const refused = { handshake: { outcome: 'status-502', arrived: null } } as const;
    assert.deepEqual(idle(seenAs(within(''), refused)), []);
  });
});
