import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/', import.meta.url));

/**
 * Compares a text with the file of this name in `test/fixtures/`. To renew such a file, delete it: a file that
 * is not there is written, and the test fails once.
 */
export function assertGolden(name: string, text: string): void {
  const path = FIXTURES + name;
  const golden = read(path);
  if (golden === null) writeFileSync(path, text);
  assert.equal(text, golden, `${name}: look at the difference, and keep it if it is meant`);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
