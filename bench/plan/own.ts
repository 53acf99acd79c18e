import { resolve } from 'node:path';
import type { Profile } from '../model/profile.ts';
import type { RunRequest } from '../request/request.ts';
import { onBinary, proxyFor, type Side } from './variants.ts';

/** Descriptive fields for a configuration without a profile.json. */
export const UNDESCRIBED = {
  question: 'How much load does this configuration sustain, and how fast is it?',
  claim: null,
  expect: '',
  servers: 1,
  key: 'ecdsa',
  visit: null,
  // Provisional value, replaced when the configuration is read.
  upstreamTls: false,
  inAll: false,
} as const satisfies Partial<Profile>;

/**
 * Returns the sides for a user's own configurations. Each is named after the last parts of its path that
 * distinguish it from the others: `conf:nginx.conf`, or `conf:before/nginx.conf` and `conf:after/nginx.conf`.
 * `nginx.conf@new` runs on the Nginx named `new`.
 */
export function ownSides({
  configurations,
  configurationOptions: options,
  nginx,
}: Pick<RunRequest, 'configurations' | 'configurationOptions' | 'nginx'>): Side[] {
  const binaries = [...nginx.named.keys()];
  const asked = configurations.map((text) => {
    // A path may itself contain an @, so only names that were defined are recognised.
    const binary = binaries.find((name) => text.endsWith(`@${name}`)) ?? null;
    return { path: binary === null ? text : text.slice(0, -binary.length - 1), binary };
  });
  const paths = asked.map(({ path }) => path);
  return asked.map(({ path, binary }) => {
    const name = `conf:${shortName(path, paths)}`;
    const profile = `conf:${path}`;
    const side: Side = {
      variant: {
        name,
        title: `Your own ${path}`,
        profile,
        proxy: proxyFor(path),
      },
      profile: {
        ...UNDESCRIBED,
        name: profile,
        title: `Your own ${path}`,
        configurationPath: path,
        options,
      },
    };
    return binary === null ? side : onBinary(side, binary, binaries);
  });
}

function shortName(path: string, paths: readonly string[]): string {
  const others = new Set(paths.map((each) => resolve(each)).filter((each) => each !== resolve(path)));
  const parts = resolve(path).split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const name = parts.slice(-count).join('/');
    if (![...others].some((other) => other.endsWith(`/${name}`))) return name;
  }
  return path;
}
