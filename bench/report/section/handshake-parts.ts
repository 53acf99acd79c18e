import { logBins } from '../../measure/distribution.ts';
import { histogramOf } from '../../measure/figures.ts';
import { PROXY } from '../../model/proxy.ts';
import { formatTime } from '../../wording/format.ts';
import { timeAxis } from '../axis.ts';
import { chartFigure } from '../chart-figure.ts';
import { table } from '../elements.ts';
import { extremesSentence } from '../finding/extremes.ts';
import { html } from '../markup.ts';
import type { LineSpec } from '../page/spec.ts';
import type { FoldedSection, RunView, View } from '../view.ts';
import { SUMMARY_COLUMNS, summaryCells } from './times.ts';

const PARTS = [
  ['tcp', 'TCP connect', 'series-0'],
  ['tls', 'TLS', 'series-3'],
  ['upgrade', 'HTTP upgrade', 'series-2'],
  ['handshake', 'whole', 'series-5'],
] as const;

/** Histograms and a table of the parts of a handshake, for scenarios that measure handshakes. */
export function handshakeParts({ runs, isExternal }: View): FoldedSection {
  const drawn = runs.map((run, index) => ({ run, spec: partsChart(run, index) }));
  return {
    id: 'parts',
    title: 'Parts of the handshake',
    finding: extremesSentence(
      'The median of the whole handshake',
      runs.map(({ label, figures }) => ({ name: label, value: figures.latencies.handshake?.p50 ?? null })),
      formatTime,
    ),
    charts: drawn.map(({ spec }) => spec),
    body: html`${drawn.map(({ run, spec }) =>
      chartFigure(
        spec,
        `${run.label}: parts of the handshake`,
        partsFinding(run),
        html`The height is the share of handshakes whose part took about this long. In the <code>fastest</code> step, handshakes wait for each other, so these times depend on <code>--pending</code>.`,
      ),
    )}
${table('Parts of the handshake in full', PART_COLUMNS, runs.flatMap(partRows))}
<p class="how">${!isExternal && `The HTTP upgrade includes the connection from ${PROXY} to the echo server. `}The medians of the parts do not necessarily add up to the median of the whole.</p>`,
  };
}

function partsFinding({ figures: { latencies } }: RunView): string {
  const medians = PARTS.flatMap(([name, title]) =>
    latencies[name]?.p50 == null ? [] : [`${title} ${formatTime(latencies[name].p50)}`],
  );
  return medians.length === 0
    ? 'There were too few connections for a median.'
    : `Medians: ${medians.join(', ')}.`;
}

function partsChart(view: RunView, index: number): LineSpec {
  const series = PARTS.flatMap(([name, label, colour], pattern) => {
    const times = histogramOf(view.run, name);
    if (times.totalCount === 0) return [];
    const bins = logBins(times).map(({ fromUs, count }) => ({
      x: Number(fromUs.toPrecision(4)),
      y: count / times.totalCount,
    }));
    return [{ label, colour, pattern, points: bins, stepped: true }];
  });
  return {
    kind: 'line',
    id: `chart-parts-${index}`,
    x: timeAxis(
      'time',
      series.flatMap(({ points }) => points.map(({ x }) => x)),
    ),
    y: { title: 'share of handshakes', unit: 'share' },
    series,
  };
}

const PART_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Part', text: true },
  ...SUMMARY_COLUMNS,
];

function partRows({ name, step, figures: { latencies } }: RunView): string[][] {
  const more = [['echo', latencies.echo] as const, ['closing handshake', latencies.closing] as const];
  return [
    ...PARTS.map(([part, title]) => [title.replace('whole', 'whole handshake'), latencies[part]] as const),
    ...more,
  ].flatMap(([title, times]) => (times?.count ? [[name, step, title, ...summaryCells(times)]] : []));
}
