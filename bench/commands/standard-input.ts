import type { Readable } from 'node:stream';
import { readStream, UnreadableFile } from '../files/regular-file.ts';
import { Problem } from '../model/failure.ts';
import { MAX_CONFIGURATION_BYTES } from '../nginx/include.ts';

/**
 * Reads a configuration from standard input. The size limit is the same as for configuration files. Empty or
 * closed standard input, or a folder, counts as no configuration.
 *
 * @throws Problem('usage') if there is no configuration, or if the input cannot be read or is too large; the
 * signal's reason if the signal aborts
 */
export async function readStandardInput(stream: Readable, signal: AbortSignal): Promise<string> {
  const bytes = await readStream(stream, MAX_CONFIGURATION_BYTES, signal).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    const message = `The Nginx configuration on standard input cannot be read: ${cause.message}.`;
    throw new Problem('usage', message, { cause });
  });
  if (bytes.length > 0) return bytes.toString('utf8');
  throw new Problem('usage', 'Standard input is empty. Pipe an Nginx configuration into `check -`.');
}
