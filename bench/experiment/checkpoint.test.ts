import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeOpenFolder } from '../../test/folder.ts';
import { conservationOf } from '../measure/conservation.ts';
import { counted } from '../model/recording.ts';
import type { Result } from '../model/result.ts';
import { OUTPUTS } from '../report/outputs.ts';
import { readResult } from '../store/read.ts';
import { startCheckpoints } from './checkpoint.ts';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
const PATIENCE_MS = 40_000;

describe('checkpoints', () => {
  it('are written one after another, continue after a failure, and end', async () => {
    let under = 0;
    let saves = 0;
    const stop = startCheckpoints(async () => {
      assert.equal(under++, 0);
      await sleep(1);
      under--;
      if (++saves === 1) throw new Error('no space');
    }, 5);
    while (saves < 3) await sleep(5);
    await stop();
    assert.equal(under, 0);
    const before = saves;
    await sleep(300);
    assert.equal(saves, before);
  });

  it('that is in progress is awaited', async () => {
    let done = false;
    const stop = startCheckpoints(async () => {
      await sleep(50);
      done = true;
    }, 1);
    await sleep(20);
    await stop();
    assert.ok(done);
  });
});

/** Waits for a result that contains measurements of the current run. */
async function resultWithARun(reports: string): Promise<{ folder: string; result: Result }> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(100)) {
    const [name] = await readdir(reports).catch((): string[] => []);
    if (name === undefined) continue;
    const folder = join(reports, name);
    const result = await readResult(folder).catch(() => null);
    if (result?.runs[0]?.slices.some(({ phase }) => phase === 'steady')) return { folder, result };
  }
  throw new Error('no checkpoint came');
}

it('a benchmark that is killed during a run keeps its measurements, from which a report can be created', async (t) => {
  const reports = makeOpenFolder(join(tmpdir(), 'checkpoint-test-'));
  t.after(() => rm(reports, { recursive: true, force: true }));
  const line = `-p direct -c 20 -w 500ms -d 60s -R 200 --reports ${reports}`;
  const bench = spawn(process.execPath, [CLI, ...line.split(' ')], { stdio: 'ignore' });
  const exited = once(bench, 'exit');
  t.after(() => bench.kill('SIGKILL'));
  await resultWithARun(reports);
  bench.kill('SIGKILL');
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  const { result } = await resultWithARun(reports);
  const [run] = result.runs;
  assert.ok(run);
  assert.equal(result.endedAt, null);
  assert.deepEqual(run.outcome, { state: 'aborted', reason: 'the bench was killed during the run.' });
  assert.equal(run.validity.verdict, 'suspect');
  assert.equal(run.workers[0]?.opened, 20);
  const { ok, total } = conservationOf(run);
  assert.ok(ok && counted(total.counts, 'echoed') > 0);
  assert.match(OUTPUTS.html(result)[0]?.text ?? '', /killed during the run/);
});
