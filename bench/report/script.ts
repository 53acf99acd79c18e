import { readFileSync } from 'node:fs';

/** What runs in a report as one classic script, the charts' library in it: `bundle.js` makes it. */
export function pageScript(): string {
  return readFileSync(new URL('./page/main.bundle.js', import.meta.url), 'utf8');
}
