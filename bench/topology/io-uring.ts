import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bunHere } from './engine.ts';
import { BUN_ARGUMENTS } from './process.ts';

const PROBE = fileURLToPath(new URL('../../server/ring/probe.js', import.meta.url));

let known: string | null | undefined;

/**
 * Returns `available` if this system has io_uring, or the error with which it refuses it, such as `EPERM`. Null
 * without Bun, which is needed to use it. Tried once, in a separate process.
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
