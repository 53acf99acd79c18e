import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the package, in which this file is installed as dist/bench/commands/installation.js. */
const ROOT = new URL('../../../', import.meta.url);

export const PACKAGE_FOLDER = fileURLToPath(ROOT);

/** Folder of the profiles shipped with the package. */
export const PROFILES_FOLDER = fileURLToPath(new URL('nginx-profiles/', ROOT));

/** Folder of the tunings shipped with the package. */
export const TUNINGS_FOLDER = fileURLToPath(new URL('nginx-profiles/tunings/', ROOT));

/**
 * Cache folder for downloads: within the package's own folder or, if that belongs to another user (as in a
 * system-wide installation), this user's cache folder.
 */
export function cacheFolder(): string {
  const own = fileURLToPath(new URL('.cache/', ROOT));
  try {
    accessSync(fileURLToPath(ROOT), constants.W_OK);
    return own;
  } catch {
    return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nginx-ws-bench');
  }
}

/** Folder where this machine's calibrations are stored for later comparisons. */
export function calibrationsFolder(): string {
  return join(cacheFolder(), 'calibrations');
}

export async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8'));
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return named ? String(manifest.version) : 'unknown';
}
