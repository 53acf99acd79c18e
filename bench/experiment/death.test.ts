import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { counted } from '../model/recording.ts';
import type { Run, RunProcess } from '../model/run.ts';
import { workerPids } from '../nginx/start.ts';
import { PRIVATE_FOLDER_PREFIX } from '../topology/private-folder.ts';
import {
  checkFaultless,
  type Executed,
  execute,
  ownTemporaryFolder,
  pidsOf,
  processesUsing,
} from './experiment.test.fixture.ts';

const CONNECTIONS = 20;
/** A load that leaves the CPUs to whatever else goes on, for what has nothing to do with a closed loop. */
const LIGHT = '-R 100 --workers 1';
/** More than a slice, so that something is measured before. */
const BEFORE_MS = 1_150;

/** Acts on the processes well within the steady phase, long before its end. */
function meddle(
  t: TestContext,
  options: string,
  what: (processes: readonly RunProcess[]) => void | Promise<void>,
  durationS = 4,
): Promise<Executed> {
  const line = `-c ${CONNECTIONS} -w 100ms -d ${durationS}s --echo-timeout 2s --no-http ${options}`;
  return execute(t, line, {
    // A closed loop sends as often as it is answered.
    serverArguments: ['--delay', '200'],
    async onPhase(phase, processes) {
      if (phase !== 'steady') return;
      await sleep(BEFORE_MS);
      await what(processes);
    },
  });
}

/** Kills the first process with that name. @returns its pid, once the run is over */
async function kill(t: TestContext, options: string, name: string): Promise<Executed & { pid: number }> {
  let pid = 0;
  const executed = await meddle(t, options, (processes) => {
    pid = pidsOf(processes, name)[0] ?? 0;
    assert.ok(pid > 0, name);
    process.kill(pid, 'SIGKILL');
  });
  return { ...executed, pid };
}

/** Finds processes of this run before it has reported them. */
async function nginxMaster(): Promise<number> {
  const pids = await processesUsing(tmpdir());
  const found = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('nginx: master'));
  assert.ok(found !== undefined);
  return found;
}

function checkFailed({ outcome, validity, proxy, plan }: Run, reason: string): void {
  assert.deepEqual(outcome, { state: 'failed', reason });
  assert.notEqual(validity.verdict, 'valid');
  assert.ok(validity.reasons.some(({ code, data }) => code === 'run-ended' && data.reason === reason));
  assert.equal(proxy === null, plan.profile === 'direct');
}

/** Asserts that all measurements up to then were kept. A busy machine may echo late. */
function checkKept({ slices, phases, processes, workers, plan }: Run): void {
  const echoing = slices.filter(({ counters }) => counted(counters, 'echoed') > 0);
  assert.ok(echoing.length > 0);
  assert.ok(echoing.some(({ histograms }) => histograms.service !== undefined));
  assert.ok(slices.some(({ phase, startUs, endUs }) => phase === 'steady' && endUs - startUs === 1e6));
  assert.ok(phases.some(({ phase }) => phase === 'steady'));
  // Nginx replaces a worker that died. The new one has as many samples as time allowed.
  const first = processes.filter(({ bornUs }) => bornUs === null);
  assert.ok(first.length >= plan.workers + plan.servers + 1);
  assert.ok(first.every(({ samples }) => samples.length >= 3));
  assert.equal(new Set(processes.map(({ pid }) => pid)).size, processes.length);
  assert.deepEqual(
    [workers.length, workers.reduce((sum, { opened }) => sum + opened, 0)],
    [plan.workers, plan.connections],
  );
}

ownTemporaryFolder();

describe('in mid-run', { concurrency: 4 }, () => {
  for (const [options, name, calledSo] of [
    ['--profile plain --nginx-workers 2 --workers 2', 'nginx master', 'nginx'],
    [`--profile load-balanced --client ws ${LIGHT}`, 'echo server 2', 'echo server 2'],
    ['--profile tls -R 100 --workers 2', 'generator 2', 'generator 2'],
  ] as const) {
    it(`${options}: ${name} is killed`, async (t) => {
      const { run, pid } = await kill(t, options, name);
      checkFailed(run, `${calledSo} (process ${pid}) was killed by SIGKILL during the run.`);
      checkKept(run);
    });
  }

  for (const options of ['--in-flight 4 --workers 2', `--client ws ${LIGHT}`]) {
    it(`an Nginx worker is killed: its connections fail, the others go on (${options})`, async (t) => {
      // By hash, or a generator that opens fast may find one and the same worker every time.
      let others = 0;
      const { run, figures } = await meddle(
        t,
        `--profile plain+reuseport --nginx-workers 2 ${options}`,
        (processes) => {
          const files = pidsOf(processes, 'nginx worker').map((pid) => ({
            pid,
            count: readdirSync(`/proc/${pid}/fd`).length,
          }));
          files.sort((a, b) => b.count - a.count);
          const [busiest] = files;
          assert.ok(busiest);
          process.kill(busiest.pid, 'SIGKILL');
          others = pidsOf(processes, 'nginx worker').length - 1;
        },
      );
      assert.equal(others, 1);
      checkKept(run);
      assert.deepEqual(run.outcome, { state: 'completed' });
      const { failed } = figures.connections;
      assert.ok(failed >= CONNECTIONS / 2, `${failed} failed`);
      const { 'closed-1006': dropped = 0, reset = 0 } = figures.failures.byStage.open;
      assert.equal(dropped + reset, failed, JSON.stringify(figures.failures.byStage));
      assert.equal(figures.messages.outstanding, 0);
      const { load } = run.plan.workload;
      const inFlight = load?.kind === 'closed' ? load.inFlight : Number.POSITIVE_INFINITY;
      assert.ok(figures.messages.lost <= failed * inFlight);
      assert.equal(run.slices.at(-1)?.gauges.open, CONNECTIONS - failed);
      assert.match(run.proxy?.errorLog.join('\n') ?? '', /worker process \d+ exited on signal 9/);
      // A busy echo server may also be found, and then determines the verdict.
      assert.notEqual(run.validity.verdict, 'valid');
      assert.match(
        run.validity.reasons.map(({ text }) => text).join(' '),
        new RegExp(`${failed} of ${CONNECTIONS} connections failed`),
      );
    });
  }

  it('the only Nginx worker is killed: all connections fail, and the run ends', async (t) => {
    const { run, figures } = await kill(t, `--profile plain --nginx-workers 1 ${LIGHT}`, 'nginx worker');
    checkKept(run);
    assert.deepEqual(run.outcome, {
      state: 'failed',
      reason: `all of its ${CONNECTIONS} connections failed.`,
    });
    assert.equal(figures.connections.failed, CONNECTIONS);
    assert.equal(figures.messages.outstanding, 0);
    assert.equal(run.slices.at(-1)?.gauges.open, 0);
    assert.notEqual(run.validity.verdict, 'valid');
  });

  for (const options of [`--profile plain ${LIGHT}`, `--profile tls --client ws ${LIGHT}`]) {
    it(`${options}: Nginx is reloaded, and nothing is lost`, async (t) => {
      let before: number[] = [];
      let workers: number[] = [];
      const { run, figures } = await meddle(t, `${options} --nginx-workers 2`, async (processes) => {
        const [master = 0] = pidsOf(processes, 'nginx master');
        before = pidsOf(processes, 'nginx worker');
        process.kill(master, 'SIGHUP');
        do {
          await sleep(50);
          workers = await workerPids(master);
        } while (workers.filter((pid) => !before.includes(pid)).length < 2);
      });
      checkFaultless(run, figures);
      // The old workers still hold connections in addition to the new ones.
      assert.ok(workers.some((pid) => before.includes(pid)));
    });
  }
});

/** Finds the processes of a run that is the only one. */
function privateFolderHere(): string {
  const [name, ...others] = readdirSync(tmpdir()).filter((each) => each.startsWith(PRIVATE_FOLDER_PREFIX));
  assert.ok(name !== undefined && others.length === 0);
  return join(tmpdir(), name);
}

// These tests run alone: they find processes by the shared temporary folder, or stop this process.
it('the private folder is removed during the run', async (t) => {
  let folder = '';
  const { run } = await meddle(t, '--profile plain', () => {
    folder = privateFolderHere();
    rmSync(folder, { recursive: true });
  });
  checkFailed(run, `The private folder ${folder} was removed or replaced while it was in use.`);
  checkKept(run);
});

it('the private folder is removed at the end of the load', async (t) => {
  const { run } = await execute(t, '--profile plain -c 5 -w 0ms -d 1s --no-http', {
    onPhase(phase) {
      if (phase === 'drain') rmSync(privateFolderHere(), { recursive: true });
    },
  });
  assert.equal(run.outcome.state, 'failed');
});

it('the clean-up process is killed: another replaces it, and the run continues', async (t) => {
  let pid = 0;
  const { run, figures, said } = await meddle(t, `--profile plain ${LIGHT}`, () => {
    const [, line = ''] = readFileSync(join(privateFolderHere(), '.nginx-ws-bench-owner'), 'utf8').split(
      '\n',
    );
    pid = JSON.parse(line).pid;
    process.kill(pid, 'SIGKILL');
  });
  checkFaultless(run, figures);
  assert.deepEqual(said, [`The clean-up process (process ${pid}) was killed by SIGKILL and was replaced.`]);
});

it('the runner is stopped for seconds: the run is suspect, and the verdict says why', async (t) => {
  const { run } = await meddle(
    t,
    `--profile plain ${LIGHT}`,
    () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
    },
    5,
  );
  assert.deepEqual(run.outcome, { state: 'completed' });
  assert.notEqual(run.validity.verdict, 'valid');
  const stopped = run.validity.reasons.find(({ code }) => code === 'runner-stopped');
  assert.ok(Array.isArray(stopped?.data.seconds) && stopped.data.seconds.length > 0);
});

it('the generator of the HTTP leg is killed', async (t) => {
  let pid = 0;
  const { run } = await execute(t, `--profile plain -c ${CONNECTIONS} -d 1s`, {
    async onPhase(phase) {
      if (phase !== 'http') return;
      do {
        for (const each of await processesUsing(tmpdir()))
          if (readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('http-worker')) pid = each;
      } while (pid === 0);
      process.kill(pid, 'SIGKILL');
    },
  });
  const reason = `HTTP generator (process ${pid}) was killed by SIGKILL during the run. This happened while HTTP requests were being sent, before the WebSockets were opened.`;
  assert.deepEqual(run.outcome, { state: 'failed', reason });
});

it('Nginx is killed during the HTTP leg', async (t) => {
  let pid = 0;
  const { run } = await execute(t, `--profile plain -c ${CONNECTIONS} -d 1500ms`, {
    async onPhase(phase) {
      if (phase !== 'http') return;
      await sleep(1_000);
      pid = await nginxMaster();
      process.kill(pid, 'SIGKILL');
    },
  });
  checkFailed(run, `nginx (process ${pid}) was killed by SIGKILL during the run.`);
  assert.ok((run.http?.errors ?? 0) > 0);
});
