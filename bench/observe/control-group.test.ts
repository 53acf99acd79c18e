import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  findControlGroup,
  parseCfsQuota,
  parseCpuMax,
  parseInactiveFile,
  parseThrottledUs,
  quotaNotices,
  readContainerLimits,
  readThrottledUs,
} from './control-group.ts';

const UNIFIED = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const SPLIT = `31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct
32 23 0:28 /docker/ab12 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
33 23 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;

/** Creates a folder with these files. */
function files(t: TestContext, contents: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'control-group-test-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

describe('control groups', () => {
  it('version 2: the group and every parent', () => {
    assert.deepEqual(findControlGroup('cpu', '0::/user.slice/x.scope\n', UNIFIED), {
      version: 2,
      folders: ['/sys/fs/cgroup/user.slice/x.scope', '/sys/fs/cgroup/user.slice', '/sys/fs/cgroup'],
    });
    assert.deepEqual(findControlGroup('memory', '0::/\n', UNIFIED)?.folders, ['/sys/fs/cgroup']);
  });

  it('version 1: by controller, and relative to the mount in a container', () => {
    const cgroup = '5:cpu,cpuacct:/jobs/7\n4:memory:/docker/ab12/inner\n0::/\n';
    assert.deepEqual(findControlGroup('cpu', cgroup, SPLIT), {
      version: 1,
      folders: [
        '/sys/fs/cgroup/cpu,cpuacct/jobs/7',
        '/sys/fs/cgroup/cpu,cpuacct/jobs',
        '/sys/fs/cgroup/cpu,cpuacct',
      ],
    });
    assert.deepEqual(findControlGroup('memory', cgroup, SPLIT)?.folders, [
      '/sys/fs/cgroup/memory/inner',
      '/sys/fs/cgroup/memory',
    ]);
  });

  it('a path outside the mount, or no mount at all', () => {
    assert.deepEqual(findControlGroup('memory', '4:memory:/docker/ab123\n', SPLIT)?.folders, [
      '/sys/fs/cgroup/memory',
    ]);
    assert.equal(findControlGroup('memory', '4:memory:/\n', UNIFIED), null);
    assert.equal(findControlGroup('cpu', '', UNIFIED), null);
    assert.deepEqual(findControlGroup('cpu', '0::/../other\n', UNIFIED)?.folders, [
      '/sys/fs/cgroup/other',
      '/sys/fs/cgroup',
    ]);
  });

  it('of several groups and mounts, the first counts', () => {
    const again = UNIFIED.replace('/sys/fs/cgroup', '/mnt');
    const first = { version: 2, folders: ['/sys/fs/cgroup/a', '/sys/fs/cgroup'] };
    assert.deepEqual(findControlGroup('cpu', '0::/a\n0::/b\n', UNIFIED + again), first);
    const cpu = '1 2 0:3 / /cpu rw - cgroup cgroup rw,cpu\n';
    assert.deepEqual(findControlGroup('cpu', '5:cpu:/a\n6:cpu:/b\n', cpu), {
      version: 1,
      folders: ['/cpu/a', '/cpu'],
    });
  });

  it('quotas are fractions of CPUs', () => {
    assert.equal(parseCpuMax('150000 100000\n'), 1.5);
    assert.equal(parseCpuMax('max 100000\n'), null);
    assert.equal(parseCpuMax(''), null);
    assert.equal(parseCfsQuota('50000\n', '100000\n'), 0.5);
    assert.equal(parseCfsQuota('-1\n', '100000\n'), null);
    assert.equal(parseCfsQuota('50000\n', '0\n'), null);
    assert.equal(parseCpuMax('0 100000\n'), null);
    assert.deepEqual([parseCpuMax('1 2\n'), parseCpuMax('2 1\n')], [0.5, 2]);
  });

  it('reclaimable page cache, and time throttled by the quota', () => {
    const stat = 'inactive_file 4096\nactive_file 7\ntotal_inactive_file 8192\n';
    assert.equal(parseInactiveFile(stat, 2), 4096);
    assert.equal(parseInactiveFile(stat, 1), 8192);
    assert.equal(parseInactiveFile('', 2), 0);
    assert.equal(parseThrottledUs('nr_throttled 2\nthrottled_usec 1500\n'), 1500);
    assert.equal(parseThrottledUs('nr_throttled 2\nthrottled_time 1500999\n'), 1500);
    assert.equal(parseThrottledUs('usage_usec 5\n'), null);
  });

  it('the smallest limit of all parents applies, and page cache does not count as used memory (version 2)', async (t) => {
    const root = files(t, {
      'proc/self/cgroup': '0::/a/b\n',
      'proc/self/mountinfo': UNIFIED,
      'sys/fs/cgroup/a/b/cpu.max': '300000 100000\n',
      'sys/fs/cgroup/a/cpu.max': '250000 100000\n',
      'sys/fs/cgroup/a/b/memory.max': 'max\n',
      'sys/fs/cgroup/a/memory.max': '1000\n',
      'sys/fs/cgroup/a/memory.current': '900\n',
      'sys/fs/cgroup/a/memory.stat': 'anon 300\ninactive_file 600\n',
      'sys/fs/cgroup/a/b/cpu.stat': 'throttled_usec 5\n',
      'sys/fs/cgroup/a/cpu.stat': 'throttled_usec 7\n',
    });
    assert.deepEqual(await readContainerLimits(root), { cpuQuota: 2.5, memoryLeftBytes: 700 });
    assert.equal(await readThrottledUs(root), 12);
  });

  it('the same in version 1', async (t) => {
    const root = files(t, {
      'proc/self/cgroup': '5:cpu,cpuacct:/jobs\n4:memory:/docker/ab12\n',
      'proc/self/mountinfo': SPLIT,
      'sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '2000\n',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '900\n',
      'sys/fs/cgroup/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 400\n',
    });
    assert.deepEqual(await readContainerLimits(root), { cpuQuota: 0.5, memoryLeftBytes: 1500 });
  });

  it('memory left is at least 0, and at most the limit', async (t) => {
    const left = async (current: number, inactive: number) =>
      readContainerLimits(
        files(t, {
          'proc/self/cgroup': '0::/\n',
          'proc/self/mountinfo': UNIFIED,
          'sys/fs/cgroup/memory.max': '1000\n',
          'sys/fs/cgroup/memory.current': `${current}\n`,
          'sys/fs/cgroup/memory.stat': `inactive_file ${inactive}\n`,
        }),
      ).then(({ memoryLeftBytes }) => memoryLeftBytes);
    assert.equal(await left(1200, 100), 0);
    assert.equal(await left(100, 300), 1000);
  });

  it('there are no limits without files that set them', async (t) => {
    const root = files(t, {
      'proc/self/cgroup': '4:memory:/docker/ab12\n',
      'proc/self/mountinfo': SPLIT,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    assert.deepEqual(await readContainerLimits(root), { cpuQuota: null, memoryLeftBytes: null });
    assert.equal(await readThrottledUs(root), null);
  });

  it('without a figure of its use, all of the memory is left, and without counters, no time is known', async (t) => {
    const root = files(t, {
      'proc/self/cgroup': '0::/\n',
      'proc/self/mountinfo': UNIFIED,
      'sys/fs/cgroup/memory.max': '1000\n',
    });
    assert.deepEqual(await readContainerLimits(root), { cpuQuota: null, memoryLeftBytes: 1000 });
    assert.equal(await readThrottledUs(root), null);
    const nowhere = files(t, { 'proc/self/cgroup': '', 'proc/self/mountinfo': '' });
    assert.deepEqual(await readContainerLimits(nowhere), { cpuQuota: null, memoryLeftBytes: null });
    assert.equal(await readThrottledUs(nowhere), null);
  });

  it('a notice reports a quota below the number of CPUs, and the number used for planning', () => {
    const told = (cpuQuota: number | null, cpus: number) =>
      quotaNotices({ cpuQuota, memoryLeftBytes: null }, cpus).map(({ level, code, data }) => [
        level,
        code,
        data,
      ]);
    assert.deepEqual(told(null, 4), []);
    assert.deepEqual(told(4, 4), []);
    assert.deepEqual(told(2.5, 4), [['warning', 'cpu-quota', { quota: 2.5, shown: 4, planned: 2 }]]);
    assert.deepEqual(told(0.5, 4), [['warning', 'cpu-quota', { quota: 0.5, shown: 4, planned: 1 }]]);
  });
});
