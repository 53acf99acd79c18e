import { knownFigures } from '../../measure/figures.ts';
import { metricTitle, stepsAnswering } from '../../metrics/metrics.ts';
import { isBetter, type VariantComparison } from '../../model/comparison.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { MISSED_THRESHOLD } from '../../wording/notices.ts';
import { formatEffect, formatInterval } from '../comparison/effect.ts';
import { conclusionOf } from '../conclusion.ts';

interface TestCase {
  name: string;
  /** Null if the test case passed. `error` means that the run did not complete. */
  bad: { kind: 'failure' | 'error' | 'skipped'; message: string } | null;
}

interface Suite {
  name: string;
  startedAt: string;
  cases: TestCase[];
}

/**
 * The result as a JUnit XML test report for CI servers: one suite per run, with its thresholds as test cases,
 * or one per compared variant, with its figures as test cases.
 */
export function junitXml(result: Result): string {
  const comparison = conclusionOf(result, 'comparison');
  const suites =
    comparison === null
      ? result.runs.map((run) => runSuite(run, result))
      : comparison.comparisons.map((each) => comparisonSuite(each, comparison.baseline, result));
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `${result.tool.name} ${result.id}`, ...countsOf(all) })}>`,
    ...suites.flatMap(suiteLines),
    '</testsuites>\n',
  ].join('\n');
}

function runSuite(run: Run, { plan: { thresholds, steps, strict } }: Result): Suite {
  const { variant, step } = run.plan;
  const asked = thresholds.filter((text) => stepsAnswering(metricIn(text), steps).includes(step));
  return {
    name: `${variant}, ${step}`,
    startedAt: run.startedAt,
    cases: [
      completes(run),
      losesNothing(run),
      ...(strict ? [isValid(run)] : []),
      ...asked.map((text) => meets(text, run)),
    ],
  };
}

function completes({ outcome }: Run): TestCase {
  const bad =
    outcome.state === 'completed'
      ? null
      : ({ kind: 'error', message: `${outcome.state}: ${outcome.reason}` } as const);
  return { name: 'completes', bad };
}

function losesNothing(run: Run): TestCase {
  const { connections, messages, http } = knownFigures(run);
  const requests = http?.failed ?? 0;
  const isGood = connections.failed + messages.lost + requests === 0;
  const message = `connections failed: ${connections.failed}, messages lost: ${messages.lost}, ordinary requests failed: ${requests}`;
  return { name: 'loses nothing', bad: isGood ? null : { kind: 'failure', message } };
}

function isValid({ validity: { verdict, reasons } }: Run): TestCase {
  const message = [`${verdict}:`, ...reasons.map(({ text }) => text)].join(' ');
  return { name: 'is valid', bad: verdict === 'valid' ? null : { kind: 'failure', message } };
}

/** The metric in a threshold: `response.p99` in `response.p99<50ms`. */
function metricIn(threshold: string): string {
  return /^[\w.]+/.exec(threshold)?.[0] ?? '';
}

/**
 * Reports whether a threshold was met. Thresholds were checked when the run ended, and each missed threshold
 * produced a notice.
 */
function meets(threshold: string, { notices }: Run): TestCase {
  const missed = notices.find(
    ({ code, data, text }) =>
      code === MISSED_THRESHOLD && (data.threshold ?? text.split(': ')[0]) === threshold,
  );
  return { name: threshold, bad: missed === undefined ? null : { kind: 'failure', message: missed.text } };
}

function comparisonSuite(
  { variant, figures }: VariantComparison,
  baseline: string,
  { startedAt }: Result,
): Suite {
  const cases = figures.map((figure): TestCase => {
    const { verdict, effect, interval } = figure;
    const name = metricTitle(figure);
    if (verdict === 'too few rounds') return { name, bad: { kind: 'skipped', message: verdict } };
    if (isBetter(verdict) !== false) return { name, bad: null };
    const message = `${verdict}: ${formatEffect(effect)} (95 % CI ${formatInterval(interval)})`;
    return { name, bad: { kind: 'failure', message } };
  });
  return { name: `${variant} compared with ${baseline}`, startedAt, cases };
}

function suiteLines({ name, startedAt, cases }: Suite): string[] {
  const timestamp = startedAt.replace(/(\.\d+)?Z$/, '');
  return [
    `  <testsuite${attributes({ name, timestamp, ...countsOf(cases) })}>`,
    ...cases.map(
      ({ name: caseName, bad }) =>
        `    <testcase${attributes({ classname: name, name: caseName })}${bad === null ? '/>' : `><${bad.kind}${attributes({ message: bad.message })}/></testcase>`}`,
    ),
    '  </testsuite>',
  ];
}

function countsOf(cases: readonly TestCase[]): Record<string, string> {
  const bad = (kind: string) => String(cases.filter((each) => each.bad?.kind === kind).length);
  return {
    tests: String(cases.length),
    failures: bad('failure'),
    errors: bad('error'),
    skipped: bad('skipped'),
  };
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join('');
}

/**
 * Escapes text for XML. Characters that XML does not allow, such as lone surrogates and most ASCII control
 * characters, are replaced (XML 1.0 section 2.2).
 */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
