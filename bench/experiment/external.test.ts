import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

ownTemporaryFolder();

describe('a target that already runs', () => {
  it('carries the load, and nothing of it but its answers is known', async (t) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/chat' });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    t.after(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
    const { run, figures } = await execute(t, `--target ${url} -c 20 -R 200 -w 100ms -d 1s`);
    assert.equal(run.outcome.state, 'completed');
    assert.deepEqual(run.plan.target, { kind: 'external', url });
    assert.deepEqual([run.plan.server, run.plan.servers, run.plan.proxy], [null, 0, null]);
    assert.equal(figures.connections.opened, 20);
    assert.ok(figures.messages.echoed > 0);
    assert.deepEqual([...new Set(run.processes.map(({ component }) => component))].sort(), [
      'generator',
      'runner',
    ]);
    assert.deepEqual([figures.cpuUsPerMessage.proxy, figures.cpuUsPerMessage.server], [null, null]);
    assert.ok(['none', 'schedule', 'generator'].includes(run.validity.limit.component));
  });
});
