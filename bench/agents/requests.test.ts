import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { Bus } from './bus.ts';
import { compareClocks } from './requests.ts';

/** A connection on which every request gets this answer. */
function answering(answer: unknown): Bus {
  return { request: () => Promise.resolve({ json: () => answer }) } as unknown as Bus;
}

test('the offset of a clock is known, or the agent whose answer is not a time is named', async () => {
  const { offsetNs } = await compareClocks(answering({ ns: `${2n ** 62n}` }), 'a');
  assert.ok(offsetNs > 2n ** 61n);
  for (const answer of [{}, { ns: 'now' }, null])
    await assert.rejects(
      compareClocks(answering(answer), 'far-away'),
      (error) =>
        error instanceof Problem && error.kind === 'environment' && error.message.includes('far-away'),
    );
});
