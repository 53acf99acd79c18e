import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, subjectOf, UPGRADE } from '../check.test.fixture.ts';
import { idle } from './idle.ts';

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
