import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs } from '../check.test.fixture.ts';
import { accessLog } from './access-log.ts';

describe('access-log', () => {
  it('is reported once, for the first location that is logged', () => {
    const logged = SOUND.replace('access_log off;', '');
    only(accessLog(ofServer(`${SOUND}\n${logged}\n${logged}`)), 'note :12 logged-at-close');
    assert.deepEqual(accessLog(ofServer(SOUND)), []);
    const found = accessLog(seenAs(ofServer(logged), {}, { log: { whileOpen: 0, afterClose: 1 } }));
    assert.equal(only(found, 'note :11 logged-at-close').seen?.code, 'log-at-close');
    const late = accessLog(seenAs(ofServer(logged), {}, { log: { whileOpen: 0, afterClose: 0 } }));
    assert.equal(only(late, 'note :11 logged-at-close').seen, null);
  });
});
