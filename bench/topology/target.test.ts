import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import { proxySource, shownPath } from './driver.ts';
import type { ReachableServer } from './servers.ts';
import { directTarget } from './target.ts';

test('without a proxy, the target is the servers', () => {
  const server = (host: string, port: number): ReachableServer => ({
    ...{ host, port, socket: null, certPath: null, stats: async () => null },
  });
  const common = {
    ...{ path: '/websocket', page: { path: '/page', shown: '/page', cached: false } },
    ...{ tls: null, http2: false, proxy: null },
  };
  assert.deepEqual(directTarget([server('10.0.0.1', 1), server('10.0.0.2', 2)]), {
    ...common,
    host: '10.0.0.1',
    ports: [1, 2],
  });
  assert.deepEqual(directTarget([]), { ...common, host: '127.0.0.1', ports: [] });
});

test('a binary is shown by its path below the working folder', () => {
  const { dir } = { dir: process.cwd() };
  assert.deepEqual(
    [join(dir, 'bin/nginx'), join(dir, '../nginx'), '/usr/sbin/nginx'].map((path) => shownPath({ path })),
    ['bin/nginx', join(dir, '../nginx'), '/usr/sbin/nginx'],
  );
});

test('a variant’s configuration is that of its profile, with its tunings', () => {
  const tunings = [{ name: 'tune-1', text: 'gzip off;' }];
  const variant = { name: 'tls', title: 'TLS', profile: 'tls', proxy: null };
  const profile = { ...profileNamed('tls'), key: 'rsa' as const, upstreamTls: true };
  const source = {
    path: '/profiles/tls/nginx.conf',
    tunings: [],
    options: null,
    key: 'rsa',
    upstreamTls: true,
  };
  assert.deepEqual(proxySource(profile, variant), source);
  const proxy = { kind: 'nginx' as const, binary: null, tunings };
  assert.deepEqual(proxySource(profile, { ...variant, proxy }), { ...source, tunings });
  assert.equal(proxySource(profileNamed('direct'), variant), null);
});
