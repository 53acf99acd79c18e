import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeOutbox } from './outbox.ts';

const RUN = '00000000-0000-4000-8000-000000000000';

test('messages are repeated until the stream acknowledges them, with the same number and in order', async () => {
  const stored = new Map<string, string>();
  let calls = 0;
  const outbox = makeOutbox(
    {
      async store(subject, report, id) {
        assert.equal(subject, `nginx-ws-bench.reports.${RUN}.a`);
        calls++;
        stored.set(id, report);
        // Stored, but the acknowledgement is lost.
        if (calls === 1) throw new Error('timeout');
      },
    },
    RUN,
    'a',
  );
  outbox.add({ type: 'exited', worker: 1 });
  outbox.add({ type: 'exited', worker: 2 });
  await outbox.flush(60_000);
  assert.equal(calls, 3);
  assert.deepEqual(
    [...stored].map(([id, text]) => [id, JSON.parse(text)]),
    [
      [`${RUN} a 0`, { type: 'exited', worker: 1 }],
      [`${RUN} a 1`, { type: 'exited', worker: 2 }],
    ],
  );
});

test('an outbox that is closed gives up', async () => {
  const outbox = makeOutbox({ store: async () => Promise.reject(new Error('no stream')) }, RUN, 'a');
  outbox.add({ type: 'exited', worker: 1 });
  outbox.close();
  await outbox.flush(60_000);
});
