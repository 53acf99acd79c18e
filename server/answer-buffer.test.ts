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

  it('takes as many bytes as it has room for without growing', () => {
    const answers = new AnswerBuffer(5);
    say(answers, 'one');
    const bytes = answers.bytes();
    assert.deepEqual([bytes.buffer.byteLength, bytes.length], [5, 5]);
    say(answers, '2');
    assert.deepEqual([answers.bytes().buffer.byteLength, answers.length], [8, 8]);
    answers.clear(true);
    say(answers, 'xyz');
    assert.equal(answers.bytes().buffer.byteLength, 5);
  });

  it('creates no new view of as many bytes as before', () => {
    const answers = new AnswerBuffer(5);
    say(answers, 'one');
    const bytes = answers.bytes();
    answers.clear(true);
    say(answers, 'two');
    assert.equal(answers.bytes(), bytes);
    answers.clear(false);
    say(answers, 'six');
    assert.notEqual(answers.bytes(), bytes);
    assert.deepEqual(
      [bytes, answers.bytes()].map((each) => Buffer.from(each)),
      [serverFrame(0x81, 'two'), serverFrame(0x81, 'six')],
    );
  });

  it('rejects only a text that is not UTF-8, and appends nothing of it', () => {
    const answers = new AnswerBuffer(16);
    const append = (first: number, hex: string) => {
      const bytes = Buffer.from(hex, 'hex');
      return answers.append(first, bytes, 0, bytes.length, 0);
    };
    assert.deepEqual(
      [append(0x81, 'c3bc'), append(0x81, 'c3'), append(0x82, 'c3'), append(0x81, '61')],
      [true, false, true, true],
    );
    assert.equal(answers.bytes().toString('hex'), '8102c3bc8201c3810161');
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
