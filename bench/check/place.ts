import { relative } from 'node:path';
import type { Origin } from '../nginx/tree.ts';

/** `conf.d/app.conf:12`, relative to the working folder where it lies below it; null where there is no line. */
export function shownPlace(origin: Origin | null): string | null {
  if (origin === null) return null;
  const path = relative(process.cwd(), origin.file);
  return `${path.startsWith('..') ? origin.file : path}:${origin.line}`;
}
