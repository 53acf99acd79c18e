import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCalibration, makeKeptCalibration } from '../../test/calibration.ts';
import { makeComparison } from '../../test/comparison.ts';
import { CALIBRATION_VERSION, type CalibratedMachine, type KeptCalibration } from '../model/calibration.ts';
import { Problem } from '../model/failure.ts';
import { readResult } from '../store/read.ts';
import { roundsForVerdicts } from '../strategy/comparison.ts';
import { fakeServices, goodRun, obey, tell, temporaryFolder, tuningNamed } from './services.test.fixture.ts';
import type { Services } from './services.ts';

const loadTunings = async () => ['placebo', 'epoll-events-8', 'epoll-events-1'].map(tuningNamed);

/** Services whose experiment executes one run and concludes with the results of a calibration of ten rounds. */
function calibrated(changes: Partial<Services> = {}): Services {
  return fakeServices({
    loadTunings,
    async runExperiment(input) {
      const load = { kind: 'closed', inFlight: 1 } as const;
      const planned = input.planRun({ variant: 'plain', step: 'throughput', round: 1, load }, 1);
      await tell(input, { type: 'run-planned', number: 1, expectedRuns: 1, plan: planned.plan });
      await tell(input, { type: 'run-ended', number: 1, run: goodRun(planned) });
      await tell(input, {
        type: 'concluded',
        conclusions: [makeComparison('plain', 'plain+epoll-events-8'), makeCalibration()],
      });
      return true;
    },
    ...changes,
  });
}

test('all trials are run; with too few rounds, nothing is stored and the command fails', async (t) => {
  const reports = await temporaryFolder(t);
  const kept: KeptCalibration[] = [];
  const services = fakeServices({
    loadTunings,
    async keepCalibration(each) {
      kept.push(each);
      return '';
    },
  });
  const { code, out, said } = await obey(['calibrate', '--rounds', '1', '--reports', reports], services);
  assert.equal(code, 1);
  assert.match(said.join('\n'), /^--rounds 1 .* --rounds 7,/);
  assert.match(out, /^Too few rounds for a verdict on any metric\.\n/);
  assert.match(out, /\nplain\+delay-1ms \(its echo servers answer 1 ms later\): too few rounds, /);
  const { variants, conclusions, runs } = await readResult(join(reports, '20250102T030405Z-calibrate-plain'));
  assert.deepEqual(
    variants.map(({ name, handicap }) => [name, handicap]),
    [
      ['plain', undefined],
      ['plain (2)', undefined],
      ['plain (3)', undefined],
      ['plain (4)', undefined],
      ['plain+placebo', undefined],
      ['plain+epoll-events-8', undefined],
      ['plain+epoll-events-1', undefined],
      ['plain+burn-20us', { delayMs: 0, burnUs: 20 }],
      ['plain+delay-1ms', { delayMs: 1, burnUs: 0 }],
    ],
  );
  // A pilot with both steps of every variant, then one round with two sides for each of the eight comparisons.
  assert.equal(runs.length, 9 * 2 + 8 * 2 * 2);
  assert.deepEqual(
    conclusions.map(({ kind }) => kind),
    ['rate', 'comparison', 'calibration'],
  );
  assert.deepEqual(kept, []);
});

test('by default, there are as many rounds as verdicts need, and with a budget as many as fit', async (t) => {
  const reports = await temporaryFolder(t);
  const roundsOf = async (...asked: string[]) => {
    let expected: number | null = null;
    const services = fakeServices({
      loadTunings,
      async runExperiment({ strategy }) {
        expected = strategy.expectedRuns([]);
        return false;
      },
    });
    await obey(['calibrate', ...asked, '--reports', reports], services);
    return expected;
  };
  const STEPS = ['throughput', 'latency'];
  const pilot = 2 * 9;
  const aRound = 8 * 2 * 2;
  assert.equal(await roundsOf(), pilot + roundsForVerdicts(1, STEPS) * aRound);
  assert.equal(await roundsOf('--rounds', '8'), pilot + 8 * aRound);
  // The number of rounds that fit is unknown until the first round has shown how long one takes.
  assert.notEqual(await roundsOf('--budget', '10h'), pilot + roundsForVerdicts(1, STEPS) * aRound);
});

test('a side that cannot run is reported before anything is measured', async (t) => {
  const reports = await temporaryFolder(t);
  const services = calibrated({
    checkSide: async () => {
      throw new Problem('configuration', 'It is wrong.');
    },
    runExperiment: () => assert.fail('nothing is to be run'),
  });
  const { code, said } = await obey(['calibrate', '--rounds', '8', '--reports', reports], services);
  assert.deepEqual(
    [code, said.at(-1), await readdir(reports)],
    [1, 'plain cannot be compared. It is wrong.', []],
  );
});

test('a calibration without conclusions, or without a run through Nginx, is not stored', async (t) => {
  const comparison = makeComparison('plain', 'plain+epoll-events-8');
  for (const [proxy, conclusions] of [
    [undefined, []],
    [undefined, [comparison]],
    [undefined, [makeCalibration()]],
    [null, [comparison, makeCalibration()]],
  ] as const) {
    const services = calibrated({
      keepCalibration: () => assert.fail('nothing is to be stored'),
      async runExperiment(input) {
        const load = { kind: 'closed', inFlight: 1 } as const;
        const planned = input.planRun({ variant: 'plain', step: 'throughput', round: 1, load }, 1);
        const run = goodRun(planned);
        await tell(input, { type: 'run-planned', number: 1, expectedRuns: 1, plan: planned.plan });
        await tell(input, { type: 'run-ended', number: 1, run: proxy === null ? { ...run, proxy } : run });
        await tell(input, { type: 'concluded', conclusions: [...conclusions] });
        return true;
      },
    });
    const { code } = await obey(['calibrate', '--reports', await temporaryFolder(t)], services);
    assert.equal(code, 1);
  }
});

test('the findings are printed, drawn and stored', async (t) => {
  const reports = await temporaryFolder(t);
  const kept: KeptCalibration[] = [];
  const services = calibrated({
    async keepCalibration(each) {
      kept.push(each);
      return '/cache/calibration.json';
    },
  });
  const { code, out, said } = await obey(['calibrate', '--reports', reports], services);
  assert.equal(code, 0);
  assert.match(
    out,
    /^False positives: 1 of 16 metrics that cannot differ was reported as different \(95 % CI/,
  );
  assert.match(out, /\nplain\+epoll-events-8 \(.*\): found, Nginx CPU per message \+5 %\.\n/);
  assert.match(
    out,
    /\nplain\+delay-1ms \(.*\): not found, response time p50 \+1 % \(detectable effect: ±3 %\)\.\n/,
  );
  assert.match(out, /\nSmallest known effect found: \+5 % in Nginx CPU per message\.\n/);
  assert.match(out, /\nNginx CPU per message +10 +2\.5 % +4 % +0\.5 % +1\.2 % +±2\.4 %\n/);
  assert.doesNotMatch(out, /has not been calibrated/);
  assert.deepEqual(said, [
    'Stored the calibration for later comparisons on this machine: /cache/calibration.json',
  ]);
  const [calibration, ...others] = kept;
  assert.deepEqual(others, []);
  const { environment } = await readResult(join(reports, '20250102T030405Z-calibrate-plain'));
  const { falsePositives, spread, costs, known } = makeCalibration();
  assert.deepEqual(calibration, {
    schemaVersion: CALIBRATION_VERSION,
    machine: {
      ...{ cpuModel: environment.cpuModel, cpus: environment.cpus, kernel: environment.kernel },
      ...{ engine: calibration?.machine.engine, carrier: calibration?.machine.carrier },
      nginx: '1.22.1',
    },
    id: '20250102T030405Z-calibrate-plain',
    startedAt: '2025-01-02T03:04:05.000Z',
    profile: 'plain',
    rounds: makeComparison('plain', 'plain+epoll-events-8').rounds.used,
    connections: 1000,
    durationMs: 3000,
    falsePositives,
    spread,
    costs,
    known,
  });
  const page = await readFile(join(reports, '20250102T030405Z-calibrate-plain', 'report.html'), 'utf8');
  assert.match(page, /<section id="calibration".*\n.*\n<p class="verdict">False positives: 1 of 16 metrics/);
  assert.match(page, /Variation of each metric of plain/);
});

test('--json has the calibration next to the comparison, once', async (t) => {
  const line = ['calibrate', '--json', '--reports', await temporaryFolder(t)];
  const { calibration, baseline, comparisons, conclusions } = JSON.parse(
    (await obey(line, calibrated())).out,
  );
  assert.equal(baseline, 'plain');
  assert.equal(comparisons.length, 1);
  assert.deepEqual(calibration, JSON.parse(JSON.stringify(makeCalibration())));
  assert.deepEqual(conclusions, []);
});

test('a later comparison finds the calibration by machine, engine and Nginx, and quotes it', async (t) => {
  const reports = await temporaryFolder(t);
  const asked: CalibratedMachine[] = [];
  const services = fakeServices({
    async findCalibration(machine) {
      asked.push(machine);
      return makeKeptCalibration();
    },
  });
  const line = ['compare', 'plain', 'direct', '--rounds', '1', '-R', '5k', '--reports', reports];
  const markdown = join(reports, 'c.md');
  const { out } = await obey([...line, '--markdown', markdown], services);
  const sentence =
    'Calibrated on 2025-01-02 (plain, 10 rounds of 3 s, 1000 connections): A/A and placebo comparisons ' +
    'reported 1 of 16 metrics as different; detectable effect: Nginx CPU per message ±2.4 %, response time p50 ±3 %; ' +
    'smallest known effect found: +5 % in Nginx CPU per message.';
  assert.ok(out.includes(`\n${sentence}\n`), out);
  assert.match(await readFile(markdown, 'utf8'), /Calibrated on 2025-01-02/);
  const page = await readFile(join(reports, '20250102T030405Z-compare-plain-direct', 'report.html'), 'utf8');
  assert.ok(page.includes(sentence));
  const { cpuModel, cpus, kernel } = makeKeptCalibration().machine;
  assert.deepEqual(asked, [
    { cpuModel, cpus, kernel, engine: asked[0]?.engine, carrier: 'io_uring', nginx: '1.22.1' },
  ]);
  const { calibration } = JSON.parse((await obey([...line, '--json'], services)).out);
  assert.equal(calibration.id, makeKeptCalibration().id);
});

test('one of an earlier version is not quoted, and that is said once', async (t) => {
  const services = fakeServices({ findCalibration: async () => 'outdated' });
  const line = ['compare', 'plain', 'tls', '--rounds', '2', '-R', '5k', '--json'];
  const { out, said } = await obey([...line, '--reports', await temporaryFolder(t)], services);
  assert.equal(JSON.parse(out).calibration, undefined);
  assert.equal(said.filter((each) => each.includes('Run `calibrate` again.')).length, 1);
});

test('it divides its budget as the calibration suggests, unless the length or the number of its runs is given', async (t) => {
  const reports = await temporaryFolder(t);
  const lengthWith = async (...options: string[]) => {
    let durationMs: number | null = null;
    const services = fakeServices({
      findCalibration: async () => makeKeptCalibration(),
      async runExperiment({ strategy, planRun }) {
        const [first] = strategy.next([]);
        if (first !== undefined) durationMs = planRun(first, 1).plan.durationMs;
        return false;
      },
    });
    const line = ['compare', 'plain', 'tls', '-R', '5k', '--reports', reports, ...options];
    const { said } = await obey(line, services);
    return { durationMs, said: said.join('\n') };
  };
  const divided = await lengthWith('--budget', '10m');
  // The duration is a whole number of blocks, each with two turns of 250 ms minus a pause of 5 ms.
  assert.equal((divided.durationMs ?? 1) % 490, 0);
  assert.match(divided.said, /The budget is enough for about \d+ rounds\. .* calibration of 2025-01-02\./);
  for (const options of [
    ['--budget', '10m', '-d', '2s'],
    ['--budget', '10m', '--rounds', '12'],
    ['--rounds', '12'],
  ]) {
    const { durationMs, said } = await lengthWith(...options);
    assert.equal(durationMs, options.includes('-d') ? 2000 : 3000);
    assert.doesNotMatch(said, /The budget is enough/);
  }
});

test('a budget that is too short for one round is rejected before the first run', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({ loadTunings, runExperiment: () => assert.fail('nothing is to be run') });
  const { code, said } = await obey(['calibrate', '--budget', '2m', '--reports', reports], services);
  assert.deepEqual([code, await readdir(reports)], [2, []]);
  // A pilot of nine variants in two steps, and one round with two sides for each of the eight comparisons.
  assert.match(said.join('\n'), /^--budget 2m is too short for even one round: a round needs 50 runs/);
});

test('only a single profile that uses Nginx can be calibrated', async (t) => {
  const reports = await temporaryFolder(t);
  const refused = async (profile: string) => {
    const { code, said } = await obey(['calibrate', '-p', profile, '--reports', reports], calibrated());
    return `${code} ${said.join()}`;
  };
  assert.match(await refused('plain,tls'), /^2 --profile "plain,tls": `calibrate` compares one profile/);
  assert.match(await refused('all'), /^2 --profile "all"/);
  assert.match(await refused('direct'), /^2 direct runs without Nginx/);
});
