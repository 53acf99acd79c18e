import { readFileSync } from 'node:fs';

/**
 * A file of procfs, synchronously: it is answered from memory, and all processes are to be seen at the same
 * moment. Empty where it cannot be read.
 */
export function readNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
