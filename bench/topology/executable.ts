import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';

/**
 * Returns the path of a command, either as given or found on PATH.
 *
 * @param name name of the program in messages to the user
 * @throws {Problem} kind `environment` if the command does not exist or is not executable
 */
export function findExecutable(command: string, name: string, env: NodeJS.ProcessEnv, cwd = '.'): string {
  if (!command.includes('/')) {
    const found = onPath(command, env);
    if (found !== null) return found;
    throw new Problem(
      'environment',
      `${name}: ${command} is not on PATH. Install it, or name it by its path.`,
    );
  }
  const path = resolve(cwd, command);
  if (isExecutable(path)) return path;
  const missing = statSync(path, { throwIfNoEntry: false }) === undefined;
  throw new Problem(
    'environment',
    missing
      ? `${name}: ${path} does not exist. Check the path.`
      : `${name}: ${path} is not an executable file. Check the path, or make it executable (chmod +x).`,
  );
}

/** Returns the path of a command found on PATH; null if it is not found. */
export function onPath(command: string, env: NodeJS.ProcessEnv): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(folder, command)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
