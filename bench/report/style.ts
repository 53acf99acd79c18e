const COLOURS = [
  ...[0, 1, 2, 3, 4, 5].map((index) => `series-${index}`),
  ...['proxy', 'server', 'generator'].map((component) => `component-${component}`),
];

/**
 * The style sheet of every page. The light, dark and print styles share the same rules; all colours are custom
 * properties.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1c2430; --muted: #586374; --surface: #ffffff; --page: #f5f6f8; --line: #dfe3e8;
  --grid: #e4e8ec; --band: rgba(90, 105, 125, 0.10); --disturbed: rgba(214, 140, 0, 0.20); --accent: #1d5fbf;
  --good: #17693b; --good-bg: #e3f4ea; --warn: #7a4b00; --warn-bg: #fdf0d5; --bad: #a3202d; --bad-bg: #fde6e7;
  --series-0: #1d5fbf; --series-1: #c2410c; --series-2: #0f766e; --series-3: #8b3fb5; --series-4: #b4235c; --series-5: #596273;
  --component-proxy: #15803d; --component-server: #1d5fbf; --component-generator: #a0671a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ee; --muted: #a3adbb; --surface: #191e26; --page: #11151b; --line: #2d3542;
    --grid: #2b323d; --band: rgba(170, 185, 205, 0.10); --disturbed: rgba(240, 180, 60, 0.22); --accent: #7fb2f5;
    --good: #7fd8a0; --good-bg: #143524; --warn: #f2c878; --warn-bg: #3b2d10; --bad: #ff9da3; --bad-bg: #47191e;
    --series-0: #6ea8f7; --series-1: #f28b54; --series-2: #3fc1b0; --series-3: #c792ea; --series-4: #f47fa8; --series-5: #a9b4c4;
    --component-proxy: #4fbf7a; --component-server: #6ea8f7; --component-generator: #d9a14e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
}
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.wide { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
.masthead { padding-top: 40px; padding-bottom: 28px; }
.masthead p { margin: 4px 0 0; color: var(--muted); }
.masthead .load { color: var(--text); font-size: 1.06rem; }
h1 { margin: 0 0 10px; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 1.3rem; letter-spacing: -0.01em; }
h3 { margin: 0 0 8px; font-size: 1rem; }
h3.step { margin: 30px 0 14px; padding-bottom: 6px; border-bottom: 1px solid var(--line); font-size: 1.12rem; }
nav.contents {
  position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--line);
}
nav.contents ul {
  display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin: 0; padding: 10px 0; font-size: 0.9rem;
}
nav.contents a { color: var(--muted); text-decoration: none; }
nav.contents a:hover { color: var(--accent); text-decoration: underline; }
section { margin: 26px 0; padding: 24px; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; scroll-margin-top: 60px; }
section.bare { padding: 0; background: none; border: 0; }
section > :last-child { margin-bottom: 0; }
section.folded { margin: 8px 0; padding: 0; }
.folded > details { margin: 0; padding: 0 24px; }
.folded > details[open] { padding-bottom: 20px; }
.head { padding: 12px 24px; border-radius: 12px; }
summary.head { margin: 0 -24px; }
summary.head:hover { background: var(--band); }
.head h2 { display: inline; font-size: 1.12rem; color: var(--text); }
.found { display: block; color: var(--muted); font-size: 0.94rem; overflow-wrap: anywhere; }
.head h2, .found { margin-left: 1.03rem; }
summary.head h2 { margin-left: 0; }
section p { max-width: 60em; }
.how, figcaption { color: var(--muted); font-size: 0.88rem; max-width: 68em; }
figcaption { margin-top: 8px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 18px; }
.cards.one { grid-template-columns: minmax(0, 1fr); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 20px; overflow-wrap: anywhere; }
.card header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: start; gap: 6px 12px; }
.card h3 { font-size: 1.12rem; margin: 0; }
.card p { margin: 8px 0 0; font-size: 0.92rem; }
.card .subtitle { color: var(--muted); margin-top: 2px; }
.card .answer { font-size: 1.06rem; line-height: 1.45; margin-top: 12px; }
.card .badges { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 0; }
.beside { display: block; color: var(--muted); font-size: 0.92em; }
.key { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 3px; margin-right: 0.5em; }
.numbers { display: flex; flex-wrap: wrap; gap: 4px 26px; margin: 14px 0 12px; }
.numbers div { display: flex; flex-direction: column-reverse; }
.numbers dt { color: var(--muted); font-size: 0.8rem; }
.numbers dd { margin: 0; font-size: 1.45rem; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.badge { flex: none; border-radius: 999px; padding: 2px 10px; font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-bg); }
.warn { color: var(--warn); background: var(--warn-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.broken, .masthead .broken { color: var(--bad); font-weight: 600; }
.notices { list-style: none; margin: 0; padding: 0; }
.notices li { padding: 10px 14px; border-left: 3px solid var(--line); margin: 8px 0; background: var(--page); border-radius: 0 8px 8px 0; overflow-wrap: anywhere; }
.notices .warning { border-color: var(--warn); }
.notices .of { font-weight: 600; }
.notices code { color: var(--muted); }
.plain { padding-left: 1.1em; max-width: 60em; }
.plain li { margin: 6px 0; }
.claim { border-top: 1px solid var(--line); padding: 16px 0 4px; }
.claim header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; }
.claim h3 { margin: 0; }
.claim .says { margin: 4px 0; color: var(--muted); }
.neutral { color: var(--muted); background: var(--page); border: 1px solid var(--line); }
.scroll { overflow-x: auto; margin: 16px 0; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 10px 12px 6px; font-weight: 600; }
th, td { padding: 6px 10px; vertical-align: top; }
tbody { border-top: 1px solid var(--line); }
tbody tr + tr td { border-top: 1px solid var(--grid); }
thead th { color: var(--muted); font-weight: 600; font-size: 0.82rem; vertical-align: bottom; min-width: 4.5em; }
tbody th { font-weight: 600; white-space: nowrap; }
td { text-align: right; white-space: nowrap; }
thead th { text-align: right; }
th.text, td.text { text-align: left; }
thead th, td.text { white-space: normal; }
.barred { display: inline-flex; align-items: center; gap: 10px; justify-content: end; }
.bar { width: 64px; height: 6px; border-radius: 3px; flex: none; }
.mark { width: 0.95em; height: 0.95em; vertical-align: -0.1em; fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
.rail { fill: var(--grid); }
.fill { fill: var(--accent); }
.chart { display: none; margin: 22px 0 26px; }
.drawn .chart { display: block; }
.chart h3 { margin-bottom: 4px; }
.finding { margin: 0 0 10px; }
.controls { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: start; gap: 6px 18px; margin-bottom: 8px; font-size: 0.84rem; }
.legend, .actions { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; }
.controls button, .controls input { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 2px 8px; }
.controls button { cursor: pointer; display: inline-flex; align-items: center; gap: 6px; overflow-wrap: anywhere; }
.controls button:disabled { color: var(--muted); cursor: default; }
.controls input { width: 5.2em; }
.legend button { border-color: transparent; padding: 2px 6px; text-align: left; }
.legend button[aria-pressed="false"] { color: var(--muted); text-decoration: line-through; }
.legend button[aria-pressed="false"] > :first-child { opacity: 0.3; }
.actions button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
.told { color: var(--muted); }
.line { width: 30px; height: 8px; flex: none; stroke-width: 2; }
.swatch { width: 12px; height: 12px; border-radius: 3px; flex: none; }
.fill-1 { background-image: repeating-linear-gradient(45deg, transparent 0 3px, var(--surface) 3px 4.5px); }
.fill-2 { background-image: repeating-linear-gradient(-45deg, transparent 0 3px, var(--surface) 3px 4.5px); }
.fill-3 { background-image: radial-gradient(var(--surface) 25%, transparent 30%); background-size: 5px 5px; }
.dragged { position: absolute; top: 0; bottom: 0; background: var(--accent); opacity: 0.16; pointer-events: none; }
.canvas { position: relative; height: 380px; }
.pair .canvas { height: 260px; }
.canvas.short, .pair .canvas.short { height: 190px; }
.canvas.middle, .pair .canvas.middle { height: 330px; }
.canvas.tall, .pair .canvas.tall { height: 480px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 0 28px; }
.pair .chart { min-width: 0; margin-bottom: 10px; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; }
pre {
  overflow-x: auto; margin: 8px 0; padding: 14px 16px; background: var(--page); border: 1px solid var(--line);
  border-radius: 8px; font: 0.84rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 12px 28px; margin: 0 0 20px; }
.facts dt { color: var(--muted); font-size: 0.82rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.verdict { font-size: 1.12rem; font-weight: 600; }
.plot { display: block; width: 100%; height: auto; font-size: 14px; }
.levels { max-width: 960px; font-size: 9px; }
.listing td p { margin: 0 0 2px; }
.listing td details { margin: 0; }
.effects { max-width: 720px; font-size: 10px; margin: 12px 0; }
.plotted { margin: 0 0 18px; min-width: 0; }
.plot text { fill: var(--text); }
.plot .tick { text-anchor: middle; fill: var(--muted); font-size: 12px; }
.levels .tick { font-size: 8px; paint-order: stroke; stroke: var(--surface); stroke-width: 4px; }
.plot .name { text-anchor: end; }
.effects .name { text-anchor: start; }
.effects .effect { text-anchor: end; }
.effects .tick { font-size: 9px; }
.plot .grid { stroke: var(--grid); }
.plot .zero { stroke: var(--muted); stroke-dasharray: 4 3; }
.plot .negligible { fill: var(--band); }
.plot .interval, .plot .joined { stroke: currentColor; stroke-width: 2; }
.plot circle, .plot path, .plot g rect { fill: currentColor; }
.plot .base { fill: var(--muted); }
.plot .neither { color: var(--accent); }
.plot .unknown { color: var(--muted); }
.plot .band { color: var(--accent); opacity: 0.16; }
.plot .law, .plot .through { fill: none; stroke: currentColor; stroke-width: 2; }
.plot .through { stroke-width: 1; }
.plot .beyond { stroke-dasharray: 5 5; }
.plot .hollow circle { fill: var(--surface); stroke: var(--muted); stroke-width: 2; }
.plot .better { color: var(--good); }
.plot .worse { color: var(--bad); }
.diff .added { color: var(--good); }
.diff .removed { color: var(--bad); }
.diff .gap { color: var(--muted); }
.tags { display: block; margin-top: 3px; font-weight: 400; }
.tag { display: inline-block; font-size: 0.78rem; color: var(--muted); background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 0 6px; overflow-wrap: anywhere; }
th .beside { font-weight: 400; }
footer { color: var(--muted); font-size: 0.86rem; padding: 8px 0 40px; }
@media screen { #summary .canvas:not(.middle, .tall) { height: 300px; } }
@media (max-width: 640px) {
  .wide { padding: 0 14px; }
  .masthead { padding-top: 26px; padding-bottom: 18px; }
  h1 { font-size: 1.5rem; }
  section { padding: 16px 14px; margin: 18px 0; }
  .folded > details { padding: 0 14px; }
  .head { padding: 10px 14px; }
  summary.head { margin: 0 -14px; }
  .card { padding: 16px; }
  nav.contents { position: static; }
  .canvas { height: 320px; }
  .effects { font-size: 16px; }
  .effects .tick { font-size: 14px; }
  .levels { font-size: 19px; }
  .levels .tick { font-size: 18px; }
  /* A result is a block on a narrow page: name, time and outcome below each other. */
  .listing > :is(.scroll, details) thead { display: none; }
  .listing :is(table, caption, tbody, tr, th, td) { display: block; white-space: normal; }
  .listing :is(th, td) { padding: 1px 10px; text-align: left; overflow-wrap: anywhere; }
  .listing tbody { padding: 6px 0; }
}
@page { margin: 12mm; }
/* On paper nothing can be opened, and without the script links open nothing. */
@media print { .folded > details::details-content { content-visibility: visible; } }
@media (scripting: none) { details::details-content { content-visibility: visible; } }
@media print {
  :root { --page: #ffffff; font-size: 11px; }
  body { font-size: 1rem; }
  .wide { max-width: none; padding: 0; }
  .masthead { padding-bottom: 10px; }
  nav.contents, .actions, .legend button[aria-pressed="false"] { display: none; }
  section { padding: 12px; margin: 14px 0; }
  section.folded { padding: 0 12px; margin: 14px 0; }
  .folded > details, .head, summary.head { margin: 0; padding: 6px 0; list-style: none; }
  .head h2, .found { margin-left: 0; }
  section, .card { border-color: #cccccc; }
  .chart details:not([open]) { display: none; }
  .card, figure, .canvas, .claim, tr, .notices li, .head { break-inside: avoid; }
  h2, h3, caption, .head, .finding, .controls { break-after: avoid; }
  .cards { grid-template-columns: 1fr 1fr; }
  .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  /*
   * Drawn for a sheet of A4, whatever the window size, because a browser lays out for paper after the script
   * has drawn.
   */
  .canvas { height: 250px; width: 675px; max-width: 100%; }
  .pair .canvas { height: 190px; width: 323px; }
  .canvas canvas { max-width: 100%; height: auto !important; }
  .swatch, .key, .badge { print-color-adjust: exact; }
  .scroll { overflow: visible; }
  .bar { display: none; }
  th, td { padding: 3px 4px; }
  td .badge { white-space: normal; border-radius: 6px; padding: 1px 5px; }
  thead th { min-width: 0; }
  tbody th { white-space: normal; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
${COLOURS.map((name) => `.${name} { background-color: var(--${name}); }\n.line.${name} { background-color: transparent; stroke: var(--${name}); }`).join('\n')}
`;
