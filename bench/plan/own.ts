import { resolve } from 'node:path';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { Side } from './variants.ts';

/**
 * The sides that are configurations of a person's own, each under the last parts of its path that tell it from
 * the others: `conf:nginx.conf`, or `conf:before/nginx.conf` and `conf:after/nginx.conf`.
 */
export function ownSides(paths: readonly string[], options: ConfigurationOptions): Side[] {
  return paths.map((path) => {
    const name = `conf:${shortName(path, paths)}`;
    const profile = `conf:${path}`;
    return {
      variant: { name, title: `Your own ${path}`, profile, proxy: { kind: 'nginx', tunings: [] } },
      profile: {
        name: profile,
        title: `Your own ${path}`,
        question: 'How much does it carry, and how fast is it?',
        claim: null,
        expect: '',
        servers: 1,
        key: 'ecdsa',
        visit: null,
        inAll: false,
        configurationPath: path,
        options,
      },
    };
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
