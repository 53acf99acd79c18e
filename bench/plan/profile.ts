import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { Problem } from '../model/failure.ts';
import { type Profile, profileSchema } from '../model/profile.ts';
import { PROXIES } from '../model/proxy.ts';
import { reasonOf } from '../model/system-error.ts';

/**
 * Order of the profiles: first those included in `all`, starting with the baseline, then the rest. Profiles
 * not listed here follow, sorted by name.
 */
const ORDER = [
  ...['direct', 'plain', 'tls', 'http2', 'cache', 'load-balanced'],
  ...['unix-socket', 'stream', 'stream-tls', 'tls12', 'tls-rsa', 'reencrypt', 'cache-unsafe'],
  ...['balanced-round-robin', 'balanced-ip-hash', 'balanced-hash', 'balanced-random'],
];

/**
 * A profile has the same name as its folder. The pattern rejects names that would lead out of nginx-profiles.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/**
 * Reads all profiles in a folder. Each is a folder that contains profile.json and, except for `direct`,
 * the configuration of a proxy. Folders without profile.json are ignored.
 *
 * @throws Problem('configuration') if a profile.json is invalid or the configuration next to it is missing
 */
export async function loadProfiles(folder: string): Promise<Profile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Problem(
      'configuration',
      `The profiles folder ${folder} cannot be read. Reinstall nginx-ws-bench.`,
      { cause },
    );
  });
  const names = entries
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .map(({ name }) => name);
  const profiles = await Promise.all(names.map((name) => loadProfile(folder, name)));
  const rank = ({ name }: Profile) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return profiles
    .filter((profile) => profile !== null)
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

async function loadProfile(folder: string, name: string): Promise<Profile | null> {
  const path = join(folder, name, 'profile.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Problem('configuration', `${path} could not be read: ${reasonOf(error)}.`, { cause: error });
  });
  if (text === null) return null;
  const described = v.safeParse(profileSchema, parseJson(text, path));
  if (!described.success) {
    const [issue] = described.issues;
    throw new Problem('configuration', `${path}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}.`);
  }
  return {
    ...described.output,
    name,
    configurationPath: await configurationPath(folder, name),
    options: null,
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('configuration', `${path} is not valid JSON: ${reasonOf(cause)}.`, { cause });
  }
}

async function configurationPath(folder: string, name: string): Promise<string | null> {
  if (name === 'direct') return null;
  const files = Object.values(PROXIES).map(({ configurationFile }) => configurationFile);
  for (const file of files) {
    const path = join(folder, name, file);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  const text = files.join(' or ');
  throw new Problem(
    'configuration',
    `The profile ${name} has no ${text}: ${join(folder, name, text)} could not be read.`,
  );
}
