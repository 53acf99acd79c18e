import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/**
 * Setup of each test file in `npm test` (by --import): a time limit, and a separate temporary folder, so that no file
 * sees what another one leaves for a moment. Threads and forked processes of a test inherit --import, and must share
 * the folder of their file.
 */

/** A file may last this much longer than a single test. */
const GRACE_MS = 2000;

const file = process.argv[1] ?? '';
if (isMainThread && file.endsWith('.test.js')) {
  // The name is short, because socket paths in the folder are limited to about a hundred bytes.
  const folder = mkdtempSync(join(tmpdir(), 'nwb-test-'));
  // Nginx's workers, which are not root, must be able to enter it.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  endInTime();
}

/**
 * Node 20 and 22 end a file after --test-timeout; Node 24 only fails the test, and a server that the test left
 * open would keep the suite waiting forever. A loop that never yields is ended by the limit of CPU time in
 * package.json.
 */
function endInTime(): void {
  const option = process.execArgv.findLast((each) => each.startsWith('--test-timeout='));
  const timeoutMs = Number(option?.split('=')[1] ?? 0);
  // Node 24 passes 0 if there is no limit.
  if (timeoutMs === 0) return;
  const limitMs = timeoutMs + GRACE_MS;
  setTimeout(() => {
    console.error(`${file} was ended after ${limitMs} ms.`);
    process.exit(1);
  }, limitMs).unref();
}
