import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { behaviourOf } from '../load/behaviour.ts';
import type { RunPlan } from '../model/plan.ts';
import { addScenario, scenarioNamed } from '../scenarios/registry.ts';
import type { ReachableServer } from '../topology/servers.ts';
import { directTarget, type RunningProxy, type StartedTarget } from '../topology/target.ts';
import { workerPlans } from './worker-plans.ts';

const SERVERS: readonly ReachableServer[] = [
  { host: '127.0.0.1', port: 9001, socket: '/run/echo-1.sock', certPath: null, stats: async () => null },
  { host: '10.0.0.2', port: 9002, socket: null, certPath: null, stats: async () => null },
];
const TARGET: StartedTarget = { ...directTarget(SERVERS), path: '/chat' };
const WORKERS = [
  { id: { host: 'a', index: 0 }, toHostNs: (ns: bigint) => ns },
  { id: { host: 'b', index: 1 }, toHostNs: (ns: bigint) => ns + 5n },
  { id: { host: 'b', index: 2 }, toHostNs: (ns: bigint) => ns - 5n },
];

function plans(changes: Partial<RunPlan> = {}, target: StartedTarget = TARGET) {
  const { plan } = makeRun({ connections: 11, seconds: 1 });
  return workerPlans({ ...plan, workers: 3, ...changes }, target, SERVERS, WORKERS, 1000n, [40_000, 40_001]);
}

/** The workload of a scenario. */
function of(scenario: string): Pick<RunPlan, 'workload'> {
  return { workload: { ...makeRun({ seconds: 1 }).plan.workload, scenario } };
}

test('connections, their rate and their handshakes are divided among the workers', () => {
  const planned = plans({ rampPerSecond: 30 });
  const runPlan = { ...makeRun({ connections: 11, seconds: 1 }).plan, workers: 3, rampPerSecond: 30 };
  const common = {
    runPlan,
    behaviour: behaviourOf(runPlan.workload),
    scenarioFile: null,
    servers: [['127.0.0.1:9001', 'unix:/run/echo-1.sock'], ['10.0.0.2:9002']],
    target: { host: '127.0.0.1', ports: [9001, 9002], path: '/chat', tls: null },
    sourcePorts: [40_000, 40_001],
    rampPerSecond: 10,
    pendingHandshakes: 85,
  };
  assert.deepEqual(planned, [
    { ...common, id: { host: 'a', index: 0 }, epochNs: '1000', connections: 4 },
    { ...common, id: { host: 'b', index: 1 }, epochNs: '1005', connections: 4 },
    { ...common, id: { host: 'b', index: 2 }, epochNs: '995', connections: 3 },
  ]);
  assert.deepEqual(
    plans({ connections: 2 }).map(({ connections }) => connections),
    [1, 1, 0],
  );
  assert.deepEqual(
    [1, 257].map((workers) => plans({ workers })[0]?.pendingHandshakes),
    [256, 1],
  );
});

test('a scenario that measures handshakes opens no connection before the load', () => {
  assert.deepEqual(
    plans(of('connect')).map(({ connections }) => connections),
    [0, 0, 0],
  );
});

test('without source addresses, the kernel chooses the ports', () => {
  assert.deepEqual(plans({ sourceAddresses: [] })[0]?.sourcePorts, []);
});

test('every connection verifies the certificate of an external server, but not that of a proxy', () => {
  const tls = (changes: Partial<StartedTarget>) => plans({}, { ...TARGET, ...changes })[0]?.target.tls;
  const proxy = {} as RunningProxy;
  assert.deepEqual(
    [
      tls({ tls: { servername: 'x', ca: 'PEM' } }),
      tls({ tls: { servername: 'x' } }),
      tls({ tls: { servername: 'localhost', ca: 'PEM' }, proxy }),
    ],
    [
      { servername: 'x', verifyWith: 'PEM' },
      { servername: 'x', verifyWith: null },
      { servername: 'localhost', verifyWith: null },
    ],
  );
});

test('a scenario adds its query and its subprotocols, unless the user named subprotocols', () => {
  const handshake = { query: 'token=1', subprotocols: ['chat.v2'] };
  addScenario({ ...scenarioNamed('echo'), name: 'chat', file: '/scenarios/chat.ts', handshake }, null);
  const request = { host: 'example.org', headers: [{ name: 'X', value: '1' }] };
  const target = (changes: Partial<StartedTarget>) => plans(of('chat'), { ...TARGET, ...changes })[0]?.target;
  const common = { host: '127.0.0.1', ports: [9001, 9002], path: '/chat?token=1', tls: null };
  assert.deepEqual(
    [
      target({}),
      target({ path: '/chat?room=2', request: { ...request, subprotocols: [] } }),
      target({ request: { ...request, subprotocols: ['mine'] } }),
    ],
    [
      { ...common, request: { host: '127.0.0.1', headers: [], subprotocols: ['chat.v2'] } },
      { ...common, path: '/chat?room=2&token=1', request: { ...request, subprotocols: ['chat.v2'] } },
      { ...common, request: { ...request, subprotocols: ['mine'] } },
    ],
  );
  assert.equal(plans(of('chat'))[0]?.scenarioFile, '/scenarios/chat.ts');
  assert.deepEqual(plans({}, { ...TARGET, request })[0]?.target.request, request);
});
