import { existsSync } from 'node:fs';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NginxBinary } from './binary.ts';

/** Names of the links in the run's private folder that point to the current binary and its modules. */
const BINARY = 'nginx';
const MODULES = 'modules';

/**
 * Puts links to a binary and its modules into the private folder. An upgrade replaces these links, because
 * Nginx starts the new binary from the path of the old one.
 *
 * @returns the binary as it is reached through the links
 */
export async function linkBinary(folder: string, binary: NginxBinary): Promise<NginxBinary> {
  const { modulesPath, streamModule } = binary;
  const modules = join(folder, MODULES);
  await exchange(join(folder, BINARY), (path) => symlink(binary.path, path));
  await linkModules(folder, binary);
  return {
    ...binary,
    path: join(folder, BINARY),
    modulesPath: modulesPath === null ? null : modules,
    streamModule: streamModule === null ? null : join(modules, basename(streamModule)),
  };
}

/**
 * Replaces the binary and its modules. Nginx does not pass its environment on to a new binary, so a binary
 * with its own libraries is started by a script that sets their path.
 */
export async function exchangeBinary(folder: string, binary: NginxBinary): Promise<void> {
  const { path, libraryPath } = binary;
  await exchange(join(folder, BINARY), (link) =>
    libraryPath === null
      ? symlink(path, link)
      : writeFile(link, scriptFor(path, libraryPath), { mode: 0o700 }),
  );
  await linkModules(folder, binary);
}

async function linkModules(folder: string, { modulesPath }: NginxBinary): Promise<void> {
  if (modulesPath !== null) await exchange(join(folder, MODULES), (path) => symlink(modulesPath, path));
}

/**
 * Creates a file under a temporary name and renames it, so that the path exists at all times, even while the
 * file is being replaced.
 */
async function exchange(path: string, create: (path: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await create(temporary);
  await rename(temporary, path);
}

function scriptFor(path: string, libraryPath: string): string {
  return `#!/bin/sh\nLD_LIBRARY_PATH=${quoted(libraryPath)} exec ${quoted(path)} "$@"\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Suffix of a file named after the pid file. The file is created as soon as Nginx can be upgraded. */
const DETACHED = '.detached';

/**
 * Starts Nginx from a shell that exits after Nginx has written its pid file, because a master ignores SIGUSR2
 * as long as its parent is the process that started it. An outer shell then creates the file with the suffix
 * DETACHED and leads the process group until the run ends. The group therefore contains every master, and
 * none of its processes outlives the bench.
 */
const KEEPER = `
("$@" & while kill -0 $! 2>/dev/null && [ ! -s "$0" ]; do sleep 0.02; done; [ -s "$0" ]) || exit 1
: > "$0${DETACHED}"
exec sleep 2147483647`;

/** Returns the command line that starts Nginx so that its binary can be upgraded. */
export function upgradableCommand(pidPath: string, command: readonly string[]): [string, ...string[]] {
  return ['sh', '-c', KEEPER, pidPath, ...command];
}

/** Whether an Nginx that was started with `upgradableCommand` already reacts to SIGUSR2. */
export function isUpgradable(pidPath: string): boolean {
  return existsSync(`${pidPath}${DETACHED}`);
}

/**
 * Environment that makes Nginx accept SIGWINCH although it runs in the foreground: Nginx assumes that it is
 * the new binary in an upgrade, and inherits no sockets (NGINX_VAR in src/core/nginx.c).
 */
export const UPGRADABLE_ENVIRONMENT = { NGINX: '' } as const;
