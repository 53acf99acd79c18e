import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { Problem } from '../model/failure.ts';
import { type Result, resultSchema } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { fakeServices, goodRun, obey, resultOf, temporaryFolder } from './services.test.fixture.ts';
import type { Services } from './services.ts';

const ID = '20250102T030405Z-tls';

/** Services whose experiment ends with this run, whatever was planned. */
function endingWith(run: Run): Services {
  return fakeServices({ runExperiment: async (input) => resultOf(input, [run]) });
}

async function stored(reports: string, id = ID): Promise<Result> {
  return v.parse(resultSchema, JSON.parse(await readFile(join(reports, id, 'result.json'), 'utf8')));
}

test('a run writes result and report to a folder of its own and ends with the path', async (t) => {
  const reports = join(await temporaryFolder(t), 'deep', 'reports');
  const ended = await obey(['-p', 'tls', '--reports', reports], fakeServices());
  const reportPath = join(reports, ID, 'report.html');
  assert.deepEqual(ended, { code: 0, out: `All went well.\n\nReport: ${reportPath}\n`, said: [], drawn: '' });
  assert.deepEqual((await readdir(join(reports, ID))).sort(), ['report.html', 'result.json']);
  const { id, plan } = await stored(reports);
  assert.equal(id, ID);
  assert.deepEqual(plan.command, ['-p', 'tls', '--reports', reports]);
  assert.deepEqual(
    plan.runs.map(({ profile }) => profile),
    ['tls'],
  );
});

test('a second run in the same second has a folder of its own too', async (t) => {
  const reports = await temporaryFolder(t);
  for (const id of [ID, `${ID}-2`, `${ID}-3`]) {
    assert.equal((await obey(['-p', 'tls', '--reports', reports], fakeServices())).code, 0);
    assert.equal((await stored(reports, id)).id, id);
  }
});

test('--json prints the summary and nothing else on stdout', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    async runExperiment(input) {
      input.say('Nginx was fetched.');
      return resultOf(input, [goodRun()]);
    },
  });
  const { code, out, said } = await obey(['-p', 'tls', '--json', '--reports', reports], services);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), { id: ID, reportPath: join(reports, ID, 'report.html') });
  assert.deepEqual(said, ['Nginx was fetched.']);
});

test('progress is one line that is drawn again, on a terminal only', async (t) => {
  const reports = await temporaryFolder(t);
  const services = fakeServices({
    async runExperiment(input) {
      const at = { run: 1, runs: 1, profile: 'tls', elapsedUs: 0, messagesPerSecond: 0, lost: 0 };
      const rest = { connections: { asked: 1, open: 0, failed: 0 }, p50Us: null, p99Us: null };
      input.onProgress({ ...at, ...rest, phase: 'connect' });
      input.say('A line that stays.');
      input.onProgress({ ...at, ...rest, phase: 'steady' });
      return resultOf(input, [goodRun()]);
    },
  });
  const line = ['-p', 'tls', '--reports', reports];
  const shown = await obey(line, services, { columns: 8 });
  const erase = '\r\u001b[K';
  assert.equal(shown.drawn, `${erase}in conn${erase}${erase}in stea${erase}`);
  assert.deepEqual(shown.said, ['A line that stays.']);
  const quiet = await obey(line, services);
  assert.equal(quiet.drawn, '');
  assert.deepEqual(quiet.said, ['A line that stays.']);
});

test('lost messages, failed connections and runs that failed end with 1', async (t) => {
  const reports = await temporaryFolder(t);
  const [books] = goodRun().workers;
  assert.ok(books !== undefined);
  const runs: Run[] = [
    { ...goodRun(), outcome: { state: 'failed', reason: 'Nginx died.' } },
    { ...goodRun(), outcome: { state: 'aborted', reason: 'The disk is full.' } },
    { ...goodRun(), workers: [{ ...books, failed: 1 }] },
    { ...goodRun(), workers: [{ ...books, lost: 1 }] },
    {
      ...goodRun(),
      slices: goodRun().slices.map((slice) => ({ ...slice, failures: { 'open/closed-1006': 1 } })),
    },
  ];
  for (const run of runs) {
    assert.equal((await obey(['-p', 'tls', '--reports', reports], endingWith(run))).code, 1);
  }
  const tooFew = await obey(['-p', 'plain,tls', '--reports', reports], endingWith(goodRun()));
  assert.equal(tooFew.code, 1);
});

test('--strict asks for valid runs', async (t) => {
  const reports = await temporaryFolder(t);
  const run = goodRun();
  run.validity = { ...run.validity, verdict: 'suspect', reasons: ['The send lag was high.'] };
  assert.equal((await obey(['-p', 'tls', '--reports', reports], endingWith(run))).code, 0);
  assert.equal((await obey(['-p', 'tls', '--strict', '--reports', reports], endingWith(run))).code, 1);
  assert.equal((await obey(['-p', 'tls', '--strict', '--reports', reports], fakeServices())).code, 0);
});

test('a missed threshold ends with 99, is told for each run, and is in the result', async (t) => {
  const reports = await temporaryFolder(t);
  const asked = ['--threshold', 'messages.lost==0', '--threshold', 'messages.perSecond>1M'];
  const { code, said } = await obey(['-p', 'plain,tls', '--reports', reports, ...asked], fakeServices());
  assert.equal(code, 99);
  assert.equal(said.length, 2);
  assert.match(said[0] ?? '', /^plain: messages\.perSecond>1M: missed, it is \d+(\.\d+)?\.$/);
  assert.match(said[1] ?? '', /^tls: /);
  const result = await stored(reports, '20250102T030405Z-plain-tls');
  for (const run of result.runs) {
    assert.deepEqual(
      run.notices.map((notice) => notice.code),
      ['threshold-missed'],
    );
  }
});

test('a loss weighs more than a missed threshold', async (t) => {
  const run: Run = { ...goodRun(), outcome: { state: 'failed', reason: 'Nginx died.' } };
  const line = ['-p', 'tls', '--reports', await temporaryFolder(t), '--threshold', 'messages.perSecond>1M'];
  assert.equal((await obey(line, endingWith(run))).code, 1);
});

test('a signal stops the experiment; what it measured is reported, and the end is 130', async (t) => {
  const reports = await temporaryFolder(t);
  const signals = new EventEmitter();
  const services = fakeServices({
    async runExperiment(input) {
      signals.emit('SIGINT');
      assert.equal(input.signal.aborted, true);
      signals.emit('SIGINT'); // npm passes on what the terminal sent to both
      assert.equal(input.urgent.aborted, false);
      return resultOf(input, [{ ...goodRun(), outcome: { state: 'aborted', reason: 'Interrupted.' } }]);
    },
  });
  const { code, out } = await obey(['-p', 'tls', '--reports', reports], services, { signals });
  assert.equal(code, 130);
  assert.match(out, /^All went well\.\n\nReport: /);
  assert.equal((await stored(reports)).runs[0]?.outcome.state, 'aborted');
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

test('a failure before the first run has ended leaves no folder, one after it leaves result and report', async (t) => {
  const reports = await temporaryFolder(t);
  const failing = (runs: Run[]): Services =>
    fakeServices({
      async runExperiment(input) {
        await input.save(resultOf(input, runs));
        throw new Problem('environment', 'There is no Nginx.');
      },
    });
  const before = await obey(['-p', 'tls', '--reports', reports], failing([]));
  assert.deepEqual([before.code, before.said], [1, ['There is no Nginx.']]);
  assert.deepEqual(await readdir(reports), []);
  const after = await obey(['-p', 'tls', '--reports', reports], failing([goodRun()]));
  const told = `What was measured until then: ${join(reports, ID, 'report.html')}`;
  assert.deepEqual([after.code, after.said], [1, [told, 'There is no Nginx.']]);
  assert.deepEqual((await readdir(join(reports, ID))).sort(), ['report.html', 'result.json']);
});

test('a place that cannot be written to is named with the reason', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const reports of [file, join(file, 'below'), '/proc/reports']) {
    const { code, said } = await obey(['-p', 'tls', '--reports', reports], fakeServices());
    assert.equal(code, 1);
    assert.match(
      said.join('\n'),
      /^Reports cannot be written to \/.*: .* \(E[A-Z]+\)\. Name another folder with --reports\.$/,
    );
  }
});
