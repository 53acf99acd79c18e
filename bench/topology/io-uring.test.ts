import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bunHere } from './engine.ts';
import type { ioUringHere } from './io-uring.ts';
import { BUN_ARGUMENTS } from './process.ts';

const PROBE = fileURLToPath(new URL('../../server/ring/probe.js', import.meta.url));

/** Returns the module as if it had not been used yet. */
async function unused(name: string): Promise<{ ioUringHere: typeof ioUringHere }> {
  const url = new URL(`./io-uring.js?${name}`, import.meta.url);
  return import(url.href);
}

test('io_uring is tried once in a process of Bun, whose last word counts', async (t) => {
  // Finds Bun before its processes are simulated.
  const bun = bunHere();
  const commands: unknown[] = [];
  let result = { status: 0, stdout: 'available\n' };
  t.mock.method(childProcess, 'spawnSync', (...command: unknown[]) => {
    commands.push(command);
    return result;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const first = await unused('first');
  const found = [first.ioUringHere(), first.ioUringHere()];
  result = { status: 0, stdout: 'EPERM\n' };
  found.push(first.ioUringHere(), (await unused('second')).ioUringHere());
  result = { status: 1, stdout: 'available\n' };
  found.push((await unused('third')).ioUringHere());
  const command = [bun?.command, [...BUN_ARGUMENTS, PROBE], { encoding: 'utf8', timeout: 5000 }];
  // If Bun is missing, test/on-bun.test.ts reports it.
  assert.deepEqual(
    [found, commands],
    bun === null
      ? [[null, null, null, null, null], []]
      : [
          ['available', 'available', 'available', 'EPERM', 'ENOSYS'],
          [command, command, command],
        ],
  );
});
