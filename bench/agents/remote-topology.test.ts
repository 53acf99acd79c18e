import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as v from 'valibot';
import { monotonicNs } from '../load/clock.ts';
import { NEVER, startAgent, VERSION } from './agents.test.fixture.ts';
import { type AgentsWanted, findAgents } from './found-agents.ts';
import { type Hub, makeHub } from './hub.test.fixture.ts';
import { beginSchema } from './protocol.ts';

const RUN = '00000000-0000-0000-0000-000000000000';

async function placesOn(t: TestContext, hub: Hub, wanted: Partial<AgentsWanted>) {
  const access = { url: 'nats://hub', secretFile: null, caFile: null };
  const all = { generators: null, proxy: null, servers: null, isWatched: false, ...wanted };
  const found = await findAgents(access, all, VERSION, NEVER, hub.connect);
  t.after(() => found.close());
  return found.control.places ?? assert.fail();
}

test('echo servers are shared by the agents, counted, observed, and gone at the end', async (t) => {
  const hub = makeHub();
  for (const name of ['s', 'u']) await startAgent(t, hub, name, { role: 'server', listen: '127.0.0.1' });
  const { startServers } = await placesOn(t, hub, { servers: 2 });
  const plan = { count: 3, kind: 'lean', engine: 'node', args: [], maxPayloadBytes: 1024 } as const;
  const started = (await startServers?.(plan)) ?? assert.fail();
  assert.equal(new Set(started.servers.map(({ port }) => port)).size, 3);
  for (const { stats } of started.servers) assert.equal((await stats())?.messages, 0);
  await started.observe(monotonicNs(), 1000);
  const { processes, hosts } = await started.end();
  assert.deepEqual(
    processes.map(({ component, name }) => [component, name]),
    [1, 2, 3].map((number) => ['server', `echo server ${number}`]),
  );
  assert.deepEqual(
    hosts.map(({ name, role, workers }) => [name, role, workers]),
    [
      ['s', 'server', [0, 1]],
      ['u', 'server', [2]],
    ],
  );
  for (const { pid } of processes) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  // The agents are free again.
  await (await startServers?.(plan))?.end();
});

test('a proxy is only started in front of servers that its agent allows', async (t) => {
  const hub = makeHub();
  await startAgent(t, hub, 'p', { role: 'proxy', listen: '127.0.0.1' });
  const { startProxy } = await placesOn(t, hub, { proxy: 'p' });
  const proxy = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
  const plan = { kind: 'nginx', profile: 'plain', tunings: [], proxy } as const;
  await assert.rejects(
    startProxy?.({ ...plan, upstreams: [{ host: '192.0.2.1', port: 80 }] }) ?? assert.fail(),
    {
      kind: 'environment',
      message: /agent p refused the run: .*192\.0\.2\.1:80/,
    },
  );
});

test('a plan sets no options of an echo server but those of scenarios', () => {
  const begin = (args: readonly string[]) => ({
    ...{ role: 'server', run: RUN, version: VERSION, first: 1, count: 1 },
    ...{ kind: 'lean', engine: 'node', args, maxPayloadBytes: 1 },
  });
  for (const args of [[], ['--reply', 'rooms'], ['--close-after', '1']])
    assert.ok(v.is(beginSchema, begin(args)), args.join(' '));
  for (const args of [
    ['--socket', 'x'],
    ['--cert', 'x'],
    ['--port', '1'],
    ['--reply=rooms'],
    ['/etc/passwd'],
  ])
    assert.ok(!v.is(beginSchema, begin(args)), args.join(' '));
});
