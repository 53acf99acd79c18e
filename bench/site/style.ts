/** CSS for the site's pages, in addition to the CSS shared by all pages. */
export const SITE_STYLE = `
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.filters { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: end; margin: 24px 0 0; }
.filters[hidden] { display: none; }
.filters label { display: flex; flex-direction: column; gap: 4px; font-size: 0.82rem; color: var(--muted); min-width: 0; flex: 0 1 auto; }
.filters select, .filters button {
  font: inherit; font-size: 0.92rem; color: var(--text); background: var(--surface); border: 1px solid var(--line);
  border-radius: 8px; padding: 7px 10px; min-height: 38px; max-width: 100%;
}
.filters select { max-width: 260px; }
.filters button { cursor: pointer; color: var(--accent); }
.filters p { flex-basis: 100%; margin: 0; font-size: 0.88rem; color: var(--muted); }
.changes, .rows { list-style: none; margin: 0; padding: 0; }
.changes li { padding: 10px 14px; border-left: 3px solid var(--line); margin: 8px 0; background: var(--page); border-radius: 0 8px 8px 0; overflow-wrap: anywhere; }
.changes li.better { border-color: var(--good); }
.changes li.worse { border-color: var(--bad); }
.changes p { margin: 2px 0; }
.changes .evidence { font-size: 0.92rem; color: var(--muted); }
.aside { color: var(--muted); font-size: 0.88em; margin-left: 6px; }
.row { display: grid; grid-template-columns: minmax(0, 1.5fr) repeat(3, minmax(0, 1fr)); gap: 10px 26px; padding: 18px 0; border-top: 1px solid var(--grid); }
.row[hidden] { display: none; }
.row:first-child { border-top: 0; }
.row h3 { margin: 0 0 4px; font-size: 1.06rem; overflow-wrap: anywhere; }
.what p { margin: 2px 0; font-size: 0.86rem; color: var(--muted); overflow-wrap: anywhere; }
.tile p { margin: 0; }
.tile .name { font-size: 0.8rem; color: var(--muted); }
.tile .now { font-size: 1.35rem; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; line-height: 1.35; }
.tile .stand { font-size: 0.82rem; color: var(--muted); min-height: 1.6em; }
.spark { display: block; width: 100%; max-width: 240px; height: auto; margin-top: 6px; }
.spark polyline { fill: none; stroke: var(--series-0); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.spark .end { fill: var(--series-0); }
.spark .better, .plot .better { fill: var(--good); }
.spark .worse, .plot .worse { fill: var(--bad); }
.spark .better, .spark .worse { stroke: var(--surface); stroke-width: 1.2; }
main .scroll { position: relative; }
#results .scroll { content-visibility: auto; contain-intrinsic-size: auto 4000px; }
.results td, .results th { white-space: normal; text-align: left; }
.results tbody th { min-width: 15em; overflow-wrap: anywhere; }
.results td { min-width: 6.5em; }
.results time { white-space: nowrap; }
.results tbody tr + tr th { border-top: 1px solid var(--grid); }
.finding { font-size: 1.06rem; margin-top: 0; }
.trend { margin: 0; }
.trend .scroll { border: 0; margin: 0; }
.trend .plot { min-width: 640px; }
.plot .line { fill: none; stroke: var(--series-0); stroke-width: 1.6; stroke-linejoin: round; }
.plot .point { fill: var(--series-0); }
.plot .within { fill: var(--band); }
.plot .centre { stroke: var(--muted); stroke-opacity: 0.55; }
.plot .uncounted { fill: none; stroke: var(--muted); stroke-width: 1.6; }
.plot path.alone { fill: var(--surface); stroke: var(--muted); stroke-width: 1.6; }
.plot .value, .plot .last { text-anchor: end; }
.plot .first, .plot .version { text-anchor: start; }
.plot a:hover .point, .plot a:focus .point { stroke: var(--text); stroke-width: 2; }
.wrapped { white-space: normal; min-width: 9em; }
.none[hidden] { display: none; }
@media (max-width: 900px) {
  .row { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
  .row .what { grid-column: 1 / -1; }
}
@media (max-width: 640px) {
  .row { grid-template-columns: minmax(0, 1fr); }
  .tile { display: grid; grid-template-columns: minmax(0, 1fr) 130px; gap: 12px; align-items: center; }
  .filters { gap: 10px; }
  .filters label { flex: 1 1 130px; }
  .filters select { max-width: none; width: 100%; }
}
@media print {
  .filters { display: none; }
  .row, .changes li { break-inside: avoid; }
}
`;
