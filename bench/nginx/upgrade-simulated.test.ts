import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Upgradable, upgradeBinary } from './upgrade.ts';

/** Pids that no process has. */
const [OLD, NEW] = [999_999_998, 999_999_999];
const BINARY = {
  ...{ path: '/old', version: '1.0.0', openssl: null, buildArguments: '', modulesPath: null },
  ...{ streamModule: null, libraryPath: null, origin: null },
};

/** Simulates an Nginx without workers. `onUpgrade` is what it does on SIGUSR2. */
async function simulate(
  t: TestContext,
  onUpgrade: (folder: string) => Promise<unknown>,
  workers = 0,
  onSignal: (signal: string) => void = () => {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'nginx.pid'), `${OLD}\n`);
  await writeFile(join(folder, 'error.log'), '[emerg] 1#1: before\n');
  const told: unknown[] = [];
  let done: Promise<unknown> = Promise.resolve();
  t.mock.method(process, 'kill', (pid: number, signal: string) => {
    told.push([signal, pid]);
    onSignal(signal);
    if (signal === 'SIGUSR2') done = onUpgrade(folder);
    return true;
  });
  const nginx: Upgradable = {
    ...{ folder, binary: BINARY, masters: [{ name: 'nginx master', pid: OLD }], workers },
    processSet: {
      watch: ({ name, pid }) => void told.push(['watch', name, pid]),
      expectExit: ({ name, pid }) => void told.push(['expect', name, pid]),
    },
    redactLine: (line) => line.replaceAll('secret', '***'),
  };
  const upgrade = async (signal = new AbortController().signal) => {
    try {
      await upgradeBinary(nginx, { ...BINARY, path: '/new', version: '2.0.0' }, signal);
    } finally {
      await done;
    }
  };
  return { nginx, told, upgrade, link: () => readlink(join(folder, 'nginx')) };
}

const becomes = (pid: number) => (folder: string) => writeFile(join(folder, 'nginx.pid'), `${pid}\n`);

test('the old master is told to upgrade, to retire its workers and to exit, in this order', async (t) => {
  const { nginx, told, upgrade, link } = await simulate(t, becomes(NEW));
  await upgrade();
  assert.deepEqual(told, [
    ['SIGUSR2', OLD],
    ['watch', 'nginx master 2', NEW],
    ['expect', 'nginx master', OLD],
    ['SIGWINCH', OLD],
    ['SIGQUIT', OLD],
  ]);
  assert.deepEqual(nginx.masters, [
    { name: 'nginx master', pid: OLD },
    { name: 'nginx master 2', pid: NEW },
  ]);
  assert.equal(await link(), '/new');
});

test('a new master is waited for, as long as the old one’s pid file has another name', async (t) => {
  let path = '';
  const { told, upgrade } = await simulate(t, async (folder) => {
    path = join(folder, 'nginx.pid');
    renameSync(path, `${path}.oldbin`);
  });
  let readings = 0;
  t.mock.method(performance, 'now', () => {
    readings += 1;
    // Between the first look and the second.
    if (readings === 3) writeFileSync(path, `${NEW}\n`);
    return 0;
  });
  await upgrade();
  assert.deepEqual(told[1], ['watch', 'nginx master 2', NEW]);
});

test('an Nginx without a pid file is upgraded as soon as there is one', async (t) => {
  const { nginx, told, upgrade } = await simulate(t, becomes(NEW));
  await rm(join(nginx.folder, 'nginx.pid'));
  await upgrade();
  assert.deepEqual(told.at(-1), ['SIGQUIT', OLD]);
});

test('a new master has 15 seconds to start all of its workers', async (t) => {
  const { told, upgrade, link } = await simulate(t, becomes(NEW), 1);
  let clock = 0;
  const now = t.mock.method(performance, 'now', () => (clock += 5000));
  await assert.rejects(upgrade(), { kind: 'configuration' });
  // Once for the limit, and once before each look.
  assert.equal(now.mock.callCount(), 4);
  assert.deepEqual([told, await link()], [[['SIGUSR2', OLD]], '/old']);
});

test('the old master exits only after its workers have begun to shut down, or after two seconds', async (t) => {
  const exiting = 'nginx: worker process is shutting down';
  /** How often the time is read between the signals, if the old workers have these titles. */
  const readings = async (...titles: string[]) => {
    let clock = 0;
    const now = t.mock.method(performance, 'now', () => (clock += 1000));
    const counts = new Map<string, number>();
    const { nginx, upgrade } = await simulate(t, becomes(NEW), 0, (signal) =>
      counts.set(signal, now.mock.callCount()),
    );
    nginx.masters = [{ name: 'nginx master', pid: process.pid }];
    const workers = titles.map((title) => spawn('sleep', ['60'], { argv0: title, stdio: 'ignore' }));
    try {
      await Promise.all(workers.map((worker) => once(worker, 'spawn')));
      await upgrade();
    } finally {
      for (const worker of workers) worker.kill('SIGKILL');
      now.mock.restore();
    }
    return (counts.get('SIGQUIT') ?? 0) - (counts.get('SIGWINCH') ?? 0);
  };
  // Once for the limit, and once before each look at the workers.
  assert.equal(await readings(exiting, exiting), 2);
  assert.equal(await readings('nginx: worker process', exiting), 3);
});

test('an upgrade that fails restores the binary, and reports only what was logged since', async (t) => {
  const failing = async (log: string) => {
    const { nginx, told, upgrade, link } = await simulate(t, async (folder) => {
      await writeFile(join(folder, 'error.log'), `[emerg] 1#1: before\n${log.replaceAll('FOLDER', folder)}`);
      // The time of a change has a resolution of some milliseconds.
      const before = statSync(join(folder, 'nginx.pid')).ctimeMs;
      do await becomes(OLD)(folder);
      while (statSync(join(folder, 'nginx.pid')).ctimeMs === before);
    });
    const error = await upgrade().catch((each: unknown) => each);
    assert.deepEqual([told, nginx.masters.length, await link()], [[['SIGUSR2', OLD]], 1, '/old']);
    assert.equal((error as { kind?: string }).kind, 'configuration');
    return /\((.*)\)/.exec((error as Error).message)?.[1];
  };
  assert.equal(
    await failing(
      '[emerg] 2#2: first\nx [alert] 2#22: secret in FOLDER/a and FOLDER/b\n[error] 2#2: after\n',
    ),
    '*** in a and b',
  );
  assert.equal(await failing('[crit] plain\n'), 'plain');
  assert.equal(await failing('[warn] 2#2: w\n'), 'it left no message');
});

test('an upgrade ends with the run, and with the old binary', async (t) => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  const { told, upgrade, link } = await simulate(t, async () => stop.abort(reason), 1);
  await assert.rejects(upgrade(stop.signal), reason);
  assert.deepEqual([told, await link()], [[['SIGUSR2', OLD]], '/old']);
});

test('an Nginx that has exited cannot be upgraded', async (t) => {
  const { upgrade } = await simulate(t, async () => {});
  t.mock.method(process, 'kill', () => {
    throw new Error('ESRCH');
  });
  await assert.rejects(upgrade(), { kind: 'died' });
});

test('without a master, nothing is upgraded', async (t) => {
  const { nginx, told, upgrade, link } = await simulate(t, async () => {});
  nginx.masters.pop();
  await assert.rejects(upgrade(), TypeError);
  await assert.rejects(link(), { code: 'ENOENT' });
  assert.deepEqual(told, []);
});
