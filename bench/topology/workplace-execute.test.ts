import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { createScope } from './scope.ts';
import type { Warden } from './warden.ts';
import { atWorkplace, type Execute, fetchPlace, lostFolder, withPrivateFolder } from './workplace.ts';

const temporary = makeOpenFolder(join(tmpdir(), 'execute-test-'));
process.env.TMPDIR = temporary;
after(() => rmSync(temporary, { recursive: true, force: true }));
const cache = join(temporary, 'cache');
mkdirSync(cache);

const NEVER = new AbortController().signal;

/** Does this work in a folder of the cache, and checks that nothing is left. */
async function fetched<T>(
  work: (folder: string, execute: Execute) => Promise<T>,
  urgent = NEVER,
): Promise<T> {
  let folder = '';
  const result = await fetchPlace({ say: assert.fail, urgent })(cache, (at, execute) => {
    folder = at;
    assert.match(folder, /\/cache\/fetch-\w+$/);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    return work(at, execute);
  });
  assert.deepEqual([existsSync(folder), readdirSync(cache)], [false, []]);
  return result;
}

/** How a command ended that failed. */
async function failure(running: Promise<unknown>) {
  const error: Error & { stderr?: string; killed?: boolean } = await running.then(
    () => assert.fail(),
    (cause) => cause,
  );
  return { words: error.message.replace(/\d{2,}/, 'PID'), stderr: error.stderr, killed: error.killed };
}

describe('a command', () => {
  test('gives its stderr, or fails with it', async () => {
    await fetched(async (folder, execute) => {
      const options = { cwd: folder, env: { ...process.env, WORD: 'one' } };
      const script = 'echo "$WORD $(pwd)" >&2';
      assert.deepEqual(await execute('sh', ['-c', script], options), {
        stderr: `one ${realpathSync(folder)}\n`,
      });
      assert.deepEqual(await failure(execute('sh', ['-c', 'echo no luck >&2; exit 3'])), {
        words: 'sh (process PID) exited with code 3',
        stderr: 'no luck\n',
        killed: false,
      });
    });
  });

  test('is stopped after its time, or by its signal', async () => {
    await fetched(async (_, execute) => {
      const stopped = { words: 'sleep (process PID) was killed by SIGTERM', stderr: '', killed: true };
      assert.deepEqual(await failure(execute('sleep', ['60'], { timeout: 20 })), stopped);
      const stop = new AbortController();
      const running = failure(execute('sleep', ['60'], { signal: stop.signal }));
      stop.abort();
      assert.deepEqual(await running, stopped);
      assert.deepEqual(await execute('true', [], { timeout: 60_000, signal: NEVER }), { stderr: '' });
    });
  });

  test('is killed if the user is in a hurry', async () => {
    const urgent = new AbortController();
    const ended = await fetched((_, execute) => {
      const running = failure(execute('sleep', ['60']));
      urgent.abort();
      return running;
    }, urgent.signal);
    assert.deepEqual(ended, {
      words: 'sleep (process PID) was killed by SIGKILL',
      stderr: '',
      killed: false,
    });
  });
});

test('a workplace has a folder in the temporary folder, and is told of its loss once', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const sentence = await atWorkplace({ say: assert.fail, urgent: NEVER }, async ({ folder, processSet }) => {
    assert.match(folder, /\/nginx-ws-bench-\w+$/);
    t.mock.timers.tick(1000);
    assert.equal(processSet.hasUnexpectedExit(), false);
    rmSync(folder, { recursive: true });
    t.mock.timers.tick(999);
    assert.equal(processSet.hasUnexpectedExit(), false);
    t.mock.timers.tick(1);
    assert.equal(await processSet.unexpectedExit, lostFolder(folder));
    return folder;
  });
  assert.equal(existsSync(sentence), false);
  assert.deepEqual(readdirSync(temporary), ['cache']);
});

describe('a private folder', () => {
  /** A warden without a process. */
  function simulatedWarden(makeFolder: () => string) {
    const removed: string[] = [];
    const warden: Partial<Warden> = { makeFolder, removeFolder: async (folder) => void removed.push(folder) };
    return { warden: warden as Warden, removed };
  }

  test('is removed after the work, even if that fails', async () => {
    const folder = makeOpenFolder(join(temporary, 'private-'));
    const { warden, removed } = simulatedWarden(() => folder);
    assert.equal(await withPrivateFolder(createScope(), warden, NEVER, async (at) => at.folder), folder);
    const failing = withPrivateFolder(createScope(), warden, NEVER, () =>
      Promise.reject(new Error('a defect')),
    );
    await assert.rejects(failing, { message: 'a defect' });
    assert.deepEqual(removed, [folder, folder]);
    rmSync(folder, { recursive: true });
  });

  test('that cannot be made is a problem of the environment only if the system says so', async () => {
    for (const [error, expected] of [
      [Object.assign(new Error('full'), { code: 'ENOSPC' }), { kind: 'environment' }],
      [new Error('a defect'), { message: 'a defect' }],
    ] as const) {
      const { warden, removed } = simulatedWarden(() => {
        throw error;
      });
      await assert.rejects(
        withPrivateFolder(createScope(), warden, NEVER, () => assert.fail()),
        expected,
      );
      assert.deepEqual(removed, []);
    }
  });
});
