import { isUsualStep, metricTitle } from '../metrics/metrics.ts';
import type { Price, PricedFigure, VariantPrice } from '../model/price.ts';
import { PROXY } from '../model/proxy.ts';
import { formatFigure, NOTHING } from '../wording/format.ts';
import { capital } from '../wording/words.ts';
import { changeWords, formatEffect } from './comparison/effect.ts';
import { conclusionOf } from './conclusion.ts';
import { table } from './elements.ts';
import { html } from './markup.ts';
import type { Section, View } from './view.ts';

/** Whether a metric appears in `priceSentence`. The other metrics appear only in the table. */
function isMain(figure: PricedFigure): boolean {
  return isUsualStep(figure) && MAIN.includes(figure.name);
}

const MAIN = ['cpuPerMessage.total', 'response.p50', 'response.p99'];

/**
 * Compares a variant with the baseline, as in `tls compared with direct: CPU per message 2.3 times as high (31.2 µs, up
 * from 13.5 µs); …`. Only reliable metrics are included.
 */
export function priceSentence({ variant, figures }: VariantPrice, baseline: string): string {
  const clauses = figures
    .filter((figure) => isMain(figure) && figure.doubts.length === 0)
    .map(
      (figure) =>
        `${metricTitle(figure)} ${changeWords(figure.ratio)} (${formatFigure(figure.variant, figure.unit)}, ${figure.ratio < 1 ? 'down' : 'up'} from ${formatFigure(figure.baseline, figure.unit)})`,
    );
  const metrics = clauses.length === 0 ? 'no metric is reliable (see below)' : clauses.join('; ');
  return `${variant} compared with ${baseline}: ${metrics}.`;
}

/** Explains how reliable a comparison of single runs is, and how to improve it. */
export function pairSentence({ baseline }: Price): string {
  return `Each ratio comes from a single pair of runs and has no interval, so a difference of a few per cent may be noise. To repeat the runs in rounds, use the compare command, with ${baseline} as its first variant.`;
}

export function priceColumns({ baseline, variants }: Price): string[] {
  return ['metric', baseline, ...variants.map(({ variant }) => variant)];
}

/** One row for each metric that at least one variant has; `*` marks unreliable values. */
export function priceRows({ variants }: Price): string[][] {
  const all = variants.flatMap(({ figures }) => figures);
  const isSame = (a: PricedFigure) => (b: PricedFigure) => a.name === b.name && a.step === b.step;
  return all.flatMap((any, index) => {
    if (all.findIndex(isSame(any)) !== index) return [];
    const cells = variants.map(({ figures }) => {
      const own = figures.find(isSame(any));
      if (own === undefined) return NOTHING;
      return `${formatFigure(own.variant, own.unit)} (${formatEffect(own.ratio)})${own.doubts.length === 0 ? '' : ' *'}`;
    });
    return [[metricTitle(any), formatFigure(any.baseline, any.unit), ...cells]];
  });
}

/** Reasons why values are not reliable, each listed once with the metrics to which it applies. */
export function doubtLines({ variants }: Price): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const figure of variants.flatMap(({ figures }) => figures)) {
    for (const { variant, reason } of figure.doubts) {
      const text = variant === '' ? reason.text : `${variant}: ${reason.text}`;
      reasons.set(text, (reasons.get(text) ?? new Set()).add(metricTitle(figure)));
    }
  }
  return [...reasons].map(([reason, titles]) => `* ${capital([...titles].join(', '))}: ${reason}`);
}

/** The section that shows the cost of the proxy. */
export function price({ result }: View): Section {
  const found = conclusionOf(result, 'price');
  if (found === null) throw new TypeError('the result has no price of the proxy');
  const doubts = doubtLines(found);
  return {
    id: 'price',
    title: 'The price of the proxy',
    charts: [],
    body: html`${found.variants.map((each) => html`<p>${priceSentence(each, found.baseline)}</p>`)}
${table(
  `Through ${PROXY}, compared with ${found.baseline}`,
  priceColumns(found).map((title) => ({ title })),
  priceRows(found),
)}
<p class="how">In parentheses: variant ÷ ${found.baseline}, at the same rate and with the same CPU placement. CPU and memory are totals of ${PROXY}, echo servers and generators; a generator that spins to keep its schedule is not included. ${pairSentence(found)}</p>
${doubts.length > 0 && html`<ul class="plain">${doubts.map((line) => html`<li>${line}</li>`)}</ul>`}`,
  };
}
