import assert from 'node:assert/strict';
import fs, { rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { encodePairs } from '../measure/histogram.ts';
import type { Run, RunProcess } from '../model/run.ts';
import { RECORD } from '../topology/private-folder.ts';
import { lostFolder } from '../topology/workplace.ts';
import {
  bytesOf,
  RUNNER,
  recordingOf,
  seriesOf,
  shortPlan,
  simulate,
  totalsOf,
  VARIANT,
  WORKER,
} from './run.test.fixture.ts';

// The folders of the runs.
const temporary = makeOpenFolder(join(tmpdir(), 'run-test-'));
process.env.TMPDIR = temporary;
after(() => rm(temporary, { recursive: true, force: true }));

/** The parts of a run that do not depend on the clock or the machine. */
function timeless({ phases: _p, startedAt: _s, machine: _m, listenDrops: _l, validity: _v, ...run }: Run) {
  return {
    ...run,
    processes: run.processes.map(({ samples: _, bornUs: _b, ...process }) => process),
    notices: run.notices.map(({ code }) => code),
  };
}

const SHARE = { component: 'proxy', name: 'nginx worker 1', connections: 0, messages: 0 };

describe('a run', () => {
  test('combines what its proxy, servers, generators and other hosts report', async () => {
    const before = new Date().toISOString();
    const { run, asked, phases, listed, processes, servers, target } = await simulate();
    assert.ok(run.startedAt >= before && run.startedAt <= new Date().toISOString());
    assert.deepEqual(phases.slice(0, 2), ['set-up', 'connect']);
    assert.equal(phases.at(-1), 'tear-down');
    assert.deepEqual(listed, [WORKER, ...processes, RUNNER]);
    const hostOf = (name: string, sendLag: string | null) => ({
      ...{ name, role: 'generator', cpus: 2, isRunners: false, machine: null, samples: null },
      ...{ workers: [0, 1], clock: { errorUs: 1, driftUs: null }, sendLag },
    });
    const plan = shortPlan();
    const series = (name: string, host: string) => {
      const { samples: _, bornUs: _b, ...process } = seriesOf(name, host);
      return process;
    };
    const { slices, notices, ...rest } = timeless(run);
    assert.deepEqual(rest, {
      plan,
      outcome: { state: 'completed' },
      timeline: [],
      memory: [],
      queues: [],
      workers: [totalsOf(0), totalsOf(1)],
      // The runner has the same process as the simulated worker of Nginx, and is not sampled twice.
      processes: [
        ...[WORKER, ...processes].map((process) => ({ ...process, endedUs: null })),
        series('process of proxy', 'proxy-host'),
        series('process of generator', 'here'),
        series('process of generator', 'there'),
      ],
      spread: [
        SHARE,
        { component: 'proxy', name: 'nginx worker (process 5)', connections: 6, messages: 8 },
        { component: 'server', name: 'echo server 1', connections: 4, messages: 12 },
        { component: 'generator', name: 'generator 1', connections: 2, messages: 6 },
        { component: 'generator', name: 'generator 2', connections: 2, messages: 6 },
      ],
      httpLoad: null,
      hosts: [
        hostOf('proxy-host', null),
        hostOf('here', encodePairs(Uint32Array.of(3, 12))),
        hostOf('there', null),
      ],
      probe: {
        ...{ alpn: 'http/1.1', alpnOffered: null, extendedConnect: null, tlsProtocol: null, tlsCipher: null },
        ...{ tlsKeyType: null, tlsResumed: null },
      },
      http: null,
      proxy: { ...target.proxy?.facts, errorLog: ['[warn] a line'] },
    });
    assert.deepEqual(
      slices.map(({ startUs, endUs, phase, counters, gauges }) => ({
        ...{ startUs, endUs, phase, sent: counters.sent, gauges },
      })),
      [{ startUs: 20, endUs: 1020, phase: 'steady', sent: 12, gauges: { open: 4, outstanding: 0 } }],
    );
    assert.deepEqual(notices.slice(0, 4), [
      ...['target-answers-any', 'target-answers-any', 'target-answers-none', 'no-process-figures'],
    ]);
    assert.deepEqual(asked.generator, { ...plan, cpus: null, target });
    assert.deepEqual(asked.servers, {
      ...{ count: 2, kind: 'lean', engine: 'node', args: [] },
      maxPayloadBytes: asked.servers?.maxPayloadBytes,
    });
    assert.deepEqual(asked.proxy, {
      ...{ kind: 'nginx', profile: 'plain', tunings: VARIANT.proxy?.tunings },
      ...{ proxy: plan.proxy, upstreams: servers },
    });
    const names = ['servers', 'proxy', 'generator', 'watch'];
    assert.deepEqual(asked.log, [
      ...names.map((name) => `${name} observes every 1000 ms`),
      ...names.map((name) => `${name} samples at 3 times`),
      ...names.map((name) => `${name} ends`),
    ]);
    assert.deepEqual(asked.commands, ['connect', 'connect', 'start', 'start', 'leave', 'leave']);
    assert.deepEqual(
      asked.workerPlans.map((each) => [each.connections, each.sourcePorts, each.target.ports]),
      [0, 1].map(() => [2, [40_001, 40_003, 40_005, 40_007, 40_009], [4430]]),
    );
  });

  test('samples its processes before the load and at its end, with the loops of its generators', async () => {
    const loop = { startUs: 1, endUs: 50, utilisation: 0.25, delayMaxUs: 70 };
    const { run, processes } = await simulate({
      work({ index, report, finish }) {
        if (index === 1) report(bytesOf(recordingOf(0, { sequence: 1, phase: 'drain', loop })));
        finish();
      },
    });
    const [, generator] = run.processes;
    assert.equal(generator?.pid, processes[0]?.pid);
    const { samples = [] } = generator ?? {};
    assert.equal(samples[0]?.atUs, 0);
    assert.deepEqual(
      samples.slice(0, 2).map((each) => [each.loopUtilisation, each.loopDelayMaxUs]),
      [
        [null, null],
        [0.25, 70],
      ],
    );
    // Before the epoch, when the connections are open, and at the end.
    assert.ok(samples.length >= 3);
    assert.ok((run.machine?.samples.length ?? 0) >= 3);
  });

  test('reports in each phase how many of its connections are open', async () => {
    const open: number[] = [];
    const finishes: (() => void)[] = [];
    await simulate({
      work: ({ finish }) => void finishes.push(finish),
      context: {
        async emit(event) {
          if (event.type === 'live') open.push(event.figures.connections.open);
          if (event.type === 'phase' && event.phase === 'drain') for (const finish of finishes) finish();
        },
      },
    });
    assert.deepEqual([open[0], open.at(-1)], [0, 4]);
  });

  test('reports recordings that are missing', async () => {
    const { run } = await simulate({
      work({ index, report, finish }) {
        const totals = { totals: totalsOf(index), routes: [] };
        if (index === 1) report({ type: 'done', ...totals, recordings: 3 });
        else finish();
      },
    });
    const missing = run.notices.filter(({ code }) => code === 'recordings-missing');
    assert.deepEqual(
      missing.map(({ level, data }) => [level, data]),
      [['warning', { missing: 2, of: 3, generator: 2, host: 'here' }]],
    );
  });

  test('samples its memory after each batch of connections, and its queues if the scenario fills them', async () => {
    const { workload } = shortPlan();
    const plan = { openingStages: 2, workload: { ...workload, scenario: 'slow-consumer' } };
    const { run, asked } = await simulate({ plan });
    assert.deepEqual(asked.commands.slice(0, 4), ['connect', 'connect', 'connect-more', 'connect-more']);
    assert.deepEqual(
      run.memory.map(({ open, proxyBytes, kernelBytes, proxyFiles }) => ({
        ...{ open, isWhole: [proxyBytes, kernelBytes, proxyFiles].every((each) => (each ?? 0) > 0) },
      })),
      [0, 1].map(() => ({ open: 4, isWhole: true })),
    );
    const [first, second] = run.memory;
    assert.ok(first && second && second.atUs - first.atUs >= 499_000 && Number.isInteger(first.atUs));
    const { atUs, client, server } = run.queues.at(-1) ?? {};
    assert.deepEqual([client?.open, server?.open], [0, 0]);
    assert.ok((atUs ?? 0) >= second.atUs);
  });

  test('that is interleaved announces its processes, and is never saved before its end', async () => {
    const brought: (readonly RunProcess[])[] = [];
    const saved: Run[] = [];
    let listens = 0;
    const { processes, events } = await simulate({
      context: {
        place: {
          isLast: false,
          ready: async () => process.hrtime.bigint(),
          bring: (all) => brought.push(all),
          onBrought(listen) {
            listens++;
            listen([]);
          },
        },
        saveSoFar: async (run) => void saved.push(run),
      },
    });
    assert.deepEqual([brought, listens, saved], [[[WORKER, ...processes]], 1, []]);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'phase' ? [event.phase] : [])),
      ['set-up', 'connect', 'tear-down'],
    );
  });

  test('fails if a host is lost, and stops the workers', async () => {
    const { run, asked } = await simulate({
      work: () => {},
      onLoad: (_, hosts) => hosts.asked.lose('The agent b was lost.'),
    });
    assert.deepEqual(run.outcome, { state: 'failed', reason: 'The agent b was lost.' });
    assert.deepEqual(asked.commands.slice(-4), ['stop', 'stop', 'leave', 'leave']);
  });

  for (const isLost of [false, true])
    test(`${isLost ? 'that failed keeps its reason' : 'fails'} if its folder was lost`, async () => {
      const { run, folders } = await simulate({
        ...(isLost ? { work: () => {} } : {}),
        async onLoad(folder, hosts) {
          await rm(join(folder, RECORD));
          if (isLost) hosts.asked.lose('The agent b was lost.');
        },
      });
      const reason = isLost ? 'The agent b was lost.' : lostFolder(folders[0] ?? '');
      assert.deepEqual(run.outcome, { state: 'failed', reason });
    });

  test('warns about a temporary folder without space', async (t) => {
    t.mock.method(fs, 'statfs', async () => ({ blocks: 16, bavail: 0 }));
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    const { run } = await simulate();
    assert.equal(run.notices.filter(({ code }) => code === 'temporary-folder-full').length, 1);
  });

  test('ends with the reason of the signal if it is stopped before the load', async () => {
    const signal = AbortSignal.abort(new Error('called off'));
    await assert.rejects(simulate({ context: { signal } }), { message: 'called off' });
  });
});
