import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as proc from './proc.ts';

const STATUS = `Name:\tnode
State:\tS (sleeping)
VmPeak:\t  671220 kB
VmRSS:\t   54440 kB
Threads:\t11
Cpus_allowed:\t3
Cpus_allowed_list:\t0-1,4
voluntary_ctxt_switches:\t215
nonvoluntary_ctxt_switches:\t67
`;

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 20000                files     
`;

const NETSTAT = `IpExt: InNoRoutes ListenOverflows ListenDrops
IpExt: 0 6 7
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits
TcpExt: 0 12 15 99
MPTcpExt: MPCapableSYNRX ListenOverflows ListenDrops
MPTcpExt: 0 8 9
`;

const SMAPS = `55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                    [rollup]
Rss:                5000 kB
Pss:                1234 kB
Pss_Dirty:           300 kB
SwapPss:               0 kB
`;

const MEMINFO = `MemTotal:        8000000 kB
Slab:                200 kB
SReclaimable:        123 kB
SUnreclaim:           77 kB
`;

const SOCKSTAT = `sockets: used 290
TCP: inuse 12 orphan 0 tw 3 alloc 14 mem 41
UDP: inuse 1 mem 9
`;

describe('readers of /proc', () => {
  it('schedstat: time on a CPU in ns', () => {
    assert.equal(proc.parseSchedstat('377842123456 9912 215\n'), 377_842_123_456);
    assert.equal(proc.parseBusyTime('377842123456 9912 215\n'), 377_842_133_368);
    assert.equal(proc.parseBusyTime('377842123456 x 215\n'), null);
    assert.equal(proc.parseBusyTime(`${2 ** 53} 1 1\n`), null);
    assert.equal(proc.parseBusyTime(`1 ${2 ** 53} 1\n`), null);
    assert.equal(proc.parseSchedstat(`${2 ** 53 - 1} 1 1`), 2 ** 53 - 1);
    assert.equal(proc.parseSchedstat(''), null);
    assert.equal(proc.parseSchedstat('12\n'), null);
  });

  it('status: memory, switches, CPUs', () => {
    assert.deepEqual(proc.parseStatus(STATUS), {
      residentBytes: 54_440 * 1024,
      voluntarySwitches: 215,
      involuntarySwitches: 67,
      cpus: [0, 1, 4],
    });
    assert.deepEqual(proc.parseStatus('State:\tZ (zombie)\n'), {
      residentBytes: null,
      voluntarySwitches: null,
      involuntarySwitches: null,
      cpus: [],
    });
  });

  it('lists of CPUs', () => {
    assert.deepEqual(proc.parseCpuList('3,0-1,1'), [0, 1, 3]);
    assert.deepEqual(proc.parseCpuList('5'), [5]);
    assert.deepEqual(proc.parseCpuList('0,x'), []);
  });

  it('meminfo, limits, cpuinfo', () => {
    assert.equal(proc.parseAvailableMemory('MemTotal: 20 kB\nMemAvailable:   10 kB\n'), 10_240);
    assert.equal(proc.parseOpenFilesLimit(LIMITS), 20_000);
    assert.equal(proc.parseOpenFilesLimit('Max open files  unlimited  unlimited  files\n'), Infinity);
    assert.equal(
      proc.parseCpuModel('processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC  \nmodel name\t: B\n'),
      'AMD EPYC',
    );
    assert.equal(proc.parseCpuModel('processor\t: 0\n'), null);
  });

  it('memory of a process, of the kernel and of TCP', () => {
    assert.equal(proc.parsePss(SMAPS), 1234 * 1024);
    assert.equal(proc.parsePss('Rss:  10 kB\nSwapPss:  5 kB\n'), null);
    assert.equal(proc.parsePss(''), null);
    assert.equal(proc.parseMeminfo(MEMINFO, 'SUnreclaim'), 77 * 1024);
    assert.equal(proc.parseMeminfo(MEMINFO, 'Slab'), 200 * 1024);
    assert.equal(proc.parseMeminfo(MEMINFO, 'SUn'), null);
    assert.equal(proc.parseTcpMemory(SOCKSTAT), 41);
    assert.equal(proc.parseTcpMemory('UDP: inuse 1 mem 9\nTCP6: inuse 3\n'), null);
  });

  it('netstat: only the lines of TcpExt', () => {
    assert.deepEqual(proc.parseListenDrops(NETSTAT), { overflows: 12, drops: 15 });
    const twice = 'TcpExt: ListenDrops ListenOverflows ListenDrops\nTcpExt: 1 2 3\n';
    assert.deepEqual(proc.parseListenDrops(twice), { overflows: 2, drops: 1 });
    assert.equal(proc.parseListenDrops('TcpExt: ListenOverflows\nTcpExt: 1\n'), null);
    assert.equal(proc.parseListenDrops('TcpExt: ListenDrops\nTcpExt: 1\n'), null);
    assert.equal(proc.parseListenDrops(''), null);
    assert.equal(proc.parseListenDrops('TcpExt: A\nTcpExt: 1\n'), null);
  });

  it('small files', () => {
    assert.equal(proc.parseUptime('12.34 5.67\n'), 12_340_000);
    assert.equal(proc.parseUptime('12 5\n'), null);
    assert.equal(proc.parseTimeWait(SOCKSTAT), 3);
    assert.equal(proc.parseTimeWait('TCP: inuse 3\n'), null);
    assert.equal(proc.parsePortRange('32768\n'), null);
    assert.deepEqual(proc.parseCpuList('12-10,2'), [2]);
    assert.deepEqual(proc.parsePortRange('32768\t60999\n'), [32_768, 60_999]);
    assert.equal(proc.parseNumber('4096\n'), 4096);
    assert.deepEqual(['max\n', '', '-1', '1e3', '1.5'].map(proc.parseNumber), [null, null, null, null, null]);
  });

  it('no parser throws, or returns a negative number or NaN, whatever the text', () => {
    const cut = fc
      .tuple(
        fc.constantFrom(STATUS, LIMITS, NETSTAT, SMAPS, MEMINFO, SOCKSTAT, '1 2 3\n'),
        fc.nat(400),
        fc.string(),
      )
      .map(([text, at, junk]) => text.slice(0, at) + junk + text.slice(at + junk.length));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), cut), (text) => {
        const { residentBytes, voluntarySwitches, involuntarySwitches, cpus } = proc.parseStatus(text);
        const drops = proc.parseListenDrops(text);
        const figures = [
          proc.parseSchedstat(text),
          residentBytes,
          voluntarySwitches,
          involuntarySwitches,
          ...cpus,
          proc.parseAvailableMemory(text),
          proc.parseOpenFilesLimit(text),
          drops?.overflows ?? null,
          drops?.drops ?? null,
          ...(proc.parsePortRange(text) ?? []),
          proc.parseNumber(text),
          proc.parsePss(text),
          proc.parseMeminfo(text, 'SUnreclaim'),
          proc.parseTcpMemory(text),
        ];
        proc.parseCpuModel(text);
        for (const figure of figures) assert.ok(figure === null || figure >= 0);
      }),
    );
  });
});

it('reads ticks of all or some CPUs; guest time, which is part of user time, is not counted twice', () => {
  const text = [
    'cpu  10 1 5 100 4 6 2 3 7 0',
    'cpu0 1 1 1 30 1 1 1 1 7 0',
    'cpu1 2 0 0 20 0 2 0 1 0 0',
    'cpu10 7 0 4 50 3 3 1 1 0 0',
    'intr 99 1',
  ].join('\n');
  assert.deepEqual(proc.parseCpuTicks(text, null), { total: 131, idle: 104, stolen: 3, interrupt: 8 });
  assert.deepEqual(proc.parseCpuTicks(text, [1]), { total: 25, idle: 20, stolen: 1, interrupt: 2 });
  assert.deepEqual(proc.parseCpuTicks(text, [0, 1]), { total: 62, idle: 51, stolen: 2, interrupt: 4 });
  assert.equal(proc.parseCpuTicks(text, [0, 2]), null);
  assert.deepEqual(proc.parseCpuTicks('cpu  10 1 5 100 4\n', null), {
    total: 120,
    idle: 104,
    stolen: 0,
    interrupt: 0,
  });
  assert.equal(proc.parseCpuTicks('cpu  10 1 5 100\n', null), null);
  assert.deepEqual(proc.parseCpuTicks(text, []), { total: 0, idle: 0, stolen: 0, interrupt: 0 });
  assert.equal(proc.parseCpuTicks('cpu0 1 2 3 4 5\n', null), null);
  assert.equal(proc.parseCpuTicks('cpu  1 2\n', null), null);
});

it('reads the ports of sockets bound to all addresses', () => {
  const tcp = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1',
    '   1: 0100007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1',
    '  12: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3 1',
  ].join('\n');
  assert.deepEqual(proc.parseWildcardPorts(tcp + tcp), [2024, 8080]);
  fc.assert(fc.property(fc.string(), (junk) => Array.isArray(proc.parseWildcardPorts(junk))));
});

it('reads sockets with their queues, except listeners', () => {
  const rest = '00:00000000 00000000     0        0 2 1';
  const tcp = [
    `   0: 0100007F:9C41 00000000:0000 0A 00000000:00000007 ${rest}`,
    `  12: 0100007F:9C41 0200007F:0016 01 0000000A:000000FF ${rest}`,
  ].join('\n');
  assert.deepEqual(proc.parseTcpSockets(tcp), [
    {
      local: { address: '0100007F', port: 40_001 },
      remote: { address: '0200007F', port: 22 },
      ...{ state: 1, unsent: 10, unread: 255 },
    },
  ]);
});
