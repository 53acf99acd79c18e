import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readStream, UnreadableFile } from './regular-file.ts';

const NEVER = new AbortController().signal;

describe('a stream', () => {
  it('is read to its end, up to the limit and not one byte more', async () => {
    for (const size of [0, 1, 4096, 10_000]) {
      const bytes = Buffer.alloc(size, 'äx');
      const chunks = () => Readable.from([bytes.subarray(0, size / 2), bytes.subarray(size / 2)]);
      assert.deepEqual(await readStream(chunks(), size, NEVER), bytes);
      if (size === 0) continue;
      const stream = chunks();
      await assert.rejects(
        readStream(stream, size - 1, NEVER),
        new UnreadableFile(`it is larger than ${size - 1} bytes`),
      );
      assert.ok(stream.destroyed);
    }
  });

  it('that never ends is read no further than the limit', () =>
    assert.rejects(
      readStream(createReadStream('/dev/zero'), 1_048_576, NEVER),
      /^UnreadableFile: .* 1 MiB$/,
    ));

  it('that fails has a reason', async () => {
    await assert.rejects(
      readStream(createReadStream(tmpdir()), 100, NEVER),
      new UnreadableFile('it is a folder'),
    );
    const broken = new PassThrough();
    broken.destroy(new Error('gone'));
    await assert.rejects(readStream(broken, 100, NEVER), new UnreadableFile('gone'));
  });

  it('is given up at a signal, with its reason', async () => {
    const stop = new AbortController();
    const stream = new PassThrough();
    stream.write('half');
    const reading = readStream(stream, 100, stop.signal);
    const reason = new Error('stopped');
    stop.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
    assert.ok(stream.destroyed);
    await assert.rejects(readStream(new PassThrough(), 100, stop.signal), (error) => error === reason);
  });
});
