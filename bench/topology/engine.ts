import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineName } from '../model/plan.ts';
import { onPath } from './executable.ts';

/** A JavaScript engine that runs the generator workers and the lean echo server. */
export interface Engine {
  name: EngineName;
  /** For example `1.4.5`. */
  version: string;
  /** Path of its executable. */
  command: string;
}

/**
 * Packages that contain Bun, by system. They are our optional dependencies; npm skips the packages for other
 * systems. The package `bun` contains the same files, but its install script may download files. `baseline`
 * runs on every x64 processor.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux x64': '@oven/bun-linux-x64-baseline',
  'linux arm64': '@oven/bun-linux-aarch64',
};

/** Oldest supported version of Bun. Older versions lack the option `localPort` of Bun.connect. */
const LEAST_VERSION = '1.4.4';

/** Where to look for Bun. Injected so that tests can run without Bun or with a substitute. */
export interface Surroundings {
  /** For example `linux x64`. */
  system: string;
  env: NodeJS.ProcessEnv;
  /** Path of a package's package.json; null if the package is not installed. */
  packageFile(name: string): string | null;
  /** Output of `command --version`; null if the command does not run here. */
  versionOf(command: string): string | null;
}

const HERE: Surroundings = {
  system: `${process.platform} ${process.arch}`,
  env: process.env,
  packageFile(name) {
    try {
      return createRequire(import.meta.url).resolve(`${name}/package.json`);
    } catch {
      return null;
    }
  },
  versionOf(command) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 5_000 });
    return status === 0 ? stdout.trim() : null;
  },
};

let known: Engine | null | undefined;

/** Bun, if a recent enough version is installed on this machine. The search is carried out only once. */
export function bunHere(): Engine | null {
  if (known === undefined) known = findBun(HERE);
  return known;
}

/** Finds Bun among our dependencies or on PATH; null if no recent enough version runs on this machine. */
export function findBun({ system, env, packageFile, versionOf }: Surroundings): Engine | null {
  const name = PACKAGES[system];
  const installed = name === undefined ? null : packageFile(name);
  const commands = [installed === null ? null : join(dirname(installed), 'bin', 'bun'), onPath('bun', env)];
  for (const command of commands) {
    const version = command === null ? null : versionOf(command);
    if (command !== null && version !== null && isNewEnough(version))
      return { name: 'bun', version, command };
  }
  return null;
}

function isNewEnough(version: string): boolean {
  const number = /^\d+\.\d+\.\d+/.exec(version)?.[0];
  return number !== undefined && number.localeCompare(LEAST_VERSION, 'en', { numeric: true }) >= 0;
}
