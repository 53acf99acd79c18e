import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import type { FindOptions, ProxyBinary } from '../topology/driver.ts';
import { fetchDebianNginx } from './debian.ts';
import { fetchSuiteNginx } from './suite.ts';
import { type NginxVersion, parseVersion } from './version.ts';

const execute = promisify(execFile);
const VERSION_TIMEOUT_MS = 10_000;
/** Valid names of Debian suites. The name becomes part of a folder name. */
const SUITE = /^[a-z][a-z0-9-]*$/;
/** System folders for server programs, which are not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/sbin',
  '/usr/local/nginx/sbin',
  '/opt/homebrew/bin',
];

/** An Nginx binary that is known to start, because it has been run with -V. */
export interface NginxBinary extends ProxyBinary, NginxVersion {
  /** Folder of the binary's dynamic modules; null if it has none. */
  modulesPath: string | null;
  /** Path of the stream module if it is an installed dynamic module; null if it is built in or missing. */
  streamModule: string | null;
  /** LD_LIBRARY_PATH that the binary needs; null if all its libraries are installed on the system. */
  libraryPath: string | null;
}

/**
 * Finds an Nginx binary: the one named by the user, otherwise the first one on PATH or in the system's server
 * folders, otherwise the one in the system's package. A missing package is fetched without root privileges
 * and unpacked into the cache.
 *
 * @throws Problem('environment') with the command that installs Nginx on this system
 */
export async function findNginx(options: FindOptions): Promise<NginxBinary> {
  if (options.source !== null) return named(options.source, options);
  const folders = [...options.searchPath.split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders.filter((each) => each !== '')) {
    const path = resolve(folder, 'nginx');
    if (await isExecutable(path)) return describe({ path, libraryPath: null, origin: null });
  }
  try {
    return await describe(await fetchDebianNginx(options));
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    const remedy = `${await installAdvice()} Or name a binary with --nginx PATH.`;
    throw new Problem('environment', `Nginx was not found. ${cause.message} ${remedy}`, { cause });
  }
}

async function named(source: string, options: FindOptions): Promise<NginxBinary> {
  const suite = /^debian:(.*)$/.exec(source)?.[1];
  if (suite === undefined) {
    const path = resolve(source);
    await checkNamed(path);
    return describe({ path, libraryPath: null, origin: null });
  }
  if (!SUITE.test(suite)) {
    throw new Problem(
      'usage',
      `--nginx ${source} is not the name of a suite. Use a name such as debian:trixie.`,
    );
  }
  try {
    return await describe(await fetchSuiteNginx(suite, options));
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    const remedy = 'Check the name of the suite, or name a binary by its path.';
    throw new Problem('environment', `--nginx ${source} could not be fetched. ${cause.message} ${remedy}`, {
      cause,
    });
  }
}

/** @throws Problem('usage') if the file named by the user does not exist or is not executable */
async function checkNamed(path: string): Promise<void> {
  if (await isExecutable(path)) return;
  const wrong = (await exists(path))
    ? 'it is not an executable file. Check the path, or make the file executable (chmod +x).'
    : 'there is no such file. Check the path, or name a Debian suite such as debian:trixie.';
  throw new Problem('usage', `${path} cannot be used as Nginx: ${wrong}`);
}

/**
 * Returns the command line that runs a binary. It uses `env` to set the library path only for Nginx: taskset,
 * which pins Nginx to its CPUs, would fail if it loaded the C library of another release.
 */
export function nginxCommand(
  { path, libraryPath }: Pick<NginxBinary, 'path' | 'libraryPath'>,
  args: readonly string[],
): [string, ...string[]] {
  return libraryPath === null ? [path, ...args] : ['env', `LD_LIBRARY_PATH=${libraryPath}`, path, ...args];
}

type Found = Pick<NginxBinary, 'path' | 'libraryPath' | 'origin'>;

async function describe(found: Found): Promise<NginxBinary> {
  const { path } = found;
  const version = await askVersion(found);
  const modulesPath = await findModules(path, version.buildArguments);
  const stream = modulesPath === null ? null : join(modulesPath, 'ngx_stream_module.so');
  // Debian 11 has a separate package for the stream module; its Nginx is configured without it.
  const isBuiltIn = /--with-stream(?![\w=])/.test(version.buildArguments);
  const streamModule = stream !== null && !isBuiltIn && (await exists(stream)) ? stream : null;
  return { ...found, ...version, modulesPath, streamModule };
}

async function askVersion(found: Found): Promise<NginxVersion> {
  try {
    const [command, ...args] = nginxCommand(found, ['-V']);
    const { stderr, stdout } = await execute(command, args, { timeout: VERSION_TIMEOUT_MS });
    return parseVersion(stderr + stdout);
  } catch (cause) {
    throw new Problem('environment', `${found.path} cannot be used as Nginx: ${await reason(cause)}`, {
      cause,
    });
  }
}

async function reason(cause: unknown): Promise<string> {
  if (cause instanceof Problem) return cause.message;
  const { code, stderr, killed } = cause as { code?: unknown; stderr?: string; killed?: boolean };
  if (killed === true) return `it did not respond to -V within ${VERSION_TIMEOUT_MS / 1000} s.`;
  const words = stderr?.trim().split('\n').at(-1) ?? '';
  const missing = /shared librar|Library not loaded|Error relocating|symbol/i.test(words);
  const remedy = missing ? ` A library is missing or too old. ${await installAdvice()}` : '';
  if (words === '') return typeof code === 'number' ? `it exited with code ${code}.` : `${reasonOf(cause)}.`;
  return `${words.replace(/\.$/, '')}.${remedy}`;
}

/**
 * Finds the folder of Nginx's dynamic modules: next to the binary (`…/sbin/nginx`, `…/lib/nginx/modules`), or
 * the folder set at build time.
 */
async function findModules(path: string, buildArguments: string): Promise<string | null> {
  const argument = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(buildArguments)?.[1];
  const candidates = [
    join(dirname(path), '../lib/nginx/modules'),
    argument('modules-path') ?? join(argument('prefix') ?? '/usr/local/nginx', 'modules'),
  ];
  for (const candidate of candidates) if (await exists(candidate)) return candidate;
  return null;
}

async function installAdvice(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const command = installCommand(process.platform, release);
  return command === null
    ? 'See https://nginx.org/en/docs/install.html for how to install Nginx.'
    : `Install Nginx with: ${command}.`;
}

/**
 * Returns the command that installs Nginx on a system.
 *
 * @param release text of /etc/os-release; empty if the file is missing
 * @returns null if no command is known
 */
export function installCommand(platform: NodeJS.Platform, release: string): string | null {
  if (platform === 'darwin') return 'brew install nginx';
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(release)?.[1] ?? '';
  const systems = `${field('ID')} ${field('ID_LIKE')}`.split(' ');
  const found = systems.map((system) => COMMANDS[system]).find((command) => command !== undefined);
  return found ?? null;
}

const COMMANDS: Record<string, string> = {
  debian: 'sudo apt-get install nginx libnginx-mod-stream',
  ubuntu: 'sudo apt-get install nginx libnginx-mod-stream',
  fedora: 'sudo dnf install nginx nginx-mod-stream',
  rhel: 'sudo dnf install nginx nginx-mod-stream',
  alpine: 'sudo apk add nginx nginx-mod-stream',
  arch: 'sudo pacman -S nginx',
  suse: 'sudo zypper install nginx',
  freebsd: 'sudo pkg install nginx',
};

async function isExecutable(path: string): Promise<boolean> {
  const runs = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return runs && (await stat(path)).isFile();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
