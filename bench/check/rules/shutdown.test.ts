import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { shutdown } from './shutdown.ts';

describe('worker-shutdown-timeout', () => {
  const UNSET = whole({ server: SOUND }).replace('worker_shutdown_timeout 1h;', '');

  it('notes what a reload does, with and without it', () => {
    const reload = { closed: null, watchedSeconds: 2.5 };
    const unset = only(shutdown(seenAs(subjectOf(UNSET), {}, { reload })), /^note :1 .*is not set/);
    assert.match(unset.seen?.text ?? '', /^2\.5 s after a reload a WebSocket was still open/);
    const cut = { closed: { code: 1006, seconds: 1.1 }, watchedSeconds: 2.5 };
    const set = only(
      shutdown(seenAs(ofServer(SOUND), {}, { reload: cut })),
      /^note :3 .* 1h cuts every WebSocket/,
    );
    assert.deepEqual([set.seen?.closeCode, set.seen?.seconds, set.remedies.length], [1006, 1.1, 0]);
  });
});
