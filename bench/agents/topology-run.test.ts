import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonicNs } from '../load/clock.ts';
import { stored } from '../model/finding.ts';
import type { RunProcess } from '../model/run.ts';
import type { PreparedProxy } from '../topology/driver.ts';
import type { RunningProxy, StartedTarget } from '../topology/target.ts';
import { NEVER } from './agents.test.fixture.ts';
import type { Outbox } from './outbox.ts';
import type { BeginProxy } from './protocol.ts';
import { beginProxyRun, type OwnProxy } from './topology-run.ts';

const RUN = '00000000-0000-0000-0000-000000000000';
const EARS = { say: () => {}, urgent: NEVER };
const OUTBOX: Outbox = { add: () => assert.fail('nothing is reported'), flush: async () => {}, close() {} };
const PROXY = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
const START = {
  ...{ kind: 'nginx', profile: 'plain', tunings: [], proxy: PROXY },
  upstreams: [
    { host: '192.0.2.1', port: 9000 },
    { host: '192.0.2.1', port: 9001 },
  ],
} satisfies BeginProxy['start'];

const ITSELF: RunProcess = { component: 'proxy', role: 'master', name: 'nginx', pid: process.pid };
const NOTICE = { level: 'info', ...stored('The listen address was replaced.') } as const;
const FACTS = {
  ...{ binary: '/usr/sbin/nginx', origin: null, version: '1.22.1', openssl: null, buildArguments: '' },
  ...{ given: null, configuration: 'events {}', upgrade: null },
};
const RUNNING = {
  processes: async () => [ITSELF],
  readErrorLog: async () => ['emerg'],
  facts: FACTS,
  notices: [NOTICE],
} as unknown as RunningProxy;
const TARGET: StartedTarget = {
  ...{ host: '192.0.2.9', ports: [80, 81], path: '/ws', http2: true, proxy: RUNNING },
  page: { path: '/page', shown: '/page', cached: true },
  tls: { servername: 'localhost', ca: 'PEM' },
};

/** The Nginx of a host that starts as this target, and what it was asked for. */
function startingAs(target: StartedTarget) {
  const asked: unknown[] = [];
  const binary = { path: '/usr/sbin/nginx' };
  const prepared = {
    async start(...[plan, found, servers, folder, , opening]: Parameters<PreparedProxy['start']>) {
      asked.push(plan, found, servers, typeof folder, opening);
      return target;
    },
  };
  const proxy = {
    async sourceOf(...of: unknown[]) {
      asked.push(of);
      return { path: '/plain.conf' };
    },
    driverOf: async (kind: string) => ({
      async prepare(source: unknown) {
        asked.push(kind, source);
        return prepared;
      },
    }),
    async find(kind: string) {
      asked.push(kind);
      return binary;
    },
  };
  return { proxy: proxy as unknown as OwnProxy, asked, binary };
}

test('an agent starts a profile in front of the servers of others, and describes it', async () => {
  const { proxy, asked, binary } = startingAs(TARGET);
  const run = beginProxyRun(RUN, START, proxy, '192.0.2.9', OUTBOX, EARS);
  assert.deepEqual(await run.ready, {
    ...{ role: 'proxy', host: '192.0.2.9', ports: [80, 81], path: '/ws', http2: true },
    ...{ page: TARGET.page, tls: TARGET.tls, facts: FACTS, notices: [NOTICE], requestHost: '192.0.2.9' },
  });
  assert.deepEqual(asked, [
    ['plain', []],
    'nginx',
    { path: '/plain.conf' },
    'nginx',
    { placement: null, proxy: PROXY },
    binary,
    START.upstreams.map((each) => ({ ...each, socket: null, certPath: null })),
    'string',
    { host: '192.0.2.9' },
  ]);
  await run.observer.begin(monotonicNs(), 60_000);
  const { errorLog, processes } = await run.end();
  assert.deepEqual(errorLog, ['emerg']);
  assert.deepEqual(
    processes.map(({ component, role, name, pid }) => ({ component, role, name, pid })),
    [ITSELF],
  );
  const named = startingAs({ ...TARGET, request: { host: 'chat.example', headers: [] } });
  const other = beginProxyRun(RUN, START, named.proxy, '192.0.2.9', OUTBOX, EARS);
  const started = await other.ready;
  assert.ok(started?.role === 'proxy');
  assert.equal(started.requestHost, 'chat.example');
  await other.end();
});

test('a start without a proxy is a defect, after which nothing is observed', async () => {
  const run = beginProxyRun(
    RUN,
    START,
    startingAs({ ...TARGET, proxy: null }).proxy,
    '192.0.2.9',
    OUTBOX,
    EARS,
  );
  await assert.rejects(run.ready, new TypeError('a proxy was started'));
  await run.observer.begin(monotonicNs(), 60_000);
  const { errorLog, processes } = await run.end();
  assert.deepEqual([errorLog, processes], [[], []]);
});
