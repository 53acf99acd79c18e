import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, launchNode } from './process.ts';
import { isPrivateFolder, PRIVATE_FOLDER_PREFIX, startWarden } from './warden.ts';

/** What a bench does, as far as its warden can see: a warden, a child with a child of its own, a folder. */
const BENCH = `
  const { launch } = await import(process.argv[1] + '/process.js');
  const { startWarden } = await import(process.argv[1] + '/warden.js');
  const { mkdtempSync, writeFileSync } = await import('node:fs');
  const warden = await startWarden();
  const child = launch({ name: 'c', component: 'proxy', command: 'sh', cpus: null, ipc: false, stdout: 'pipe',
    args: ['-c', 'trap "" TERM HUP; sleep 120 & echo $!; wait'] });
  warden.watch(child.pid);
  const folder = mkdtempSync(process.argv[2]);
  warden.own(folder);
  writeFileSync(folder + '/file', 'x');
  child.child.stdout.once('data', (line) =>
    process.send({ warden: warden.pid, child: child.pid, grandchild: Number(line), folder }));
`;

interface Bench {
  warden: number;
  child: number;
  grandchild: number;
  folder: string;
}

const isDead = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return process.platform === 'linux';
  }
};

/** Waits for a fact, five seconds at most. */
async function until(fact: () => boolean, what: string): Promise<void> {
  for (let left = 500; left > 0; left--) {
    if (fact()) return;
    await sleep(10);
  }
  assert.fail(`still not so: ${what}`);
}

async function privateFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), PRIVATE_FOLDER_PREFIX));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('warden', () => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const) {
    it(`leaves nothing behind a bench that died of ${signal}, itself included`, async (t) => {
      const bench = launchNode(import.meta.dirname, {
        name: 'bench',
        component: 'runner',
        nodeArguments: ['--input-type=module', '-e', BENCH],
        args: [join(tmpdir(), PRIVATE_FOLDER_PREFIX)],
        cpus: null,
        ipc: true,
      });
      t.after(() => bench.stop('SIGKILL', 0));
      const [told] = (await once(bench.child, 'message')) as [Bench];
      assert.deepEqual(
        [isDead(told.warden), isDead(told.child), isDead(told.grandchild)],
        [false, false, false],
      );
      assert.ok(existsSync(join(told.folder, 'file')));
      process.kill(bench.pid, signal);
      await bench.exited;
      await until(() => isDead(told.warden), 'the warden is gone');
      assert.deepEqual([isDead(told.child), isDead(told.grandchild)], [true, true]);
      assert.equal(existsSync(told.folder), false);
    });
  }

  it('lets go of what it is told to forget', async (t) => {
    const warden = await startWarden();
    const folder = await privateFolder(t);
    const child = launch({
      name: 'c',
      component: 'server',
      command: 'sleep',
      args: ['60'],
      cpus: null,
      ipc: false,
    });
    t.after(() => child.stop('SIGKILL', 0));
    warden.watch(child.pid);
    warden.own(folder);
    warden.forget(child.pid);
    warden.disown(folder);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.equal(isDead(child.pid), false);
    assert.ok(existsSync(folder));
  });

  it('cleans up what it still holds when it is closed, and is not stopped by a signal', async (t) => {
    const warden = await startWarden();
    const folder = await privateFolder(t);
    warden.own(folder);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(warden.pid, signal);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.equal(existsSync(folder), false);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.doesNotThrow(() => warden.watch(1));
  });

  it('takes only private folders', async (t) => {
    const folder = await privateFolder(t);
    mkdirSync(join(folder, `${PRIVATE_FOLDER_PREFIX}inner`));
    writeFileSync(join(folder, 'file'), '');
    assert.equal(isPrivateFolder(folder), true);
    for (const path of [
      '/',
      tmpdir(),
      `${folder}/../${PRIVATE_FOLDER_PREFIX}x`,
      join(folder, `${PRIVATE_FOLDER_PREFIX}inner`),
      `${folder}-not-there`,
      `${folder}/`,
      '',
    ]) {
      assert.equal(isPrivateFolder(path), false, path);
    }
    const warden = await startWarden();
    t.after(() => warden.close());
    assert.throws(() => warden.own('/'), TypeError);
  });
});
