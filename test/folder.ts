import { chmodSync, mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../bench/model/result.ts';
import { makeResultWriter } from '../bench/store/writer.ts';

/**
 * Creates a folder, like mkdtemp(3), in which Nginx can run. If the tests run as root, its workers do not, and must be
 * able to enter the folder.
 */
export function makeOpenFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o711);
  return folder;
}

/**
 * Calls a function with a new folder, which is always removed afterwards.
 *
 * @param within parent folder for a test that acts as another user, because not everybody may enter the temporary
 *   folder of a session
 */
export async function inFolder(
  work: (folder: string) => Promise<void>,
  within: string = tmpdir(),
): Promise<void> {
  const folder = await mkdtemp(join(within, 'nginx-ws-bench-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Saves a result with the events of an experiment, like the benchmark. One without an end is left open. */
export async function storeResult(folder: string, result: Result): Promise<void> {
  const { runs, endedAt, conclusions, ...head } = result;
  const writer = makeResultWriter(folder, head);
  await writer.begin();
  for (const [index, run] of runs.entries()) {
    const { plan } = run;
    await writer.listen({ type: 'run-planned', number: index + 1, expectedRuns: runs.length, plan });
    await writer.listen({ type: 'run-ended', number: index + 1, run });
    await writer.listen({ type: 'concluded', conclusions });
  }
  if (endedAt !== null) await writer.end(endedAt);
}
