import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeRounds } from '../../test/comparison.ts';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { knownFacts } from '../metrics/metrics.ts';
import { comparisonSchema } from '../model/comparison.ts';
import { Problem } from '../model/failure.ts';
import { stored } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { compareStored } from './stored.ts';

/** A result with several rounds of each variant, in which Nginx uses `factor` times as much CPU per message. */
function resultOf(
  variants: readonly string[],
  rounds: number,
  { factor = 1, change = (run: Run): Run => run } = {},
): Result {
  const runs = Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    variants.flatMap((variant) =>
      [CLOSED, OPEN].map((load) => {
        const run = makeRun({
          profile: 'plain',
          variant,
          load,
          seconds: 1,
          connections: 10,
          perSecond: 1000,
        });
        const component = load === OPEN ? ('schedule' as const) : ('proxy' as const);
        const limit = { component, evidence: stored('Invented.') };
        return change({
          ...run,
          plan: { ...run.plan, round },
          validity: { verdict: 'valid', reasons: [], limit },
          processes: run.processes.map((series) => ({
            ...series,
            samples: series.samples.map((sample) => ({
              ...sample,
              // No two runs are identical.
              cpuUs: Math.round(sample.cpuUs * factor * (1 + 0.002 * round)),
            })),
          })),
        });
      }),
    ),
  );
  return makeResult(runs);
}

function figureOf({ comparison }: ReturnType<typeof compareStored>, name: string) {
  return comparison.comparisons[0]?.figures.find((figure) => figure.name === name);
}

test('variants of the same name are compared as unpaired sets of runs', () => {
  const pair = compareStored(
    resultOf(['plain', 'tls'], 10),
    resultOf(['tls', 'plain'], 12, { factor: 1.2 }),
    1,
  );
  const { comparison, variants, runs } = pair;
  v.assert(comparisonSchema, comparison);
  assert.deepEqual(
    comparison.comparisons.map(({ baseline, variant, verdict }) => [baseline, variant, verdict]),
    [
      ['plain (A)', 'plain (B)', 'higher'],
      ['tls (A)', 'tls (B)', 'higher'],
    ],
  );
  const cpu = figureOf(pair, 'cpuPerMessage.proxy');
  assert.deepEqual([cpu?.verdict, cpu?.rounds, cpu?.runs?.baseline.length], ['higher', [], 10]);
  assert.equal(cpu?.runs?.variant.length, 12);
  assert.ok(cpu?.effect && Math.abs(cpu.effect - 1.2) < 0.01, String(cpu?.effect));
  assert.ok(cpu.interval && cpu.interval[0] > 1.18 && cpu.interval[1] < 1.22 && cpu.detectable);
  assert.equal(figureOf(pair, 'perCoreCapacity')?.verdict, 'slower');
  assert.equal(figureOf(pair, 'response.p50')?.verdict, 'no difference detected');
  assert.deepEqual(
    variants.map(({ name }) => name),
    ['plain (A)', 'tls (A)', 'tls (B)', 'plain (B)'],
  );
  assert.equal(runs.length, 2 * 2 * 22);
  assert.deepEqual(comparison.rounds, { asked: null, used: 10 });
  assert.deepEqual([comparison.stored?.differences, comparison.stored?.unmatched], [[], []]);
});

test('variants appear in the requested order, not in that of a round', () => {
  const result = resultOf(['plain', 'tls'], 2);
  const drawn = { ...result, runs: result.runs.toReversed() };
  assert.deepEqual(
    compareStored(drawn, drawn, 1).comparison.comparisons.map(({ variant }) => variant),
    ['plain (B)', 'tls (B)'],
  );
  // A variant that was run counts even if it is not listed.
  const unlisted = { ...drawn, variants: drawn.variants.slice(0, 1) };
  assert.deepEqual(
    compareStored(unlisted, unlisted, 1).comparison.comparisons.map(({ variant }) => variant),
    ['plain (B)', 'tls (B)'],
  );
});

test('one run of a step is too few, and this is reported', () => {
  const single = resultOf(['plain'], 1, {
    change: (run) => ({ ...run, plan: { ...run.plan, round: null } }),
  });
  const pair = compareStored(single, single, 1);
  assert.equal(pair.comparison.comparisons[0]?.verdict, 'too few rounds');
  assert.equal(figureOf(pair, 'cpuPerMessage.proxy')?.effect, 1);
  assert.equal(pair.comparison.rounds.used, 1);
});

test('the pilot of a comparison does not count; if a run was repeated, the last one counts', () => {
  const rounds = resultOf(['plain'], 2);
  const [first] = rounds.runs;
  assert.ok(first);
  const pilot = { ...first, plan: { ...first.plan, round: null } };
  const withPilot = { ...rounds, runs: [pilot, ...rounds.runs] };
  assert.equal(compareStored(withPilot, rounds, 1).runs.length, 8);
  const oneRound = { ...rounds, runs: [pilot, ...rounds.runs.slice(1, 2)] };
  assert.equal(compareStored(oneRound, oneRound, 1).runs.length, 2);
  const asRun = (rate: number) => {
    const [, latency] = rounds.runs;
    assert.ok(latency);
    const workload = { ...latency.plan.workload, load: { ...OPEN, ratePerSecond: rate } };
    return { ...latency, plan: { ...latency.plan, round: null, workload } };
  };
  const superseded = { ...rounds, runs: [pilot, asRun(400), asRun(200)] };
  const rates = compareStored(superseded, superseded, 1).runs.flatMap(
    ({ plan: { workload } }) => ratePerSecondOf(workload.load) ?? [],
  );
  assert.deepEqual(rates, [200, 200]);
});

test('without a common name, single variants are compared; with several, this is an error', () => {
  const pair = compareStored(resultOf(['plain'], 2), resultOf(['tls'], 2), 1);
  assert.deepEqual(
    pair.comparison.comparisons.map(({ baseline, variant }) => [baseline, variant]),
    [['plain (A)', 'tls (B)']],
  );
  assert.throws(
    () => compareStored(resultOf(['plain', 'cache'], 2), resultOf(['tls'], 2), 1),
    (error) =>
      error instanceof Problem &&
      error.kind === 'usage' &&
      /no variant in common: the first has plain, cache, the second has tls\./.test(error.message),
  );
  const some = compareStored(resultOf(['plain', 'cache'], 2), resultOf(['plain', 'tls'], 2), 1);
  assert.deepEqual(some.comparison.stored?.unmatched, [
    { variant: 'cache', in: 'baseline' },
    { variant: 'tls', in: 'variant' },
  ]);
  assert.ok(some.runs.every(({ plan }) => plan.variant.startsWith('plain ')));
});

test('every difference in machine, versions and plan is listed', () => {
  const before = makeRounds();
  const after: Result = {
    ...before,
    tool: { ...before.tool, version: '9.9.9' },
    environment: {
      ...before.environment,
      kernel: '9.1',
      node: 'v24.0.0',
      bun: null,
      cpus: 8,
      somaxconn: 128,
    },
    runs: before.runs.map((run) => ({
      ...run,
      proxy: run.proxy && { ...run.proxy, version: '1.99.0', openssl: 'OpenSSL 9' },
      plan: {
        ...run.plan,
        connections: 77,
        engine: 'bun',
        placement: { proxy: [1], server: [0], generator: [0], runner: [0] },
        workload: {
          ...run.plan.workload,
          payload: { minBytes: 10, maxBytes: 20, type: 'binary' },
          load: run.plan.step === 'latency' ? { ...OPEN, ratePerSecond: 123 } : run.plan.workload.load,
        },
      },
    })),
  };
  const { stored } = compareStored(before, after, 1).comparison;
  const of = (what: string) => stored?.differences.find((each) => each.what === what);
  assert.deepEqual(
    stored?.differences.map(({ what }) => what),
    [
      ...['bench', 'kernel', 'CPUs', 'Node', 'Bun', 'net.core.somaxconn', 'Nginx', 'OpenSSL of Nginx'],
      ...['throughput: payload', 'throughput: connections', 'throughput: engine', 'throughput: placement'],
      ...[
        'latency: load',
        'latency: payload',
        'latency: connections',
        'latency: engine',
        'latency: placement',
      ],
    ],
  );
  assert.deepEqual(of('Bun'), { what: 'Bun', baseline: '1.4.5', variant: 'none' });
  assert.equal(of('throughput: payload')?.variant, '10 to 20 bytes, binary');
  assert.match(of('latency: load')?.variant ?? '', /^open loop, 123\/s/);
});

test('a configuration that differs under the same name is listed as well', () => {
  const given = (text: string) =>
    resultOf(['plain'], 2, {
      change: (run) => ({ ...run, proxy: run.proxy && { ...run.proxy, given: text } }),
    });
  const differences = (a: string, b: string) =>
    compareStored(given(a), given(b), 1).comparison.stored?.differences;
  assert.deepEqual(differences('events {}\n', 'events {}\nhttp {}\n'), [
    { what: 'configuration of plain', baseline: '2 lines', variant: '3 lines, with different content' },
  ]);
  assert.deepEqual(differences('events {}\n', 'events {}\n'), []);
});

test('an excluded run is listed, and left out on its side only', () => {
  const lost = (run: Run): Run =>
    run.plan.round === 3 && run.plan.step === 'throughput'
      ? { ...run, outcome: { state: 'failed', reason: 'Nginx died.' } }
      : run;
  const pair = compareStored(resultOf(['plain'], 5), resultOf(['plain'], 5, { change: lost }), 1);
  const cpu = figureOf(pair, 'cpuPerMessage.proxy');
  assert.deepEqual([cpu?.runs?.baseline.length, cpu?.runs?.variant.length], [5, 4]);
  assert.deepEqual(
    pair.comparison.excluded.map(({ variant, round, reason }) => [variant, round, reason.code]),
    [['plain (B)', 3, 'not-completed']],
  );
  assert.equal(pair.comparison.rounds.used, 4);
});

test('a metric that one side never provides is omitted; steps that only one side has are not counted', () => {
  const withoutProxy = (run: Run): Run => ({
    ...run,
    processes: run.processes.filter(({ component }) => component !== 'proxy'),
    plan: { ...run.plan, proxy: null },
    proxy: null,
  });
  const names = (a: Result, b: Result) =>
    compareStored(a, b, 1).comparison.comparisons[0]?.figures.map(({ name }) => name) ?? [];
  const [plain, direct] = [resultOf(['plain'], 2), resultOf(['plain'], 2, { change: withoutProxy })];
  assert.ok(names(plain, plain).includes('cpuPerMessage.proxy'));
  for (const [a, b] of [
    [plain, direct],
    [direct, plain],
  ] as const) {
    const found = names(a, b);
    assert.ok(found.length > 0 && found.every((name) => !name.endsWith('.proxy')), found.join());
  }
  const only = (result: Result, step: string) => ({
    ...result,
    runs: result.runs.filter(({ plan }) => plan.step === step),
  });
  const apart = compareStored(only(plain, 'throughput'), only(plain, 'latency'), 1).comparison;
  assert.deepEqual(
    [apart.rounds, apart.comparisons[0]?.figures, apart.comparisons[0]?.verdict],
    [...[{ asked: null, used: 0 }, [], 'too few rounds']],
  );
  const common = compareStored(only(plain, 'throughput'), plain, 1).comparison;
  assert.equal(common.rounds.used, 2);
  const steps = new Set(common.comparisons[0]?.figures.map(({ step }) => step));
  assert.deepEqual([...steps], ['throughput']);
  // Whether another variant provides a metric does not matter.
  const both = resultOf(['plain', 'direct'], 2, {
    change: (run) => (run.plan.variant === 'direct' ? withoutProxy(run) : run),
  });
  assert.deepEqual(
    compareStored(both, both, 1).comparison.comparisons.map(({ figures }) =>
      figures.some(({ name }) => name.endsWith('.proxy')),
    ),
    [true, false],
  );
});

test('the verdict on a variant is that on its main metrics; a variant that was not run is not mentioned', () => {
  const costly = (run: Run): Run => ({
    ...run,
    processes: run.processes.map((series) => ({
      ...series,
      samples: series.samples.map((sample) => ({
        ...sample,
        cpuUs: sample.cpuUs * (run.plan.step === 'latency' ? 2 : 1),
      })),
    })),
  });
  const before = resultOf(['plain'], 10);
  const idle = { ...(before.variants[0] ?? assert.fail()), name: 'idle' };
  const { comparison } = compareStored(
    { ...before, variants: [...before.variants, idle] },
    resultOf(['plain'], 10, { change: costly }),
    1,
  );
  const [plain] = comparison.comparisons;
  const cpu = plain?.figures.filter(({ name }) => name === 'cpuPerMessage.proxy');
  assert.deepEqual(Object.fromEntries(cpu?.map(({ step, verdict }) => [step, verdict]) ?? []), {
    throughput: 'no difference detected',
    latency: 'higher',
  });
  assert.equal(plain?.verdict, 'no difference detected');
  assert.deepEqual(comparison.stored?.unmatched, []);
});

test('each side is named with its id and start, and the figures with all values of both sides', () => {
  const [a, b] = [resultOf(['plain'], 2), resultOf(['plain'], 3)];
  const [before, after] = [
    { ...a, id: '20260101T000000Z-a', startedAt: '2026-01-01T00:00:00.000Z' },
    { ...b, id: '20260102T000000Z-b', startedAt: '2026-01-02T00:00:00.000Z' },
  ];
  const { comparison, variants, runs } = compareStored(before, after, 1);
  assert.deepEqual(
    [comparison.baseline, comparison.stored?.baseline, comparison.stored?.variant],
    [
      'plain (A)',
      { id: before.id, startedAt: before.startedAt },
      { id: after.id, startedAt: after.startedAt },
    ],
  );
  assert.deepEqual(
    variants.map(({ name }) => name),
    ['plain (A)', 'plain (B)'],
  );
  assert.deepEqual(
    runs.map(({ plan }) => `${plan.variant} ${plan.round}`),
    ['A', 'B'].flatMap((side) =>
      (side === 'A' ? [1, 2] : [1, 2, 3]).flatMap((round) => [
        `plain (${side}) ${round}`,
        `plain (${side}) ${round}`,
      ]),
    ),
  );
  const cpu = comparison.comparisons[0]?.figures.find(
    ({ name, step }) => name === 'cpuPerMessage.proxy' && step === 'throughput',
  );
  const values = (side: string) =>
    runs
      .filter(({ plan }) => plan.variant === `plain (${side})` && plan.step === 'throughput')
      .map((run) => knownFacts(run).metrics['cpuPerMessage.proxy']);
  assert.deepEqual([cpu?.rounds, cpu?.runs], [[], { baseline: values('A'), variant: values('B') }]);
});

test('results whose variants do not match list what each has, or none', () => {
  const refuses = (a: Result, b: Result, message: RegExp) =>
    assert.throws(() => compareStored(a, b, 1), { kind: 'usage', message });
  const [none, one, two] = [resultOf([], 1), resultOf(['plain'], 1), resultOf(['tls', 'cache'], 1)];
  refuses(none, one, /the first has none, the second has plain\./);
  refuses(one, none, /the first has plain, the second has none\./);
  refuses(one, two, /the first has plain, the second has tls, cache\./);
});
