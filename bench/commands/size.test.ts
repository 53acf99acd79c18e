import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { COSTS, sizingRunOf } from '../../test/sizing.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import { type Size, sizeSchema } from '../model/size.ts';
import { SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { readResult } from '../store/read.ts';
import { experimentOf, fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

/** Services with an experiment whose runs have known costs; `change` may modify a run. */
function services(change = (run: Run, _number: number) => run, plans: RunPlan[] = []) {
  return fakeServices({
    runExperiment: experimentOf(async ({ plan }) => {
      plans.push(plan);
      return change(sizingRunOf(plan, plans.length), plans.length);
    }),
  });
}

async function sized(reports: string, line: string, given = services(), signals?: EventEmitter) {
  const argv = ['size', ...line.split(' '), '--reports', reports];
  const ended = await obey(argv, given, signals === undefined ? {} : { signals });
  const [id = ''] = (await readdir(reports)).filter((name) => name !== 'index.html');
  return { ...ended, folder: join(reports, id) };
}

async function conclusionIn(folder: string): Promise<Size> {
  const { conclusions } = await readResult(folder);
  const [size] = conclusions;
  assert.ok(size?.kind === 'size' && conclusions.length === 1);
  return size;
}

const LINE = '-p plain -c 100k --rate 50k --churn 1k --check 10k';

test('known costs are found, and the plan and the check follow from them', async (t) => {
  const plans: RunPlan[] = [];
  const { code, folder } = await sized(await temporaryFolder(t), LINE, services(undefined, plans));
  assert.equal(code, 0);
  const { costs, needs, check } = await conclusionIn(folder);
  const cost = (name: string) => costs.find((each) => each.name === name)?.estimate?.value ?? 0;
  const near = (value: number, known: number) =>
    assert.ok(Math.abs(value / known - 1) < 0.001, `${value} is not ${known}`);
  near(cost('memory-process'), COSTS.process);
  near(cost('memory-slot'), COSTS.slot);
  near(cost('memory-connection'), COSTS.connection);
  near(cost('memory-kernel'), COSTS.kernel);
  near(cost('files-connection'), 2);
  const need = (name: string) => needs.find((each) => each.name === name)?.estimate?.value ?? 0;
  near(need('cores'), (50_000 * cost('cpu-message') + 1000 * cost('cpu-handshake')) / 1e6);
  near(
    need('memory'),
    COSTS.process * (need('workers') + 1) +
      COSTS.slot * need('workers') * need('worker-connections') +
      COSTS.connection * 100_000,
  );
  assert.equal(need('workers'), Math.ceil(need('cores') / 0.5));
  assert.equal(need('upstream-ports'), 100_000 + 60 * 1000);
  assert.equal(need('port-range'), 65_535 - 1023);
  assert.deepEqual(
    check.checked.map(({ name }) => name),
    ['memory', 'files', 'cores'],
  );
  for (const { error } of check.checked.slice(0, 2)) assert.ok(Math.abs(error ?? 1) < 0.001);
  const scenarios = plans.map(({ workload }) => workload.scenario);
  assert.deepEqual(new Set(scenarios), new Set(['echo', 'connect', 'idle']));
  assert.equal(plans.length, 2 + 3 * 3 + 2);
});

test('all runs have the processes and limits of the check, except for every second memory run', async (t) => {
  const plans: RunPlan[] = [];
  await sized(await temporaryFolder(t), LINE, services(undefined, plans));
  const alike = ({ proxy, workers, servers }: RunPlan) => JSON.stringify({ proxy, workers, servers });
  const check = plans.at(-1);
  assert.ok(check !== undefined);
  const others = plans.filter((plan) => alike(plan) !== alike(check));
  assert.deepEqual(
    others.map(({ step, round }) => [step, round]),
    [['touched', 2]],
  );
});

test('the check has a tenth of the connections, and the costs are measured with a fifth of those', async (t) => {
  const connectionsWith = async (line: string) => {
    const plans: RunPlan[] = [];
    const { code, folder } = await sized(await temporaryFolder(t), line, services(undefined, plans));
    const { check } = await conclusionIn(folder);
    assert.deepEqual([code, check.limit], [0, null]);
    return [check.connections, [...new Set(plans.map(({ connections }) => connections))].join()];
  };
  const line = '-p plain --rate 0 --churn 0 --rounds 2';
  assert.deepEqual(await connectionsWith(`${line} -c 20001`), [2001, '400,2001']);
});

test('with --strict, every run must be valid', async (t) => {
  const doubted = () =>
    services((run, number) =>
      number === 1 ? { ...run, validity: { ...run.validity, verdict: 'suspect' } } : run,
    );
  const line = '-p plain -c 20k --rate 0 --churn 0 --rounds 2';
  const codeOf = async (more: string, given = services()) =>
    (await sized(await temporaryFolder(t), line + more, given)).code;
  assert.deepEqual(
    [await codeOf('', doubted()), await codeOf(' --strict', doubted()), await codeOf(' --strict')],
    [0, 1, 0],
  );
});

test('without messages or new connections, their cost is not measured', async (t) => {
  const plans: RunPlan[] = [];
  const line = '-p plain -c 100k --rate 0 --churn 0 --check 1k --rounds 2';
  const { code, folder } = await sized(await temporaryFolder(t), line, services(undefined, plans));
  assert.equal(code, 0);
  assert.deepEqual(new Set(plans.map(({ step }) => step)), new Set(['touched']));
  const { needs, wanted } = await conclusionIn(folder);
  assert.equal(needs.find(({ name }) => name === 'workers')?.estimate?.value, 1);
  assert.deepEqual(wanted.assumed, []);
});

test('the redrawn report of a stored sizing is the same, and has every derivation', async (t) => {
  const { out, folder } = await sized(await temporaryFolder(t), LINE);
  const page = await readFile(join(folder, 'report.html'), 'utf8');
  const { findings, needs } = await conclusionIn(folder);
  assert.equal(out.split('\n')[0], findings[0]?.text);
  assert.ok(page.includes('id="needs"') && page.includes('id="check"') && page.includes('id="costs"'));
  for (const { derivation } of needs) assert.ok(out.includes(derivation.text), derivation.code);
  assert.equal((await obey(['report', folder], fakeServices())).out, out);
  assert.equal(await readFile(join(folder, 'report.html'), 'utf8'), page);
});

test('--json has the sizing, and no answers for single variants', async (t) => {
  const { out } = await sized(await temporaryFolder(t), `${LINE} --json`);
  const { size, answers, conclusions } = JSON.parse(out);
  v.assert(sizeSchema, { kind: 'size', ...size });
  assert.deepEqual([answers, conclusions], [[], []]);
});

test('the check is as large as the machine allows, and gives the reason; a requested size is rejected', async (t) => {
  const small = {
    ...services(),
    readMachine: async () => ({ ...SMALL_MACHINE, memoryBytes: 400 * 2 ** 20 }),
  };
  const { folder } = await sized(await temporaryFolder(t), '-p plain -c 1M', small);
  const { check, findings } = await conclusionIn(folder);
  assert.ok(check.connections < 100_000 && check.limit?.code === 'machine-ceiling');
  assert.ok(findings.some(({ code }) => code === 'machine-ceiling'));
  const refused = { ...small, runExperiment: async () => assert.fail('a run started') };
  const { code, said } = await obey(['size', '-p', 'plain', '-c', '1M', '--check', '100k'], refused);
  assert.equal(code, 1);
  assert.match(said.join('\n'), /100,000 connections need about/);
});

test('an interrupted sizing keeps the costs measured so far, and says that it is not complete', async (t) => {
  const signals = new EventEmitter();
  const interrupting = services((run, number) => {
    if (number === 6) signals.emit('SIGINT');
    return number === 6 ? { ...run, outcome: { state: 'aborted', reason: 'Interrupted.' } } : run;
  });
  const { code, folder } = await sized(await temporaryFolder(t), LINE, interrupting, signals);
  assert.equal(code, 130);
  const { findings, needs, check } = await conclusionIn(folder);
  assert.equal(findings.at(-1)?.code, 'size-unfinished');
  assert.deepEqual(findings.at(-1)?.data, { done: 5, of: 13 });
  assert.equal(needs.find(({ name }) => name === 'cores')?.estimate, null);
  assert.deepEqual(check.checked, []);
});

test('a failed run is left out and named; with too few left, needs are unknown and the exit code is 1', async (t) => {
  const failing = (rounds: readonly number[]) =>
    services((run) =>
      run.plan.step === 'latency' && rounds.includes(run.plan.round ?? 0)
        ? { ...run, outcome: { state: 'failed', reason: 'nginx died.' } }
        : run,
    );
  const one = await sized(await temporaryFolder(t), LINE, failing([2]));
  assert.equal(one.code, 0);
  const some = await conclusionIn(one.folder);
  assert.ok(some.findings.some(({ code }) => code === 'size-excluded'));
  const two = await sized(await temporaryFolder(t), LINE, failing([2, 3]));
  assert.equal(two.code, 1);
  const { needs } = await conclusionIn(two.folder);
  assert.equal(needs.find(({ name }) => name === 'workers')?.derivation.code, 'size-unknown');
});
