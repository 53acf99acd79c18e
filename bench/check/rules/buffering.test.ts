import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND } from '../check.test.fixture.ts';
import { buffering } from './buffering.ts';

describe('buffering', () => {
  it('names directives without effect in the location itself, once', () => {
    const own = 'proxy_buffering off;\nproxy_buffers 8 4k; proxy_buffer_size 16k; access_log';
    const found = buffering(ofServer(SOUND.replace('access_log', own)));
    only(found, 'note :11 no-effect', { directives: ['proxy_buffering', 'proxy_buffers'], location: '/ws' });
    assert.deepEqual(buffering(ofServer(`proxy_buffering off; ${SOUND}`)), []);
  });
});
