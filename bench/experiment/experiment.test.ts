import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { UNJUDGED } from '../diagnose/diagnose.ts';
import type { BenchEvent } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Run, RunProcess } from '../model/run.ts';
import type { Strategy } from '../model/strategy.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import type { StartedTarget } from '../topology/target.ts';
import { finding, notice } from '../wording/finding.ts';
import type { RunControl } from './context.ts';
import { type ExperimentInput, runExperiment, watchMachine } from './experiment.ts';
import { shortPlan, simulatedHosts, simulatedProxy, VARIANT, WORKER, type Work } from './run.test.fixture.ts';

const temporary = makeOpenFolder(join(tmpdir(), 'experiment-test-'));
process.env.TMPDIR = temporary;
after(() => rmSync(temporary, { recursive: true, force: true }));

interface Experiment {
  control?: Partial<RunControl>;
  plan?: Partial<RunPlan>;
  work?: Work;
  target?: Partial<StartedTarget>;
  input?: Partial<ExperimentInput>;
}

/** Executes an experiment of one run on simulated hosts. */
async function experiment({ control = {}, plan = {}, work, target, input = {} }: Experiment) {
  const strategy: Strategy = {
    next: (done) =>
      done.length === 0
        ? [{ variant: 'plain', step: 'throughput', round: null, load: { kind: 'closed', inFlight: 1 } }]
        : [],
    expectedRuns: () => 1,
    conclude: () => [],
  };
  const hosts = simulatedHosts(work, target);
  const events: BenchEvent[] = [];
  const { environment } = makeResult([]);
  const { signal } = new AbortController();
  const complete = await runExperiment({
    ...{ strategy, environment: { ...environment, portRange: null, cpuQuota: null }, proxies: new Map() },
    ...{ signal, urgent: signal },
    coordinator: hosts.coordinator,
    places: hosts.places,
    planRun: () => ({
      ...{ plan: shortPlan(plan), profile: profileNamed('plain'), variant: VARIANT },
      notices: [notice('info', 'target-answers-none', {})],
    }),
    assess: (run) => [
      notice('info', run.outcome.state === 'completed' ? 'target-answers-any' : 'no-process-figures', {}),
    ],
    say: () => assert.fail(),
    listeners: [async () => {}, (event) => void events.push(event)],
    ...control,
    ...input,
  });
  const ended = events.flatMap((event) => (event.type === 'run-ended' ? [event.run] : []));
  const saved = events.flatMap((event) => (event.type === 'checkpoint' ? [event] : []));
  return { complete, events, ended, saved, ...hosts };
}

/** A run of which nothing was measured. */
function unmeasured(plan: RunPlan, startedAt: string | undefined, outcome: Run['outcome']): Run {
  const { state } = outcome;
  return {
    ...{
      plan,
      startedAt: startedAt ?? '',
      outcome,
      phases: [],
      timeline: [],
      memory: [],
      queues: [],
      slices: [],
    },
    ...{ workers: [], processes: [], machine: null, listenDrops: null, spread: [], probe: null, http: null },
    ...{ httpLoad: null, proxy: null },
    notices: [notice('info', 'target-answers-none', {}), notice('info', 'no-process-figures', {})],
    validity: {
      ...UNJUDGED,
      reasons: [finding('run-ended', { state, reason: state === 'completed' ? '' : outcome.reason })],
    },
  };
}

describe('an experiment', () => {
  test('passes every event to its listeners, and adds notices to the run', async () => {
    const { complete, events, ended, asked } = await experiment({});
    assert.equal(complete, true);
    const kinds = events.map((event) => (event.type === 'phase' ? event.phase : event.type));
    assert.deepEqual(
      kinds.filter((kind) => !['live', 'warm-up', 'steady', 'drain'].includes(kind)),
      ['concluded', 'run-planned', 'set-up', 'connect', 'tear-down', 'run-ended', 'concluded'],
    );
    const [run] = ended;
    assert.deepEqual(run?.outcome, { state: 'completed' });
    assert.deepEqual(run.notices.at(-1), notice('info', 'target-answers-any', {}));
    assert.deepEqual(run.notices[0], notice('info', 'target-answers-none', {}));
    const { sourcePorts = [] } = asked.workerPlans[0] ?? {};
    assert.ok(sourcePorts.length > 1000 && (sourcePorts[0] ?? 0) >= 32_768);
  });

  test('records a run that cannot be started as failed', async () => {
    const coordinator = {
      start: () => Promise.reject(new Problem('environment', 'No agent is ready.')),
    };
    const { complete, ended } = await experiment({ control: { coordinator } });
    const outcome = { state: 'failed', reason: 'No agent is ready.' } as const;
    assert.deepEqual([complete, ended], [true, [unmeasured(shortPlan(), ended[0]?.startedAt, outcome)]]);
  });

  test('records a run that is interrupted before its load as aborted', async () => {
    const stop = new AbortController();
    const coordinator = {
      async start() {
        stop.abort();
        throw new Problem('environment', 'No agent is ready.');
      },
    };
    const { complete, ended } = await experiment({ control: { coordinator, signal: stop.signal } });
    const outcome = { state: 'aborted', reason: 'it was interrupted.' } as const;
    assert.deepEqual([complete, ended], [true, [unmeasured(shortPlan(), ended[0]?.startedAt, outcome)]]);
  });

  test('passes a defect on', async () => {
    const coordinator = { start: () => Promise.reject(new TypeError('a defect')) };
    await assert.rejects(experiment({ control: { coordinator } }), {
      name: 'TypeError',
      message: 'a defect',
    });
  });

  test('saves its run after five seconds of load, as one that was killed', async (t) => {
    let passedMs = 0;
    const saves: Extract<BenchEvent, { type: 'checkpoint' }>[] = [];
    const ends: (() => void)[] = [];
    const open: number[] = [];
    const another: RunProcess = { ...WORKER, name: 'nginx worker 2', pid: 4_194_305 };
    const proxy = {
      ...simulatedProxy(),
      processes: async () => (passedMs === 0 ? [WORKER] : [WORKER, another]),
    };
    const restore = () => {
      t.mock.timers.reset();
      syncBuiltinESMExports();
    };
    t.after(restore);
    await experiment({
      target: { proxy },
      work: ({ finish }) => void ends.push(finish),
      control: {
        onProcesses() {
          t.mock.timers.enable({ apis: ['setTimeout'] });
          syncBuiltinESMExports();
          const pass = () => {
            if (saves.length > 0) return;
            passedMs += 10;
            t.mock.timers.tick(10);
            setImmediate(pass);
          };
          setImmediate(pass);
        },
      },
      input: {
        listeners: [
          (event) => {
            if (event.type === 'live') open.push(event.figures.connections.open);
            if (event.type !== 'checkpoint') return;
            saves.push(event);
            restore();
            for (const end of ends) end();
          },
        ],
      },
    });
    const [{ number, run } = assert.fail()] = saves;
    const outcome = { state: 'aborted', reason: 'the bench was killed during the run.' } as const;
    assert.deepEqual([number, run.outcome], [1, outcome]);
    assert.deepEqual(run.validity, unmeasured(run.plan, '', outcome).validity);
    assert.deepEqual([run.slices.length, run.proxy?.errorLog, run.spread.at(-1)?.messages], [1, [], 6]);
    assert.ok(passedMs >= 5000);
    // What is recorded is shown, and a worker that starts during the load is observed.
    assert.equal(open.at(-1), 4);
    assert.ok(run.processes.some(({ name }) => name === another.name));
  });
});

describe('the machine', () => {
  for (const [idle, codes] of [
    [910, []],
    [890, ['machine-busy']],
  ] as const)
    test(`is ${codes.length === 0 ? 'quiet' : 'busy'} if ${idle / 10} % of its CPU time is idle`, async (t) => {
      const readings = ['cpu  0 0 0 0 0\n', `cpu  ${1000 - idle} 0 0 ${idle} 0\n`];
      const { readFile } = fs;
      t.mock.method(fs, 'readFile', async (path: string) =>
        path === '/proc/stat'
          ? readings.shift()
          : path.startsWith('/proc/self/status')
            ? readFile(path, 'utf8')
            : '',
      );
      syncBuiltinESMExports();
      t.after(() => {
        t.mock.restoreAll();
        syncBuiltinESMExports();
      });
      const notices = await watchMachine();
      assert.deepEqual(
        notices.map(({ level, code, data }) => [level, code, Number(data.share).toFixed(2)]),
        codes.map((code) => ['warning', code, '0.11']),
      );
    });
});
