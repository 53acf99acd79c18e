import { addAbortSignal, type Readable } from 'node:stream';
import { tooLarge, unreadable } from './regular-file.ts';

/**
 * Reads a stream to its end. Destroys the stream if reading fails or if it is longer than allowed.
 *
 * @param maxBytes maximum number of bytes to read
 * @throws UnreadableFile if the stream cannot be read or is longer; the signal's reason if the signal aborts
 *   reading
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
