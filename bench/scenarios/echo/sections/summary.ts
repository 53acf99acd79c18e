import { total } from '../../../measure/arithmetic.ts';
import { PROXY } from '../../../model/proxy.ts';
import { runBadge, table } from '../../../report/elements.ts';
import { type Content, html, type Markup } from '../../../report/markup.ts';
import type { ChartSpec } from '../../../report/page/spec.ts';
import { echoedFigure } from '../../../report/section/course.ts';
import { limitName } from '../../../report/verdict.ts';
import type { Section, StepView, VariantView, View } from '../../../report/view.ts';
import { formatBytes, formatCount, formatTime, NOTHING } from '../../../wording/format.ts';
import { percentileFigure } from './latency.ts';
import { formatCapacity } from './sentences.ts';
import { carriedFigure } from './throughput.ts';

/** A table with throughput and latency of each variant, and the two main charts. */
export function summary({ variants, steps, isExternal }: View): Section {
  const main = steps.flatMap((each) => MAIN_FIGURES[each.step]?.(each) ?? []);
  return {
    id: 'summary',
    title: 'Summary',
    charts: main.map(({ chart }) => chart),
    body: html`${table('The variants at a glance', COLUMNS, variants.map(rowOf))}
<p class="how">${isExternal ? 'Messages per second and limit come from the throughput step, response times from the latency step.' : 'Messages per second, limit, CPU and capacity come from the throughput step, response times from the latency step; if only one step ran, CPU and memory come from that one.'} In parentheses: over the undisturbed seconds only.${!isExternal && ' ≥ marks a capacity that is a lower bound.'} – means not measured, or fewer than ten samples beyond the percentile: p99.9 needs 10,000 messages.</p>
${main.map(({ figure }) => figure)}`,
  };
}

/** A chart with the text around it. */
interface MainFigure {
  chart: ChartSpec;
  figure: Markup;
}

const MAIN_FIGURES: Readonly<Record<string, (step: StepView) => MainFigure>> = {
  /** If there is one variant, the table already shows its rate, so the chart shows the rate over time. */
  throughput: (step) => (step.runs.length === 1 ? echoedFigure(step) : carriedFigure(step.runs)),
  latency: ({ runs }) => percentileFigure(runs),
};

const COLUMNS = [
  { title: 'Variant' },
  { title: 'Throughput', text: true },
  { title: 'Messages per second' },
  { title: 'Limited by', text: true },
  { title: `Per core of ${PROXY}`, optional: true },
  { title: 'Latency', text: true },
  { title: 'Response time p50' },
  { title: 'p99' },
  { title: 'p99.9' },
  { title: `${PROXY} CPU per message`, optional: true },
  { title: `${PROXY} memory per connection`, optional: true },
  { title: 'Failed' },
  { title: 'Lost' },
];

function rowOf({ name, answers }: VariantView): Content[] {
  const { throughput = null, latency = null } = answers;
  const both = [throughput, latency].flatMap((view) => view?.figures ?? []);
  const [first] = both;
  const response = latency?.figures.latencies.response;
  const calm = latency?.figures.undisturbed?.response;
  const disturbed = latency?.figures.disturbed;
  const beside = disturbed != null && disturbed.seconds > 0;
  const time = (name: 'p50' | 'p99' | 'p999'): Content =>
    beside ? withUndisturbed(response?.[name], calm?.[name]) : formatTime(response?.[name]);
  return [
    name,
    throughput === null ? NOTHING : runBadge(throughput),
    formatCount(throughput?.figures.messages.perSecond),
    throughput === null ? NOTHING : limitName(throughput.run),
    formatCapacity(throughput?.figures.perCoreCapacity ?? null),
    latency === null ? NOTHING : runBadge(latency),
    time('p50'),
    time('p99'),
    time('p999'),
    formatTime(first?.cpuUsPerMessage.proxy),
    formatBytes(first?.memoryPerConnectionBytes.proxy),
    formatCount(total(both.map(({ connections }) => connections.failed))),
    formatCount(total(both.map(({ messages }) => messages.lost))),
  ];
}

/**
 * Formats a time given in µs and measured over all seconds, followed in parentheses by its value over the
 * undisturbed seconds.
 */
export function withUndisturbed(all: number | null | undefined, calm: number | null | undefined): Markup {
  return html`${formatTime(all)} <span class="beside">(${formatTime(calm)})</span>`;
}
