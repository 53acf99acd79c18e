import { chmodSync, mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../bench/model/result.ts';
import { makeResultWriter } from '../bench/store/writer.ts';

/**
 * Makes a folder, like mkdtemp(3), in which Nginx may run: where the tests are root its workers are not, and have to
 * pass through.
 */
export function makeOpenFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o711);
  return folder;
}

/**
 * Hands in a new folder that is gone afterwards, whatever happens.
 *
 * @param within for a test that acts as another user: a folder that everybody may enter, as the temporary
 *   folder of a session may not be
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

/** Saves a result as a bench does, by the events of its experiment; one without an end is left open. */
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
