import { readFile, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { importFailure, importUserModule, isModuleName } from '../files/user-module.ts';
import { Problem } from '../model/failure.ts';
import type { ConfigFile } from '../request/config.ts';

/** Names under which a configuration file is found in the working directory. */
const NAMES = ['bench.config.ts', 'bench.config.json'] as const;

/**
 * Reads a configuration file.
 *
 * @param path the value of --config; null for the configuration file in the folder, if any
 * @throws Problem('usage') if the file cannot be read, or if the folder contains two configuration files
 */
export async function readConfigFile(path: string | null, folder: string): Promise<ConfigFile | null> {
  if (path !== null) {
    const file = resolve(folder, path);
    if (await exists(file)) return { name: path, value: await contentOf(file, path) };
    throw new Problem('usage', `--config ${path} does not exist. Check the path.`);
  }
  const found: string[] = [];
  for (const name of NAMES) if (await exists(resolve(folder, name))) found.push(name);
  const [name, other] = found;
  if (name === undefined) return null;
  if (other === undefined) return { name, value: await contentOf(resolve(folder, name), name) };
  throw new Problem('usage', `Both ${name} and ${other} exist. Remove one, or name one with --config.`);
}

async function contentOf(file: string, name: string): Promise<unknown> {
  const kind = extname(basename(file));
  // Opening a named pipe would block until a writer opens it.
  if (!(await stat(file)).isFile())
    throw new Problem('usage', `${name} is not a regular file. Name one with --config, or use --no-config.`);
  try {
    if (kind === '.json') return JSON.parse(await readFile(file, 'utf8'));
    if (isModuleName(name)) return await importModule(file);
  } catch (cause) {
    throw new Problem('usage', `${name} could not be read: ${importFailure(cause)}.`, { cause });
  }
  throw new Problem('usage', `${name} must be a .ts, .mts, .js, .mjs or .json file.`);
}

async function importModule(file: string): Promise<unknown> {
  const found = await importUserModule(file, await import('../package.ts'));
  if (found === undefined)
    throw new Error('it has no default export, such as export default defineConfig({ … })');
  return found;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
