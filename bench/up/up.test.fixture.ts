import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNginx } from '../nginx/binary.ts';
import { NGINX } from '../nginx/driver.ts';
import { loadProfiles } from '../plan/profile.ts';
import type { ProxySource } from '../topology/driver.ts';
import type { Standing } from './standing.ts';
import { keepUp, type UpInput } from './up.ts';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

export const PROFILES = await loadProfiles(join(PROJECT, 'nginx-profiles'));

const nginx = findNginx({
  source: null,
  searchPath: process.env.PATH ?? '',
  cacheDir: join(PROJECT, '.cache'),
  say: () => {},
});

/** A running topology. */
export interface Up {
  standing: Standing;
  /** The echo servers' log. */
  logged: string[];
  /** Resolves when the topology has been removed; rejects like keepUp. */
  kept: Promise<void>;
  /** Ends it regularly. */
  end(): Promise<void>;
}

/** Starts a built-in profile, or a configuration instead. */
export async function raise(
  name: string,
  changes: Partial<UpInput> = {},
  own: ProxySource | null = null,
): Promise<Up> {
  const profile = PROFILES.find((each) => each.name === name);
  assert.ok(profile);
  const { configurationPath: path, options, key, upstreamTls, title, servers } = profile;
  const stop = new AbortController();
  const logged: string[] = [];
  const { promise: up, resolve: onUp } = withResolvers<Standing>();
  const proxy = { workers: 1, workerConnections: 512, workerFiles: 1024, reuseport: false, backlog: 511 };
  const source = own ?? (path === null ? null : { path, options, key, upstreamTls, tunings: [] });
  const prepared = source && (await NGINX.prepare(source));
  const kept = keepUp({
    name,
    title,
    plan: { server: 'ws', servers, engine: 'node', proxy: path === null ? null : proxy },
    proxy: prepared && { prepared, binary: await nginx, upgradeTo: null },
    reply: 'you-said',
    log: (line) => void logged.push(line),
    host: '127.0.0.1',
    port: null,
    signal: stop.signal,
    urgent: new AbortController().signal,
    say: assert.fail,
    onUp,
    ...changes,
  });
  const standing = await Promise.race([up, kept.then(() => assert.fail(`${name} ended before it was up`))]);
  return {
    standing,
    logged,
    kept,
    async end() {
      stop.abort();
      await kept;
    },
  };
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_: T) => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
