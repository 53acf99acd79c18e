import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs } from '../check.test.fixture.ts';
import { accessLog } from './access-log.ts';

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
