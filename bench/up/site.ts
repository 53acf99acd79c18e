import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFolderToWorkers, openToWorkers } from '../topology/worker-user.ts';
import type { Topology } from './page/topology.ts';

/** Folder of the page's compiled modules, which the browser loads unchanged. */
const MODULES = fileURLToPath(new URL('./page/', import.meta.url));

/**
 * Writes the page into the run's private folder.
 *
 * @returns the folder that Nginx serves
 */
export async function makeSite(privateFolder: string): Promise<string> {
  const folder = join(privateFolder, 'page');
  await mkdir(folder);
  await writeFile(join(folder, 'index.html'), DOCUMENT);
  await writeFile(join(folder, 'style.css'), STYLE);
  const scripts = (await readdir(MODULES)).filter((file) => file.endsWith('.js'));
  await Promise.all(scripts.map((file) => copyFile(join(MODULES, file), join(folder, file))));
  await openFolderToWorkers(folder);
  for (const file of await readdir(folder)) await openToWorkers(join(folder, file), 0o640);
  return folder;
}

/** Writes the topology for the page as JSON data, so that user-supplied names are not parsed as markup. */
export async function writeTopology(folder: string, topology: Topology): Promise<void> {
  const path = join(folder, 'topology.json');
  await writeFile(path, JSON.stringify(topology));
  await openToWorkers(path, 0o640);
}

/** The page that turns the browser into a WebSocket client. Its script fills in the topology. */
const DOCUMENT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>WebSocket through Nginx</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="main.js"></script>
</head>
<body>
<main>
<h1>WebSocket through Nginx: <span id="name">…</span></h1>
<p id="title"></p>
<dl class="facts">
<div><dt>WebSocket</dt><dd><code id="url"></code></dd></div>
<div><dt>State</dt><dd><span id="state" role="status">not connected</span></dd></div>
<div><dt>Protocol of this page</dt><dd id="protocol"></dd></div>
</dl>
<section aria-labelledby="say-title">
<h2 id="say-title">Send a message</h2>
<form id="say">
<label for="message">Message</label>
<input id="message" autocomplete="off" value="Hello, server!">
<button id="send" disabled>Send</button>
<button id="connection" type="button">Connect</button>
</form>
<ol id="conversation" aria-live="polite" aria-label="Messages"></ol>
</section>
<section aria-labelledby="load-title">
<h2 id="load-title">A small load</h2>
<form id="load">
<label>Connections <input id="connections" type="number" min="1" max="200" value="10" required></label>
<label>Messages per second <input id="rate" type="number" min="1" max="2000" value="100" required></label>
<button id="toggle">Start</button>
</form>
<p id="load-state" role="status"></p>
<figure>
<svg id="chart" role="img" aria-label="Response times of each second; the table below has the values"></svg>
<figcaption><span class="key p50">median</span> <span class="key p99">99th percentile</span> <span class="key max">maximum</span> of each second, in ms from when a message was due</figcaption>
</figure>
<table>
<caption>This load; times are from the last minute</caption>
<thead><tr><th scope="col">Metric</th><th scope="col">Value</th></tr></thead>
<tbody id="figures"></tbody>
</table>
<p class="note">This load is a demonstration, not a benchmark. A browser can only open about 200 WebSockets to a server,
its clock is coarse, and a background tab sends only once a second. Response times include these delays, which
<em>send lag</em> shows. For reliable metrics, use the <code>run</code> command.</p>
</section>
</main>
</body>
</html>
`;

const STYLE = `:root { color-scheme: light dark; --text: #1d2430; --muted: #596273; --line: #cdd3dc; --ground: #fff;
  --panel: #f5f7fa; --p50: #1769aa; --p99: #b45309; --max: #b42318; --strong: #1769aa; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf0; --muted: #a3adbd; --line: #3b4453; --ground: #14181f;
  --panel: #1c222c; --p50: #6cb6ff; --p99: #f0b35a; --max: #ff8a80; --strong: #6cb6ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.facts div { display: flex; flex-wrap: wrap; gap: 0 .75rem; }
.facts dt { color: var(--muted); min-width: 9rem; }
.facts dd { margin: 0; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
#message { flex: 1 1 12rem; }
input, button { font: inherit; color: inherit; padding: .35rem .6rem; border: 1px solid var(--muted); border-radius: 4px;
  background: var(--ground); min-width: 0; }
input[type=number] { width: 6rem; }
button { cursor: pointer; background: var(--panel); }
button:disabled { color: var(--muted); cursor: default; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
ol { list-style: none; margin: .75rem 0; padding: 0; max-height: 16rem; overflow: auto; }
li { padding: .15rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
li span { color: var(--muted); }
figure { margin: .75rem 0; }
svg { display: block; width: 100%; height: 240px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; }
svg line { stroke: var(--line); }
svg text { fill: var(--muted); font-size: 12px; }
svg polyline { fill: none; stroke-width: 2; }
svg .p50 { stroke: var(--p50); } svg .p99 { stroke: var(--p99); } svg .max { stroke: var(--max); stroke-dasharray: 3 3; }
figcaption, .note, caption { color: var(--muted); font-size: .9rem; text-align: left; }
.key::before { content: ''; display: inline-block; width: 1.2em; border-top: 2px solid; margin-right: .3em; vertical-align: middle; }
.key.p50::before { border-color: var(--p50); } .key.p99::before { border-color: var(--p99); }
.key.max::before { border-color: var(--max); border-top-style: dashed; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; font-weight: normal; padding: .15rem .75rem .15rem 0; border-bottom: 1px solid var(--line); }
td { font-variant-numeric: tabular-nums; }
`;
