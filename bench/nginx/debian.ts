import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';

const execute = promisify(execFile);
/** Time limit of one call of apt-get; long enough for a slow connection. */
const APT_TIMEOUT_MS = 300_000;
/**
 * Debian 12 and later ship the binary in the first package, older releases and Ubuntu in one of the others.
 */
const PACKAGES = ['nginx', 'nginx-core', 'nginx-light'];
const STREAM_PACKAGE = 'libnginx-mod-stream';
/** Libraries that Nginx needs and that a slim container image may lack. */
const LIBRARY = /^(libssl|libpcre|libcrypt|zlib)[a-z0-9.+-]*$/;

export interface FetchOptions {
  cacheDir: string;
  say: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Fetches Nginx from Debian's (or Ubuntu's) packages and unpacks it into the cache, unless it is there
 * already. Needs neither root nor package lists, and writes nothing outside the cache. If several runs
 * fetch at the same time, all use the copy of the first to finish.
 *
 * @throws Problem('environment') with the reason; the caller adds the remedy.
 */
export async function fetchDebianNginx(
  options: FetchOptions,
): Promise<{ path: string; libraryPath: string | null }> {
  const root = resolve(options.cacheDir, `nginx-${await release()}-${process.arch}`);
  const path = join(root, 'usr/sbin/nginx');
  if (!(await exists(path))) {
    await requireApt();
    options.say(
      `Nginx is not installed here: fetching the system's package into ${root}. Nothing is installed system-wide.`,
    );
    await fetchInto(root, options);
  }
  return { path, libraryPath: await libraryPath(root) };
}

/**
 * The system's name and release, such as `debian-12`: each release has other libraries and gets its own
 * folder.
 */
async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([A-Za-z0-9._-]+)"?$`, 'm').exec(text)?.[1];
  return `${field('ID') ?? process.platform}-${field('VERSION_ID') ?? field('VERSION_CODENAME') ?? 'unknown'}`;
}

async function requireApt(): Promise<void> {
  await Promise.all(['apt-get', 'dpkg-deb'].map((command) => execute(command, ['--version']))).catch(
    (cause) => {
      throw new Problem('environment', 'Fetching it needs apt-get and dpkg-deb (Debian, Ubuntu).', { cause });
    },
  );
}

/**
 * Unpacks into a temporary folder and renames it at the end, so that the cache never holds half a package.
 */
async function fetchInto(root: string, { cacheDir, signal }: FetchOptions): Promise<void> {
  const work = await makeWork(resolve(cacheDir));
  try {
    const apt = await privateApt(work, signal);
    const unpacked = join(work, 'root');
    const warning = await apt(['update']);
    const archive = await downloadNginx(apt, unpacked, work, warning);
    await apt(['download', STREAM_PACKAGE]).then(
      async () => unpack(await findArchive(work, STREAM_PACKAGE), unpacked),
      () => undefined, // The module is built in or not packaged; only profiles with stream need it.
    );
    if (!(await runs(join(unpacked, 'usr/sbin/nginx')))) await addLibraries(apt, archive, unpacked, work);
    await rename(unpacked, root).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeWork(cacheDir: string): Promise<string> {
  try {
    await mkdir(cacheDir, { recursive: true });
    return await mkdtemp(join(cacheDir, 'fetch-'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem('environment', `The cache folder ${cacheDir} cannot be written: ${why}.`, { cause });
  }
}

/** Runs apt-get. @returns its warning; null if there is none. */
type Apt = (args: readonly string[]) => Promise<string | null>;

/** apt-get with its lists, cache and state in the work folder, and without the hooks of the system. */
async function privateApt(work: string, signal: AbortSignal | undefined): Promise<Apt> {
  await mkdir(join(work, 'state/lists/partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(work, 'state/status'), '');
  const configuration = join(work, 'apt.conf');
  await writeFile(
    configuration,
    `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "${work}/state";
Dir::State::status "${work}/state/status";
Dir::Cache "${work}/cache";
Dir::Log "${work}/log";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
`,
  );
  return async (args) => {
    try {
      const { stderr } = await execute('apt-get', ['-c', configuration, '-q', ...args], {
        cwd: work,
        timeout: APT_TIMEOUT_MS,
        env: { ...process.env, LC_ALL: 'C' },
        ...(signal === undefined ? {} : { signal }),
      });
      return complaint(stderr);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Problem('environment', `apt-get ${args.join(' ')} failed: ${lastError(cause)}`, { cause });
    }
  };
}

function lastError(cause: unknown): string {
  const { stderr, killed } = cause as { stderr?: string; killed?: boolean };
  if (killed === true) return `no answer within ${APT_TIMEOUT_MS / 1000} s.`;
  return complaint(stderr ?? '') ?? String(cause);
}

/**
 * The last error of apt or dpkg as a sentence; without an error the first warning, as later ones only sum
 * up.
 */
function complaint(stderr: string): string | null {
  const lines = stderr.split('\n').filter((line) => /^(E|W|dpkg-deb): /.test(line));
  const words = lines.findLast((line) => !line.startsWith('W:')) ?? lines[0];
  return words === undefined ? null : `${words.replace(/^[EW]: */, '').replace(/\.$/, '')}.`;
}

/**
 * Downloads and unpacks the package with the binary. Without a network `apt-get update` only warns, and the
 * download then fails with "unable to locate package": so the error message repeats the warning.
 *
 * @returns the path of the package.
 */
async function downloadNginx(
  apt: Apt,
  unpacked: string,
  work: string,
  warning: string | null,
): Promise<string> {
  const failures: string[] = [];
  for (const name of PACKAGES) {
    try {
      await apt(['download', name]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failures.push(error.message);
      continue;
    }
    const archive = await findArchive(work, name);
    await unpack(archive, unpacked);
    if (await exists(join(unpacked, 'usr/sbin/nginx'))) return archive;
  }
  const failure = failures[0] ?? `None of the packages ${PACKAGES.join(', ')} has the binary.`;
  throw new Problem('environment', warning === null ? failure : `${failure} apt-get update said: ${warning}`);
}

async function findArchive(work: string, name: string): Promise<string> {
  const file = (await readdir(work)).find((each) => each.startsWith(`${name}_`) && each.endsWith('.deb'));
  if (file === undefined) throw new Problem('environment', `apt-get left no archive of ${name}.`);
  return join(work, file);
}

async function unpack(archive: string, folder: string): Promise<void> {
  await execute('dpkg-deb', ['-x', archive, folder]).catch((cause) => {
    throw new Problem('environment', `${archive} cannot be unpacked: ${lastError(cause)}`, { cause });
  });
}

async function runs(path: string): Promise<boolean> {
  return execute(path, ['-V']).then(
    () => true,
    () => false,
  );
}

/** Downloads and unpacks the packages of the libraries that Nginx depends on. */
async function addLibraries(apt: Apt, archive: string, unpacked: string, work: string): Promise<void> {
  const { stdout } = await execute('dpkg-deb', ['-f', archive, 'Depends']);
  const names = stdout.split(/[,|]/).map((each) => each.trim().split(/[\s:]/)[0] ?? '');
  for (const name of names.filter((each) => LIBRARY.test(each))) {
    await apt(['download', name]);
    await unpack(await findArchive(work, name), unpacked);
  }
}

/** LD_LIBRARY_PATH with the unpacked libraries; null if there are none. */
async function libraryPath(root: string): Promise<string | null> {
  const levels = ['lib', 'usr/lib'].map(async (folder) => {
    const names = await readdir(join(root, folder)).catch(() => []);
    return names.filter((name) => /-linux-(gnu|musl)/.test(name)).map((name) => join(root, folder, name));
  });
  const folders = (await Promise.all(levels)).flat();
  return folders.length === 0 ? null : folders.join(':');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
