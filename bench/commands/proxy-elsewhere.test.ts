import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { figuresOf } from '../measure/figures.ts';
import { counted } from '../model/recording.ts';
import { execute, natsFor, start, startAgent } from './agents.test.fixture.ts';

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
  assert.match(text, /The agent p observed Nginx on the same host/);
  assert.match(text, /nginx\/msg/);
});

it('Nginx and its echo servers are started by agents, and observed there', async (t) => {
  const nats = await natsFor(t);
  const listen = ['--listen', '127.0.0.1'];
  await Promise.all([
    startAgent(t, nats, 'p', ['--role', 'proxy', ...listen]),
    startAgent(t, nats, 's', ['--role', 'server', ...listen]),
    startAgent(t, nats, 'u', ['--role', 'server', ...listen]),
  ]);
  const places = ['--proxy-agent', 'p', '--server-agents', '2'];
  const { run, code, text } = await execute(t, nats, ['-p', 'tls', '-d', '1s', ...places]);
  assert.ok(run !== null && code === 0, text);
  assert.deepEqual(run.outcome, { state: 'completed' });
  assert.deepEqual([run.plan.proxyAgent, run.plan.serverAgents], ['p', ['s', 'u']]);
  const figures = figuresOf(run);
  assert.deepEqual(figures.hosts.map(({ name, role }) => [name, role]).sort(), [
    ['p', 'proxy'],
    ['s', 'server'],
    ['u', 'server'],
  ]);
  for (const { cpu } of figures.hosts) assert.ok(cpu !== null && cpu > 0);
  const { proxy, server, generator } = figures.cpuUsPerMessage;
  for (const each of [proxy, server, generator]) assert.ok(each !== null && each > 0);
  // What the generator got back is what the echo servers counted.
  const servers = run.spread.filter(({ component }) => component === 'server');
  assert.ok(servers.length >= 2 && servers.every(({ connections }) => connections > 0));
  assert.equal(
    servers.reduce((sum, { messages }) => sum + messages, 0),
    run.workers.reduce((sum, worker) => sum + counted(worker, 'echoed'), 0),
  );
  assert.ok(run.proxy?.configuration.includes('upstream') && run.probe?.tlsProtocol === 'TLSv1.3');
});
