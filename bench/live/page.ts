import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, type Markup, trusted } from '../report/markup.ts';
import { progressRows } from '../report/progress/rows.ts';
import type { Progress } from '../report/progress/state.ts';
import { type Course, courseMarkup } from './course.ts';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#2a5db0, #8ab4f8); }
body { margin: 0; height: 100vh; display: flex; flex-direction: column; font: 14px/1.5 system-ui, sans-serif; }
header { padding: .75rem 1rem; max-height: 50vh; overflow: auto; border-bottom: 1px solid light-dark(#ccc, #444); }
h1 { margin: 0 0 .25rem; font-size: 1rem; }
#state { display: flex; flex-wrap: wrap; gap: .5rem 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; padding: 0 1rem 0 0; vertical-align: top; white-space: nowrap; }
td { padding: 0; }
meter { width: 8rem; margin-right: .5rem; }
.course { flex: 1 1 16rem; max-width: 32rem; }
figure { margin: 0 0 .5rem; min-height: 4rem; }
svg { width: 100%; height: 2.5rem; }
polyline { fill: none; stroke: var(--line); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
figcaption { font-size: .85em; }
main { position: relative; flex: 1; min-height: 10rem; }
main p { margin: 1rem; }
iframe { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
iframe.coming { visibility: hidden; }
`;

/** The page's script, compiled from page/main.ts. */
const SCRIPT = readFileSync(new URL('./page/main.js', import.meta.url), 'utf8');

/**
 * The page may run only its own script, which may connect only to this server. It may embed only this server's
 * report, and no other page may embed it (CSP Level 3).
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashSource(SCRIPT)}`,
  `style-src ${hashSource(STYLE)}`,
  "connect-src 'self'",
  "frame-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Creates the page that contains the report of the finished runs, with the current state above it. */
export function livePage(title: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: live</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${title} <span id="link" role="status">connecting …</span></h1>
<div id="state"></div>
</header>
<main id="report"><p>The report appears when the first run has finished.</p></main>
<script type="module">${trusted(SCRIPT)}</script>
</body>
</html>
`.markup;
}

/** Creates the markup of the current state for the page's header. */
export function stateMarkup(progress: Progress, course: Course, nowMs: number): string {
  const rows = progressRows(progress, nowMs).map(
    ({ label, share, clauses }) =>
      html`<tr><th scope="row">${label}</th><td>${share !== null && meter(label, share)}${clauses.join(' · ')}</td></tr>`,
  );
  return html`<table><tbody>${rows}</tbody></table>${courseMarkup(course)}`.markup;
}

function meter(label: string, share: number): Markup {
  return html`<meter min="0" max="1" value="${Math.min(1, share).toFixed(2)}" aria-label="${label}"></meter>`;
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
