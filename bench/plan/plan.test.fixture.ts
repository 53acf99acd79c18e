import { loadOf } from '../model/load.ts';
import type { Machine } from '../model/machine.ts';
import type { Profile } from '../model/profile.ts';
import type { RunSpec } from '../model/strategy.ts';
import { parseRequest, type RunRequest } from '../request/request.ts';
import { stepNamed } from '../scenarios/registry.ts';
import { chooseVariants, type Side } from './variants.ts';

/** Two cores, 24 GiB, the limits of a container, and Bun. */
export const SMALL_MACHINE: Machine = {
  cpus: [0, 1],
  openFilesLimit: 20_000,
  memoryBytes: 24 * 2 ** 30,
  somaxconn: 4096,
  portRange: [32_768, 60_999],
  isRoot: true,
  bun: '1.4.5',
  ioUring: 'available',
};

export function profileNamed(name: string, servers = 1): Profile {
  return {
    name,
    configurationPath: name === 'direct' ? null : `/profiles/${name}/nginx.conf`,
    options: null,
    title: `The ${name} profile`,
    question: 'What does it cost?',
    claim: null,
    expect: 'Little.',
    servers,
    key: 'ecdsa',
    visit: null,
    upstreamTls: false,
    inAll: true,
  };
}

/** Returns these profiles as variants without tunings. */
export function sidesOf(profiles: readonly Profile[]): Side[] {
  return chooseVariants({ profiles, tunings: [], binaries: [] }, ['all']);
}

/** Parses the options of a `run` command line, without the profile. */
export function requestOf(line = ''): RunRequest {
  const request = parseRequest(['--profile', 'any', ...line.split(' ').filter((word) => word !== '')]);
  if (request.command !== 'run') throw new TypeError(`not a run: ${line}`);
  return request.run;
}

/** Returns the spec of a request's first step for a profile, at the requested rate or 1,000/s. */
export function specOf({ steps, load }: RunRequest, { name }: Profile): RunSpec {
  const [step = ''] = steps;
  const asked = loadOf(stepNamed(step).load, load, load.ratePerSecond ?? 1000);
  return { variant: name, step, round: null, load: asked };
}
