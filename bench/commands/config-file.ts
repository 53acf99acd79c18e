import { readFile, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import type { ConfigFile } from '../request/config.ts';

/** Looked for in the working folder. */
const NAMES = ['bench.config.ts', 'bench.config.json'] as const;

const MODULES = new Set(['.ts', '.mts', '.js', '.mjs']);

/** What `import … from 'nginx-ws-bench'` gets, wherever the bench is installed. */
const DEFINITIONS = fileURLToPath(new URL('../request/define-config.js', import.meta.url));

/**
 * Reads a file with options.
 *
 * @param path The value of --config; null: the one in the folder, if there is one.
 * @throws Problem('usage') where it cannot be read, or two are there.
 */
export async function readConfigFile(path: string | null, folder: string): Promise<ConfigFile | null> {
  if (path !== null) {
    const file = resolve(folder, path);
    if (await exists(file)) return { name: path, value: await contentOf(file, path) };
    throw new Problem('usage', `--config ${path}: there is no such file. Check the path.`);
  }
  const found: string[] = [];
  for (const name of NAMES) if (await exists(resolve(folder, name))) found.push(name);
  const [name, other] = found;
  if (name === undefined) return null;
  if (other === undefined) return { name, value: await contentOf(resolve(folder, name), name) };
  throw new Problem(
    'usage',
    `${name} and ${other} are both here: keep one of them, or name one with --config.`,
  );
}

async function contentOf(file: string, name: string): Promise<unknown> {
  const kind = extname(basename(file));
  // To open a pipe waits for whoever writes to it.
  if (!(await stat(file)).isFile())
    throw new Problem('usage', `${name} is no regular file: name one with --config, or use --no-config.`);
  try {
    if (kind === '.json') return JSON.parse(await readFile(file, 'utf8'));
    if (MODULES.has(kind)) return await importModule(file);
  } catch (cause) {
    throw new Problem('usage', `${name} cannot be read: ${reason(cause)}.`, { cause });
  }
  throw new Problem('usage', `${name} is no file with options: its name has to end in .ts or .json.`);
}

/** The same on every Node, though newer ones strip types themselves; nothing is written to a cache. */
async function importModule(file: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    tryNative: false,
    interopDefault: false,
    alias: { 'nginx-ws-bench': DEFINITIONS },
  });
  const loaded = await jiti.import<{ default?: unknown }>(file);
  if (loaded.default === undefined)
    throw new Error('it has no default export (export default defineConfig({ … }))');
  return loaded.default;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A syntax error has its place on a second line, and a module that is missing a list behind it. */
function reason(cause: unknown): string {
  return reasonOf(cause).split(' Require stack:')[0] ?? '';
}
