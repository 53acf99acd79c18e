import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOpenFolder } from '../../test/folder.ts';
import { processesUsing } from './experiment.test.fixture.ts';

const RUNNER = new URL('./runner.test.fixture.js', import.meta.url);
/** The clean-up takes at most 10 s. */
const PATIENCE_MS = 12_000;

/** Waits until no process uses the folder, and it is empty. */
async function whatIsLeft(folder: string): Promise<{ pids: number[]; files: string[] }> {
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(50)) {
    const left = { pids: await processesUsing(folder), files: await readdir(folder) };
    if ((left.pids.length === 0 && left.files.length === 0) || performance.now() > end) return left;
  }
}

describe('a runner that is killed by SIGKILL leaves no process and no folder', { concurrency: 3 }, () => {
  for (const [phase, line, leastProcesses] of [
    ['set-up', '--profile plain -c 40 -d 60s', 1],
    ['steady', '--profile load-balanced -c 40 -w 0ms -d 60s --nginx-workers 2 --workers 2 --no-http', 9],
    ['tear-down', '--profile plain -c 40 -w 0ms -d 100ms --no-http', 1],
  ] as const) {
    it(`in ${phase}`, async (t) => {
      const folder = makeOpenFolder(join(tmpdir(), 'orphan-test-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const runner = fork(RUNNER, [line, phase], { env: { ...process.env, TMPDIR: folder } });
      t.after(() => runner.kill('SIGKILL'));
      assert.deepEqual(await once(runner, 'message'), [phase, undefined]);
      const exited = once(runner, 'exit');
      const before = await processesUsing(folder);
      assert.ok(before.length >= leastProcesses, `${before.length} processes`);
      runner.kill('SIGKILL');
      assert.deepEqual(await exited, [null, 'SIGKILL']);
      assert.deepEqual(await whatIsLeft(folder), { pids: [], files: [] });
    });
  }
});
