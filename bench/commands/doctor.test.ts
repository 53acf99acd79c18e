import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeResult } from '../../test/result.ts';
import type { Machine } from '../model/machine.ts';
import type { Environment } from '../model/result.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { profileNamed, SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { TOO_LITTLE_MEMORY } from '../plan/preflight.ts';
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
