import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';

const NOT_REGULAR = 'it is a pipe or a device, but only regular files can be read';

/** States why a file cannot be read. Its message completes a sentence: `… cannot be read: ${message}.` */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/**
 * Reads a file named by the user or in a configuration. Pipes and devices are not read: a pipe would block
 * the benchmark, and a device has no end.
 *
 * @throws UnreadableFile also for a file that is larger than `maxBytes`
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  let file: FileHandle | null = null;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer. O_NOCTTY prevents a terminal from becoming
    // the benchmark's controlling terminal.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const facts = await file.stat();
    if (facts.isDirectory()) throw new UnreadableFile('it is a folder');
    if (!facts.isFile()) throw new UnreadableFile(NOT_REGULAR);
    return await readBounded(file, facts.size, maxBytes);
  } catch (error) {
    throw unreadable(error);
  } finally {
    await file?.close();
  }
}

/** Files in /proc report a size of 0, and other files may grow while they are being read. */
async function readBounded(file: FileHandle, size: number, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.min(Math.max(size, 4096), maxBytes) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(maxBytes);
    if (bytesRead === 0 || length === buffer.length) break;
  }
  return buffer.subarray(0, length);
}

/**
 * Reads a stream to its end. Destroys the stream if reading fails or if it is longer than `maxBytes`.
 *
 * @param maxBytes maximum number of bytes to read
 * @throws UnreadableFile if the stream cannot be read or is too long; the signal's reason if the signal aborts
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

/** @param maxBytes the limit that was exceeded, in bytes */
function tooLarge(maxBytes: number): UnreadableFile {
  return new UnreadableFile(`it is larger than ${shownBytes(maxBytes)}`);
}

function shownBytes(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.floor(bytes / 1_048_576)} MiB` : `${bytes} bytes`;
}

const REASONS: Record<string, string> = {
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user is not allowed to read it',
  EPERM: 'this user is not allowed to read it',
  ENXIO: NOT_REGULAR,
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
};

/** Converts a read error to one that states the reason. Returns an UnreadableFile unchanged. */
function unreadable(error: unknown): UnreadableFile {
  return error instanceof UnreadableFile ? error : new UnreadableFile(reasonOf(error), { cause: error });
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
