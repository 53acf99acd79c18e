import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { monotonicNs } from '../load/clock.ts';
import type { RunProcess } from '../model/run.ts';
import { makeObserver } from './observer.ts';

const ITSELF: RunProcess = { component: 'server', role: 'server', name: 'server 1', pid: process.pid };

test('what has not begun has observed nothing', () => {
  const observer = makeObserver(() => assert.fail('nothing is looked for'));
  observer.noteLoop(process.pid, { utilisation: 0.5, delayMaxUs: 7 });
  assert.deepEqual(observer.end(), { processes: [], machine: null });
});

test('it samples when it begins, when it is asked to, and when it ends', async () => {
  let looks = 0;
  const observer = makeObserver(async () => {
    looks += 1;
    return [ITSELF];
  });
  const epochNs = monotonicNs();
  await observer.begin(epochNs, 60_000);
  const before = looks;
  await observer.begin(epochNs - 3_600_000_000_000n, 60_000);
  assert.equal(looks, before);
  // One time has passed, and the other one never comes.
  observer.sampleAt([-1, 3_600_000_000]);
  // A timer that is set later and takes longer fires later.
  await setTimeout(5);
  observer.noteLoop(process.pid, { utilisation: 0.5, delayMaxUs: 7, startUs: 0, endUs: 3_600_000_000 });
  const { processes, machine } = observer.end();
  const [{ samples, ...series } = assert.fail()] = processes;
  assert.equal(processes.length, 1);
  assert.deepEqual(
    [series.component, series.role, series.name, series.pid],
    ['server', 'server', 'server 1', process.pid],
  );
  assert.equal(samples.length, 3);
  assert.ok(samples.every(({ atUs }, at) => atUs >= (samples[at - 1]?.atUs ?? 0)));
  assert.ok(samples.every(({ atUs }) => atUs < 600_000_000));
  assert.ok(samples.some(({ loopUtilisation }) => loopUtilisation === 0.5));
  assert.notEqual(machine, null);
});
