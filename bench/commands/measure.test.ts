import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FoundAgents } from '../agents/found-agents.ts';
import { stored } from '../model/finding.ts';
import { SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { readResult } from '../store/read.ts';
import { fakeServices, goodRun, obey, PREPARED, tell, temporaryFolder } from './services.test.fixture.ts';
import type { ExperimentRequest, Services } from './services.ts';

const NOTICE = { level: 'warning', ...stored('Another program is busy.') } as const;

/** Services whose experiment executes a single run, and everything that the experiment was given. */
function measuring(changes: Partial<Services> = {}) {
  const inputs: ExperimentRequest[] = [];
  const services = fakeServices({
    watchMachine: async () => [NOTICE],
    async runExperiment(input) {
      inputs.push(input);
      const [asked] = input.strategy.next([]);
      assert.ok(asked !== undefined);
      const planned = input.planRun(asked, 1);
      await tell(input, { type: 'run-planned', number: 1, expectedRuns: 1, plan: planned.plan });
      await tell(input, { type: 'run-ended', number: 1, run: goodRun(planned) });
      return true;
    },
    ...changes,
  });
  return { services, inputs };
}

const ID = '20250102T030405Z-tls';

test('the result has the head of its run, and the experiment what the command was given', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, inputs } = measuring();
  await obey(['-p', 'tls', '--reports', reports], services);
  const { tool, id, startedAt, endedAt, environment, notices, variants, plan, runs } = await readResult(
    join(reports, ID),
  );
  assert.deepEqual(
    { tool, id, startedAt, endedAt, notices, runs: runs.length, seed: plan.seed },
    {
      tool: { name: 'nginx-ws-bench', version: '1.2.3' },
      id: ID,
      startedAt: '2025-01-02T03:04:05.000Z',
      endedAt: '2025-01-02T03:04:05.000Z',
      notices: [NOTICE],
      runs: 1,
      seed: 42,
    },
  );
  assert.deepEqual(environment, await services.readEnvironment());
  assert.deepEqual(
    variants.map(({ name }) => name),
    ['tls'],
  );
  const [input] = inputs;
  assert.ok(input !== undefined);
  assert.deepEqual(
    [inputs.length, [...input.proxies.keys()], input.environment, input.assess(runs[0] ?? assert.fail())],
    [1, ['tls'], environment, []],
  );
  assert.deepEqual([input.signal.aborted, input.urgent.aborted, input.listeners.length], [false, false, 2]);
});

test('agents are found for the run that names them, and are left after it and after a failure', async (t) => {
  const asked: unknown[] = [];
  let closed = 0;
  const control = { coordinator: { isTest: true } };
  const agents = {
    findAgents: async (request: unknown) => {
      asked.push(request);
      return {
        ...{ hosts: {}, control },
        async close() {
          closed += 1;
        },
      } as unknown as FoundAgents;
    },
  };
  const line = ['-p', 'direct', '--nats', 'nats://127.0.0.1:4222', '--agents', '1'];
  const { services, inputs } = measuring(agents);
  const good = await obey([...line, '--reports', await temporaryFolder(t)], services);
  assert.deepEqual([asked.length, closed, inputs.length], [1, 1, 1], good.said.join());
  assert.deepEqual((inputs[0] as { coordinator?: unknown }).coordinator, control.coordinator);
  const failing = measuring({
    ...agents,
    runExperiment: async () => {
      throw new Error('a defect');
    },
  });
  const reports = await temporaryFolder(t);
  const { code } = await obey([...line, '--reports', reports], failing.services);
  assert.deepEqual([code, asked.length, closed, await readdir(reports)], [1, 2, 2, []]);
});

test('all variants use the same carrier, and a notice says so if it is not the one asked for', async (t) => {
  const carrierOf = async (profiles: string) => {
    const reports = await temporaryFolder(t);
    const { services } = measuring({
      prepareProxy: async (_kind, { path }) => ({ ...PREPARED, clientTls: path.includes('/tls/') }),
    });
    const line = ['-p', profiles, '--carrier', 'io_uring', '--no-http', '--reports', reports];
    await obey(line, services);
    const [id = ''] = (await readdir(reports)).filter((name) => name !== 'index.html');
    const { runs, notices } = await readResult(join(reports, id));
    return [runs[0]?.plan.carrier, ...notices.map(({ code }) => code)];
  };
  assert.deepEqual(await carrierOf('direct'), ['io_uring', NOTICE.code]);
  assert.deepEqual(await carrierOf('direct,plain'), ['io_uring', NOTICE.code]);
  assert.deepEqual(await carrierOf('direct,tls'), ['sockets', 'carrier-mixed', NOTICE.code]);
});

test('an export that cannot be written is rejected before anything is measured', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, inputs } = measuring({ readMachine: () => assert.fail('nothing is planned') });
  const line = ['-p', 'tls', '--export', `csv=${reports}/nowhere/a.csv`, '--reports', reports];
  const { code, said } = await obey(line, services);
  assert.deepEqual([code, said.length, inputs, await readdir(reports)], [2, 1, [], []]);
});

test('a plan that this machine cannot execute is rejected before anything is measured', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, inputs } = measuring({
    readMachine: async () => ({ ...SMALL_MACHINE, openFilesLimit: 100 }),
  });
  const { code, said } = await obey(['-p', 'tls', '-c', '5000', '--reports', reports], services);
  assert.deepEqual([code, said.length, inputs, await readdir(reports)], [1, 1, [], []]);
});
