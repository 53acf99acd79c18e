import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { freePorts } from '../topology/ports.ts';
import type { Launched, LaunchOptions } from '../topology/process.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import {
  checkNginx,
  REJECTED_BY_NGINX,
  reload,
  roleOf,
  type StartOptions,
  startNginx,
  writeConfiguration,
} from './start.ts';

/** A pid that no process has. */
const PID = 999_999_999;
const BINARY = {
  ...{ path: '/nginx', version: '1.27.3', openssl: null, buildArguments: '', modulesPath: null },
  ...{ streamModule: null, libraryPath: null, origin: null },
};

/** Simulates a process that exits as given; null if it does not exit before it is stopped. */
function simulated(code: number | null, stderr: string, signal: NodeJS.Signals | null = null) {
  const launched: LaunchOptions[] = [];
  const stops: unknown[][] = [];
  let end = (_: unknown) => {};
  const launch = (options: LaunchOptions) => {
    launched.push(options);
    const exited = code === null && signal === null ? new Promise((done) => (end = done)) : { code, signal };
    return {
      ...{ name: options.name, pid: PID, exited: Promise.resolve(exited), stderrTail: () => stderr },
      async stop(...how: unknown[]) {
        stops.push(how);
        end({ code: 0, signal: null });
      },
    } as unknown as Launched;
  };
  return { launch, launched, stops };
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'start-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the configuration is checked with the paths of the run, and a reduced environment', async () => {
  const of = async (version: string) => {
    const { launch, launched } = simulated(0, '');
    assert.deepEqual(await checkNginx({ ...BINARY, version }, '/f/nginx.conf', '/f', [], launch), []);
    const [{ env, ...options } = assert.fail()] = launched;
    assert.equal(env?.PATH, process.env.PATH);
    assert.ok(Object.keys(env ?? {}).every((name) => /^(HOME|LANG|LC_|LD_|DYLD_|PATH|TMPDIR|TZ)/.test(name)));
    return options;
  };
  const expected = { name: 'nginx -t', component: 'proxy', command: '/nginx', cpus: null, ipc: false };
  const args = ['-t', '-p', '/f/', '-c', '/f/nginx.conf'];
  assert.deepEqual(await of('1.19.5'), { ...expected, args: [...args, '-e', '/f/error.log'] });
  assert.deepEqual(await of('1.19.4'), { ...expected, args });
});

test('a check that is silent for half a minute is stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { launch, stops } = simulated(null, '');
  const checked = checkNginx(BINARY, '/f/nginx.conf', '/f', [], launch);
  t.mock.timers.tick(29_999);
  assert.deepEqual(stops, []);
  t.mock.timers.tick(1);
  assert.deepEqual(stops, [['SIGTERM', 2000]]);
  assert.deepEqual(await checked, []);
});

const ORIGINS = [{ file: 'mine', line: 7 }, null];
/** Checks a configuration, with these lines from Nginx. */
function checked(code: number | null, lines: string[], signal: NodeJS.Signals | null = null) {
  const { launch } = simulated(code, lines.join('\n'), signal);
  return checkNginx(BINARY, '/f/nginx.conf', '/f', ORIGINS, launch);
}

test('warnings have their place in the user’s file, without the summary', async () => {
  assert.deepEqual(
    await checked(0, [
      'nginx: [warn] a in /f/nginx.conf:1, also /f/nginx.conf:2 and /f/nginx.conf:3',
      '',
      '  second',
      'nginx: /f/nginxXconf:1',
      'nginx: the configuration file /f/nginx.conf syntax is ok',
      'nginx: configuration file /f/nginx.conf test is successful',
    ]),
    ['[warn] a in mine:7, also /f/nginx.conf:2 and /f/nginx.conf:3', 'second', '/f/nginxXconf:1'],
  );
});

test('a rejection has the fatal lines only, or all if none is fatal', async () => {
  const complaintOf = async (...lines: string[]) => {
    const error = await checked(1, lines).catch((each: unknown) => each);
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.kind, error.code], ['configuration', REJECTED_BY_NGINX]);
    assert.equal(/without a message/.test(error.message), lines.length === 0);
    return [error.data?.complaint, / Write http \{ … \} around it\.$/.test(error.message)];
  };
  assert.deepEqual(
    await complaintOf(
      'nginx: [warn] w',
      'nginx: [emerg] a in /f/nginx.conf:1',
      'nginx: [alert] b',
      'nginx: [crit] c',
      'nginx: configuration file /f/nginx.conf test failed',
    ),
    ['a in mine:7; b; c', false],
  );
  assert.deepEqual(await complaintOf('nginx: [warn] w', 'x'), ['w; x', false]);
  assert.deepEqual(await complaintOf(), ['', false]);
  assert.deepEqual(await complaintOf('[emerg] "x" directive is not allowed here in the tuning a:1'), [
    '"x" directive is not allowed here in the tuning a:1',
    true,
  ]);
  await assert.rejects(checked(null, ['x'], 'SIGSEGV'), { kind: 'died' });
  await assert.rejects(checked(1, ['nginx: [emerg] write() failed (28: No space)']), { kind: 'environment' });
});

const START = { binary: BINARY, confPath: '/f/nginx.conf', listeners: [], workers: 0, cpus: [3] };

test('Nginx is ready when the pid file is its own and every listener accepts', async (t) => {
  const folder = await folderOf(t);
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const address = server.address();
  const open = { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
  const [closed] = await freePorts('127.0.0.1', 1);
  const isReady = async (pid: number | string, ports: number[], changes: Partial<StartOptions> = {}) => {
    await writeFile(join(folder, 'nginx.pid'), `${pid}\n`);
    const { launch, launched, stops } = simulated(null, '');
    const listeners = ports.map((port) => ({ ...open, port })) as unknown as StartOptions['listeners'];
    const ready = await startNginx({ ...START, listeners, folder, launch, readyMs: 5, ...changes }).then(
      () => true,
      () => false,
    );
    assert.deepEqual(stops, ready ? [] : [['SIGTERM', 2000]]);
    const [{ env, args: [first] = [], ...options } = assert.fail()] = launched;
    assert.equal(env?.PATH, process.env.PATH);
    assert.equal(env?.NGINX, changes.upgradable === true ? '' : undefined);
    const command = changes.upgradable === true ? 'sh' : '/nginx';
    assert.deepEqual(
      [first, options],
      [
        changes.upgradable === true ? '-c' : '-p',
        { name: 'nginx', component: 'proxy', command, cpus: [3], ipc: false },
      ],
    );
    return ready;
  };
  assert.equal(await isReady(PID, [open.port]), true);
  assert.equal(await isReady(PID, [open.port, closed ?? 0]), false);
  assert.equal(await isReady(PID + 1, []), false);
  assert.equal(await isReady('', []), false);
  assert.equal(await isReady(PID, [], { workers: 1 }), process.platform !== 'linux');
  assert.equal(await isReady(PID + 1, [], { upgradable: true }), false);
  writeFileSync(join(folder, 'nginx.pid.detached'), '');
  assert.equal(await isReady(PID + 1, [], { upgradable: true }), true);
  assert.equal(await isReady('', [], { upgradable: true }), false);
});

test('Nginx has 15 seconds to become ready, and is looked at until then', async (t) => {
  const folder = await folderOf(t);
  const { launch } = simulated(null, '');
  const times = [0, 0, 14_999];
  const now = t.mock.method(performance, 'now', () => times.shift() ?? 15_000);
  await assert.rejects(startNginx({ ...START, folder, launch }), { kind: 'environment' });
  // Once for the limit, and once before each look.
  assert.equal(now.mock.callCount(), 4);
  times.push(0, 0);
  now.mock.mockImplementation(() => {
    const time = times.shift();
    if (time === undefined) writeFileSync(join(folder, 'nginx.pid'), `${PID}\n`);
    return time ?? 1;
  });
  const { launch: again, stops } = simulated(null, '');
  assert.equal((await startNginx({ ...START, folder, launch: again })).pid, PID);
  assert.deepEqual(stops, []);
});

test('a configuration is written for its owner only, with the origin of each line', async (t) => {
  const folder = await folderOf(t);
  const tree = parse('# a\n\nb { c; }', 'mine.conf');
  const written = await writeConfiguration(folder, tree);
  assert.deepEqual(written, { ...print(tree), confPath: join(folder, 'nginx.conf') });
  assert.equal(await readFile(written.confPath, 'utf8'), written.text);
  assert.equal((await stat(written.confPath)).mode & 0o777, 0o600);
});

test('a start that fails reports the port that is in use or not permitted, else the last error', async (t) => {
  const folder = await folderOf(t);
  const wordsOf = async (stderr: string) => {
    const { launch, stops } = simulated(1, stderr);
    const error = await startNginx({ ...START, folder, launch }).catch((each: unknown) => each);
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.kind, stops], ['environment', [['SIGTERM', 2000]]]);
    return error.message.split('. ')[0];
  };
  const lines = ['[emerg] a', '[notice] b', ''];
  assert.equal(await wordsOf(lines.join('\n')), 'Nginx exited at once: [emerg] a.');
  assert.equal(await wordsOf('one\ntwo\n\n'), 'Nginx exited at once: two.');
  assert.equal(await wordsOf(''), 'Nginx exited at once without a message.');
  await writeFile(join(folder, 'error.log'), '[error] in the log\n');
  assert.equal(await wordsOf('one'), 'Nginx exited at once: [error] in the log.');
  assert.equal(
    await wordsOf(
      'x\n[emerg] bind() to 1.2.3.4:80 failed (98: Address in use)\nbind() to b failed (98: Address in use)',
    ),
    'Nginx cannot listen on 1.2.3.4:80: another program uses that port',
  );
  assert.equal(
    await wordsOf(
      'x\n[emerg] bind() to 1.2.3.4:80 failed (13: Permission denied)\nbind() to b failed (13: Permission denied)',
    ),
    'Nginx cannot listen on 1.2.3.4:80: this user is not allowed to use that port.',
  );
});

test('only masters and workers have a role, and only a running master reloads', (t) => {
  const titles = ['nginx: worker process', 'nginx: master process /x', 'nginx: cache manager process', 'x'];
  assert.deepEqual(titles.map(roleOf), ['worker', 'master', null, null]);
  const kill = t.mock.method(process, 'kill', () => true);
  reload({ name: 'nginx', pid: 5 });
  assert.deepEqual(kill.mock.calls[0]?.arguments, [5, 'SIGHUP']);
  kill.mock.mockImplementation(() => {
    throw new Error('ESRCH');
  });
  assert.throws(() => reload({ name: 'nginx', pid: 5 }), { kind: 'died' });
});
