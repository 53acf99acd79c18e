import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ring } from './ring.ts';
import { RingLoop, type RingTimer } from './ring-loop.ts';
import { SimulatedKernel } from './simulated-kernel.test.fixture.ts';

/** Returns the waits of a loop from now until it rests. */
async function waitsUntilRest(timer: RingTimer | null, unanswered: number | null) {
  const kernel = new SimulatedKernel({
    sqEntries: 8,
    cqEntries: 8,
    received: { count: 4, size: 8 },
    sent: { count: 3, size: 16 },
  });
  let rests = () => {};
  const resting = new Promise<void>((resolve) => {
    rests = resolve;
  });
  const loop = new RingLoop(new Ring(kernel), { arm: () => rests() });
  loop.setTimer(timer);
  if (unanswered !== null) loop.gather(unanswered);
  await resting;
  // Before it rests, the loop looks for completions without waiting.
  assert.deepEqual(kernel.waits.pop(), { waitNs: 0, together: 1 });
  assert.ok(kernel.waits.length > 0);
  return kernel.waits;
}

describe('the loop of a ring', () => {
  const alone = { waitNs: 1e6, together: 1 };

  for (const [unanswered, expected] of [
    [null, alone],
    [127, alone],
    [128, { waitNs: 500_000, together: 8 }],
    [1000, { waitNs: 500_000, together: 62 }],
    [1e6, { waitNs: 500_000, together: 64 }],
  ] as const)
    it(`waits for ${expected.together} completions if ${unanswered} messages are unanswered`, async () => {
      for (const wait of await waitsUntilRest(null, unanswered)) assert.deepEqual(wait, expected);
    });

  it('waits for one completion if a timer is set', async () => {
    const timer = { dueMs: Number.POSITIVE_INFINITY, spinsWithinMs: 0, wake() {} };
    for (const wait of await waitsUntilRest(timer, 1000)) assert.deepEqual(wait, alone);
  });
});
