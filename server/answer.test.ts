import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerOf } from './answer.ts';

const PLAIN = { reply: 'echo', delayMs: 0, burnUs: 0, log: false } as const;

describe('the answer to a message', () => {
  it('is a plain echo by default', () => {
    assert.equal(answerOf(PLAIN), null);
  });

  it('uses the requested CPU time, and is sent in the same event loop iteration', () => {
    const answer = answerOf({ ...PLAIN, burnUs: 30_000 });
    const sent: Buffer[] = [];
    const before = process.cpuUsage();
    answer?.(Buffer.from('hi'), (payload) => sent.push(payload));
    const { user, system } = process.cpuUsage(before);
    assert.deepEqual(sent, [Buffer.from('hi')]);
    assert.ok(user + system >= 30_000);
  });

  it('is sent after its delay, in the order of the messages', async () => {
    const answer = answerOf({ ...PLAIN, delayMs: 5, reply: 'you-said' });
    const began = performance.now();
    const sent: string[] = [];
    await new Promise<void>((done) => {
      for (const text of ['one', 'two', 'three'])
        answer?.(Buffer.from(text), (payload) => {
          if (sent.push(payload.toString()) === 3) done();
        });
      assert.deepEqual(sent, []);
    });
    assert.deepEqual(sent, ['You said: one', 'You said: two', 'You said: three']);
    assert.ok(performance.now() - began >= 5);
  });
});
