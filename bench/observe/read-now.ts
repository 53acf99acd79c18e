import { readFileSync } from 'node:fs';

/**
 * Reads a file of procfs synchronously. Reads are served from memory, and all processes should be sampled at
 * the same moment. Empty if it cannot be read.
 */
export function readNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
