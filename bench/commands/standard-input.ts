import type { Readable } from 'node:stream';
import { UnreadableFile } from '../files/regular-file.ts';
import { readStream } from '../files/stream.ts';
import { Problem } from '../model/failure.ts';
import { MAX_CONFIGURATION_BYTES } from '../nginx/include.ts';

/**
 * Reads a configuration from standard input, up to the maximum size of one in files.
 *
 * @throws Problem('usage') if it cannot be read or is larger, or the signal's reason if it is stopped
 */
export async function readStandardInput(stream: Readable, signal: AbortSignal): Promise<string> {
  try {
    return (await readStream(stream, MAX_CONFIGURATION_BYTES, signal)).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw new Problem(
      'usage',
      `The Nginx configuration on standard input cannot be read: ${cause.message}.`,
      {
        cause,
      },
    );
  }
}
