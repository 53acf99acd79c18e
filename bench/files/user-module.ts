import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { reasonOf, systemCode } from '../model/system-error.ts';

const EXTENSIONS = new Set(['.ts', '.mts', '.js', '.mjs']);

/** Reports whether a file may be a user's module, judging by its name. */
export function isModuleName(name: string): boolean {
  return EXTENSIONS.has(extname(name));
}

/**
 * Imports a user's module and returns its default export; undefined if there is none. Types are stripped in the same
 * way on every runtime, although some can strip them themselves. Nothing is cached on disk.
 *
 * @param file absolute path
 * @param ourselves what `import … from 'nginx-ws-bench'` provides in the module, wherever the bench is installed
 * @throws whatever the module throws, or an Error if it is not a regular file
 */
export async function importUserModule(file: string, ourselves: object): Promise<unknown> {
  // Opening a named pipe would block until a writer opens it.
  if (!(await stat(file)).isFile()) throw new Error('it is not a regular file');
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    tryNative: false,
    interopDefault: false,
    virtualModules: { 'nginx-ws-bench': ourselves },
  });
  const loaded = await jiti.import<{ default?: unknown }>(file);
  return loaded.default;
}

/** Returns why an import failed. If a module is missing, Node appends the importing files on further lines. */
export function importFailure(cause: unknown): string {
  const [first = ''] = cause instanceof Error ? cause.message.split('\n') : [];
  return systemCode(cause) === 'MODULE_NOT_FOUND' ? first : reasonOf(cause);
}
