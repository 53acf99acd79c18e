import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { disturbed, runOf } from '../../test/ladder.ts';
import { ladderSchema } from '../model/ladder.ts';
import type { Run } from '../model/run.ts';
import { SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { readResult } from '../store/read.ts';
import { experimentOf, fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

/** Returns a run as planned, with the throughput that the fixture's law predicts. */
function run({ plan }: PlannedRun): Run {
  const { variant, step, round, connections, workload } = plan;
  return { ...runOf({ variant, step, round, connections, load: workload.load }), plan };
}

const services = (execute = async (planned: PlannedRun) => run(planned)) =>
  fakeServices({ runExperiment: experimentOf(execute) });

async function climbed(reports: string, line: string, given = services(), signals?: EventEmitter) {
  const argv = ['ladder', ...line.split(' '), '--reports', reports];
  const ended = await obey(argv, given, signals === undefined ? {} : { signals });
  const [id = ''] = (await readdir(reports)).filter((name) => name !== 'index.html');
  return { ...ended, folder: join(reports, id) };
}

test('a ladder stores its runs and its law; the report drawn again from them is the same', async (t) => {
  const line = '-p plain --steps throughput --points 1,4,16,64,256,1k';
  const { code, out, folder } = await climbed(await temporaryFolder(t), line);
  assert.equal(code, 0);
  const { conclusions, runs, plan } = await readResult(folder);
  const [ladder] = conclusions;
  assert.ok(ladder?.kind === 'ladder' && ladder.law !== null);
  assert.deepEqual([runs.length, plan.steps.length], [12, 1]);
  assert.equal(out.split('\n')[0], ladder.findings[0]?.text);
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  assert.equal((await obey(['report', folder], fakeServices())).out, out);
  assert.equal(await readFile(join(folder, 'report.html'), 'utf8'), page);
});

test('all runs have the processes, limits and placement of the largest', async (t) => {
  const plans: PlannedRun['plan'][] = [];
  const keep = async (planned: PlannedRun) => {
    plans.push(planned.plan);
    return run(planned);
  };
  const line = '-p plain --points 4,16,64,256,1k,4k --rounds 1';
  await climbed(await temporaryFolder(t), line, services(keep));
  assert.equal(plans.length, 6);
  const alike = ({ workers, servers, proxy, placement }: PlannedRun['plan']) =>
    JSON.stringify({ workers, servers, proxy, placement });
  assert.equal(new Set(plans.map(alike)).size, 1);
});

test('default levels beyond the limits of the machine are left out; given ones are rejected', async (t) => {
  const readMachine = async () => ({ ...SMALL_MACHINE, memoryBytes: 320 * 2 ** 20 });
  const small = { ...services(), readMachine };
  const { said, code, folder } = await climbed(await temporaryFolder(t), '-p plain --rounds 1', small);
  const [ladder] = (await readResult(folder)).conclusions;
  assert.ok(ladder?.kind === 'ladder');
  assert.deepEqual(ladder.levels, [1, 4, 16, 64, 256, 1024]);
  assert.match(
    said.join('\n'),
    /^The levels from 4,096 connections upwards are left out: 4,096 connections need about [^\n]*$/,
  );
  assert.equal(code, 0);
  const none = { ...fakeServices({ runExperiment: async () => assert.fail('a run started') }), readMachine };
  const given = await obey(['ladder', '-p', 'plain', '--points', '1,100k'], none);
  assert.equal(given.code, 1);
  assert.match(given.said.join('\n'), /100,000 connections need about/);
});

test('--json has the ladder with its findings, and no answers for single variants', async (t) => {
  const { out } = await climbed(await temporaryFolder(t), '-p plain --json --rounds 1');
  const { ladder, answers, conclusions } = JSON.parse(out);
  v.assert(ladderSchema, { kind: 'ladder', ...ladder });
  assert.deepEqual([answers, conclusions], [[], []]);
});

test('--redact does not change the ladder', async (t) => {
  const { out } = await climbed(await temporaryFolder(t), '-p plain --json --rounds 1 --redact');
  const { ladder } = JSON.parse(out);
  const plain = JSON.parse(
    (await climbed(await temporaryFolder(t), '-p plain --json --rounds 1')).out,
  ).ladder;
  assert.deepEqual(ladder, plain);
});

test('an interrupted ladder keeps and draws its measurements, and sets the exit code', async (t) => {
  const signals = new EventEmitter();
  let runs = 0;
  const interrupting = services(async (planned) => {
    runs++;
    if (runs === 3) signals.emit('SIGINT');
    const done = run(planned);
    return runs === 3 ? { ...done, outcome: { state: 'aborted', reason: 'Interrupted.' } } : done;
  });
  const { code, folder } = await climbed(await temporaryFolder(t), '-p plain', interrupting, signals);
  assert.equal(code, 130);
  const { conclusions } = await readResult(folder);
  const [ladder] = conclusions;
  assert.ok(ladder?.kind === 'ladder');
  assert.equal(ladder.points.length, 2);
  assert.equal(ladder.findings.at(-1)?.code, 'ladder-unfinished');
  assert.match(await readFile(join(folder, 'report.html'), 'utf8'), /class="plot levels"/);
});

test('exit codes: 1 without a valid run, or with --strict and a suspect one; 99 for a missed threshold', async (t) => {
  const codeOf = async (line: string, given = services()) =>
    (await climbed(await temporaryFolder(t), `-p plain --steps throughput --rounds 1 ${line}`, given)).code;
  const spoilt = (isSpoilt: (planned: PlannedRun) => boolean) =>
    services(async (planned) => (isSpoilt(planned) ? disturbed(run(planned)) : run(planned)));
  const one = spoilt(({ plan }) => plan.connections === 16);
  assert.equal(
    await codeOf(
      '-q',
      spoilt(() => true),
    ),
    1,
  );
  assert.equal(await codeOf('-q', one), 0);
  assert.equal(await codeOf('--strict', one), 1);
  assert.equal(await codeOf('--threshold messages.perSecond>1M'), 99);
});
