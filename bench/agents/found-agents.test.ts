import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEVER, VERSION } from './agents.test.fixture.ts';
import type { Bus } from './bus.ts';
import { type AgentsWanted, checkReach, findAgents } from './found-agents.ts';
import { readWhereabouts } from './host-facts.ts';
import { makeHub } from './hub.test.fixture.ts';
import { encodeMessage } from './message.ts';
import { type AgentFacts, ROLL_CALL } from './protocol.ts';

const ACCESS = { url: 'nats://hub', secretFile: null, caFile: null };
const SYSTEM = { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 };

/** Finds agents among those with these facts. The first is called a, the second b and so on. */
async function find(wanted: Partial<AgentsWanted>, ...agents: Partial<AgentFacts>[]) {
  const hub = makeHub();
  const here = await readWhereabouts();
  for (const [at, changes] of agents.entries()) {
    const name = 'abcdef'.charAt(at);
    const facts: AgentFacts = {
      ...{ name, instance: name, version: VERSION, role: 'generator', run: null },
      ...{ cpus: 2, openFiles: 1024, somaxconn: 128, listen: null, ports: 10, reusesPorts: false, bun: true },
      ...{ system: SYSTEM, ...here },
      ...changes,
    };
    const peer = await hub.connect(ACCESS, name);
    peer.subscribe(ROLL_CALL, { callback: (_, message) => void message.respond(encodeMessage(facts)) });
  }
  let runner: Bus | null = null;
  const connect: typeof hub.connect = async (...given) => (runner = await hub.connect(...given));
  const all = { generators: null, proxy: null, servers: null, isWatched: false, ...wanted };
  const isClosed = () => runner?.isClosed();
  try {
    return { found: await findAgents(ACCESS, all, VERSION, NEVER, connect), isClosed };
  } catch (error) {
    assert.ok(isClosed(), 'it is disconnected');
    throw error;
  }
}

/** The hosts with agents, and the parts of a run that the agents can take. */
async function parts(wanted: Partial<AgentsWanted>, ...agents: Partial<AgentFacts>[]) {
  const { found, isClosed } = await find(wanted, ...agents);
  const { places, ...control } = found.control;
  assert.equal(isClosed(), false);
  await found.close();
  assert.equal(isClosed(), true);
  return [found.hosts, Object.keys(control), Object.keys(places ?? {})];
}

const server = { role: 'server', listen: '192.0.2.1' } as const;
const proxy = { role: 'proxy', listen: '192.0.2.2' } as const;
const host = (agent: string) => ({ agent, cpus: 2, openFilesLimit: 1024, somaxconn: 128, bun: true });

test('a part of a run is on the agents that take it, and otherwise on this host', async () => {
  const [none, generators, one, servers, started, watched] = await Promise.all([
    parts({}),
    parts({ generators: 2 }, { openFiles: 2048 }, { ports: 9, bun: false }, {}),
    parts({ generators: ['b'] }, {}, { reusesPorts: true }),
    parts({ servers: 2 }, server, { ...server, cpus: 4 }),
    parts({ proxy: 'a', servers: 1 }, proxy, server),
    parts({ proxy: 'a', isWatched: true }, proxy),
  ]);
  assert.deepEqual(none, [{}, [], []]);
  const both = { agents: ['a', 'b'], openFilesLimit: 1024, scarcePorts: 9, bun: false };
  assert.deepEqual(generators, [{ generators: both }, ['coordinator'], []]);
  const reusing = { agents: ['b'], openFilesLimit: 1024, scarcePorts: null, bun: true };
  assert.deepEqual(one, [{ generators: reusing }, ['coordinator'], []]);
  assert.deepEqual(servers, [{ serverHosts: [host('a'), { ...host('b'), cpus: 4 }] }, [], ['startServers']]);
  assert.deepEqual(started, [
    { serverHosts: [host('b')], proxyHost: host('a') },
    [],
    ['startServers', 'startProxy'],
  ]);
  assert.deepEqual(watched, [{}, ['proxyWatch'], []]);
});

test('who connects to what decides where it may listen', async () => {
  const loopback = { listen: '127.0.0.1' };
  const apart = { machine: 'another' };
  const refused = (name: string) => ({
    kind: 'environment',
    message: new RegExp(`^The agent ${name} listens on 127\\.0\\.0\\.1, `),
  });
  await Promise.all([
    // The generators connect to Nginx, this host does if there are none, and Nginx connects to the servers.
    assert.rejects(find({ proxy: 'a' }, { ...proxy, ...loopback, ...apart }), refused('a')),
    assert.rejects(find({ proxy: 'a', generators: 1 }, { ...proxy, ...loopback }, apart), refused('a')),
    assert.rejects(find({ servers: 1 }, { ...server, ...loopback, ...apart }), refused('a')),
    assert.rejects(
      find({ proxy: 'a', servers: 1 }, { ...proxy, ...apart }, { ...server, ...loopback }),
      refused('b'),
    ),
    find({ proxy: 'a', generators: 1 }, { ...proxy, ...loopback, ...apart }, apart),
    find({ proxy: 'a', servers: 1 }, { ...proxy, ...apart }, { ...server, ...loopback, ...apart }),
    find({ proxy: 'a' }, { ...proxy, ...loopback }),
    // Where Nginx listens does not matter if it is only watched.
    find({ proxy: 'a', isWatched: true }, { ...proxy, ...loopback, ...apart }),
  ]);
});

test('what an agent starts does not listen where those who need it cannot connect', () => {
  const here = { machine: 'm', network: 'n' };
  const agent = (listen: string) => ({ name: 's', listen, ...here });
  checkReach(agent('127.0.0.1'), [here, here]);
  checkReach(agent('192.0.2.8'), [{ machine: 'other', network: 'n' }]);
  for (const apart of [
    { machine: 'other', network: 'n' },
    { machine: 'm', network: 'other' },
  ])
    assert.throws(() => checkReach(agent('127.0.0.1'), [here, apart]), {
      kind: 'environment',
      message: /agent s listens on 127\.0\.0\.1.*--listen/,
    });
});
