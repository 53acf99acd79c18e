import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { comparedFigureSchema } from '../model/comparison.ts';
import { Problem } from '../model/failure.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { readResult } from '../store/read.ts';
import {
  experimentOf,
  fakeServices,
  goodRun,
  obey,
  PREPARED,
  temporaryFolder,
} from './services.test.fixture.ts';

/** Made-up runs in which Nginx under this variant takes so much CPU for a message. */
function costing(factors: Record<string, number>, change: (planned: PlannedRun) => object = () => ({})) {
  return fakeServices({
    runExperiment: experimentOf(async (planned) => {
      const run = goodRun(planned);
      const factor = factors[planned.plan.variant] ?? 1;
      const processes = run.processes.map((series) =>
        series.component !== 'proxy'
          ? series
          : {
              ...series,
              samples: series.samples.map((sample) => ({
                ...sample,
                cpuUs: Math.round(sample.cpuUs * factor),
              })),
            },
      );
      return { ...run, processes, ...change(planned) };
    }),
  });
}

async function compared(reports: string, line: string, services = fakeServices()) {
  const ended = await obey([...line.split(' '), '--reports', reports], services);
  const [id = ''] = (await readdir(reports)).filter((name) => name !== 'index.html');
  return { ...ended, folder: join(reports, id) };
}

test('a comparison writes an index, a file a run and a report, and prints its verdict first', async (t) => {
  const reports = await temporaryFolder(t);
  const { code, out, folder } = await compared(reports, 'compare plain tls --rounds 2');
  assert.equal(code, 0);
  assert.match(out, /^Too few rounds to compare tls with plain in Nginx CPU per message \(2\) and /);
  assert.ok(out.endsWith(`\nReport: ${join(folder, 'report.html')}\n`));
  assert.match(folder, /20250102T030405Z-compare-plain-tls$/);
  const result = await readResult(folder);
  // A pilot of both steps, then two rounds.
  assert.equal(result.runs.length, 4 + 2 * 4);
  assert.deepEqual(
    result.conclusions.map(({ kind }) => kind),
    ['rate', 'comparison'],
  );
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  assert.match(page, /Too few rounds to compare .* in Nginx CPU per message/);
  // The report drawn again from what is stored is the same.
  const again = await obey(['report', folder], fakeServices());
  assert.equal(again.out, out);
});

test('--json has a figure by the name of its threshold, and the runs as a run has them', async (t) => {
  const services = costing({ 'plain+placebo': 1.5 });
  const { code, out, folder } = await compared(
    await temporaryFolder(t),
    'compare plain plain+placebo --rounds 10 -R 5k --json',
    services,
  );
  assert.equal(code, 0);
  const summary = JSON.parse(out);
  assert.deepEqual(
    [summary.schemaVersion, summary.reportPath, summary.baseline, summary.rounds],
    [2, join(folder, 'report.html'), 'plain', { asked: 10, used: 10 }],
  );
  assert.equal(summary.runs.length, 40);
  const [comparison, ...others] = summary.comparisons;
  assert.deepEqual([others, comparison.variant, comparison.verdict], [[], 'plain+placebo', 'higher']);
  assert.match(comparison.sentence, /^plain\+placebo uses 50 % more Nginx CPU per message than plain /);
  for (const figure of comparison.figures) v.assert(comparedFigureSchema, figure);
  const cpu = comparison.figures.find(({ name }: { name: string }) => name === 'cpuPerMessage.proxy');
  assert.ok(Math.abs(cpu.effect - 1.5) < 0.01, String(cpu.effect));
  assert.deepEqual([cpu.verdict, cpu.unit, cpu.step], ['higher', 'time', 'throughput']);
  assert.ok(cpu.interval[0] <= cpu.effect && cpu.effect <= cpu.interval[1]);
  assert.ok(cpu.pValue > 0 && cpu.pValue < 0.05 && cpu.detectable > 1);
});

test('--fail-on slower ends with 99 where anything got slower or dearer, and only there', async (t) => {
  const line = 'compare plain plain+placebo --rounds 10 -R 5k';
  const codeOf = async (words: string, factor: number) =>
    (await compared(await temporaryFolder(t), words, costing({ 'plain+placebo': factor }))).code;
  assert.equal(await codeOf(`${line} --fail-on slower`, 1.5), 99);
  assert.equal(await codeOf(line, 1.5), 0);
  assert.equal(await codeOf(`${line} --fail-on slower`, 0.5), 0);
  assert.equal(await codeOf(`${line} --fail-on slower`, 1), 0);
});

test('a variant beside itself is an A/A comparison, and is said to be one', async (t) => {
  const { code, out } = await compared(await temporaryFolder(t), 'compare plain plain --rounds 10 -R 5k');
  assert.equal(code, 0);
  assert.match(out, /plain \(2\) is identical to plain \(an A\/A comparison\)/);
  assert.match(out, /^No difference detected between plain \(2\) and plain in Nginx CPU per message/);
  assert.doesNotMatch(out, /faster|slower|lower|higher|less|more Nginx/);
});

test('a tuning that is typed is a variant, with its text in the result', async (t) => {
  const reports = await temporaryFolder(t);
  const argv = [
    'compare',
    'plain',
    '--tune',
    'events { multi_accept on; }',
    '--rounds',
    '1',
    '--reports',
    reports,
  ];
  const { code, out } = await obey(argv, fakeServices());
  assert.equal(code, 0);
  assert.match(out, /plain\+tune-1/);
  const { variants } = await readResult(join(reports, '20250102T030405Z-compare-plain-tune-1'));
  assert.deepEqual(variants[1]?.proxy?.tunings, [{ name: 'tune-1', text: 'events { multi_accept on; }' }]);
});

test('--markdown writes the comparison to a file as well', async (t) => {
  const reports = await temporaryFolder(t);
  const file = join(reports, 'comparison.md');
  const { out } = await compared(reports, `compare plain tls --rounds 1 --markdown ${file}`);
  const text = await readFile(file, 'utf8');
  assert.match(text, /^## tls compared with plain\n/);
  assert.match(text, /\n\| metric \| plain \| tls \| effect \|/);
  assert.match(text, /\| Nginx CPU per message \|/);
  assert.ok(!out.includes('| figure |'));
});

test('unknown names and tunings that fit nothing are refused before anything starts', async (t) => {
  const reports = await temporaryFolder(t);
  const refused = async (line: string, services = fakeServices()) => {
    const { code, said } = await obey([...line.split(' '), '--reports', reports], services);
    assert.deepEqual(await readdir(reports), []);
    return [code, said.join()] as const;
  };
  const [code, said] = await refused('compare plain tsl');
  assert.equal(code, 2);
  assert.match(said, /^"tsl" .* Did you mean tls\?/);
  assert.match((await refused('compare plain plain+buf-16'))[1], /Did you mean buf-16k\?/);
  assert.match((await refused('compare direct direct+placebo'))[1], /^direct runs without Nginx/);
  const unfit = fakeServices({
    async prepareProxy(_kind, { tunings }) {
      if (tunings.length > 0) throw new TypeError('it matches nothing');
      return PREPARED;
    },
  });
  assert.equal((await refused('compare plain plain+placebo', unfit))[0], 1);
});

test('a side that Nginx refuses is known before the first run, by its name', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    async checkSide({ variant }) {
      if (variant.name === 'plain+tune-1') throw new Problem('configuration', 'Nginx refuses it.');
    },
    runExperiment: () => assert.fail('nothing is to be run'),
  });
  const line = ['compare', 'plain', '--tune', 'http { gzip sometimes; }', '--reports', reports];
  const { code, said } = await obey(line, services);
  assert.deepEqual([code, await readdir(reports)], [1, []]);
  assert.deepEqual(said, ['plain+tune-1 cannot be compared. Nginx refuses it.']);
});

test('too few rounds, or too short a budget, for any verdict get a warning before the first run', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({ runExperiment: () => assert.fail('nothing is to be run') });
  const line = ['compare', 'plain', 'tls', '--reports', reports];
  const refused = await obey([...line, '--budget', '30s'], services);
  assert.deepEqual([refused.code, await readdir(reports)], [2, []]);
  assert.match(refused.said.join('\n'), /^--budget 30s is too short for even one round/);
  const told: (string | undefined)[] = [];
  const failing = fakeServices({
    checkSide: async () => {
      throw new Problem('configuration', 'Nginx refuses it.');
    },
  });
  for (const words of [
    ['--rounds', '6'],
    ['--rounds', '7'],
    ['--rounds', '6', '--steps', 'throughput'],
    ['--budget', '1m'],
    ['--budget', '3m'],
  ])
    told.push((await obey([...line, ...words], failing)).said.at(-2));
  assert.match(told[0] ?? '', /^--rounds 6 is too few .* --rounds 7,/);
  assert.deepEqual(told.slice(1, 3), [undefined, undefined]);
  assert.match(told[3] ?? '', /^--budget 1m is too short .* --steps throughput, /);
  assert.match(told[4] ?? '', /^--budget 3m may be too short/);
});

test('where this machine was never calibrated a comparison says so', async (t) => {
  const reports = await temporaryFolder(t);
  const file = join(reports, 'comparison.md');
  const line = `compare plain direct --rounds 1 -R 5k --markdown ${file}`;
  const { out, folder } = await compared(join(reports, 'results'), line);
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  // The same words everywhere, so no sign that is markup in one of them.
  for (const text of [out, page, await readFile(file, 'utf8')])
    assert.match(text, /This machine has not been calibrated with this Nginx\. Run the calibrate command/);
});

test('interrupted, it reports what it has and ends with 130', async (t) => {
  const reports = await temporaryFolder(t);
  const signals = new EventEmitter();
  let runs = 0;
  const services = fakeServices({
    runExperiment: experimentOf(async (planned) => {
      if (++runs === 7) signals.emit('SIGINT');
      return goodRun(planned);
    }),
  });
  const argv = ['compare', 'plain', 'tls', '-R', '5k', '--reports', reports];
  const { code, out } = await obey(argv, services, { signals });
  assert.equal(code, 130);
  assert.equal(runs, 7);
  assert.match(out, /\n1 of 10 rounds completed without losses\./);
});

test('a variant that cannot be run is said to be left out, and the bench ends with 1', async (t) => {
  const failed = { state: 'failed', reason: 'Nginx refuses the configuration.' };
  const services = costing({}, ({ plan }) => (plan.variant === 'tls' ? { outcome: failed } : {}));
  const { code, out } = await compared(
    await temporaryFolder(t),
    'compare plain tls direct --rounds 2 -R 5k',
    services,
  );
  assert.equal(code, 1);
  assert.match(out, /tls was excluded\. The run failed: Nginx refuses the configuration\./);
  assert.match(out, /compare direct with plain/);
});

test('the screen tells the round and the effect so far', async (t) => {
  const argv = ['compare', 'plain', 'plain+placebo', '--rounds', '3', '--reports', await temporaryFolder(t)];
  const { drawn } = await obey(argv, costing({ 'plain+placebo': 1.5 }), { columns: 200 });
  assert.match(drawn, /Run 1 of 16 +plain, throughput · pilot/);
  assert.match(drawn, /Run 16 of 16 .* · round 3 of 3/);
  assert.match(drawn, /So far +\+50 % \(no interval yet\) · Nginx CPU per message · plain\+placebo/);
});

test('a run takes tunings as well', async (t) => {
  const reports = await temporaryFolder(t);
  const { code } = await obey(['-p', 'plain+placebo', '--reports', reports], fakeServices());
  assert.equal(code, 0);
  const { variants, runs } = await readResult(join(reports, '20250102T030405Z-plain+placebo'));
  assert.deepEqual(
    variants.map(({ name, profile }) => [name, profile]),
    [['plain+placebo', 'plain']],
  );
  assert.ok(runs.every(({ plan }) => plan.variant === 'plain+placebo'));
});
