import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { readResult } from '../store/read.ts';
import { finding } from '../wording/finding.ts';
import {
  experimentOf,
  fakeServices,
  filesIn,
  goodRun,
  obey,
  temporaryFolder,
} from './services.test.fixture.ts';
import type { Services } from './services.ts';

const ID = '20250102T030405Z-tls';

/** Services whose runs complete without problems, except for these changes. */
function endingWith(change: (run: Run) => Partial<Run>): Services {
  return fakeServices({
    runExperiment: experimentOf(async (planned) => {
      const run = goodRun(planned);
      return { ...run, ...change(run) };
    }),
  });
}

function stored(reports: string, id = ID): Promise<Result> {
  return readResult(join(reports, id));
}

test('a run writes its steps, a result and a report to its own folder, and prints the path last', async (t) => {
  const reports = join(await temporaryFolder(t), 'deep', 'reports');
  const ended = await obey(['-p', 'tls', '--reports', reports], fakeServices());
  const reportPath = join(reports, ID, 'report.html');
  assert.deepEqual([ended.code, ended.said, ended.drawn], [0, [], '']);
  assert.ok(ended.out.endsWith(`\nReport: ${reportPath}\n`), ended.out);
  assert.deepEqual(await filesIn(join(reports, ID)), [
    'report.html',
    'result.json',
    'runs/1-tls-throughput.json',
    'runs/2-tls-latency.json',
  ]);
  const { id, plan, runs, endedAt, conclusions } = await stored(reports);
  assert.equal(id, ID);
  assert.deepEqual(plan.command, ['-p', 'tls', '--reports', reports]);
  assert.deepEqual(
    runs.map((run) => [run.plan.variant, run.plan.step]),
    [
      ['tls', 'throughput'],
      ['tls', 'latency'],
    ],
  );
  assert.notEqual(endedAt, null);
  const [rate] = conclusions;
  assert.ok(rate?.kind === 'rate' && rate.ratePerSecond > 0);
  const load = runs[1]?.plan.workload.load;
  assert.ok(load?.kind === 'open' && load.ratePerSecond === rate.ratePerSecond);
});

test('a second run in the same second has its own folder', async (t) => {
  const reports = await temporaryFolder(t);
  for (const id of [ID, `${ID}-2`, `${ID}-3`]) {
    assert.equal((await obey(['-p', 'tls', '--reports', reports], fakeServices())).code, 0);
    assert.equal((await stored(reports, id)).id, id);
  }
});

test('--json prints only the summary on stdout', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    async findProxy(kind, source, { say, signal }) {
      say('Nginx was fetched.');
      return fakeServices().findProxy(kind, source, { say, signal });
    },
  });
  const { code, out, said } = await obey(['-p', 'tls', '--json', '--reports', reports], services);
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).reportPath, join(reports, ID, 'report.html'));
  assert.equal(JSON.parse(out).runs.length, 2);
  assert.deepEqual(said, ['Nginx was fetched.']);
});

test('progress is drawn on a terminal, printed as lines elsewhere, and omitted with --quiet', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    findProxy(kind, source, { say, signal }) {
      say('A line that stays.');
      return fakeServices().findProxy(kind, source, { say, signal });
    },
  });
  const line = ['-p', 'tls', '--reports', reports];
  const drawn = await obey(line, services, { columns: 80 });
  assert.match(drawn.drawn, /Run 1 of 2 .*tls, throughput/);
  assert.match(drawn.drawn, /Run 2 of 2 .*tls, latency/);
  assert.deepEqual([drawn.told, drawn.said], [[], ['A line that stays.']]);
  // Erasing lines ends at the first column, and then the terminal shows it.
  assert.ok(drawn.drawn.endsWith('\u001b[2K\u001b[G\u001b[?2026l'), 'the progress is erased at the end');
  const plain = await obey(line, services);
  assert.deepEqual([plain.drawn, plain.said], ['', ['A line that stays.']]);
  assert.deepEqual(
    plain.told.map((told) => told.split(' · ').slice(0, 2)),
    [
      ['[1/2] tls, throughput', '1,000 connections'],
      ['[1/2] tls, throughput', 'valid'],
      ['[2/2] tls, latency', '1,000 connections'],
      ['[2/2] tls, latency', 'valid'],
    ],
  );
  for (const columns of [80, null]) {
    const quiet = await obey([...line, '--quiet'], services, { columns });
    assert.deepEqual([quiet.drawn, quiet.told, quiet.said], ['', [], ['A line that stays.']]);
    assert.match(quiet.out, /\nReport: /);
  }
});

test('exports are written to the given paths, or to the folder of the run', async (t) => {
  const reports = await temporaryFolder(t);
  const file = join(reports, 'slices.csv');
  const line = ['-p', 'tls', '--reports', reports, '--export', `csv=${file}`, '--export', 'junit'];
  assert.equal((await obey(line, fakeServices())).code, 0);
  assert.match(await readFile(file, 'utf8'), /^run,variant,/);
  assert.match(await readFile(join(reports, ID, 'junit.xml'), 'utf8'), /^<\?xml /);
  const distributions = join(reports, 'hgrm');
  await mkdir(distributions);
  const again = ['report', join(reports, ID), '--export', `hgrm=${distributions}`, '--export', 'markdown'];
  assert.equal((await obey(again, fakeServices())).code, 0);
  assert.ok((await readdir(distributions)).includes('1-tls-throughput-service.hgrm'));
  assert.match(await readFile(join(reports, ID, 'report.md'), 'utf8'), /^## WebSocket through Nginx: tls\n/);
});

test('an export that cannot be written is rejected before any measurement', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({ runExperiment: () => assert.fail('nothing is to be started') });
  for (const [wanted, told] of [
    [`csv=${reports}/none/a.csv`, /^The folder ".*\/none" for the export csv does not exist\./],
    [`hgrm=${reports}/none`, /^The folder ".*\/none" for the export hgrm/],
    [`csv=${reports}`, /^The export csv is a file, but ".*" is a folder\./],
    ['csv=/proc/a.csv', /^No file can be created in "\/proc"\./],
    ['csv=/dev/stdout', /^The export csv would replace "\/dev\/stdout", .* or - for stdout/],
    ['csv=/dev/null', /^The export csv would replace "\/dev\/null"/],
  ] as const) {
    const { code, said } = await obey(['-p', 'tls', '--reports', reports, '--export', wanted], services);
    assert.deepEqual([code, said.length], [2, 1]);
    assert.match(said[0] ?? '', told);
    assert.deepEqual(await readdir(reports), []);
  }
});

test('--resume without TLS is refused before anything is measured', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({ runExperiment: () => assert.fail('nothing is to be started') });
  const refused = (...line: string[]) =>
    obey([...line, '--scenario', 'connect', '--resume', '--reports', reports], services);
  for (const [line, told] of [
    [['-p', 'plain,direct'], /^--resume .* plain and direct\. Leave --resume out, /],
    [['--target', 'ws://127.0.0.1:9/chat'], /^--resume .* ws:\/\/127\.0\.0\.1:9\/chat\. /],
  ] as const) {
    const { code, said } = await refused(...line);
    assert.equal(code, 2);
    assert.match(said.join(), told);
  }
  assert.deepEqual(await readdir(reports), []);
});

test('an export to stdout is all that is printed there', async (t) => {
  const reports = await temporaryFolder(t);
  const line = ['-p', 'tls', '--reports', reports, '--export', 'markdown=-', '--export', 'csv'];
  const { code, out, said } = await obey(line, fakeServices());
  assert.equal(code, 0);
  assert.match(out, /^## WebSocket through Nginx: tls\n/);
  assert.doesNotMatch(out, /Report: /);
  assert.deepEqual(said, [`Report: ${join(reports, ID, 'report.html')}`]);
  assert.ok(!(await readdir(process.cwd())).includes('-'));
});

test('a threshold is checked in the runs that can measure it', async (t) => {
  const reports = await temporaryFolder(t);
  // Only the first step has HTTP requests, and direct has no Nginx.
  const asked = ['--threshold', 'http.p50<1us', '--threshold', 'cpuPerMessage.proxy<1us'];
  const { code } = await obey(['-p', 'direct,tls', '--reports', reports, ...asked], fakeServices());
  assert.equal(code, 99);
  const { runs } = await stored(reports, '20250102T030405Z-direct-tls');
  assert.deepEqual(
    runs.map(({ plan, notices }) => [
      plan.variant,
      plan.step,
      notices.flatMap(({ code, data }) => (code === 'threshold-missed' ? [data?.metric] : [])),
    ]),
    [
      ['direct', 'throughput', ['http.p50']],
      ['tls', 'throughput', ['http.p50', 'cpuPerMessage.proxy']],
      ['direct', 'latency', []],
      ['tls', 'latency', ['cpuPerMessage.proxy']],
    ],
  );
});

test('lost messages, failed connections, failed requests and failed runs exit with 1', async (t) => {
  const reports = await temporaryFolder(t);
  const books = (change: Readonly<Record<string, number>>) => (run: Run) => ({
    workers: run.workers.map((worker, index) => (index === 0 ? { ...worker, ...change } : worker)),
  });
  const changes: ((run: Run) => Partial<Run>)[] = [
    () => ({ outcome: { state: 'failed', reason: 'Nginx died.' } }),
    () => ({ outcome: { state: 'aborted', reason: 'The disk is full.' } }),
    books({ failed: 1 }),
    books({ lost: 1 }),
    ({ http }) => ({ http: http && { ...http, errors: 1 } }),
    ({ http }) => ({ http: http && { ...http, timeouts: 1 } }),
    ({ http }) => ({ http: http && { ...http, non2xx: 1, statuses: { '2xx': 23_999, '5xx': 1 } } }),
    (run) => ({ slices: run.slices.map((slice) => ({ ...slice, failures: { 'open/closed-1006': 1 } })) }),
  ];
  for (const change of changes) {
    for (const step of ['throughput', 'latency']) {
      const services = endingWith((run) => (run.plan.step === step ? change(run) : {}));
      assert.equal((await obey(['-p', 'tls', '--reports', reports], services)).code, 1);
    }
  }
});

test('--strict requires valid runs in each step', async (t) => {
  const reports = await temporaryFolder(t);
  const line = ['-p', 'tls', '--reports', reports];
  for (const step of ['throughput', 'latency']) {
    const doubtful = endingWith(({ plan, validity }) =>
      plan.step === step
        ? {
            validity: {
              ...validity,
              verdict: 'suspect',
              reasons: [finding('send-lag', { lagUs: 9000, share: 0.5 })],
            },
          }
        : {},
    );
    assert.equal((await obey(line, doubtful)).code, 0);
    assert.equal((await obey([...line, '--strict'], doubtful)).code, 1);
  }
  assert.equal((await obey([...line, '--strict'], fakeServices())).code, 0);
});

test('a missed threshold exits with 99, is reported for its step, and is stored in the result', async (t) => {
  const reports = await temporaryFolder(t);
  const asked = ['--threshold', 'messages.lost==0', '--threshold', 'messages.perSecond>1M'];
  const { code, said } = await obey(['-p', 'plain,tls', '--reports', reports, ...asked], fakeServices());
  assert.equal(code, 99);
  assert.equal(said.length, 2);
  assert.match(said[0] ?? '', /^plain, throughput: messages\.perSecond>1M: missed; /);
  assert.match(said[1] ?? '', /^tls, throughput: /);
  const result = await stored(reports, '20250102T030405Z-plain-tls');
  assert.deepEqual(
    result.runs.map(({ notices }) => notices.map(({ code }) => code)),
    [['threshold-missed'], ['threshold-missed'], [], []],
  );
  const slow = ['-p', 'tls', '--reports', reports, '--threshold', 'response.p50<1us'];
  const latency = await obey(slow, fakeServices());
  assert.deepEqual([latency.code, latency.said.length], [99, 1]);
  assert.match(latency.said[0] ?? '', /^tls, latency: response\.p50<1us: missed/);
});

test('a loss takes precedence over a missed threshold', async (t) => {
  const line = ['-p', 'tls', '--reports', await temporaryFolder(t), '--threshold', 'messages.perSecond>1M'];
  const failing = endingWith(() => ({ outcome: { state: 'failed', reason: 'Nginx died.' } }));
  assert.equal((await obey(line, failing)).code, 1);
});

test('every notice of every run is in the stored result and in the report', async (t) => {
  const reports = await temporaryFolder(t);
  const notice = (step: string): Notice => ({
    level: 'warning',
    code: 'odd',
    data: {},
    text: `Odd in ${step}.`,
  });
  const services = endingWith(({ plan }) => ({ notices: [notice(plan.step)] }));
  const { out } = await obey(['-p', 'tls', '--reports', reports], services);
  const { runs } = await stored(reports);
  assert.deepEqual(
    runs.map(({ notices }) => notices),
    [[notice('throughput')], [notice('latency')]],
  );
  const html = await readFile(join(reports, ID, 'report.html'), 'utf8');
  for (const step of ['throughput', 'latency']) {
    assert.ok(html.includes(`Odd in ${step}.`), step);
    assert.ok(out.includes(`Odd in ${step}.`), step);
  }
});

test('a signal stops the experiment; its measurements are reported, and the exit code is 130', async (t) => {
  const reports = await temporaryFolder(t);
  const signals = new EventEmitter();
  const services = fakeServices({
    runExperiment: experimentOf(async (planned, input) => {
      signals.emit('SIGINT');
      assert.equal(input.signal.aborted, true);
      signals.emit('SIGINT'); // npm forwards the signal that the terminal has already sent to both
      assert.equal(input.urgent.aborted, false);
      return { ...goodRun(planned), outcome: { state: 'aborted', reason: 'Interrupted.' } };
    }),
  });
  const { code, out } = await obey(['-p', 'tls', '--reports', reports], services, { signals });
  assert.equal(code, 130);
  assert.match(out, /\nReport: /);
  const { runs } = await stored(reports);
  assert.deepEqual(
    runs.map(({ outcome }) => outcome.state),
    ['aborted'],
  );
  assert.deepEqual(signals.eventNames(), []);
});

test('a signal before anything was started leaves nothing behind', async (t) => {
  const reports = await temporaryFolder(t);
  const signals = new EventEmitter();
  const early = fakeServices({
    async readMachine() {
      signals.emit('SIGTERM');
      return fakeServices().readMachine();
    },
    runExperiment: () => assert.fail('nothing is to be started'),
  });
  const ended = await obey(['-p', 'tls', '--reports', reports], early, { signals });
  assert.deepEqual([ended.code, ended.said], [130, ['Interrupted before anything was measured.']]);
  assert.deepEqual(await readdir(reports), []);
});

test('a failure before the end of the first run leaves no folder; a later one leaves result and report', async (t) => {
  const reports = await temporaryFolder(t);
  const failing = (after: number): Services => {
    let ended = 0;
    return fakeServices({
      runExperiment: experimentOf(async (planned) => {
        if (ended++ === after) throw new Problem('environment', 'There is no Nginx.');
        return goodRun(planned);
      }),
    });
  };
  const before = await obey(['-p', 'tls', '--reports', reports], failing(0));
  assert.deepEqual([before.code, before.said], [1, ['There is no Nginx.']]);
  assert.deepEqual(await readdir(reports), []);
  const after = await obey(['-p', 'tls', '--reports', reports], failing(1));
  const told = `Measured before the failure: ${join(reports, ID, 'report.html')}`;
  assert.deepEqual([after.code, after.said], [1, [told, 'There is no Nginx.']]);
  assert.deepEqual(await filesIn(join(reports, ID)), [
    'report.html',
    'result.json',
    'runs/1-tls-throughput.json',
  ]);
  assert.equal((await stored(reports)).endedAt, null);
});

test('a run that cannot be saved is printed nevertheless', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    runExperiment: experimentOf(async (planned) => {
      // A file takes the place of the folder for the runs, so not even root can write into it.
      await writeFile(join(reports, ID, 'runs'), '');
      return goodRun(planned);
    }),
  });
  const { code, out } = await obey(['-p', 'tls', '--json', '--reports', reports], services);
  assert.equal(code, 1);
  const { runs, reportPath } = JSON.parse(out);
  assert.deepEqual([runs.length, runs[0].variant, reportPath], [1, 'tls', null]);
});

test('if the machine cannot run a plan, this is reported before anything starts', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({ runExperiment: () => assert.fail('nothing is to be started') });
  const { code, said } = await obey(['-p', 'tls', '-c', '1M', '--reports', reports], services);
  assert.deepEqual([code, said.length], [1, 1]);
  assert.match(said[0] ?? '', /^1,000,000 connections need/);
  assert.deepEqual(await readdir(reports), []);
});

test('a system that reports nothing about processes is rejected in one sentence before anything starts', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    canObserve: () => false,
    readMachine: () => assert.fail('nothing is to be read of it'),
  });
  const { code, said } = await obey(['-p', 'tls', '--reports', reports], services);
  assert.deepEqual([code, said.length], [1, 1]);
  assert.match(said[0] ?? '', /\/proc.*Run the bench on Linux/);
  assert.deepEqual(await readdir(reports), []);
});

test('a folder that is not writable is a usage error, named with the reason', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const reports of [file, join(file, 'below'), '/proc/reports']) {
    const { code, said } = await obey(['-p', 'tls', '--reports', reports], fakeServices());
    assert.equal(code, 2);
    assert.match(
      said.join('\n'),
      /^Reports could not be written to "\/.*": [a-z].* (folder|file)\. Name another folder with --reports\.$/,
    );
  }
});

test('an unreadable result of another user in the same folder does not make a good run fail', async (t) => {
  const reports = await temporaryFolder(t);
  const strange = join(reports, '20240101T000000Z-strange');
  await mkdir(strange);
  // Root can read files without any permissions, so a folder takes the place of the file: nobody can read that.
  await mkdir(join(strange, 'result.json'));
  const locked = join(reports, '20240102T000000Z-locked');
  await mkdir(locked);
  await writeFile(join(locked, 'result.json'), '{}');
  await chmod(join(locked, 'result.json'), 0o000);
  const { code, said, out } = await obey(['-p', 'tls', '--json', '--reports', reports], fakeServices());
  assert.deepEqual([code, said], [0, []]);
  assert.equal(JSON.parse(out).runs.length, 2);
  const listing = await readFile(join(reports, 'index.html'), 'utf8');
  for (const name of [ID, '20240101T000000Z-strange', '20240102T000000Z-locked'])
    assert.ok(listing.includes(name), name);
});

test('--baseline direct also runs without a proxy and reports the price; thresholds ignore the baseline', async (t) => {
  const reports = await temporaryFolder(t);
  const line = '-p tls --baseline direct --threshold memoryPerConnection.proxy>1 --json --reports';
  const { code, out } = await obey([...line.split(' '), reports], fakeServices());
  assert.equal(code, 0);
  const { price, runs } = JSON.parse(out);
  assert.deepEqual(
    runs.map(({ variant, step }: { variant: string; step: string }) => `${variant} ${step}`),
    ['direct throughput', 'tls throughput', 'direct latency', 'tls latency'],
  );
  assert.equal(price.baseline, 'direct');
  const [{ variant, figures }, ...others] = price.variants;
  assert.deepEqual([variant, others], ['tls', []]);
  for (const { baseline, variant: through, ratio } of figures)
    assert.ok(Math.abs(through / baseline - ratio) < 1e-9);
  assert.ok(figures.some(({ name }: { name: string }) => name === 'cpuPerMessage.total'));
  const printed = await obey(['-p', 'tls', '--baseline', 'direct', '--reports', reports], fakeServices());
  assert.match(printed.out, /\nThe price of the proxy\ntls compared with direct: CPU per message /);
});
