import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentRun, type Duty } from './agent-run.ts';
import type { Outbox } from './outbox.ts';

const RUN = '00000000-0000-0000-0000-000000000000';

/** The part of a run that records what is asked of it, in order. */
function recorded(more: Partial<Duty> = {}) {
  const events: unknown[] = [];
  const outbox: Outbox = {
    add: (message) => void events.push(message),
    async flush(ms) {
      events.push(`flush ${ms}`);
    },
    close: () => void events.push('close'),
  };
  const observer = {
    async begin() {},
    sampleAt() {},
    noteLoop() {},
    end() {
      events.push('observed');
      return { processes: [], machine: null };
    },
  };
  const duty: Duty = {
    ...{ run: RUN, ready: Promise.resolve(null), observer },
    async stop() {
      events.push('stopped');
    },
    ...more,
  };
  return { run: agentRun(duty, outbox), events };
}

test('a run ends with what was observed, after all its reports have been stored', async () => {
  const { run, events } = recorded();
  assert.deepEqual(await run.end(), { processes: [], machine: null, errorLog: [] });
  assert.deepEqual(events, ['observed', 'stopped', 'flush 5000', 'close']);
  const logged = recorded({
    async readErrorLog() {
      logged.events.push('log');
      return ['emerg'];
    },
  });
  assert.deepEqual((await logged.run.end()).errorLog, ['emerg']);
  assert.deepEqual(logged.events, ['observed', 'log', 'stopped', 'flush 5000', 'close']);
});

test('a run that is given up reports why', async () => {
  const { run, events } = recorded();
  await run.giveUp('it was stopped.');
  const lost = { type: 'lost', reason: 'it was stopped.' };
  assert.deepEqual(events, ['observed', lost, 'stopped', 'flush 5000', 'close']);
});

test('a part without workers or servers has none to tell or to count', async () => {
  const { run } = recorded();
  assert.deepEqual(
    [run.run, run.workers, run.tell(0, { type: 'leave' }), await run.stats()],
    [RUN, 0, false, []],
  );
  const { run: other } = recorded({ workers: 2, tell: () => true, stats: async () => [null] });
  assert.deepEqual([other.workers, other.tell(0, { type: 'leave' }), await other.stats()], [2, true, [null]]);
});
