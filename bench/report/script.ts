import { readFileSync } from 'node:fs';

/** What runs in a report as one classic script, the charts' library in it: `bundle.js` makes it. */
export function pageScript(): string {
  return readFileSync(new URL('./page/main.bundle.js', import.meta.url), 'utf8');
}

/** What runs in the index of a published site. */
export function siteScript(): string {
  return readFileSync(new URL('./page/site.bundle.js', import.meta.url), 'utf8');
}
