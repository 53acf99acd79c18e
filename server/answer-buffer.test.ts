import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerBuffer } from './answer-buffer.ts';
import { serverFrame } from './frames.ts';

/** A payload with its masking key in front, as it lies in a client's frame: the key is all zeros. */
const unkeyed = (payload: string) => Buffer.from(`\0\0\0\0${payload}`);

describe('answer buffer', () => {
  it('puts echoes one behind the other, and grows where they need more room', () => {
    const answers = new AnswerBuffer(16);
    const payloads = ['one', 'two'.repeat(100), 'three'];
    for (const payload of payloads) answers.echo(0x81, unkeyed(payload), 4, payload.length);
    const expected = Buffer.concat(payloads.map((payload) => serverFrame(0x81, Buffer.from(payload))));
    assert.deepEqual(Buffer.from(answers.bytes()), expected);
    answers.clear(true);
    assert.equal(answers.length, 0);
  });

  it('does not touch bytes again that the system has not taken yet', () => {
    const answers = new AnswerBuffer(64);
    const say = (payload: string) => {
      answers.echo(0x81, unkeyed(payload), 4, payload.length);
      return answers.bytes();
    };
    const waits = say('first');
    answers.clear(false);
    const taken = say('other');
    answers.clear(true);
    assert.deepEqual(Buffer.from(waits), serverFrame(0x81, Buffer.from('first')));
    // What was taken makes room: the same memory serves again.
    assert.equal(say('third').buffer, taken.buffer);
  });
});
