import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { monotonicNs } from '../load/clock.ts';
import { makeGate } from '../load/gate.ts';
import type { Outbox } from './outbox.ts';
import type { Reported } from './protocol.ts';
import { beginWatchRun } from './watch-run.ts';

const RUN = '00000000-0000-0000-0000-000000000000';

function makeOutbox() {
  const lost = makeGate<Reported>();
  const outbox: Outbox = { add: lost.open, flush: async () => {}, close() {} };
  return { outbox, lost };
}

test('a process that ends while it is watched ends the run, and keeps what was observed', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const pid = child.pid ?? assert.fail();
  const { outbox, lost } = makeOutbox();
  const run = beginWatchRun(RUN, [{ pid }], outbox);
  await run.ready;
  await run.observer.begin(monotonicNs(), 10);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // The sampler's timer does not keep this process alive.
  const alive = setInterval(() => {}, 1_000);
  const message = await lost.opened.finally(() => clearInterval(alive));
  assert.ok(message.type === 'lost');
  assert.match(message.reason, /have exited/);
  const { processes } = await run.end();
  assert.equal(processes.length, 1);
  assert.ok(processes[0]?.samples.length && processes[0].endedUs !== null);
});

test('what cannot be found is a reason not to begin', async () => {
  const { outbox } = makeOutbox();
  const run = beginWatchRun(RUN, [{ name: 'no-such-program' }], outbox);
  await assert.rejects(run.ready, { kind: 'environment', message: /no-such-program/ });
  assert.deepEqual(await run.end(), { processes: [], machine: null, errorLog: [] });
});
