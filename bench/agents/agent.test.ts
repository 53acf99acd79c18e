import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { monotonicNs } from '../load/clock.ts';
import { Problem } from '../model/failure.ts';
import type { AgentInput } from './agent.ts';
import { startAgent, until, VERSION } from './agents.test.fixture.ts';
import { readPortReuse, readWhereabouts } from './host-facts.ts';
import { makeHub } from './hub.test.fixture.ts';
import { presenceSubject, ROLL_CALL, requestSubject, type Verb } from './protocol.ts';

const RUN = '00000000-0000-0000-0000-000000000000';
const OTHER_RUN = '00000000-0000-0000-0000-000000000001';
const ACCESS = { url: 'nats://hub', secretFile: null, caFile: null };
const NOT_THIS_RUN = { refusal: 'it is not carrying out this run.' };

/** Starts an agent, and returns a function that sends it any request. */
async function served(t: TestContext, changes: Partial<AgentInput>) {
  const hub = makeHub();
  const agent = await startAgent(t, hub, 'a', changes);
  const peer = await hub.connect(ACCESS, 'peer');
  t.after(() => peer.close());
  const send = (subject: string, request: unknown) =>
    peer.request(subject, JSON.stringify(request), { timeout: 30_000 });
  const ask = async (verb: Verb, request: unknown) =>
    (await send(requestSubject('a', verb), request)).json<unknown>();
  return { agent, hub, peer, send, ask };
}

const ofRun = { run: RUN, version: VERSION };
const generate = (host: string, ...ports: number[]) => ({
  ...{ role: 'generator', ...ofRun, workers: [0], client: 'lean', engine: 'node' },
  target: { host, ports },
});
const PROXY = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
const start = (...upstreams: { host: string; port: number }[]) => ({
  role: 'proxy',
  ...ofRun,
  start: { kind: 'nginx', profile: 'plain', tunings: [], proxy: PROXY, upstreams },
});
const watch = { role: 'proxy', ...ofRun, start: null };

test('an agent says what it is for when it is ready', async (t) => {
  const duty = async (changes: Partial<AgentInput>) => (await served(t, changes)).agent.lines;
  const ready = 'Agent a is ready at nats://hub.';
  const allowed = [
    { host: '192.0.2.1', port: null },
    { host: '192.0.2.2', port: 80 },
  ];
  const listen = '192.0.2.9';
  assert.deepEqual(await duty({}), [
    `${ready} The agent is allowed to put load on its own loopback addresses.`,
  ]);
  assert.deepEqual(await duty({ allowed }), [
    `${ready} The agent is allowed to put load on 192.0.2.1, 192.0.2.2:80.`,
  ]);
  assert.deepEqual(await duty({ role: 'server', listen }), [
    `${ready} For each run, the agent starts echo servers on 192.0.2.9.`,
  ]);
  assert.deepEqual(await duty({ role: 'proxy', listen, allowed }), [
    `${ready} For each run, the agent starts Nginx on 192.0.2.9, in front of servers on 192.0.2.1, 192.0.2.2:80.`,
  ]);
  assert.deepEqual(await duty({ role: 'proxy', watches: [{ name: 'nginx' }, { pid: 7 }] }), [
    `${ready} The agent watches nginx, process 7.`,
  ]);
  assert.deepEqual(await duty({ role: 'proxy', watches: [{ pid: 7 }] }), [
    `${ready} The agent watches process 7.`,
  ]);
});

test('a second agent of the same name does not start', async (t) => {
  const { hub } = await served(t, {});
  // It is over before the test, so there is nothing to stop after it.
  const within = { after() {} } as unknown as TestContext;
  await assert.rejects(startAgent(within, hub, 'a'), {
    kind: 'environment',
    message: 'Another agent is called a. Give this one a different name with --name.',
  });
  await startAgent(t, hub, 'b');
});

test('a run that an agent cannot or may not carry out is refused with the reason', async (t) => {
  const { ask, agent } = await served(t, { allowed: [{ host: '192.0.2.1', port: 80 }] });
  const same = 'Install the same version on all hosts.';
  const refused = 'it is not allowed to put load on 192.0.2.1:81.';
  const remedy = 'Restart the agent with --allow 192.0.2.1:81, or --allow 192.0.2.1 for all ports.';
  assert.deepEqual(await ask('begin', { ...generate('192.0.2.1', 80), version: '9' }), {
    refusal: `it runs version 1.2.3, but the runner runs version 9. ${same}`,
  });
  assert.deepEqual(await ask('begin', watch), { refusal: 'its role is generator.' });
  assert.deepEqual(await ask('begin', { role: 'generator' }), {
    refusal: `it does not understand the request. It runs version 1.2.3. ${same}`,
  });
  assert.equal(agent.lines.length, 1);
  assert.deepEqual(await ask('begin', generate('192.0.2.1', 80, 81)), { refusal: `${refused} ${remedy}` });
  assert.deepEqual(agent.lines.slice(1), [`Refused a run: ${refused} ${remedy}`]);
});

test('an agent starts or watches Nginx, but not both', async (t) => {
  const watching = await served(t, { role: 'proxy', watches: [{ pid: process.pid }] });
  assert.deepEqual(await watching.ask('begin', start({ host: '127.0.0.1', port: 1 })), {
    refusal:
      'it only watches an Nginx and does not start one. Restart the agent with --listen instead of --watch.',
  });
  const starting = await served(t, { role: 'proxy', listen: '127.0.0.1' });
  assert.deepEqual(await starting.ask('begin', watch), {
    refusal: 'it watches no process. Restart the agent with --watch.',
  });
  // The first server is allowed, the second is not.
  const servers = [
    { host: '127.0.0.1', port: 1 },
    { host: '192.0.2.1', port: 2 },
  ];
  const { refusal } = (await starting.ask('begin', start(...servers))) as { refusal: string };
  assert.match(refusal, /^it is not allowed to put load on 192\.0\.2\.1:2\./);
});

test('an agent carries out one run at a time, answers about no other, and is free afterwards', async (t) => {
  const { ask, send, agent } = await served(t, { role: 'proxy', watches: [{ pid: process.pid }] });
  const facts = async () => ((await send(ROLL_CALL, '')).json() as { run: string | null }).run;
  const ofCommand = (type: string) => ({ run: RUN, worker: 0, command: { type } });
  const observe = { run: RUN, epochNs: String(monotonicNs()), intervalMs: 1000 };
  const requests: [Verb, object][] = [
    ['tell', ofCommand('stop')],
    ['stats', { run: RUN }],
    ['observe', observe],
    ['sample', { run: RUN, timesUs: [] }],
    ['end', { run: RUN }],
  ];
  for (const [verb, request] of requests) assert.deepEqual(await ask(verb, request), NOT_THIS_RUN, verb);
  assert.equal(await facts(), null);
  assert.deepEqual(await ask('begin', watch), { refusal: null, started: null });
  assert.equal(await facts(), RUN);
  assert.deepEqual(agent.lines.slice(1), [`Run ${RUN}: watching the proxy.`]);
  assert.deepEqual(await ask('begin', { ...watch, run: OTHER_RUN }), {
    refusal: 'it is busy with another run. Wait for that run to end, or name another agent.',
  });
  for (const [verb, request] of requests)
    assert.deepEqual(await ask(verb, { ...request, run: OTHER_RUN }), NOT_THIS_RUN, verb);
  assert.deepEqual(await ask('stats', { run: RUN }), { stats: [] });
  // It has no workers to which it could pass a command.
  assert.deepEqual(await ask('tell', ofCommand('stop')), NOT_THIS_RUN);
  assert.deepEqual(await ask('observe', observe), { refusal: null });
  assert.deepEqual(await ask('sample', { run: RUN, timesUs: [0] }), { refusal: null });
  const { data } = await send(requestSubject('a', 'end'), { run: RUN });
  const ended = JSON.parse(gunzipSync(data).toString());
  assert.deepEqual(Object.keys(ended), ['processes', 'machine', 'errorLog']);
  assert.deepEqual(
    ended.processes.map(({ pid }: { pid: number }) => pid),
    [process.pid],
  );
  assert.deepEqual(ended.errorLog, []);
  assert.deepEqual(agent.lines.slice(2), [`Run ${RUN}: ended.`]);
  assert.equal(await facts(), null);
  assert.deepEqual(await ask('begin', { ...watch, run: OTHER_RUN }), { refusal: null, started: null });
});

test('a plan may not change the target, nor exceed the limits, after the run began', async (t) => {
  const { ask, agent } = await served(t, {
    ...{ role: 'proxy', watches: [{ pid: process.pid }] },
    limits: { connections: null, ratePerSecond: 5 },
  });
  await ask('begin', watch);
  const connect = (host: string, load: object | null) => ({
    run: RUN,
    worker: 0,
    command: {
      type: 'connect',
      plan: {
        epochNs: '0',
        target: { host, ports: [80] },
        runPlan: { connections: 10, workers: 1, workload: { load } },
        scenarioFile: null,
      },
    },
  });
  const refusal = 'it is not allowed to put load on 192.0.2.1:80.';
  const remedy = 'Restart the agent with --allow 192.0.2.1:80, or --allow 192.0.2.1 for all ports.';
  assert.deepEqual(await ask('tell', connect('192.0.2.1', null)), { refusal: `${refusal} ${remedy}` });
  assert.deepEqual(agent.lines.slice(2), [`Refused a run: ${refusal} ${remedy}`]);
  const closed = (await ask('tell', connect('127.0.0.1', { kind: 'closed', inFlight: 1 }))) as {
    refusal: string;
  };
  assert.match(closed.refusal, /closed loop/);
  assert.equal(agent.lines.length, 4);
  assert.deepEqual(await ask('tell', connect('127.0.0.1', null)), NOT_THIS_RUN);
});

test('an agent that cannot find what it watches refuses the run, and is free for the next', async (t) => {
  const { ask } = await served(t, { role: 'proxy', watches: [{ name: 'no-such-program' }] });
  for (const run of [RUN, OTHER_RUN]) {
    const { refusal } = (await ask('begin', { ...watch, run })) as { refusal: string };
    assert.match(refusal, /no-such-program/);
  }
});

test('an agent answers a roll call with all its facts, and announces that it exists', async (t) => {
  const { peer, send, ask } = await served(t, { role: 'proxy', watches: [{ pid: process.pid }] });
  const announced: unknown[] = [];
  peer.subscribe(presenceSubject('a'), { callback: (_, message) => void announced.push(message.json()) });
  const { instance, ...facts } = (await send(ROLL_CALL, '')).json<{ instance: string }>();
  assert.equal(typeof instance, 'string');
  assert.deepEqual(facts, {
    ...{ name: 'a', version: VERSION, role: 'proxy', run: null, listen: null },
    ...{ cpus: 2, openFiles: 1024, somaxconn: null, bun: false },
    ports: (facts as { ports?: number }).ports,
    system: { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 },
    ...(await readWhereabouts()),
    ...(await readPortReuse()),
  });
  await until(() => announced.length > 0, 'it announces itself');
  assert.deepEqual(announced[0], { instance, run: null });
  await ask('begin', watch);
  const before = announced.length;
  await until(() => announced.length > before, 'it announces itself again');
  assert.deepEqual(announced.at(-1), { instance, run: RUN });
});

test('an agent that is stopped gives its run up, and its name is free', async (t) => {
  const { hub, peer, agent, ask } = await served(t, { role: 'proxy', watches: [{ pid: process.pid }] });
  const heard: unknown[] = [];
  const stream = await peer.openStream();
  const stopListening = await stream.listen(RUN, [{ name: 'a' }], (...report) => heard.push(report));
  t.after(stopListening);
  await ask('begin', watch);
  await agent.stop();
  await until(() => heard.length > 0, 'the run is given up');
  assert.deepEqual(heard, [['a', { type: 'lost', reason: 'it was stopped.' }]]);
  await startAgent(t, hub, 'a');
});

test('an agent that is stopped before it is ready ends at once', async (t) => {
  const { agent } = await served(t, { signal: AbortSignal.abort() });
  await agent.stop();
  assert.equal(agent.lines.length, 1);
});

test('an agent starts Nginx for a run where it listens, or says why it cannot', async (t) => {
  const facts = {
    ...{ binary: '/usr/sbin/nginx', origin: null, version: '1.22.1', openssl: null, buildArguments: '' },
    ...{ given: null, configuration: 'events {}', upgrade: null },
  };
  const running = { facts, notices: [], processes: async () => [], readErrorLog: async () => ['emerg'] };
  const target = { host: '192.0.2.9', ports: [80], path: '/ws', page: null, tls: null, http2: false };
  const prepared = { start: async () => ({ ...target, proxy: running }) };
  let isInstalled = false;
  const proxy = {
    sourceOf: async () => ({}),
    driverOf: async () => ({ prepare: async () => prepared }),
    async find() {
      if (!isInstalled) throw new Problem('environment', 'Nginx was not found.');
      return {};
    },
  } as unknown as AgentInput['proxy'];
  const { ask, send, agent } = await served(t, { role: 'proxy', listen: '192.0.2.9', proxy });
  const begin = start({ host: '127.0.0.1', port: 1 });
  assert.deepEqual(await ask('begin', begin), { refusal: 'Nginx was not found.' });
  isInstalled = true;
  assert.deepEqual(await ask('begin', begin), {
    refusal: null,
    started: { role: 'proxy', ...target, facts, notices: [], requestHost: '192.0.2.9' },
  });
  assert.deepEqual(agent.lines.slice(1), [`Run ${RUN}: nginx on 192.0.2.9.`]);
  const { data } = await send(requestSubject('a', 'end'), { run: RUN });
  assert.deepEqual(JSON.parse(gunzipSync(data).toString()).errorLog, ['emerg']);
});
