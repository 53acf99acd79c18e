import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicNs } from '../load/clock.ts';
import { accepting, agent, agentsThat, HERE, NOTHING, PLAN, SYSTEM } from './remote-agents.test.fixture.ts';
import { startRemoteGenerator, startRemoteWatch } from './remote-parts.ts';
import { startRemoteProxy, startRemoteServers } from './remote-topology.ts';

test('workers are dealt to the agents in turn, and are told and heard through them', async () => {
  const { bus, requests, state, say } = agentsThat(accepting);
  const [a, b] = [agent('a'), agent('b', { machine: 'other' })];
  const target = { host: '192.0.2.1', ports: [1, 2] };
  const generator = await startRemoteGenerator(bus, [a, b], HERE, { ...PLAN, target });
  const duty = { role: 'generator', version: '1.2.3', client: 'lean', engine: 'node', target };
  assert.deepEqual(requests.splice(0), [
    ['a', 'begin', { ...duty, workers: [0, 2] }, 30_000],
    ['b', 'begin', { ...duty, workers: [1] }, 30_000],
  ]);
  assert.deepEqual([generator.processes, generator.headStartUs], [[], 1_000_000]);
  assert.deepEqual(
    generator.workers.map(({ id, name }) => [id.host, id.index, name]),
    [
      ['a', 0, 'generator 1'],
      ['b', 1, 'generator 2'],
      ['a', 2, 'generator 3'],
    ],
  );
  const [first, second, third] = generator.workers;
  assert.ok(first && second && third);
  first.send({ type: 'start' } as Parameters<typeof first.send>[0]);
  second.send({ type: 'stop' } as Parameters<typeof first.send>[0]);
  third.send({ type: 'leave' });
  assert.deepEqual(requests.splice(0), [
    ['a', 'tell', { worker: 0, command: { type: 'start' } }, 1000],
    ['b', 'tell', { worker: 1, command: { type: 'stop' } }, 5000],
    ['a', 'tell', { worker: 2, command: { type: 'leave' } }, 5000],
  ]);
  const heard: unknown[] = [];
  for (const worker of generator.workers) {
    worker.onReport((report) => heard.push([worker.id.index, report.type]));
    void worker.exited.then(() => heard.push([worker.id.index, 'exited']));
  }
  say('b', { type: 'report', worker: 1, report: { type: 'ready' } });
  say('b', { type: 'report', worker: 7, report: { type: 'ready' } });
  say('b', { type: 'exited', worker: 1 });
  await second.exited;
  assert.deepEqual(heard.splice(0), [
    [1, 'ready'],
    [1, 'exited'],
  ]);
  const losses: string[] = [];
  const order: number[] = [];
  generator.onLost((sentence) => losses.push(sentence));
  for (const each of [1, 2]) generator.onLost(() => order.push(each));
  say('a', { type: 'lost', reason: 'it was stopped.' });
  say('a', { type: 'lost', reason: 'again' });
  await Promise.all([first.exited, third.exited]);
  assert.deepEqual([losses, order], [['The agent a gave up: it was stopped.'], [1, 2]]);
  generator.onLost((sentence) => losses.push(`late: ${sentence}`));
  assert.deepEqual(losses.slice(1), ['late: The agent a gave up: it was stopped.']);
  generator.sampleAt([5, 6]);
  await generator.observe(5n, 100);
  assert.deepEqual(
    requests.splice(0).map(([name, verb, request]) => [name, verb, Object.keys(request as object)]),
    [
      ['a', 'sample', ['timesUs']],
      ['b', 'sample', ['timesUs']],
      ['a', 'observe', ['epochNs', 'intervalMs']],
      ['b', 'observe', ['epochNs', 'intervalMs']],
    ],
  );
  assert.deepEqual([state.isListening, state.watched], [true, 2]);
  const { hosts, processes } = await generator.end();
  // The lost agent is not waited for long, and its clock is not compared again.
  assert.deepEqual(requests, [
    ['a', 'end', {}, 2000],
    ['b', 'end', {}, 15_000],
  ]);
  assert.deepEqual(processes, []);
  const common = { role: 'generator', cpus: 2, machine: SYSTEM, samples: null };
  assert.deepEqual(
    hosts.map(({ clock, ...host }) => [host, clock.driftUs === null]),
    [
      [{ name: 'a', ...common, isRunners: true, workers: [0, 2] }, true],
      [{ name: 'b', ...common, isRunners: false, workers: [1] }, false],
    ],
  );
  for (const { clock } of hosts)
    assert.ok(Number.isInteger(clock.errorUs) && clock.errorUs > 0 && clock.errorUs < 1_000_000);
  assert.deepEqual([state.purged, state.isListening, state.watched], [1, false, 0]);
});

test('agents on other hosts are not sent to a loopback address of this one', async () => {
  const { bus, requests } = agentsThat(accepting);
  const agents = [agent('a', { machine: 'x' }), agent('b'), agent('c', { network: 'x' })];
  for (const host of ['127.0.0.1', '::1'])
    await assert.rejects(startRemoteGenerator(bus, agents, HERE, { ...PLAN, target: { host, ports: [1] } }), {
      kind: 'environment',
      message: new RegExp(`^The target listens on ${host}, .* on other hosts: a, c\\. Use --listen `),
    });
  assert.deepEqual(requests, []);
  await (await startRemoteGenerator(bus, [agent('b')], HERE, PLAN)).end();
});

test('if one agent refuses, the run is ended on all of them', async () => {
  const { bus, requests, state } = agentsThat((name, verb) =>
    verb === 'end' ? NOTHING : { refusal: name === 'b' ? 'it is busy.' : null },
  );
  await assert.rejects(startRemoteGenerator(bus, [agent('a'), agent('b')], HERE, PLAN), {
    kind: 'environment',
    message: 'The agent b refused the run: it is busy.',
  });
  assert.deepEqual(
    requests.map(([name, verb, , timeout]) => [name, verb, timeout]),
    [
      ['a', 'begin', 30_000],
      ['b', 'begin', 30_000],
      ['a', 'end', 15_000],
      ['b', 'end', 15_000],
    ],
  );
  assert.deepEqual([state.purged, state.isListening, state.watched], [1, false, 0]);
});

test('an agent that refuses a command is lost', async () => {
  const { bus } = agentsThat((_, verb) =>
    verb === 'end' ? NOTHING : { refusal: verb === 'observe' ? 'it is tired.' : null },
  );
  const watch = await startRemoteWatch(bus, agent('p', { role: 'proxy' }), HERE);
  const losses: string[] = [];
  watch.onLost((sentence) => losses.push(sentence));
  await watch.observe(0n, 100);
  assert.deepEqual(losses, ['The agent p refused the run: it is tired.']);
  const { hosts } = await watch.end();
  assert.deepEqual(
    hosts.map(({ name, role, workers }) => [name, role, workers]),
    [['p', 'proxy', []]],
  );
});

test('an agent that has already left is not lost', async () => {
  const { bus } = agentsThat((_, verb) =>
    verb === 'end' ? NOTHING : { refusal: verb === 'tell' ? 'it is gone.' : null },
  );
  const generator = await startRemoteGenerator(bus, [agent('b')], HERE, PLAN);
  const losses: string[] = [];
  generator.onLost((sentence) => losses.push(sentence));
  const [first, second] = generator.workers;
  assert.ok(first && second);
  first.send({ type: 'leave' });
  await generator.observe(0n, 100);
  assert.deepEqual(losses, []);
  second.send({ type: 'stop' } as Parameters<typeof first.send>[0]);
  await generator.observe(0n, 100);
  assert.deepEqual(losses, ['The agent b refused the run: it is gone.']);
  await generator.end();
});

test('an agent that is lost while it begins is not waited for', async () => {
  const { bus, requests, state, say } = agentsThat((name, verb) => {
    if (verb === 'end') return NOTHING;
    if (name === 'a') return new Promise(() => {});
    say('a', { type: 'lost', reason: 'it was stopped.' });
    return { refusal: null };
  });
  await assert.rejects(startRemoteGenerator(bus, [agent('a'), agent('b')], HERE, PLAN), {
    kind: 'environment',
    message: 'The agent a gave up: it was stopped.',
  });
  assert.deepEqual(
    requests.slice(2).map(([name, verb, , timeout]) => [name, verb, timeout]),
    [
      ['a', 'end', 2000],
      ['b', 'end', 15_000],
    ],
  );
  assert.deepEqual([state.purged, state.isListening, state.watched], [1, false, 0]);
});

test('echo servers are divided among the agents, the first of which have one more', async () => {
  const address = (port: number) => ({ host: '192.0.2.1', port });
  const counted = { connections: { open: 1, total: 2 }, messages: 3, bytes: 4, httpRequests: 5 };
  const { bus, requests } = agentsThat((name, verb) => {
    if (verb === 'stats') return name === 'c' ? {} : { stats: [null, counted] };
    if (verb === 'end') return NOTHING;
    const ports = name === 'a' ? [1, 2] : name === 'b' ? [3, 4] : [5];
    return { refusal: null, started: { role: 'server', servers: ports.map(address) } };
  });
  const agents = ['a', 'b', 'c'].map((name) => agent(name, { role: 'server' }));
  const plan = {
    count: 5,
    kind: 'ws',
    engine: 'node',
    args: ['--reply', 'rooms'],
    maxPayloadBytes: 9,
  } as const;
  const { servers, end } = await startRemoteServers(bus, agents, HERE, plan);
  const { count: _, ...same } = plan;
  assert.deepEqual(
    requests.map(([name, , request]) => [name, request]),
    [
      ['a', { role: 'server', version: '1.2.3', first: 1, count: 2, ...same }],
      ['b', { role: 'server', version: '1.2.3', first: 3, count: 2, ...same }],
      ['c', { role: 'server', version: '1.2.3', first: 5, count: 1, ...same }],
    ],
  );
  assert.deepEqual(
    servers.map(({ stats: __, ...server }) => server),
    [1, 2, 3, 4, 5].map((port) => ({ ...address(port), socket: null, certPath: null })),
  );
  assert.deepEqual(await Promise.all(servers.map((server) => server.stats())), [
    ...[null, counted, null, counted, null],
  ]);
  const { hosts } = await end();
  assert.deepEqual(
    hosts.map(({ name, workers }) => [name, workers]),
    [
      ['a', [0, 1]],
      ['b', [2, 3]],
      ['c', [4]],
    ],
  );
});

test('an agent that has started nothing, or the wrong thing, is named, and its run is ended', async () => {
  const { bus, state } = agentsThat(accepting);
  const servers = { count: 1, kind: 'lean', engine: 'node', args: [], maxPayloadBytes: 9 } as const;
  const invalid = { kind: 'environment', message: 'The agent a sent an invalid answer.' };
  await assert.rejects(startRemoteServers(bus, [agent('a')], HERE, servers), invalid);
  const proxy = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
  const plan = { kind: 'nginx', profile: 'plain', tunings: [], proxy, upstreams: [] } as const;
  await assert.rejects(startRemoteProxy(bus, agent('a'), HERE, plan), invalid);
  const second = agentsThat((name, verb) => {
    if (verb === 'end') return NOTHING;
    const started = name === 'a' ? { role: 'server', servers: [{ host: '192.0.2.1', port: 1 }] } : null;
    return { refusal: null, started };
  });
  await assert.rejects(
    startRemoteServers(second.bus, [agent('a'), agent('b')], HERE, { ...servers, count: 2 }),
    { kind: 'environment', message: 'The agent b sent an invalid answer.' },
  );
  const other = agentsThat((_, verb) =>
    verb === 'end' ? NOTHING : { refusal: null, started: { role: 'server', servers: [] } },
  );
  await assert.rejects(startRemoteProxy(other.bus, agent('a'), HERE, plan), invalid);
  await assert.rejects(startRemoteWatch(other.bus, agent('a'), HERE), invalid);
  for (const { purged, isListening, watched } of [state, other.state])
    assert.deepEqual([purged, isListening, watched], [2, false, 0]);
});

test("an agent's clock may be ahead and drift: its times become those of the runner", async () => {
  const SECOND = 1_000_000_000n;
  const { bus, requests, state } = agentsThat((_, verb) =>
    verb === 'end' ? { ...NOTHING, errorLog: ['emerg'] } : { refusal: null },
  );
  const [near, far] = [agent('a'), agent('b', { machine: 'other' })];
  state.aheadNs.set('b', 10n * SECOND);
  const target = { host: '192.0.2.1', ports: [1] };
  const generator = await startRemoteGenerator(bus, [near, far], HERE, { ...PLAN, target });
  const [onNear, onFar] = generator.workers;
  const offsetOf = (worker: typeof onNear) => (worker?.toHostNs(7n) ?? 0n) - 7n;
  assert.ok(offsetOf(onNear) < SECOND);
  const offsetNs = offsetOf(onFar);
  assert.ok(offsetNs > 9n * SECOND && offsetNs < 11n * SECOND);
  requests.length = 0;
  const epochNs = monotonicNs();
  await generator.observe(epochNs, 100);
  const told = requests.map(([name, , request]) => [
    name,
    request as { epochNs: string; intervalMs: number },
  ]);
  assert.deepEqual(told[1], ['b', { epochNs: String(epochNs + offsetNs), intervalMs: 100 }]);
  state.aheadNs.set('b', 12n * SECOND);
  const { hosts } = await generator.end();
  const { clock } = hosts[1] ?? assert.fail();
  assert.ok(Math.abs((clock.driftUs ?? 0) - 2_000_000) <= 2 * clock.errorUs + 1, JSON.stringify(clock));
  assert.ok(Math.abs(hosts[0]?.clock.driftUs ?? 1e9) <= 2 * (hosts[0]?.clock.errorUs ?? 0) + 1);
});

test('Nginx on an agent is a target whose processes only the agent can control', async () => {
  const started = {
    ...{ role: 'proxy', host: '192.0.2.2', ports: [80], path: '/ws', page: null, http2: false },
    ...{ tls: { servername: 'localhost', ca: 'PEM' }, requestHost: 'chat.example', notices: [] },
    facts: {
      ...{ binary: '/usr/sbin/nginx', origin: null, version: '1.22.1', openssl: null, buildArguments: '' },
      ...{ given: null, configuration: 'events {}', upgrade: null },
    },
  };
  const { bus, requests } = agentsThat((_, verb) =>
    verb === 'end' ? { ...NOTHING, errorLog: ['emerg'] } : { refusal: null, started },
  );
  const proxy = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
  const tunings = [{ name: 'tune-1', text: 'gzip off;' }];
  const plan = { kind: 'nginx', profile: 'plain', tunings, proxy } as const;
  const upstreams = [{ host: '192.0.2.1', port: 9000 }];
  const { target, observe, end } = await startRemoteProxy(bus, agent('p', { role: 'proxy' }), HERE, {
    ...plan,
    upstreams,
  });
  assert.deepEqual(requests, [
    ['p', 'begin', { role: 'proxy', version: '1.2.3', start: { ...plan, upstreams } }, 30_000],
  ]);
  await observe(monotonicNs(), 100);
  assert.deepEqual(requests.at(-1)?.slice(0, 2), ['p', 'observe']);
  const { proxy: control, ...rest } = target;
  assert.deepEqual(rest, {
    ...{ host: '192.0.2.2', ports: [80], path: '/ws', page: null, http2: false },
    tls: { servername: 'localhost', ca: 'PEM' },
    request: { host: 'chat.example', headers: [] },
  });
  assert.ok(control);
  assert.deepEqual(await control.processes(), []);
  await assert.rejects(control.upgrade({} as never), /runs on another host/);
  assert.deepEqual(await control.readErrorLog(), []);
  await end();
  assert.deepEqual(await control.readErrorLog(), ['emerg']);
});
