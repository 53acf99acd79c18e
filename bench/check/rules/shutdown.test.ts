import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { shutdown } from './shutdown.ts';

describe('worker-shutdown-timeout', () => {
  const UNSET = whole({ server: SOUND }).replace('worker_shutdown_timeout 1h;', '');

  it('describes the effect of a reload, with and without the directive', () => {
    const reload = { closed: null, watchedSeconds: 2.5 };
    const unset = only(shutdown(seenAs(subjectOf(UNSET), {}, { reload })), 'note :1 shutdown-timeout-unset');
    assert.deepEqual([unset.seen?.code, unset.seen?.seconds], ['open-after-reload', 2.5]);
    const cut = { closed: { code: 1006, seconds: 1.1 }, watchedSeconds: 2.5 };
    const found = shutdown(seenAs(ofServer(SOUND), {}, { reload: cut }));
    const { seen, remedies } = only(found, 'note :3 shutdown-timeout', { value: '1h' });
    assert.deepEqual([seen?.data, remedies], [{ setSeconds: 1, closeCode: 1006, seconds: 1.1 }, []]);
    assert.deepEqual([seen?.closeCode, seen?.seconds], [1006, 1.1]);
  });
});
