import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { capacitySchema } from '../model/capacity.ts';
import { stored } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Validity } from '../model/run.ts';
import { SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { readResult } from '../store/read.ts';
import { experimentOf, fakeServices, goodRun, obey, temporaryFolder } from './services.test.fixture.ts';

const BUSY: Validity = {
  verdict: 'suspect',
  reasons: [stored('Only 80 % of the messages due in the steady phase were echoed during that phase.')],
  limit: { component: 'proxy', evidence: stored('an Nginx worker was busy 99 % of the time.') },
};
const LATE: Validity = { ...BUSY, limit: { component: 'generator', evidence: stored('it was busy.') } };

/** Services whose generated runs come from a system with this capacity. */
function carrying(truth: number, beyond = BUSY, levelOf = rateOf) {
  return fakeServices({
    runExperiment: experimentOf(async (planned) => {
      const run = goodRun(planned);
      return planned.plan.step === 'throughput' || levelOf(planned) <= truth
        ? run
        : { ...run, validity: beyond };
    }),
  });
}

function rateOf({ plan }: PlannedRun): number {
  return ratePerSecondOf(plan.workload.load) ?? 0;
}

async function searched(reports: string, line: string, services = carrying(3000), signals?: EventEmitter) {
  // One second of generated messages has too few samples for a p99.
  const argv = ['capacity', '--objective', 'response.p50<1s', ...line.split(' '), '--reports', reports];
  const ended = await obey(argv, services, signals === undefined ? {} : { signals });
  const [id = ''] = (await readdir(reports)).filter((name) => name !== 'index.html');
  return { ...ended, folder: join(reports, id) };
}

test('a search writes an index, one file per run and a report, and prints the answer first', async (t) => {
  const { code, out, folder } = await searched(await temporaryFolder(t), '-p tls');
  assert.equal(code, 0);
  assert.match(out, /^tls holds between [\d,]+ and [\d,]+ messages per second over 1,000 WebSockets with /);
  assert.ok(out.endsWith(`\nReport: ${join(folder, 'report.html')}\n`));
  assert.match(folder, /20250102T030405Z-capacity-tls$/);
  const { conclusions, runs } = await readResult(folder);
  const [capacity, ...others] = conclusions;
  assert.ok(capacity?.kind === 'capacity' && others.length === 0);
  assert.equal(runs.length, 1 + capacity.trials.length);
  const [low, high] = capacity.interval;
  assert.ok(low !== null && high !== null && low <= 3000 && high > 3000);
  // Redrawing the report from the stored result gives the same report.
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  assert.equal((await obey(['report', folder], fakeServices())).out, out);
  assert.equal(await readFile(join(folder, 'report.html'), 'utf8'), page);
});

test('--json has the interval and every trial', async (t) => {
  const line = '-p tls -R 1k --objective messages.lost<1 --json';
  const { code, out } = await searched(await temporaryFolder(t), line);
  assert.equal(code, 0);
  const { schemaVersion, reportPath, capacity, runs } = JSON.parse(out);
  assert.deepEqual([schemaVersion, typeof reportPath], [2, 'string']);
  const { sentence, ...rest } = capacity;
  assert.match(sentence, /with response\.p50<1s, messages\.lost<1 and connections\.failed==0\./);
  v.assert(capacitySchema, { kind: 'capacity', ...rest });
  assert.equal(runs.length, capacity.trials.length);
});

test('a search over connections plans them, and never more than this machine can run', async (t) => {
  const connectionsOf = ({ plan }: PlannedRun) => plan.connections;
  const line = '-p plain --over connections -c 300 --rate-per-connection 1';
  const found = await searched(await temporaryFolder(t), line, carrying(700, BUSY, connectionsOf));
  assert.equal(found.code, 0);
  assert.match(found.out, /^plain holds between 6\d\d and 7\d\d WebSockets at 1 message per second on each/);
  const few = { ...SMALL_MACHINE, openFilesLimit: 1000 };
  const narrow = { ...carrying(1e9), readMachine: async () => few };
  const bounded = await searched(await temporaryFolder(t), line, narrow);
  assert.equal(bounded.code, 0);
  assert.match(
    bounded.out,
    /^plain holds at least [\d,]+ WebSockets .*\nThis machine cannot hold more connections: .*limit/,
  );
  const { runs } = await readResult(bounded.folder);
  for (const { plan } of runs) assert.ok(plan.workers * (1000 - 64) >= plan.connections);
});

test('exit codes: a lower bound is a success without --strict; if no level held, a threshold was missed', async (t) => {
  const codeOf = async (line: string, services = carrying(3000)) =>
    (await searched(await temporaryFolder(t), line, services)).code;
  assert.equal(await codeOf('-p tls -R 1k --strict'), 0);
  assert.equal(await codeOf('-p tls -R 1k', carrying(3000, LATE)), 0);
  assert.equal(await codeOf('-p tls -R 1k --strict', carrying(3000, LATE)), 1);
  assert.equal(await codeOf('-p tls -R 1k', carrying(0)), 99);
  assert.equal(await codeOf('-p tls -R 1k', carrying(0, LATE)), 1);
});

test('a budget that is too short for the first trial is rejected before any measurement', async (t) => {
  const services = fakeServices({ runExperiment: () => assert.fail('nothing is to be started') });
  const search = 'and a search needs about ten trials. Use a longer --budget, or a shorter --duration.';
  for (const [line, message] of [
    ['-p tls --budget 1s', 'too short for a search: the throughput step and one trial take about 18 s'],
    ['-p tls --budget 17s', 'too short for a search: the throughput step and one trial take about 18 s'],
    ['-p tls -R 1k --budget 8s', 'too short for a search: one trial takes about 9 s'],
  ] as const) {
    const argv = ['capacity', ...line.split(' '), '--reports', await temporaryFolder(t)];
    const { code, said } = await obey(argv, services);
    assert.deepEqual([code, said.length], [2, 1], line);
    assert.equal(said[0], `--budget ${line.split(' ').at(-1)} is ${message}, ${search}`);
  }
});

test('a budget that is just long enough for the first trial is accepted, and that trial runs', async (t) => {
  for (const [line, steps] of [
    ['-p tls --budget 18s', ['throughput', 'latency']],
    ['-p tls -R 1k --budget 9s', ['latency']],
  ] as const) {
    const { folder } = await searched(await temporaryFolder(t), line);
    const { runs } = await readResult(folder);
    assert.deepEqual(
      runs.map(({ plan }) => plan.step),
      steps,
      line,
    );
  }
});

test('an interrupted search reports its progress so far', async (t) => {
  const signals = new EventEmitter();
  let runs = 0;
  const services = fakeServices({
    runExperiment: experimentOf(async (planned) => {
      if (++runs === 3) signals.emit('SIGINT');
      return goodRun(planned);
    }),
  });
  const { code, out } = await searched(await temporaryFolder(t), '-p tls -R 1k', services, signals);
  assert.equal(code, 130);
  assert.match(out, /^tls holds at least [\d,]+ messages per second/);
  assert.match(out, /The search did not finish: it stopped after 3 trials\./);
});
