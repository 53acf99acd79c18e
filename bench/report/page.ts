import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, type Markup, trusted } from './markup.ts';
import { STYLE } from './style.ts';

/** Optional parts of a page. */
export interface PageParts {
  scripts?: readonly string[];
  /** Styles in addition to those shared by all pages. */
  style?: string;
  /** HTML to add to the page's `<head>`. */
  head?: string;
}

/**
 * Returns a complete HTML page that loads no external resources. Its Content-Security-Policy only allows its
 * own style and scripts, identified by their hashes (CSP Level 3, section 2.3.1).
 */
export function pageOf(
  title: string,
  body: Markup,
  { scripts = [], style: own = '', head = '' }: PageParts = {},
): string {
  const style = `${STYLE}${own}`;
  const scriptSources = scripts.length === 0 ? "'none'" : scripts.map(hashSource).join(' ');
  const policy = [
    "default-src 'none'",
    `script-src ${scriptSources}`,
    `style-src ${hashSource(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}</style>
${trusted(head)}</head>
<body>
${body}
${scripts.map((script) => html`<script>${trusted(script)}</script>\n`)}</body>
</html>
`;
  return page.markup;
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The report's script as a single classic script, including the chart library. Built by `bundle.js`. */
export function pageScript(): string {
  return readFileSync(new URL('./page/main.bundle.js', import.meta.url), 'utf8');
}

/** The script for the index of a published site. */
export function siteScript(): string {
  return readFileSync(new URL('./page/site.bundle.js', import.meta.url), 'utf8');
}
