import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as v from 'valibot';
import { environmentSchema } from '../model/result.ts';
import {
  canObserve,
  readBusyShare,
  readEnvironment,
  readLimitNotices,
  readListenDrops,
  readMachine,
  readWildcardPorts,
} from './environment.ts';

const RUNTIME = { bun: '1.4.5', ioUring: 'available' };

const FILES: Readonly<Record<string, string>> = {
  '/etc/os-release': 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\n',
  '/proc/cpuinfo': 'processor\t: 0\nmodel name\t: AMD EPYC\n',
  '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t2-5\n',
  '/proc/self/limits': 'Max open files            1024                 20000                files     \n',
  '/proc/meminfo': 'MemTotal: 20 kB\nMemAvailable:   10 kB\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/self/cgroup': '0::/\n',
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
};
/** A container with 2.5 CPUs, and less memory than its machine. */
const LIMITED = {
  ...FILES,
  '/sys/fs/cgroup/cpu.max': '250000 100000\n',
  '/sys/fs/cgroup/memory.max': '9000\n',
  '/sys/fs/cgroup/memory.current': '1000\n',
};

/** Simulates a system on which only these files can be read. A list is the contents of successive readings. */
function system(t: TestContext, files: Readonly<Record<string, string | readonly string[]>>): void {
  const readings = new Map<string, number>();
  t.mock.method(fs, 'readFile', async (path: string) => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    const reading = readings.get(path) ?? 0;
    readings.set(path, reading + 1);
    return typeof content === 'string' ? content : (content[reading] ?? '');
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

describe('the environment', () => {
  it('matches the model on this machine', async () => {
    const environment = await readEnvironment(RUNTIME);
    assert.deepEqual(v.parse(environmentSchema, environment), environment);
    assert.equal(environment.node, process.version);
    assert.ok(environment.memoryBytes > 0 && environment.cpus > 0 && environment.openFilesLimit > 0);
    assert.ok(process.platform !== 'linux' || (await readListenDrops()));
  });

  it('is read from the system, with the limits of its container', async (t) => {
    system(t, LIMITED);
    t.mock.method(os, 'loadavg', () => [1.5, 2, 3]);
    const expected = {
      os: 'Debian GNU/Linux 13 (trixie)',
      kernel: os.release(),
      arch: os.arch(),
      cpuModel: 'AMD EPYC',
      cpus: 2,
      cpuQuota: 2.5,
      memoryBytes: os.totalmem(),
      node: process.version,
      ...RUNTIME,
      openFilesLimit: 20_000,
      somaxconn: 4096,
      portRange: [32_768, 60_999],
      loadAverage1m: 1.5,
    };
    assert.deepEqual(await readEnvironment(RUNTIME), expected);
  });

  it('is what Node knows of it if nothing can be read', async (t) => {
    system(t, {});
    t.mock.method(os, 'loadavg', () => []);
    const node: { cpus: { model: string }[]; report: object } = {
      cpus: [{ model: 'Node’s CPU' }, { model: 'another' }],
      report: { userLimits: { open_files: { hard: 512 } } },
    };
    t.mock.method(os, 'cpus', () => node.cpus);
    t.mock.method(process.report, 'getReport', () => node.report);
    assert.deepEqual(await readEnvironment({ bun: null, ioUring: null }), {
      os: `${os.type()} ${os.release()}`,
      kernel: os.release(),
      arch: os.arch(),
      cpuModel: 'Node’s CPU',
      cpus: 2,
      cpuQuota: null,
      memoryBytes: os.totalmem(),
      node: process.version,
      bun: null,
      ioUring: null,
      openFilesLimit: 512,
      somaxconn: null,
      portRange: null,
      loadAverage1m: 0,
    });
    node.cpus = [];
    node.report = { userLimits: { open_files: { hard: 'unlimited' } } };
    const { cpuModel, openFilesLimit } = await readEnvironment(RUNTIME);
    assert.deepEqual([cpuModel, openFilesLimit], ['unknown', Number.MAX_SAFE_INTEGER]);
    node.report = {};
    assert.equal((await readEnvironment(RUNTIME)).openFilesLimit, Number.MAX_SAFE_INTEGER);
  });
});

describe('a machine', () => {
  const machine = {
    cpus: [2, 3, 4, 5],
    openFilesLimit: 20_000,
    memoryBytes: 10_240,
    somaxconn: 4096,
    portRange: [32_768, 60_999],
    isRoot: process.getuid?.() === 0,
    ...RUNTIME,
  };

  it('has the CPUs and the memory that are left to this process', async (t) => {
    system(t, FILES);
    assert.deepEqual(await readMachine(RUNTIME), machine);
    assert.deepEqual(await readLimitNotices(), []);
  });

  it('has no more than its container allows, of which there is a notice', async (t) => {
    system(t, LIMITED);
    assert.deepEqual(await readMachine(RUNTIME), { ...machine, cpus: [2, 3], memoryBytes: 8000 });
    assert.deepEqual(
      (await readLimitNotices()).map(({ code, data }) => [code, data]),
      [['cpu-quota', { quota: 2.5, shown: 4, planned: 2 }]],
    );
  });

  it('has the free memory that Node reports if nothing can be read', async (t) => {
    system(t, {});
    t.mock.method(os, 'freemem', () => 77);
    t.mock.method(os, 'cpus', () => [{}, {}, {}]);
    const user = { uid: 1 };
    t.mock.method(process as { getuid(): number }, 'getuid', () => user.uid);
    t.mock.method(process.report, 'getReport', () => ({ userLimits: { open_files: { hard: 512 } } }));
    assert.deepEqual(await readMachine(RUNTIME), {
      cpus: [0, 1, 2],
      openFilesLimit: 512,
      memoryBytes: 77,
      somaxconn: null,
      portRange: null,
      isRoot: false,
      ...RUNTIME,
    });
    user.uid = 0;
    assert.equal((await readMachine(RUNTIME)).isRoot, true);
  });
});

describe('a reading of /proc', () => {
  it('is possible if there is a procfs', (t) => {
    assert.equal(canObserve(), process.platform === 'linux');
    assert.equal(canObserve('/no/such/folder'), false);
    const procfs = mkdtempSync(join(os.tmpdir(), 'environment-test-'));
    t.after(() => rmSync(procfs, { recursive: true }));
    writeFileSync(join(procfs, 'stat'), '');
    assert.equal(canObserve(procfs), false);
    mkdirSync(join(procfs, 'self'));
    writeFileSync(join(procfs, 'self/status'), '');
    assert.equal(canObserve(procfs), true);
    rmSync(join(procfs, 'stat'));
    assert.equal(canObserve(procfs), false);
  });

  it('gives the share of CPU time in use, unless no time has passed', async (t) => {
    const stat = (user: number, idle: number) => `cpu  ${user} 0 0 ${idle} 0 0 0 0\n`;
    const share = async (...readings: readonly string[]) => {
      system(t, { '/proc/stat': readings });
      const busy = await readBusyShare(1);
      t.mock.restoreAll();
      return busy;
    };
    assert.deepEqual(
      [
        await share(stat(100, 100), stat(105, 115)),
        await share(stat(100, 100), stat(101, 100)),
        await share(stat(100, 100), stat(100, 100)),
        await share('', stat(100, 100)),
        await share(stat(100, 100), ''),
      ],
      [0.25, 1, null, null, null],
    );
  });

  it('gives the ports that are taken on all addresses, of both kinds', async (t) => {
    const rest = '00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1';
    system(t, {
      '/proc/net/tcp': `   0: 00000000:07E8 ${rest}\n   1: 0100007F:9C41 ${rest}\n`,
      '/proc/net/tcp6': `   0: 00000000000000000000000000000000:1F90 ${rest}\n   1: 00000000000000000000000000000000:07E8 ${rest}\n`,
    });
    assert.deepEqual([...(await readWildcardPorts())], [2024, 8080]);
  });

  it('gives the connections that listeners dropped', async (t) => {
    system(t, { '/proc/net/netstat': 'TcpExt: ListenOverflows ListenDrops\nTcpExt: 12 15\n' });
    assert.deepEqual(await readListenDrops(), { overflows: 12, drops: 15 });
  });
});
