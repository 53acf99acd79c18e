import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { QueueSample } from '../model/run.ts';
import type { RunningProxy } from '../topology/target.ts';
import { startQueueSampler } from './queue-sampler.ts';

const NONE = { open: 0, closing: 0, unread: 0, unsent: 0 };

test('the queues of a run’s sockets are sampled every second and at the end', async (t) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = -0.4;
  let asked = 0;
  const proxy = {
    async processes() {
      asked++;
      if (asked === 2) throw new Error('Nginx is gone.');
      return [{ component: 'proxy', role: 'worker', name: 'nginx worker 1', pid: process.pid }];
    },
  } as Partial<RunningProxy> as RunningProxy;
  const samples: QueueSample[] = [];
  const stop = startQueueSampler(samples, () => now, { ports: [port + 1], proxy }, [{ port }]);
  const second = async (us: number) => {
    now = us;
    t.mock.timers.tick(1000);
    await new Promise((done) => setImmediate(done));
  };
  t.mock.timers.tick(999);
  assert.deepEqual([asked, samples], [0, []]);
  now = -1;
  t.mock.timers.tick(1);
  await new Promise((done) => setImmediate(done));
  await second(1e6);
  await second(2e6 + 0.6);
  t.mock.timers.tick(1000);
  now = 2.5e6;
  stop();
  await second(3e6);
  assert.equal(asked, 4);
  const own = samples.map(({ atUs, proxyBytes, tcpBytes: _, ...queues }) => ({
    ...{ atUs, hasProxyBytes: (proxyBytes ?? 0) > 0 },
    ...queues,
  }));
  const open = { ...NONE, open: 1 };
  const common = { hasProxyBytes: true, client: NONE, proxyClient: NONE, proxyServer: open, server: open };
  assert.deepEqual(
    own,
    [0, 2_000_001, 2_500_000].map((atUs) => ({ ...common, atUs })),
  );
});

test('without a proxy, only the sockets are sampled', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const samples: QueueSample[] = [];
  const stop = startQueueSampler(samples, () => 7, { ports: [1], proxy: null }, [{ port: 1 }]);
  t.mock.timers.tick(1000);
  await new Promise((done) => setImmediate(done));
  stop();
  const sample = {
    ...{ atUs: 7, proxyBytes: null },
    client: NONE,
    proxyClient: NONE,
    proxyServer: NONE,
    server: NONE,
  };
  assert.deepEqual(
    samples.map(({ tcpBytes: _, ...sample }) => sample),
    [sample, sample],
  );
});
