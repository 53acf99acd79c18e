import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Number of bytes read from the end of an error log, where the most important lines are. */
const LOG_TAIL_BYTES = 1_048_576;
const LOG_LINES = 200;

/** Path of the error log of the Nginx that uses this private folder. */
export function errorLogPath(folder: string): string {
  return join(folder, 'error.log');
}

/** Error log lines of level warn and above, at most the last 200; empty if there is no log. */
export async function readErrorLog(folder: string): Promise<string[]> {
  const text = await readTail(errorLogPath(folder)).catch(() => '');
  return text
    .split('\n')
    .filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line))
    .slice(-LOG_LINES);
}

async function readTail(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
