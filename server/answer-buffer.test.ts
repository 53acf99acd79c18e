import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerBuffer } from './answer-buffer.ts';
import { KEY, serverFrame } from './wire/frame.test.fixture.ts';

/** Appends a masked text that lies between other bytes of its source buffer. */
function say(answers: AnswerBuffer, text: string): void {
  const masked = Buffer.from(text).map((byte, i) => byte ^ (KEY[i % 4] ?? 0));
  const source = Buffer.concat([Buffer.from('before'), masked, Buffer.from('behind')]);
  answers.append(0x81, source, 6, 6 + masked.length, KEY.readInt32BE());
}

describe('answer buffer', () => {
  it('appends frames one after the other, and grows if they need more room', () => {
    const answers = new AnswerBuffer(16);
    const texts = ['one', 'two'.repeat(100), 'three'];
    for (const text of texts) say(answers, text);
    assert.deepEqual(
      Buffer.from(answers.bytes()),
      Buffer.concat(texts.map((text) => serverFrame(0x81, text))),
    );
    answers.clear(true);
    assert.equal(answers.length, 0);
    say(answers, 'four');
    assert.deepEqual(Buffer.from(answers.bytes()), serverFrame(0x81, 'four'));
  });

  it('does not reuse bytes that have not been sent yet', () => {
    const answers = new AnswerBuffer(64);
    const bytesOf = (text: string) => {
      say(answers, text);
      return answers.bytes();
    };
    const waiting = bytesOf('first');
    answers.clear(false);
    const sent = bytesOf('other');
    answers.clear(true);
    assert.deepEqual(Buffer.from(waiting), serverFrame(0x81, 'first'));
    // Bytes that were sent free their memory for reuse.
    assert.equal(bytesOf('third').buffer, sent.buffer);
  });
});
