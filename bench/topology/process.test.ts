import assert from 'node:assert/strict';
import childProcess, { type SpawnOptions } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it, type TestContext, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { canPin } from './affinity.ts';
import { bunHere } from './engine.ts';
import {
  BUN_ARGUMENTS,
  exitWords,
  type Launched,
  type LaunchOptions,
  launch,
  launchNode,
  launchOn,
} from './process.ts';

function run(t: TestContext, options: Partial<LaunchOptions> & { command: string }): Launched {
  const launched = launch({
    name: 'thing',
    component: 'server',
    args: [],
    cpus: null,
    ipc: false,
    stdout: 'pipe',
    ...options,
  });
  t.after(() => launched.stop('SIGKILL', 0));
  return launched;
}

/** Returns the first line that a child prints. */
async function firstLine(launched: Launched): Promise<string> {
  const { stdout } = launched.child;
  assert.ok(stdout);
  const [chunk] = (await once(stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}

function isAlive(pid: number): boolean {
  try {
    // A zombie that has not been reaped yet counts as dead.
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('launch', () => {
  it('reports the exit code, and the last output on stderr', async (t) => {
    const launched = run(t, { command: 'sh', args: ['-c', 'echo gone wrong >&2; exit 3'] });
    assert.deepEqual(await launched.exited, { code: 3, signal: null });
    assert.equal(launched.stderrTail(), 'gone wrong\n');
  });

  it('keeps only the end of a long stderr', async (t) => {
    const script = 'i=0; while [ $i -lt 5000 ]; do echo "line $i" >&2; i=$((i+1)); done';
    const launched = run(t, { command: 'sh', args: ['-c', script] });
    await launched.exited;
    assert.equal(launched.stderrTail().length, 8192);
    assert.match(launched.stderrTail(), /line 4999\n$/);
  });

  it('gives the child a separate process group', async (t) => {
    const launched = run(t, { command: 'sh', args: ['-c', 'echo up; sleep 60'] });
    await firstLine(launched);
    assert.doesNotThrow(() => process.kill(-launched.pid, 0));
    assert.deepEqual(await launched.stop('SIGTERM', 2000), { code: null, signal: 'SIGTERM' });
  });

  it('kills a process that ignores the signal after the grace period', async (t) => {
    const launched = run(t, {
      command: 'sh',
      args: ['-c', 'trap "" TERM; echo up; while :; do sleep 1; done'],
    });
    await firstLine(launched);
    assert.deepEqual(await launched.stop('SIGTERM', 50), { code: null, signal: 'SIGKILL' });
  });

  it('kills the rest of the group when its leader has died', async (t) => {
    const launched = run(t, { command: 'sh', args: ['-c', 'sleep 60 & echo $!; wait'] });
    const grandchild = Number(await firstLine(launched));
    assert.equal(isAlive(grandchild), true);
    process.kill(launched.pid, 'SIGKILL');
    assert.deepEqual(await launched.exited, { code: null, signal: 'SIGKILL' });
    assert.equal(isAlive(grandchild), false);
  });

  it('may be stopped twice, and after it has exited', async (t) => {
    const launched = run(t, { command: 'sleep', args: ['60'] });
    const both = await Promise.all([launched.stop('SIGTERM', 1000), launched.stop('SIGTERM', 1000)]);
    assert.deepEqual(both[0], both[1]);
    assert.deepEqual(await launched.stop('SIGTERM', 1000), both[0]);
  });

  it('reports which file is missing, and where', () => {
    const problem = (command: string, sentence: RegExp, cwd?: string) =>
      assert.throws(
        () =>
          launch({
            name: 'nginx',
            component: 'proxy',
            command,
            args: [],
            cpus: null,
            ipc: false,
            ...(cwd ? { cwd } : {}),
          }),
        (error) => error instanceof Problem && error.kind === 'environment' && sentence.test(error.message),
      );
    problem('no-such-command-here', /nginx: no-such-command-here is not on PATH/);
    problem('/no/such/file', /nginx: \/no\/such\/file does not exist/);
    problem('./such', /nginx: \/no\/such does not exist/, '/no');
    problem('/etc/passwd', /not an executable/);
    problem('/tmp', /not an executable/);
  });

  it('pins a process to a CPU if possible', async (t) => {
    const launched = run(t, { command: 'sh', args: ['-c', 'echo up; sleep 60'], cpus: [0] });
    await firstLine(launched);
    if (canPin()) {
      assert.match(readFileSync(`/proc/${launched.pid}/status`, 'utf8'), /^Cpus_allowed_list:\t0$/m);
    }
  });
});

test('the end of a process is described by its code or its signal', () => {
  const of = { name: 'nginx', pid: 7 };
  assert.deepEqual(
    [exitWords(of, { code: 3, signal: null }), exitWords(of, { code: null, signal: 'SIGKILL' })],
    ['nginx (process 7) exited with code 3', 'nginx (process 7) was killed by SIGKILL'],
  );
});

/** Simulates the processes that are started. */
function simulated(t: TestContext, pid?: number) {
  const spawned: unknown[] = [];
  const signals: unknown[] = [];
  const child = Object.assign(new EventEmitter(), {
    ...{ pid, exitCode: null, signalCode: null },
    kill: (signal: string) => signals.push(signal),
  });
  t.mock.method(childProcess, 'spawn', (...command: unknown[]) => {
    spawned.push(command);
    return child;
  });
  t.mock.method(process, 'kill', (of: number, signal: string) => {
    signals.push([of, signal]);
    throw new Error('ESRCH');
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { child, spawned, signals };
}

const SIMULATED = {
  name: 'thing',
  component: 'server',
  command: '/bin/sh',
  args: ['-x'],
  cpus: null,
} as const;

test('a process that the system cannot start is a problem of the environment', (t) => {
  const { child } = simulated(t);
  assert.throws(() => launch({ ...SIMULATED, ipc: false }), {
    kind: 'environment',
    message: /^thing: the system could not start /,
  });
  assert.doesNotThrow(() => child.emit('error', new Error('EAGAIN')));
});

test('a process has its own group, and the folder, environment and pipes that it is given', (t) => {
  const { spawned } = simulated(t, 7);
  launch({ ...SIMULATED, ipc: false });
  launch({ ...SIMULATED, ipc: true, stdin: 'pipe', stdout: 'pipe', cwd: '/bin', env: { A: '1' } });
  launch({ ...SIMULATED, ipc: 'json' });
  const common = { detached: true, serialization: 'advanced' };
  assert.deepEqual(spawned, [
    ['/bin/sh', ['-x'], { ...common, stdio: ['ignore', 'ignore', 'pipe'] }],
    ['/bin/sh', ['-x'], { ...common, stdio: ['pipe', 'pipe', 'pipe', 'ipc'], cwd: '/bin', env: { A: '1' } }],
    ['/bin/sh', ['-x'], { ...common, serialization: 'json', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }],
  ]);
});

for (const exits of [false, true])
  test(`the group of a process that ${exits ? 'ends' : 'does not end'} in its grace period is ${exits ? 'not ' : ''}killed then`, async (t) => {
    const { child, signals } = simulated(t, 7);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    syncBuiltinESMExports();
    const settle = () => new Promise((done) => setImmediate(done));
    const launched = launch({ ...SIMULATED, ipc: false });
    const stopped = launched.stop('SIGTERM', 3000);
    if (exits) child.emit('exit', 0, null);
    await settle();
    t.mock.timers.tick(2999);
    await settle();
    const first = exits ? ['SIGTERM', [-7, 'SIGKILL']] : ['SIGTERM'];
    assert.deepEqual(signals, first);
    t.mock.timers.tick(1);
    await settle();
    assert.deepEqual(signals, exits ? first : ['SIGTERM', [-7, 'SIGKILL']]);
    if (!exits) child.emit('exit', null, 'SIGKILL');
    await settle();
    t.mock.timers.tick(250);
    const end = exits ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' };
    assert.deepEqual(await stopped, end);
    // A process that has ended gets no further signal.
    const before = signals.length;
    Object.assign(child, { exitCode: end.code, signalCode: end.signal });
    assert.deepEqual([await launched.stop('SIGTERM', 3000), signals.length], [end, before]);
    t.mock.timers.reset();
  });

describe('launchOn', () => {
  const entry = new URL('file:///no/such%20file.js');
  const of = (engine: 'node' | 'bun', ipc: boolean, env?: NodeJS.ProcessEnv) => {
    const launched = launchOn(engine, entry, {
      ...{
        name: 'thing',
        component: 'server',
        args: ['--x'],
        nodeArguments: ['--expose-gc'],
        cpus: null,
        ipc,
      },
      ...(env === undefined ? {} : { env }),
    });
    launched.child.kill('SIGKILL');
    return launched;
  };

  it('gives each engine its arguments, and a channel only on request', async () => {
    const node = of('node', false);
    assert.deepEqual(node.child.spawnargs, [process.execPath, '--expose-gc', '/no/such file.js', '--x']);
    assert.deepEqual([node.child.channel ?? null, node.child.stdin, node.child.stdout], [null, null, null]);
    const withChannel = of('node', true);
    assert.ok(withChannel.child.channel);
    await Promise.all([node.exited, withChannel.exited]);
    const bun = bunHere();
    // If Bun is missing, test/on-bun.test.ts reports it.
    if (bun === null) return;
    const [silent, speaking] = [of('bun', false), of('bun', true)];
    assert.deepEqual(silent.child.spawnargs, [bun.command, ...BUN_ARGUMENTS, '/no/such file.js', '--x']);
    assert.deepEqual([silent.child.channel ?? null, speaking.child.channel === undefined], [null, false]);
    await Promise.all([silent.exited, speaking.exited]);
  });

  it('hides the user’s options from Bun', (t) => {
    const bun = bunHere();
    if (bun === null) return;
    const environments: unknown[] = [];
    t.mock.method(childProcess, 'spawn', (_command: string, _arguments: string[], { env }: SpawnOptions) => {
      environments.push(env);
      return Object.assign(new EventEmitter(), { pid: 10_000_000 });
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    const launchBun = (env?: NodeJS.ProcessEnv) =>
      launchOn('bun', entry, {
        ...{ name: 'thing', component: 'server', args: [], cpus: null, ipc: false },
        ...(env === undefined ? {} : { env }),
      });
    launchBun({ PATH: '/bin', BUN_OPTIONS: '--smol' });
    launchBun();
    assert.deepEqual(environments, [
      { PATH: '/bin', BUN_OPTIONS: undefined, DO_NOT_TRACK: '1' },
      { ...process.env, BUN_OPTIONS: undefined, DO_NOT_TRACK: '1' },
    ]);
  });
});

describe('launchNode', () => {
  it('uses IPC with structured clone, pinned or not, and passes arguments to Node', async (t) => {
    const code = 'process.on("message", (m) => process.send({ back: m, args: process.execArgv.length }))';
    for (const cpus of [null, [0]]) {
      const launched = launchNode('-', {
        name: 'node',
        component: 'generator',
        args: [],
        cpus,
        ipc: true,
        nodeArguments: ['--max-semi-space-size=1', '-e', code],
      });
      t.after(() => launched.stop('SIGKILL', 0));
      launched.child.send({ counts: new Uint32Array([1, 2, 3]) });
      const [answer] = (await once(launched.child, 'message')) as [
        { back: { counts: Uint32Array }; args: number },
      ];
      assert.deepEqual(answer.back.counts, new Uint32Array([1, 2, 3]));
      assert.equal(answer.args, 3);
      launched.child.disconnect();
      assert.deepEqual(await launched.exited, { code: 0, signal: null });
    }
  });
});
