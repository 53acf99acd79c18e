import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { notice } from '../wording/finding.ts';
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
    assert.deepEqual(dropsBetween({ overflows: 3, drops: 3 }, { overflows: 2, drops: 1 }), {
      overflows: 0,
      drops: 0,
    });
    assert.deepEqual(droppedHandshakes(drops), [notice('warning', 'listen-overflow', { count: 7 })]);
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

  it('are the differences of both kinds, each with its notice', async (t) => {
    const readings: Readonly<Record<string, string[]>> = {
      '/proc/net/netstat': ['12 15', '13 20'].map(
        (values) => `TcpExt: ListenOverflows ListenDrops\nTcpExt: ${values}\n`,
      ),
      '/sys/fs/cgroup/cpu.stat': ['throttled_usec 1000\n', 'throttled_usec 61000\n'],
      '/proc/self/cgroup': ['0::/\n', '0::/\n'],
      '/proc/self/mountinfo': Array<string>(2).fill('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'),
    };
    t.mock.method(fs, 'readFile', async (path: string) => readings[path]?.shift() ?? '');
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    const ended = await watchKernel();
    assert.deepEqual(await ended(), {
      listenDrops: { overflows: 1, drops: 5 },
      notices: [
        notice('warning', 'listen-overflow', { count: 1 }),
        notice('warning', 'cpu-throttled', { us: 60_000 }),
      ],
    });
    assert.deepEqual(await ended(), { listenDrops: null, notices: [] });
  });

  it('report a temporary folder without space, but not a file system without such counts', () => {
    assert.deepEqual(
      [
        { blocks: 16, bavail: 0 },
        { blocks: 16, bavail: 1 },
        { blocks: 0, bavail: 0 },
      ].map((stats) => fullDisk(stats)),
      [[notice('warning', 'temporary-folder-full', {})], [], []],
    );
  });

  it('report an exhausted CPU quota from one full period up', () => {
    assert.deepEqual(throttling(1_000_000, 3_340_000), [
      notice('warning', 'cpu-throttled', { us: 2_340_000 }),
    ]);
    assert.equal(throttling(7, 50_007).length, 1);
    assert.deepEqual(throttling(7, 50_006), []);
    assert.deepEqual(throttling(null, 9e6), []);
    assert.deepEqual(throttling(0, null), []);
  });
});
