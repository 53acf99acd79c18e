import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The package's own folder: this file runs as dist/bench/commands/installation.js in it. */
const ROOT = new URL('../../../', import.meta.url);

/** The folder of the profiles that come with the package. */
export const PROFILES_FOLDER = fileURLToPath(new URL('nginx-profiles/', ROOT));

export async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8'));
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return named ? String(manifest.version) : 'unknown';
}
