import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bunHere } from './engine.ts';
import { BUN_ARGUMENTS } from './process.ts';

const PROBE = fileURLToPath(new URL('../../server/ring/probe.js', import.meta.url));

let known: string | null | undefined;

/**
 * Returns `available` if io_uring can be used on this system, otherwise the error with which the system
 * refuses io_uring, such as `EPERM`. Returns null without Bun, because only Bun can use io_uring. The test
 * runs only once, in a separate process.
 */
export function ioUringHere(): string | null {
  if (known === undefined) known = probe();
  return known;
}

function probe(): string | null {
  const bun = bunHere();
  if (bun === null) return null;
  const { status, stdout } = spawnSync(bun.command, [...BUN_ARGUMENTS, PROBE], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  return status === 0 ? stdout.trim() : 'ENOSYS';
}
