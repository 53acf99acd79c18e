import { dirname, isAbsolute } from 'node:path';
import { Problem } from '../model/failure.ts';
import { type EmptyInclude, emptyIncludesText } from '../wording/sandbox.ts';
import type { Changes } from './notices.ts';
import { type Directive, place, texts } from './tree.ts';

/** Problem code used if a configuration lacks something that may be in a missing file. */
export const INCOMPLETE = 'incomplete';

/** Debian's main file includes modules from this folder. They define nothing for WebSockets. */
const MODULES = /(^|\/)modules-enabled\//;

/** @param includes the `include` directives that match no file */
export function emptyIncludes(includes: readonly Directive[]): EmptyInclude[] {
  return includes.flatMap((node): EmptyInclude[] => {
    const [path = ''] = texts(node);
    if (MODULES.test(path)) return [];
    const folder = dirname(path.replace(/[*?[].*$/s, '*'));
    return [{ path, place: place(node.origin), folder: isAbsolute(path) ? folder : null }];
  });
}

/** Adds the includes that match no file to the error that `act` throws for an incomplete configuration. */
export async function namingEmptyIncludes<T>(
  changes: Pick<Changes, 'withoutFiles'>,
  act: () => Promise<T> | T,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const includes = emptyIncludes(changes.withoutFiles());
    if (!(error instanceof Problem) || error.code !== INCOMPLETE || includes.length === 0) throw error;
    const { kind, code, data } = error;
    throw new Problem(kind, `${error.message} ${emptyIncludesText(includes)}`, { code, data });
  }
}
