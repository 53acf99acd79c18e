import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { droppedHandshakes, dropsBetween, fullDisk, throttling, watchKernel } from './kernel.ts';

/** Listens with a backlog of one, prints its port and never accepts. */
const DEAF = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

describe('kernel counters of the load', () => {
  it('report handshakes that found the backlog full', () => {
    const drops = dropsBetween({ overflows: 3, drops: 3 }, { overflows: 10, drops: 12 });
    assert.deepEqual(drops, { overflows: 7, drops: 9 });
    const [notice] = droppedHandshakes(drops);
    assert.deepEqual([notice?.code, notice?.data], ['listen-overflow', { count: 7 }]);
    assert.deepEqual(droppedHandshakes({ overflows: 0, drops: 6 }), []);
    assert.deepEqual(droppedHandshakes(null), []);
    assert.equal(dropsBetween(null, { overflows: 3, drops: 9 }), null);
    assert.equal(dropsBetween({ overflows: 3, drops: 3 }, null), null);
  });

  it('report the difference between the two readings', {
    timeout: 20_000,
  }, async (t) => {
    const deaf = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => deaf.kill('SIGKILL'));
    const [port] = await once(deaf.stdout, 'data');
    const ended = await watchKernel();
    const sockets = Array.from({ length: 8 }, () => connect(Number(String(port)), '127.0.0.1'));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (const socket of sockets) socket.on('error', () => {});
    let figures = await ended();
    while (!figures.notices.some(({ code }) => code === 'listen-overflow')) {
      await sleep(50);
      figures = await ended();
    }
    const { overflows = 0, drops = 0 } = figures.listenDrops ?? {};
    assert.ok(overflows > 0 && drops >= overflows);
  });

  it('report a temporary folder without space, but not a file system without such counts', () => {
    assert.deepEqual(
      [
        { blocks: 16, bavail: 0 },
        { blocks: 16, bavail: 1 },
        { blocks: 0, bavail: 0 },
      ].map((stats) => fullDisk(stats).map(({ code }) => code)),
      [['temporary-folder-full'], [], []],
    );
  });

  it('report an exhausted CPU quota from one full period up', () => {
    const [notice] = throttling(1_000_000, 3_340_000);
    assert.deepEqual([notice?.code, notice?.data], ['cpu-throttled', { us: 2_340_000 }]);
    assert.equal(throttling(0, 50_000).length, 1);
    assert.deepEqual(throttling(0, 49_999), []);
    assert.deepEqual(throttling(null, 9e6), []);
    assert.deepEqual(throttling(0, null), []);
  });
});
