import { total } from '../../measure/arithmetic.ts';
import { printable } from '../../model/printable.ts';
import { PROXY } from '../../model/proxy.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { claims } from '../../report/section/claims.ts';
import { curvesOfRounds } from '../../report/section/comparison.ts';
import { cost } from '../../report/section/cost.ts';
import { course } from '../../report/section/course.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { limitName, verdictOf } from '../../report/verdict.ts';
import type { VariantView, View } from '../../report/view.ts';
import { formatBytes, formatCount, formatRate, formatTime, NOTHING } from '../../wording/format.ts';
import { answers } from './sections/answers.ts';
import { latency } from './sections/latency.ts';
import { answerSentence, formatCapacity } from './sections/sentences.ts';
import { summary } from './sections/summary.ts';
import { throughput } from './sections/throughput.ts';

export const report: ScenarioReport = {
  answer: answerSentence,
  cells,
  words: ['variant', 'limit', 'validity'],
  optional: ['nginx/core', 'nginx/msg', 'nginx/conn'],
  lines: [
    { before: '', headings: ['throughput', 'limit'] },
    { before: 'response time ', headings: ['p50', 'p99', 'p99.9'] },
    { before: '', headings: ['nginx/core', 'nginx/msg', 'nginx/conn'] },
    { before: '', headings: ['failed', 'lost', 'validity'] },
  ],
  legend: () => [
    [['nginx/core'], `messages per second per core of ${PROXY}`],
    [['nginx/msg'], `${PROXY} CPU per message`],
    [['nginx/conn'], `${PROXY} memory per connection`],
  ],
  remarks,
  // The answers as sentences, then as a table with the two main charts, followed by the supporting facts.
  open: [answers, summary],
  folded: [throughput, latency, course, handshakes, cost, claims],
  ofRounds: [curvesOfRounds],
};

/** A table row with the answers for one variant. Missing values are shown as a dash. */
function cells({ name, answers }: VariantView): Cells {
  const { throughput = null, latency = null } = answers;
  const both = [throughput, latency].filter((view) => view !== null);
  const figures = both.map((view) => view.figures);
  const response = latency?.figures.latencies.response;
  const all: Cells = [
    ['variant', name],
    ['throughput', formatRate(throughput?.figures.messages.perSecond)],
    ['limit', throughput === null ? NOTHING : limitName(throughput.run)],
    ['nginx/core', formatCapacity(throughput?.figures.perCoreCapacity ?? null)],
    ['p50', formatTime(response?.p50)],
    ['p99', formatTime(response?.p99)],
    ['p99.9', formatTime(response?.p999)],
    ['nginx/msg', formatTime(figures[0]?.cpuUsPerMessage.proxy)],
    ['nginx/conn', formatBytes(figures[0]?.memoryPerConnectionBytes.proxy)],
    ['failed', formatCount(total(figures.map(({ connections }) => connections.failed)))],
    ['lost', formatCount(total(figures.map(({ messages }) => messages.lost)))],
    ['validity', [...new Set(both.map(verdictOf))].join(', ')],
  ];
  return all.map(([heading, cell]) => [heading, printable(cell)]);
}

/**
 * Remarks about the answers: the rate at which response times were measured, why it was chosen, and which
 * variants have no response times.
 */
function remarks({ rate, steps, variants }: View): string[] {
  const step = steps.find(({ step }) => step === 'latency');
  const offered = new Set(step?.runs.map(({ figures }) => formatRate(figures.offered?.perSecond)));
  const times = 'p50, p99 and p99.9 are response times';
  const told =
    rate !== null
      ? [`${times} at ${formatRate(rate.ratePerSecond)}. ${rate.reason.text}`]
      : offered.size === 0
        ? []
        : [`${times} at ${[...offered].join(', ')}.`];
  const leftOut = variants.flatMap(({ name, leftOut }) =>
    leftOut === null ? [] : `The latency of ${name} was not measured. ${leftOut.text}`,
  );
  return [...told, ...leftOut];
}
