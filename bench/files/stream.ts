import { addAbortSignal, type Readable } from 'node:stream';
import { tooLarge, unreadable } from './regular-file.ts';

/**
 * Reads a stream to its end, and destroys it if that fails or it is longer than allowed.
 *
 * @param maxBytes the most that is read, in bytes
 * @throws UnreadableFile if it cannot be read or is longer, or the signal's reason if it is stopped
 */
export async function readStream(stream: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const chunks: Buffer[] = [];
  let length = 0;
  const source: AsyncIterable<Buffer | string> = addAbortSignal(signal, stream);
  try {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk);
      length += bytes.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(error);
  }
  return Buffer.concat(chunks, length);
}
