import { readFileSync } from 'node:fs';

/**
 * Reads a file in procfs synchronously, because all processes should be sampled at the same moment, and such
 * reads are served from memory. Empty if the file cannot be read.
 */
export function readNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
