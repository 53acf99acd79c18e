import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOpenFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { identityOf, thisOwner } from './owner.ts';
import {
  createPrivateFolder,
  isPrivateFolder,
  PRIVATE_FOLDER_PREFIX,
  sweepAbandoned,
} from './private-folder.ts';
import { type Launched, launch, launchNode } from './process.ts';
import { startWarden } from './warden.ts';

/** Simulates a benchmark: a clean-up process, a child with its own child, and a folder. */
const BENCH = `
  const { launch } = await import(process.argv[1] + '/process.js');
  const { startWarden } = await import(process.argv[1] + '/warden.js');
  const { writeFileSync } = await import('node:fs');
  const warden = await startWarden(() => {});
  const folder = warden.makeFolder();
  const child = launch({ name: 'c', component: 'proxy', command: 'sh', cpus: null, ipc: false, stdout: 'pipe',
    args: ['-c', 'trap "" TERM HUP; sleep 120 & echo $!; wait'] });
  warden.watch(child.pid);
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

/** Waits for a fact, a minute at most. */
async function until(fact: () => boolean, what: string): Promise<void> {
  for (let left = 6_000; left > 0; left--) {
    if (fact()) return;
    await sleep(10);
  }
  assert.fail(`still not so: ${what}`);
}

/** Creates a folder that replaces the system's temporary folder, in this process and its children. */
async function temporaryFolder(t: TestContext): Promise<string> {
  const before = process.env.TMPDIR;
  const folder = makeOpenFolder(join(tmpdir(), 'warden-test-'));
  process.env.TMPDIR = folder;
  t.after(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

async function startBench(t: TestContext): Promise<{ bench: Launched; told: Bench }> {
  const bench = launchNode(import.meta.dirname, {
    name: 'bench',
    component: 'runner',
    nodeArguments: ['--input-type=module', '-e', BENCH],
    args: [],
    cpus: null,
    ipc: true,
  });
  t.after(() => bench.stop('SIGKILL', 0));
  const [told] = (await once(bench.child, 'message')) as [Bench];
  assert.deepEqual([isDead(told.warden), isDead(told.child), isDead(told.grandchild)], [false, false, false]);
  assert.ok(existsSync(join(told.folder, 'file')));
  return { bench, told };
}

function sleeper(t: TestContext): Launched {
  const child = launch({
    ...{ name: 'c', component: 'server', command: 'sleep', args: ['60'], cpus: null, ipc: false },
  });
  t.after(() => child.stop('SIGKILL', 0));
  return child;
}

describe('warden', () => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const) {
    it(`removes everything after the benchmark died of ${signal}, and exits`, async (t) => {
      await temporaryFolder(t);
      const { bench, told } = await startBench(t);
      process.kill(bench.pid, signal);
      await bench.exited;
      await until(() => isDead(told.warden), 'the warden is gone');
      assert.deepEqual([isDead(told.child), isDead(told.grandchild)], [true, true]);
      assert.equal(existsSync(told.folder), false);
    });
  }

  it('is replaced if it is killed, and its replacement knows everything that it knew', async (t) => {
    await temporaryFolder(t);
    const said: string[] = [];
    const warden = await startWarden((line) => said.push(line));
    const child = sleeper(t);
    const folder = warden.makeFolder();
    warden.watch(child.pid);
    const { pid } = warden;
    await sleep(1_100);
    process.kill(pid, 'SIGKILL');
    await until(() => said.length > 0, 'it is said');
    assert.deepEqual(said, [`The clean-up process (process ${pid}) was killed by SIGKILL and was replaced.`]);
    assert.notEqual(warden.pid, pid);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.deepEqual([isDead(child.pid), existsSync(folder)], [true, false]);
  });

  it('cleans up after a benchmark that was killed together with its clean-up process', async (t) => {
    const temporary = await temporaryFolder(t);
    const { bench, told } = await startBench(t);
    process.kill(told.warden, 'SIGSTOP');
    process.kill(bench.pid, 'SIGKILL');
    await bench.exited;
    process.kill(told.warden, 'SIGKILL');
    await until(() => isDead(told.warden), 'the warden is gone');
    assert.deepEqual([isDead(told.child), existsSync(told.folder)], [false, true]);
    const said: string[] = [];
    const next = await startWarden((line) => said.push(line));
    assert.match(
      said.join(),
      /^A bench that was killed left [^,]+ behind\. This bench removed it and ended [^,]+ that used it\./,
    );
    assert.deepEqual([isDead(told.child), isDead(told.grandchild)], [true, true]);
    assert.deepEqual(readdirSync(temporary), []);
    await next.close();
  });

  it('removes nothing that is not provably ours and abandoned', async (t) => {
    const temporary = await temporaryFolder(t);
    const owner = thisOwner();
    assert.ok(owner);
    const child = sleeper(t);
    const { start } = identityOf(child.pid) ?? assert.fail();
    const gone = { ...owner, start: '1' };
    const folders = {
      inUse: owner,
      'of another machine': { ...gone, host: 'elsewhere' },
      'of another container': { ...gone, namespace: 'pid:[1]' },
      'writable by others': gone,
      'behind a link': gone,
      abandoned: gone,
    };
    for (const [name, record] of Object.entries(folders)) {
      const folder = createPrivateFolder(temporary, PRIVATE_FOLDER_PREFIX);
      const group = { pid: child.pid, start: name === 'abandoned' ? `${start}0` : start };
      writeFileSync(
        join(folder, '.nginx-ws-bench-owner'),
        `${JSON.stringify(record)}\n${JSON.stringify(group)}\n`,
      );
      renameSync(folder, join(temporary, name === 'behind a link' ? 'real' : PRIVATE_FOLDER_PREFIX + name));
    }
    chmodSync(join(temporary, `${PRIVATE_FOLDER_PREFIX}writable by others`), 0o777);
    symlinkSync(join(temporary, 'real'), join(temporary, `${PRIVATE_FOLDER_PREFIX}behind a link`));
    mkdirSync(join(temporary, `${PRIVATE_FOLDER_PREFIX}somebody's`));
    writeFileSync(join(temporary, `${PRIVATE_FOLDER_PREFIX}somebody's`, 'file'), '');
    const before = readdirSync(temporary);
    const said = await sweepAbandoned(temporary, PRIVATE_FOLDER_PREFIX);
    assert.deepEqual(said, [
      `A bench that was killed left ${join(temporary, PRIVATE_FOLDER_PREFIX)}abandoned behind. This bench removed it.`,
    ]);
    assert.deepEqual(
      readdirSync(temporary),
      before.filter((name) => name !== `${PRIVATE_FOLDER_PREFIX}abandoned`),
    );
    assert.equal(isDead(child.pid), false, 'its number is the same, and it is another process');
  });

  it('eventually removes an empty folder whose creator was killed before writing its record', async (t) => {
    const temporary = await temporaryFolder(t);
    const folders = ['fresh', 'old'].map((name) => join(temporary, PRIVATE_FOLDER_PREFIX + name));
    for (const folder of folders) mkdirSync(folder, { mode: 0o700 });
    utimesSync(folders[1] ?? '', 0, 0);
    assert.deepEqual(await sweepAbandoned(temporary, PRIVATE_FOLDER_PREFIX), []);
    assert.deepEqual(readdirSync(temporary), [`${PRIVATE_FOLDER_PREFIX}fresh`]);
  });

  it('ignores what it is told to forget', async (t) => {
    await temporaryFolder(t);
    const warden = await startWarden(assert.fail);
    const folder = warden.makeFolder();
    const child = sleeper(t);
    warden.watch(child.pid);
    warden.forget(child.pid);
    await warden.removeFolder(folder);
    mkdirSync(folder);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.equal(isDead(child.pid), false);
    assert.ok(existsSync(folder));
  });

  it('cleans up everything left when it is closed, and is not stopped by a signal', async (t) => {
    await temporaryFolder(t);
    const warden = await startWarden(assert.fail);
    const folder = warden.makeFolder();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(warden.pid, signal);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.equal(existsSync(folder), false);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.doesNotThrow(() => warden.watch(1));
  });

  it('accepts only private folders', async (t) => {
    const folder = createPrivateFolder(await temporaryFolder(t), PRIVATE_FOLDER_PREFIX);
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
  });

  it('reports a temporary folder whose path is too long for sockets', async (t) => {
    const temporary = await temporaryFolder(t);
    // 15 for the private folder's prefix, 6 for its random end, 15 for the longest name, and three slashes
    process.env.TMPDIR = join(temporary, 'x'.repeat(107 - 39 - Buffer.byteLength(temporary)));
    mkdirSync(process.env.TMPDIR);
    const warden = await startWarden(assert.fail);
    await warden.close();
    process.env.TMPDIR += 'x';
    mkdirSync(process.env.TMPDIR);
    await assert.rejects(startWarden(assert.fail), (error) => {
      assert.ok(error instanceof Problem, String(error));
      assert.match(error.message, /^The path of the temporary folder \S+ is too long/);
      return error.kind === 'environment';
    });
  });

  it('cleans up folders whose path has spaces, quotes and letters of other languages', async (t) => {
    const temporary = await temporaryFolder(t);
    // Short, because the path must leave room for those of sockets.
    process.env.TMPDIR = join(temporary, ` '"$(x)ä*`);
    mkdirSync(process.env.TMPDIR);
    const warden = await startWarden(assert.fail);
    const [kept, removed, left] = [warden.makeFolder(), warden.makeFolder(), warden.makeFolder()];
    await warden.removeFolder(removed);
    renameSync(kept, join(temporary, 'kept'));
    symlinkSync(join(temporary, 'kept'), kept);
    assert.deepEqual(await warden.close(), { code: 0, signal: null });
    assert.deepEqual([existsSync(kept), existsSync(removed), existsSync(left)], [true, false, false]);
  });

  it('leaves a folder to which others can write, and refuses to make one whose path contains a line break', async (t) => {
    const parent = join(await temporaryFolder(t), 'x\nforget 1');
    mkdirSync(parent);
    const warden = await startWarden(assert.fail);
    const [group, everybody, own] = [warden.makeFolder(), warden.makeFolder(), warden.makeFolder()];
    chmodSync(group, 0o720);
    chmodSync(everybody, 0o702);
    chmodSync(own, 0o711);
    assert.throws(() => warden.makeFolder(parent), /line break/);
    await warden.close();
    assert.deepEqual(
      [group, everybody, own].map((each) => existsSync(each)),
      [true, true, false],
    );
  });

  it('refuses a temporary folder whose path contains a line break', async (t) => {
    process.env.TMPDIR = join(await temporaryFolder(t), 'two\nlines');
    mkdirSync(process.env.TMPDIR);
    await assert.rejects(
      startWarden(assert.fail),
      (error) => error instanceof Problem && error.kind === 'environment' && /line break/.test(error.message),
    );
  });

  for (const [what, path] of [
    ['is missing', (temporary: string) => join(temporary, 'none')],
    ['is a file', (temporary: string) => join(temporary, 'file')],
    ['takes nothing', () => '/proc'],
  ] as const) {
    it(`reports a temporary folder that ${what}`, async (t) => {
      const temporary = await temporaryFolder(t);
      writeFileSync(join(temporary, 'file'), '');
      process.env.TMPDIR = path(temporary);
      await assert.rejects(startWarden(assert.fail), (error) => {
        assert.ok(error instanceof Problem, String(error));
        assert.match(error.message, /^The temporary folder \S+ cannot be used: .*\bTMPDIR\b/);
        return error.kind === 'environment';
      });
    });
  }
});
