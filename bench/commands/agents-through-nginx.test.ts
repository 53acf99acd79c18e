import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { makeOpenFolder } from '../../test/folder.ts';
import { type NatsServer, startNatsServer } from '../../test/nats-server.ts';
import { figuresOf } from '../measure/figures.ts';
import { counted } from '../model/recording.ts';
import { type Run, runSchema } from '../model/run.ts';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
const LOAD = ['-c', '60', '-R', '300', '-w', '200ms', '--client', 'lean'];

interface Process {
  child: ChildProcess;
  /** Everything printed so far. */
  text(): string;
  /** Resolves when this has been printed. */
  says(pattern: RegExp): Promise<void>;
  exited: Promise<number | null>;
}

/** Starts the command line; it is stopped after the test. */
function start(t: TestContext, args: readonly string[], namespace: string | null = null): Process {
  const [command = '', ...rest] = [
    ...(namespace === null ? [] : ['ip', 'netns', 'exec', namespace]),
    process.execPath,
    CLI,
    ...args,
  ];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      text += data;
    });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  return {
    child,
    text: () => text,
    exited,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(text) && resolve();
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
        void exited.then(() => reject(new Error(`It ended without ${pattern}: ${text}`)));
        look();
      }),
  };
}

/** An agent that is ready. It generates load unless the options say otherwise. */
async function startAgent(
  t: TestContext,
  { url }: NatsServer,
  name: string,
  options: readonly string[] = [],
  namespace: string | null = null,
): Promise<Process> {
  const role = options.includes('--role') ? [] : ['--role', 'generator'];
  const args = ['agent', '--nats', url, '--name', name, ...role, ...options];
  const agent = start(t, args, namespace);
  await agent.says(/is ready/);
  return agent;
}

interface Ran {
  code: number | null;
  text: string;
  runs: Run[];
}

/** Executes a command that measures. */
async function measure(
  t: TestContext,
  { url }: NatsServer,
  args: readonly string[],
  during: (run: Process) => Promise<void> = async () => {},
): Promise<Ran> {
  const reports = makeOpenFolder(join(tmpdir(), 'agents-test-'));
  const command = start(t, [...args, '--nats', url, '--reports', reports]);
  await during(command);
  const code = await command.exited;
  const [result = ''] = await readdir(reports);
  const names = result === '' ? [] : await readdir(join(reports, result, 'runs'));
  const stored = names.sort().map((name) => readFile(join(reports, result, 'runs', name), 'utf8'));
  const runs = (await Promise.all(stored)).map((text) => v.parse(runSchema, JSON.parse(text)));
  return { code, text: command.text(), runs };
}

async function execute(
  t: TestContext,
  nats: NatsServer,
  options: readonly string[],
  during?: (run: Process) => Promise<void>,
): Promise<Ran & { run: Run | null }> {
  const ofTopology = options.includes('--target') ? [] : ['--no-http'];
  const ran = await measure(t, nats, ['run', ...LOAD, ...ofTopology, ...options], during);
  return { ...ran, run: ran.runs[0] ?? null };
}

async function natsFor(t: TestContext, options: Parameters<typeof startNatsServer>[1] = {}) {
  const nats = await startNatsServer(makeOpenFolder(join(tmpdir(), 'nats-test-')), options);
  t.after(() => nats.stop());
  return nats;
}

describe('load from agents', () => {
  it('has all of its load, and every host is accounted for', async (t) => {
    const nats = await natsFor(t);
    const agents = await Promise.all(['a', 'b'].map((name) => startAgent(t, nats, name)));
    const { run, code, text } = await execute(t, nats, ['-p', 'plain', '-d', '2s', '--agents', 'b,a']);
    assert.ok(run !== null && code === 0, text);
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(run.plan.agents, ['a', 'b']);
    assert.deepEqual(
      run.workers.map(({ worker, opened }) => [worker, opened]),
      [
        [0, 30],
        [1, 30],
      ],
    );
    const figures = figuresOf(run);
    assert.ok(figures.conservation.ok);
    // What all hosts got back is what the echo servers counted.
    const servers = run.spread.filter(({ component }) => component === 'server');
    const echoed = run.workers.reduce((sum, worker) => sum + counted(worker, 'echoed'), 0);
    assert.ok(echoed > 0);
    assert.equal(
      servers.reduce((sum, { messages }) => sum + messages, 0),
      echoed,
    );
    for (const code of ['recordings-missing', 'slices-differ'])
      assert.ok(!run.notices.some((notice) => notice.code === code), code);
    assert.deepEqual(
      figures.hosts.map(({ name, workers, connections }) => [name, workers, connections]),
      [
        ['a', 1, 30],
        ['b', 1, 30],
      ],
    );
    for (const { cpu, sendLag, clock } of figures.hosts) {
      assert.ok(cpu !== null && cpu > 0);
      assert.ok(sendLag !== null && sendLag.count > 0);
      assert.ok(clock.errorUs > 0 && clock.driftUs !== null);
    }
    assert.match(text, /The load came from 2 hosts\. a: .* b: /);
    for (const agent of agents) await agent.says(/ended/);
  });

  it('is the load of comparisons and of scenarios that open, cut and publish', async (t) => {
    const nats = await natsFor(t);
    await Promise.all(['a', 'b'].map((name) => startAgent(t, nats, name)));
    const short = ['-w', '100ms', '-d', '300ms', '--agents', '2'];
    const compared = await measure(t, nats, [
      ...['compare', 'plain', 'plain+buf-16k', '--rounds', '1', '--steps', 'throughput', '-c', '20'],
      ...short,
    ]);
    assert.equal(compared.runs.length, 2, compared.text);
    for (const { outcome, notices, plan } of compared.runs) {
      assert.deepEqual([outcome, plan.turns], [{ state: 'completed' }, null]);
      assert.ok(notices.some(({ code }) => code === 'agents-apart'));
    }
    const scenarios: [args: readonly string[], counter: string][] = [
      [['connect', ...short, '-R', '100', '-c', '100'], 'opened'],
      [['broadcast', ...short, '-R', '20', '-c', '20'], 'delivered'],
      [['storm', '-c', '20', '--recovery', '1s', '--agents', '2'], 'back'],
    ];
    for (const [args, counter] of scenarios) {
      const { runs, text } = await measure(t, nats, ['run', '-p', 'plain', '--scenario', ...args]);
      const [run] = runs;
      assert.ok(run !== undefined && run.outcome.state === 'completed', text);
      const { conservation, counts, hosts } = figuresOf(run);
      assert.ok(conservation.ok, text);
      assert.ok((counts[counter] ?? run.workers.reduce((sum, each) => sum + counted(each, counter), 0)) > 0);
      assert.equal(hosts.length, 2);
    }
  });

  it('is invalid and names the agent that was killed, and keeps what was measured', async (t) => {
    const nats = await natsFor(t);
    const [, b] = await Promise.all(['a', 'b'].map((name) => startAgent(t, nats, name)));
    assert.ok(b);
    const options = ['-p', 'plain', '-d', '60s', '--agents', '2'];
    const { run, code, text } = await execute(t, nats, options, async (started) => {
      // Printed ten seconds after the run was planned, at the earliest.
      await started.says(/steady, [1-9]/);
      b.child.kill('SIGKILL');
    });
    assert.equal(code, 1, text);
    assert.ok(run?.outcome.state === 'failed');
    assert.match(run.outcome.reason, /agent b/);
    assert.notEqual(run.validity.verdict, 'valid');
    assert.ok(run.validity.reasons.some(({ code }) => code === 'run-ended'));
    assert.match(text, /agent b/);
    assert.ok(
      run.slices.some(({ phase, counters }) => phase === 'steady' && counted(counters, 'echoed') > 0),
    );
  });

  it('does not start without the agents, credentials and permission that it needs', async (t) => {
    const nats = await natsFor(t, { authorization: 'token: "a token"' });
    const secrets = makeOpenFolder(join(tmpdir(), 'secret-test-'));
    const right = join(secrets, 'right');
    await writeFile(right, 'a token\n');
    await writeFile(join(secrets, 'wrong'), 'another\n');
    const options = ['-p', 'direct', '-d', '1s', '--agents', 'a'];
    const without = await execute(t, nats, options);
    assert.deepEqual([without.code, without.run], [1, null]);
    assert.match(without.text, /requires credentials/);
    const wrong = await execute(t, nats, [...options, '--nats-secret', join(secrets, 'wrong')]);
    assert.deepEqual([wrong.code, wrong.run], [1, null]);
    assert.match(wrong.text, /rejects the credentials/);
    const secret = ['--nats-secret', right];
    const a = await startAgent(t, nats, 'a', [...secret, '--allow', '192.0.2.1']);
    const [second, missing, refused] = await Promise.all([
      start(t, ['agent', '--nats', nats.url, '--role', 'generator', '--name', 'a', ...secret]).exited,
      execute(t, nats, ['-p', 'direct', '-d', '1s', '--agents', 'a,c', ...secret]),
      execute(t, nats, [...options, ...secret]),
    ]);
    assert.equal(second, 1);
    assert.deepEqual([missing.code, missing.run], [1, null]);
    assert.match(missing.text, /The agent c did not answer/);
    assert.equal(refused.code, 1);
    assert.ok(refused.run?.outcome.state === 'failed');
    assert.match(refused.run.outcome.reason, /agent a refused the run: it may not put load on 127\.0\.0\.1/);
    await a.says(/Refused a run/);
  });
});

/** The CPU time of a process so far, in ns. */
function cpuNs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

it('an Nginx that no run started is observed by an agent, down to the last of its CPU time', async (t) => {
  const nats = await natsFor(t);
  const nginx = start(t, ['up', '-p', 'plain', '--reply', 'echo', '--nginx-workers', '2']);
  await nginx.says(/Ctrl-C/);
  const url = /WebSocket +(ws:\S+)/.exec(nginx.text())?.[1] ?? assert.fail(nginx.text());
  const titleOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const isMaster = (pid: number) => titleOf(pid).startsWith('nginx: master');
  const master = childrenOf(nginx.child.pid ?? 0).find(isMaster) ?? assert.fail();
  const workers = childrenOf(master).filter((pid) => titleOf(pid).startsWith('nginx: worker'));
  assert.equal(workers.length, 2);
  await startAgent(t, nats, 'p', ['--role', 'proxy', '--watch', String(master)]);
  const all = () => [master, ...workers].reduce((sum, pid) => sum + cpuNs(pid), 0) / 1e3;
  const beforeUs = all();
  const { run, code, text } = await execute(t, nats, ['--target', url, '-d', '1s', '--proxy-agent', 'p']);
  const usedUs = all() - beforeUs;
  assert.ok(run !== null && code === 0, text);
  const observed = run.processes.filter(({ component }) => component === 'proxy');
  assert.deepEqual(
    observed.map(({ role, pid }) => [role, pid]),
    [['master', master], ...workers.map((pid) => ['worker', pid])],
  );
  // Nginx has nothing to do before the first sample, nor after the last one.
  const seenUs = observed.reduce(
    (sum, { samples }) => sum + (samples.at(-1)?.cpuUs ?? 0) - (samples[0]?.cpuUs ?? 0),
    0,
  );
  assert.ok(seenUs <= usedUs + observed.length && seenUs >= usedUs * 0.95, `${seenUs} of ${usedUs} µs`);
  // Each phase has its part of it, and each message of the steady phase a part of that.
  const figures = figuresOf(run);
  const perMessage = figures.cpuUsPerMessage.proxy ?? assert.fail();
  assert.ok(perMessage > 0 && perMessage * figures.steady.echoed < seenUs);
  assert.deepEqual(
    run.hosts?.map(({ name, role, workers }) => [name, role, workers]),
    [['p', 'proxy', []]],
  );
  assert.equal(run.plan.proxyAgent, 'p');
  assert.match(text, /The agent p observed Nginx on its host/);
  assert.match(text, /nginx\/msg/);
});

/** Why network namespaces cannot be used here; false if they can. */
function lackOfNamespaces(): string | false {
  try {
    execFileSync('ip', ['netns', 'add', 'nwb-try'], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'delete', 'nwb-try'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'network namespaces need root and the command ip';
  }
}

it('the hosts are network namespaces', { skip: lackOfNamespaces() }, async (t) => {
  const ip = (line: string) =>
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
  // The generator's host is reached through a pair of interfaces.
  ip('netns add nwb-b');
  t.after(() => ip('netns delete nwb-b'));
  ip('link add nwb0 type veth peer name nwb1 netns nwb-b');
  ip('address add 198.18.77.1/30 dev nwb0');
  ip('link set nwb0 up');
  ip('-n nwb-b address add 198.18.77.2/30 dev nwb1');
  ip('-n nwb-b link set nwb1 up');
  ip('-n nwb-b link set lo up');
  const nats = await natsFor(t, { host: '198.18.77.1' });
  await startAgent(t, nats, 'b', ['--allow', '198.18.77.1'], 'nwb-b');
  const options = ['-p', 'tls', '-d', '1s', '--agents', '1'];
  const apart = await execute(t, nats, options);
  assert.ok(apart.run?.outcome.state === 'failed');
  assert.match(apart.run.outcome.reason, /these agents are on other hosts: b\. Use --listen/);
  const { run, code, text } = await execute(t, nats, [...options, '--listen', '198.18.77.1']);
  assert.ok(run !== null && code === 0, text);
  assert.deepEqual([run.outcome.state, run.plan.listen], ['completed', '198.18.77.1']);
  assert.equal(figuresOf(run).connections.opened, 60);
});
