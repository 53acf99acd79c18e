import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readStandardInput } from './standard-input.ts';

const NEVER = new AbortController().signal;

describe('a configuration on standard input', () => {
  it('is read to its end as UTF-8, even if a character is split', async () => {
    const bytes = Buffer.from('# größer\n');
    const halves = [bytes.subarray(0, 5), bytes.subarray(5)];
    assert.equal(await readStandardInput(Readable.from(halves), NEVER), '# größer\n');
  });

  it('is rejected if it is empty, for example because an earlier command in the pipe failed', async () => {
    await assert.rejects(readStandardInput(Readable.from([]), NEVER), {
      kind: 'usage',
      message: 'Standard input is empty. Pipe an Nginx configuration into `check -`.',
    });
  });

  it('is rejected if it is larger than a configuration in files may be', async () => {
    await assert.rejects(readStandardInput(createReadStream('/dev/zero'), NEVER), {
      kind: 'usage',
      message: 'The Nginx configuration on standard input cannot be read: it is larger than 8 MiB.',
    });
  });

  it('is no longer waited for after a signal', async () => {
    const stop = new AbortController();
    const reading = readStandardInput(new PassThrough(), stop.signal);
    const reason = new Error('stopped');
    stop.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
  });
});
