import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import type { Execute } from '../topology/workplace.ts';

export const execute = promisify(execFile);
/** Time limit of one apt-get call; long enough for a slow connection. */
const APT_TIMEOUT_MS = 300_000;

/** An apt-get that does not change the system's package state. */
export interface Apt {
  /** @returns the warning that apt-get printed; null if there is none */
  run(args: readonly string[]): Promise<string | null>;
  /**
   * Downloads packages, which apt verifies against the archive's signed package lists, and unpacks them.
   *
   * @returns the paths of the package archives, in the same order
   */
  unpack(packages: readonly string[], folder: string): Promise<string[]>;
}

/** @throws Problem('environment') if this system lacks apt-get or dpkg-deb */
export async function requireApt(): Promise<void> {
  await Promise.all(['apt-get', 'dpkg-deb'].map((command) => execute(command, ['--version']))).catch(
    (cause) => {
      throw new Problem('environment', 'Fetching a package needs apt-get and dpkg-deb (Debian, Ubuntu).', {
        cause,
      });
    },
  );
}

/**
 * Sets up a private apt-get: its package lists, cache and state are in the work folder, and the system's
 * hooks do not run.
 *
 * @param sources a line of sources.list that replaces the system's own sources; the system's preferences, and
 * its exceptions for unsigned sources, are then ignored
 */
export async function privateApt(
  work: string,
  sources: string | null,
  execute: Execute,
  signal: AbortSignal | undefined,
): Promise<Apt> {
  await mkdir(join(work, 'state/lists/partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(work, 'state/status'), '');
  const list = join(work, 'sources.list');
  if (sources !== null) await writeFile(list, `${sources}\n`);
  const configuration = join(work, 'apt.conf');
  await writeFile(configuration, configurationOf(work, sources === null ? null : list));

  async function run(args: readonly string[]): Promise<string | null> {
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
  }

  async function unpack(packages: readonly string[], folder: string): Promise<string[]> {
    await run(['download', ...packages]);
    const archives = await Promise.all(packages.map((name) => findArchive(work, name)));
    for (const archive of archives) {
      await execute('dpkg-deb', ['-x', archive, folder]).catch((cause) => {
        signal?.throwIfAborted();
        throw new Problem('environment', `${archive} cannot be unpacked: ${lastError(cause)}`, { cause });
      });
    }
    return archives;
  }

  return { run, unpack };
}

function configurationOf(work: string, sources: string | null): string {
  const ownSources =
    sources === null
      ? ''
      : `Dir::Etc::sourcelist "${sources}";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Default-Release "";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
`;
  return `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "${work}/state";
Dir::State::status "${work}/state/status";
Dir::Cache "${work}/cache";
Dir::Log "${work}/log";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
${ownSources}`;
}

async function findArchive(work: string, name: string): Promise<string> {
  const file = (await readdir(work)).find((each) => each.startsWith(`${name}_`) && each.endsWith('.deb'));
  if (file === undefined) throw new Problem('environment', `apt-get did not download an archive of ${name}.`);
  return join(work, file);
}

/**
 * Returns the names of the packages that an archive depends on. Includes only the first of any alternatives.
 */
export async function dependenciesOf(archive: string): Promise<string[]> {
  const { stdout } = await execute('dpkg-deb', ['-f', archive, 'Depends', 'Pre-Depends']);
  return stdout
    .replace(/^[\w-]+: /gm, ',')
    .split(/[,\n]/)
    .map((each) => /^\s*([^\s:|(]+)/.exec(each)?.[1] ?? '')
    .filter((name) => name !== '');
}

function lastError(cause: unknown): string {
  const { stderr, killed } = cause as { stderr?: string; killed?: boolean };
  if (killed === true) return `no answer within ${APT_TIMEOUT_MS / 1000} s.`;
  return complaint(stderr ?? '') ?? `${reasonOf(cause)}.`;
}

/**
 * Returns the last error of apt or dpkg as a sentence. If there is no error, returns the first warning,
 * because later warnings only summarise.
 */
function complaint(stderr: string): string | null {
  const lines = stderr.split('\n').filter((line) => /^(E|W|dpkg-deb): /.test(line));
  const words = lines.findLast((line) => !line.startsWith('W:')) ?? lines[0];
  return words === undefined ? null : `${words.replace(/^[EW]: */, '').replace(/\.$/, '')}.`;
}
