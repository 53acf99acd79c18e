import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SCENARIO, SCENARIOS } from '../scenarios/registry.ts';
import { type AgentsRequest, agentsOf } from './agents.ts';
import { COMMANDS, parseRequest } from './request.ts';

const NATS = '--nats nats://10.0.0.1:4222';
const agents = (line: string): AgentsRequest | null => {
  const request = parseRequest(line.split(' '));
  assert.ok(request.command === 'run');
  return request.run.agents;
};
const agent = (line: string) => {
  const request = parseRequest(['agent', ...line.split(' ')]);
  assert.ok(request.command === 'agent');
  return request.agent;
};
const refused = (line: string, message?: RegExp) =>
  assert.throws(() => parseRequest(line.split(' ')), { kind: 'usage', ...(message && { message }) }, line);

test('the load comes from a number of agents, or from named ones', () => {
  assert.equal(agents('-p tls'), null);
  assert.deepEqual(agents(`-p tls ${NATS} --agents 2`), {
    nats: { url: 'nats://10.0.0.1:4222', secretFile: null, caFile: null },
    generators: 2,
    proxy: null,
    isWatched: false,
    servers: null,
    listen: null,
  });
  assert.deepEqual(
    agents(`-p tls --nats tls://n --nats-secret s --nats-ca c --agents a,b-1 --listen 10.0.0.7`),
    {
      nats: { url: 'tls://n', secretFile: 's', caFile: 'c' },
      generators: ['a', 'b-1'],
      proxy: null,
      isWatched: false,
      servers: null,
      listen: '10.0.0.7',
    },
  );
});

const TARGET = '--target ws://127.0.0.1:9000/ -R 10';

test('the Nginx behind a target is observed by an agent, whoever generates the load', () => {
  const parts = (line: string) => {
    const { generators, proxy, isWatched } = agents(`${TARGET} ${NATS} ${line}`) ?? assert.fail();
    assert.ok(isWatched);
    return [generators, proxy];
  };
  assert.deepEqual(parts('--proxy-agent p'), [null, 'p']);
  assert.deepEqual(parts('--proxy-agent p --agents 2 --threshold cpuPerMessage.proxy<1ms'), [2, 'p']);
  refused(`${TARGET} --proxy-agent p`);
  refused(`${TARGET} ${NATS} --proxy-agent a.b`);
  refused(`${TARGET} ${NATS} --server-agents 1`);
  refused(`${TARGET} ${NATS} --agents 2 --threshold cpuPerMessage.proxy<1ms`, /--proxy-agent/);
});

test('Nginx and the echo servers are placed on agents', () => {
  const placed = (line: string) => {
    const { generators, proxy, servers, isWatched } = agents(`${NATS} ${line}`) ?? assert.fail();
    assert.ok(!isWatched);
    return [generators, proxy, servers];
  };
  assert.deepEqual(placed('-p tls --server-agents 2'), [null, null, 2]);
  assert.deepEqual(placed('-p tls --proxy-agent p --server-agents s,t --agents 3'), [3, 'p', ['s', 't']]);
  assert.deepEqual(placed('-p direct --server-agents 1'), [null, null, 1]);
  assert.doesNotThrow(() => parseRequest(`compare plain tls ${NATS} --server-agents 1`.split(' ')));
  for (const [options, message] of [
    ['-p tls --proxy-agent p', /--server-agents/],
    ['-p tls,direct --server-agents 2', /direct/],
    ['-p tls --server-agents 1 --scenario reload', /acts on processes/],
    ['-p tls --server-agents 1 --scenario slow-consumer', /reads the sockets/],
    ['-p tls --server-agents 1 --pin', /--pin/],
    ['-p tls --server-agents 1 --listen 10.0.0.7', /--agents/],
    ['-p tls --proxy-agent p --server-agents 1 --agents 1 --listen 10.0.0.7', /--listen/],
    ['--conf a.conf --proxy-agent p --server-agents 1', /--conf/],
    ['-p tls --nginx /x --proxy-agent p --server-agents 1', /^--nginx does not apply with --proxy-agent/],
    ['-p tls --proxy-agent p --server-agents 1 --pin', /^--pin does not apply with --proxy-agent/],
    ['-p tls --server-agents 1 --carrier io_uring --pin', /^--pin does not apply with --server-agents/],
    ['-p tls --server-agents 1 --backend app:{port}', /^--backend does not apply with --server-agents/],
  ] as const)
    refused(`${options} ${NATS}`, message);
  // The Nginx and the configuration are those of this host, which may be chosen as usual.
  assert.deepEqual(placed('-p tls --nginx /x --server-agents 1'), [null, null, 1]);
  assert.deepEqual(placed('--conf a.conf --server-agents 1'), [null, null, 1]);
  for (const scenario of ['echo', 'idle', 'mixed', 'connect', 'broadcast', 'storm'])
    assert.doesNotThrow(() => agents(`-p tls ${NATS} --server-agents 1 --scenario ${scenario}`), scenario);
});

test('incomplete or contradictory options are rejected', () => {
  for (const options of [
    '--agents 2',
    NATS,
    '--listen 10.0.0.7',
    `${NATS} --agents 0`,
    `${NATS} --agents 257`,
    `${NATS} --agents a,a`,
    `${NATS} --agents a.b`,
    `${NATS} --agents a,*`,
    `${NATS} --agents 2 --pin`,
    `${NATS} --agents 2 --no-pin`,
    `${NATS} --agents 2 --carrier io_uring`,
    `${NATS} --agents 2 --listen 0.0.0.0`,
    `${NATS} --agents 2 --listen example.com`,
    '--nats http://n --agents 2',
    '--nats nats: --agents 2',
  ])
    refused(`-p tls ${options}`);
  refused(`-p tls ${NATS} --listen 10.0.0.7`, /^--nats only applies if agents take part in the run\./);
  refused(
    `-p tls --server-agents 1 --listen 10.0.0.7`,
    /^--listen only applies if agents generate the load\./,
  );
  refused('-p tls --server-agents 1 --agents 2', /^--agents needs a NATS server/);
  refused(`-p tls ${NATS} --agents a,b,b,a`, /^--agents names "b" twice\./);
  refused(`-p tls ${NATS} --agents 2 --listen 0.0.0.0`, /^--listen "0\.0\.0\.0" would listen on every/);
  refused(`-p tls ${NATS} --agents 2 --listen ::1`, /^--listen "::1" must be an IPv4 address/);
  refused(`${TARGET} ${NATS} --agents 2 --listen 10.0.0.7`, /^--listen does not apply with --target/);
  refused(`-p tls,direct ${NATS} --agents 2 --listen 10.0.0.7`, /direct/);
});

test('a password in the address of the NATS server is rejected and not printed', () => {
  for (const url of ['nats://user:hunter2@n', 'nats://hunter2@n'])
    assert.throws(
      () => parseRequest(['-p', 'tls', '--agents', '2', '--nats', url]),
      ({ message }: Error) => message.includes('--nats-secret') && !message.includes('hunter2'),
    );
});

test('every command whose runs are about Nginx takes its load from agents', () => {
  for (const line of ['compare plain tls', 'capacity -p tls', 'ladder -p tls --over connections'])
    assert.doesNotThrow(() => parseRequest(`${line} ${NATS} --agents 2`.split(' ')), line);
  const ladder = parseRequest(`ladder -p tls ${NATS} --agents 4`.split(' '));
  assert.ok(ladder.command === 'ladder' && Math.min(...ladder.ladder.levels) === 4);
  refused(`compare plain direct ${NATS} --agents 2 --listen 10.0.0.7`, /direct/);
  refused(`size -c 10k ${NATS} --agents 2`, /this host/);
});

test('names may have spaces around them, and up to 256 agents may take part', () => {
  const asked = parseRequest(['-p', 'tls', ...NATS.split(' '), '--agents', 'a, b ']);
  assert.ok(asked.command === 'run');
  assert.deepEqual(asked.run.agents?.generators, ['a', 'b']);
  for (const count of [1, 256]) assert.equal(agents(`-p tls ${NATS} --agents ${count}`)?.generators, count);
  assert.equal(agents(`-p direct ${NATS} --agents 2`)?.generators, 2);
  assert.equal(agents(`-p tls,direct ${NATS} --server-agents 1 --agents 2 --listen 10.0.0.7`)?.servers, 1);
});

test("a scenario of the user's own, whose file the agents lack, takes its load from this host", () => {
  const given = new Map([
    ['nats', ['nats://n']],
    ['agents', ['2']],
  ]);
  const scenario = { ...DEFAULT_SCENARIO, file: './own.ts' };
  assert.throws(() => agentsOf(given, { scenario, scenarioOptions: {} }), {
    kind: 'usage',
    message: /^--agents does not apply to a scenario of your own/,
  });
});

test('Nginx and servers cannot be on agents if any action of any step is not one of the clients', () => {
  const given = new Map([
    ['nats', ['nats://n']],
    ['server-agents', ['1']],
  ]);
  const scenario = {
    ...DEFAULT_SCENARIO,
    timeline: (step: string) =>
      step === 'throughput'
        ? []
        : [
            { atMs: 0, action: { kind: 'cut-clients' as const } },
            { atMs: 1, action: { kind: 'reload' as const } },
          ],
  };
  assert.throws(() => agentsOf(given, { scenario, scenarioOptions: {} }), {
    kind: 'usage',
    message: /^With these options, --server-agents does not apply to the scenario echo: .* acts on/,
  });
});

test('a scenario whose load cannot come from agents says why', () => {
  for (const { name, needsGeneratorHere } of SCENARIOS) {
    const line = `-p tls --scenario ${name} ${NATS} --agents 2`;
    if (needsGeneratorHere === undefined) assert.equal(agents(line)?.generators, 2, name);
    else refused(line, /slow-consumer: it measures the data queued/);
  }
});

test('an agent has a role, a name, a list of targets and limits', () => {
  assert.deepEqual(
    agent(`${NATS} --role generator --name a --allow 10.0.0.7 --allow [fd00::1]:443 --allow 10.0.0.8:80`),
    {
      nats: { url: 'nats://10.0.0.1:4222', secretFile: null, caFile: null },
      name: 'a',
      role: 'generator',
      watches: [],
      listen: null,
      allowed: [
        { host: '10.0.0.7', port: null },
        { host: 'fd00::1', port: 443 },
        { host: '10.0.0.8', port: 80 },
      ],
      limits: { connections: null, ratePerSecond: null },
    },
  );
  assert.deepEqual(agent(`${NATS} --role generator --max-connections 20k --max-rate 500`).limits, {
    connections: 20_000,
    ratePerSecond: 500,
  });
  const { role, watches } = agent(`${NATS} --role proxy --watch nginx --watch 4711`);
  assert.deepEqual([role, watches], ['proxy', [{ name: 'nginx' }, { pid: 4711 }]]);
  const server = agent(`${NATS} --role server --listen 10.0.0.9`);
  assert.deepEqual([server.role, server.listen], ['server', '10.0.0.9']);
  assert.equal(agent(`${NATS} --role proxy --listen 10.0.0.9 --allow 10.0.0.8`).listen, '10.0.0.9');
  for (const line of [
    NATS,
    '--role generator',
    `${NATS} --role runner`,
    `${NATS} --role proxy`,
    `${NATS} --role proxy --watch 0`,
    `${NATS} --role proxy --watch /usr/sbin/nginx`,
    `${NATS} --role proxy --watch nginx --allow 10.0.0.7`,
    `${NATS} --role generator --watch nginx`,
    `${NATS} --role generator --listen 10.0.0.9`,
    `${NATS} --role proxy --watch nginx --listen 10.0.0.9`,
    `${NATS} --role server`,
    `${NATS} --role server --listen 0.0.0.0`,
    `${NATS} --role server --listen 10.0.0.9 --allow 10.0.0.8`,
    `${NATS} --role generator --name a.b`,
    `${NATS} --role generator --allow ws://n/`,
    `${NATS} --role generator --allow n/path`,
    `${NATS} --role generator --allow user@n`,
    `${NATS} --role generator --max-connections 0`,
    `${NATS} --role generator --max-rate 1.5`,
  ])
    refused(`agent ${line}`);
});

test('an agent reads no configuration file, because that would run code', () => {
  assert.equal(COMMANDS.agent.takesFromFile, false);
});
