import { readFileSync } from 'node:fs';

/** The script of a report as one classic script, including the chart library. Built by `bundle.js`. */
export function pageScript(): string {
  return readFileSync(new URL('./page/main.bundle.js', import.meta.url), 'utf8');
}

/** The script of a published site's index. */
export function siteScript(): string {
  return readFileSync(new URL('./page/site.bundle.js', import.meta.url), 'utf8');
}
