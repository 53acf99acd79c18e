import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeResult } from '../../test/result.ts';
import type { Machine } from '../model/machine.ts';
import type { Environment } from '../model/result.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { profileNamed, SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { TOO_LITTLE_MEMORY } from '../plan/preflight.ts';
import { connectionsPerAddress } from '../plan/reckoning.ts';
import type { Facts } from './doctor/examine.ts';
import { type Finding, findingLines, findingsOf } from './doctor/findings.ts';
import { type Reach, reachOf } from './doctor/reach.ts';
import { fakeServices, obey } from './services.test.fixture.ts';

const NGINX: NginxBinary = {
  path: '/usr/sbin/nginx',
  version: '1.22.1',
  openssl: 'OpenSSL 3.0.19',
  buildArguments: '--with-http_ssl_module --with-http_v2_module --with-stream',
  modulesPath: null,
  streamModule: null,
  libraryPath: null,
  origin: null,
};

/** A machine without any problem. */
const FIT: Facts = {
  environment: { ...makeResult([]).environment, bun: '1.4.5', cpuQuota: null },
  machine: SMALL_MACHINE,
  container: { cpuQuota: null, memoryLeftBytes: null },
  isQuotaFelt: false,
  canObserve: true,
  nginx: NGINX,
  pinning: 'possible',
  busyShare: 0.01,
  temporary: { path: '/tmp', isWritable: true },
  loopback: true,
  otherLoopback: true,
  browser: '/usr/bin/chromium',
};
const REACH: Reach = { connections: 50_000, limit: { code: null, text: 'Raise it.' } };

/** Returns the only finding that differs from those of a machine without problems. */
function differing(changes: Partial<Facts>, reach: Reach = REACH): Finding {
  const fit = findingsOf(FIT, REACH);
  const found = findingsOf({ ...FIT, ...changes }, reach);
  const [finding, ...others] = found.filter(({ state }, i) => state !== fit[i]?.state);
  assert.deepEqual(others, []);
  assert.ok(finding);
  return finding;
}

const machine = (changes: Partial<Machine>) => ({ machine: { ...SMALL_MACHINE, ...changes } });
const environment = (changes: Partial<Environment>) => ({ environment: { ...FIT.environment, ...changes } });

describe('findings of doctor', () => {
  it('are all ok on a machine without problems', () => {
    const found = findingsOf(FIT, REACH);
    assert.deepEqual(
      found.filter(({ state, remedy }) => state !== 'ok' || remedy !== null),
      [
        {
          check: 'Connections',
          state: 'ok',
          text: 'up to 50,000 WebSockets over TLS',
          remedy: 'To allow more: Raise it.',
        },
      ],
    );
    const limit = { code: TOO_LITTLE_MEMORY, text: 'It is full.' };
    const scarce = findingsOf(FIT, { connections: 50_000, limit });
    assert.ok(scarce.some(({ remedy }) => remedy === 'To allow more, add memory: It is full.'));
    assert.equal(
      findingLines(found).at(-1),
      'This machine can run the bench: npm run bench -- --profile tls',
    );
  });

  it('are printed in columns, each remedy below its finding', () => {
    const finding = (check: string, state: Finding['state'], remedy: string | null) => ({
      ...{ check, state, remedy },
      text: `about ${check}`,
    });
    const findings = [
      finding('CPUs', 'ok', null),
      finding('Memory', 'note', 'Add some.'),
      finding('Nginx', 'failed', 'Install it.'),
    ];
    assert.deepEqual(findingLines(findings), [
      'ok     CPUs    about CPUs',
      'note   Memory  about Memory',
      '               → Add some.',
      'FAILED Nginx   about Nginx',
      '               → Install it.',
      '',
      'This machine cannot run the bench until the problems marked FAILED are fixed.',
    ]);
  });

  it('are notes with a remedy if runs work nevertheless', () => {
    const cases: [Partial<Facts>, check: string, remedy: RegExp][] = [
      [{ nginx: { ...NGINX, buildArguments: '--with-http_v2_module --with-stream' } }, 'TLS', /--nginx PATH/],
      [
        { nginx: { ...NGINX, buildArguments: '--with-http_ssl_module --with-stream' } },
        'HTTP/2',
        /--nginx PATH/,
      ],
      [
        { nginx: { ...NGINX, buildArguments: '--with-http_ssl_module --with-http_v2_module' } },
        'Stream',
        /apt-get install libnginx-mod-stream/,
      ],
      [environment({ bun: null }), 'Engine', /npm install/],
      [environment({ ioUring: 'EPERM' }), 'io_uring', /seccomp=unconfined/],
      [environment({ ioUring: 'EINVAL' }), 'io_uring', /Linux 6\.1/],
      [
        { container: { cpuQuota: 2.5, memoryLeftBytes: null }, isQuotaFelt: true },
        'Control group',
        /--cpuset-cpus/,
      ],
      [machine({ cpus: [3] }), 'CPUs', /two CPUs/],
      [{ pinning: 'missing' }, 'Placement', /^sudo apt-get install util-linux$/],
      [{ pinning: 'refused' }, 'Placement', /docker run/],
      [{ busyShare: 0.4 }, 'Other work', /top/],
      [machine({ openFilesLimit: 1024 }), 'Open files', /ulimit -n|prlimit/],
      [
        machine({ portRange: [60_000, 60_999] }),
        'Ports',
        /^Widen .*sysctl -w net\.ipv4\.ip_local_port_range/,
      ],
      [{ otherLoopback: false }, 'Addresses', /127\.0\.0\.2/],
      [machine({ somaxconn: 128 }), 'Backlog', /^sudo sysctl -w net\.core\.somaxconn=4096$/],
    ];
    for (const [changes, check, remedy] of cases) {
      const finding = differing(changes);
      assert.deepEqual([finding.check, finding.state], [check, 'note']);
      assert.match(finding.remedy ?? '', remedy);
    }
    assert.equal(differing({}, { ...REACH, connections: 500 }).remedy, 'Raise it.');
  });

  it('state each fact, and what it means', () => {
    const text = (changes: Partial<Facts>, check: string, reach = REACH) => {
      const { state, text, remedy } = findingsOf({ ...FIT, ...changes }, reach).find(
        (each) => each.check === check,
      ) as Finding;
      return [state, text, remedy];
    };
    const { os, kernel, arch, node, cpuModel } = FIT.environment;
    const cases: [Partial<Facts>, check: string, text: string][] = [
      [{}, 'System', `${os}, kernel ${kernel}, ${arch}, Node ${node}`],
      [{}, 'Nginx', '1.22.1 (OpenSSL 3.0.19), /usr/sbin/nginx'],
      [{ nginx: { ...NGINX, openssl: null } }, 'Nginx', '1.22.1 (without a TLS library), /usr/sbin/nginx'],
      [{ nginx: 'none' }, 'TLS', 'not checked, because there is no Nginx'],
      [{ nginx: 'none' }, 'Stream', 'not checked, because there is no Nginx'],
      [{}, 'HTTP/2', 'http_v2_module is built in'],
      [{}, 'Stream', 'built in'],
      [{ nginx: { ...NGINX, streamModule: '/m/stream.so' } }, 'Stream', '/m/stream.so'],
      [{}, 'Engine', `Bun 1.4.5 for the lean client and server, Node ${node} for the ws client and server`],
      [environment({ ioUring: null }), 'io_uring', 'not checked, because there is no Bun'],
      [machine({ cpus: [0, 1] }), 'CPUs', `2 (${cpuModel})`],
      [{}, 'Control group', 'no CPU or memory limit'],
      [{ container: { cpuQuota: null, memoryLeftBytes: 2 ** 30 } }, 'Control group', '1 GiB of memory left'],
      [{ container: { cpuQuota: 1.255, memoryLeftBytes: null } }, 'Control group', '1.25 CPUs'],
      [
        { container: { cpuQuota: 2, memoryLeftBytes: 2 ** 30 } },
        'Control group',
        '2 CPUs, 1 GiB of memory left',
      ],
      [{}, 'Placement', 'processes can be pinned to CPUs (taskset)'],
      [{ busyShare: null }, 'Other work', 'unknown: this system does not report it'],
      [{ busyShare: 0.0966 }, 'Other work', '10 % of the CPU capacity is in use'],
      [{ busyShare: 0.049 }, 'Other work', '5 % of the CPU capacity is in use'],
      [{ busyShare: 0.0049 }, 'Other work', '0 % of the CPU capacity is in use'],
      [{ busyShare: 0.09 }, 'Other work', '9 % of the CPU capacity is in use'],
      [{ busyShare: 0.0149 }, 'Other work', '1 % of the CPU capacity is in use'],
      [machine({ openFilesLimit: 4096 }), 'Open files', '4,096 per process'],
      [machine({ somaxconn: null }), 'Backlog', 'unknown: net.core.somaxconn could not be read'],
      [machine({ somaxconn: 4096 }), 'Backlog', 'net.core.somaxconn is 4096'],
      [{}, 'Addresses', 'all of 127.0.0.0/8 can be used'],
      [{}, 'Temporary folder', '/tmp'],
      [{}, 'Browser for tests', '/usr/bin/chromium'],
    ];
    for (const [changes, check, expected] of cases)
      assert.deepEqual(text(changes, check), ['ok', expected, null], expected);
    assert.deepEqual(text({ browser: null }, 'Browser for tests'), [
      'ok',
      'none, but runs do not need one',
      'For npm test: run npm ci on Linux x64, or put chromium on PATH',
    ]);
    const connections = (count: number) =>
      text({}, 'Connections', { ...REACH, connections: count }).slice(0, 2);
    assert.deepEqual(connections(1000), ['ok', 'up to 1,000 WebSockets over TLS']);
    assert.deepEqual(connections(999), ['note', 'up to 999 WebSockets over TLS']);
    assert.deepEqual(connections(1), ['note', 'up to 1 WebSockets over TLS']);
    assert.deepEqual(connections(0), ['failed', 'none']);
    const states: [Partial<Facts>, check: string][] = [
      [{ busyShare: 0.1 }, 'Other work'],
      [machine({ openFilesLimit: 4095 }), 'Open files'],
      [machine({ somaxconn: 4095 }), 'Backlog'],
      [machine({ cpus: [0] }), 'CPUs'],
    ];
    for (const [changes, check] of states) assert.equal(text(changes, check)[0], 'note', check);
    const ports = (portRange: Machine['portRange']) => text(machine({ portRange }), 'Ports');
    const count = (port: number) => `for ${port.toLocaleString('en-US')} connections from each address`;
    const unknown = connectionsPerAddress({ ...SMALL_MACHINE, portRange: null });
    assert.deepEqual(ports(null).slice(0, 2), ['ok', `unknown, ${count(unknown)}`]);
    const last = Array.from({ length: 3000 }, (_, index) => 20_000 + index).find(
      (port) => connectionsPerAddress({ ...SMALL_MACHINE, portRange: [20_000, port] }) === 1000,
    );
    assert.ok(last !== undefined);
    assert.deepEqual(ports([20_000, last]), ['ok', `20000 to ${last}, ${count(1000)}`, null]);
    assert.equal(ports([20_000, last - 1])[0], 'note');
  });

  it('are failures if no run is possible', () => {
    const none = 'Nginx was not found. Install it with: sudo apt-get install nginx.';
    const cases: [Partial<Facts>, check: string][] = [
      [{ canObserve: false }, 'System'],
      [{ nginx: none }, 'Nginx'],
      [{ loopback: false }, 'Addresses'],
      [{ temporary: { path: '/nowhere', isWritable: false } }, 'Temporary folder'],
      [{ temporary: { path: `/${'x'.repeat(90)}`, isWritable: true } }, 'Temporary folder'],
    ];
    for (const [changes, check] of cases) {
      const finding = differing(changes);
      assert.deepEqual([finding.check, finding.state], [check, 'failed']);
      assert.notEqual(finding.remedy, null);
    }
    assert.equal(differing({ nginx: none }).remedy, none);
    assert.equal(differing({}, { ...REACH, connections: 0 }).state, 'failed');
  });

  it('ignore a quota that leaves all CPUs, and a browser that only tests need', () => {
    for (const changes of [
      { container: { cpuQuota: FIT.machine.cpus.length, memoryLeftBytes: 2 ** 30 } },
      { browser: null },
      { busyShare: null },
    ]) {
      const found = findingsOf({ ...FIT, ...changes }, REACH);
      assert.ok(found.every(({ state }) => state === 'ok'));
    }
  });
});

describe('the number of connections that a machine can run', () => {
  const library = { profiles: [profileNamed('direct'), profileNamed('tls')], tunings: [], binaries: [] };

  it('is the highest that the preflight accepts, and its message gives the reason', () => {
    const little = reachOf({ ...SMALL_MACHINE, memoryBytes: 2 ** 30 }, library);
    assert.equal(little.limit.code, TOO_LITTLE_MEMORY);
    assert.ok(
      little.limit.text.startsWith(`${(little.connections + 1).toLocaleString('en-US')} connections`),
    );
    const few = reachOf({ ...SMALL_MACHINE, memoryBytes: 2 ** 40, openFilesLimit: 256 }, library);
    assert.match(few.limit.text, /open-files limit of 256/);
    const most = reachOf(
      { ...SMALL_MACHINE, memoryBytes: 2 ** 50, openFilesLimit: 2 ** 30, portRange: [1, 65_535] },
      library,
    );
    assert.match(most.limit.text, /ip_local_port_range/);
    assert.ok(few.connections > 0 && few.connections < little.connections);
    assert.deepEqual(reachOf({ ...SMALL_MACHINE, memoryBytes: 2 ** 20 }, library).connections, 0);
  });
});

describe('doctor', () => {
  it('prints a line per finding with its remedy, and exits with 1 if no run is possible', async () => {
    const well = await obey(['doctor'], fakeServices({ examine: async () => FIT }));
    assert.equal(well.code, 0);
    assert.match(well.out, /^ok {5}System {13}\S/m);
    const ill = await obey(
      ['doctor'],
      fakeServices({ examine: async () => ({ ...FIT, nginx: 'Install it.' }) }),
    );
    assert.equal(ill.code, 1);
    assert.match(ill.out, /^FAILED Nginx {14}no usable Nginx\n {24,}→ Install it\.$/m);
  });

  it('prints the same as JSON, and examines the given Nginx', async () => {
    let asked: string | null = null;
    const { code, out } = await obey(
      ['doctor', '--json', '--nginx', '/opt/nginx'],
      fakeServices({
        async examine({ source }) {
          asked = source;
          return FIT;
        },
      }),
    );
    const { isFit, findings } = JSON.parse(out);
    assert.deepEqual([code, isFit, asked], [0, true, '/opt/nginx']);
    assert.deepEqual(findings.map(({ check }: Finding) => check).slice(0, 2), ['System', 'Nginx']);
  });
});
