import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

function calibrate(line: string) {
  const request = parseRequest(`calibrate ${line}`.trim().split(' '));
  assert.equal(request.command, 'calibrate');
  return request.calibrate;
}

test('plain is calibrated with the runs of a comparison, unless asked otherwise', () => {
  const { run, rounds, budgetMs } = calibrate('');
  assert.deepEqual([rounds, budgetMs], [null, null]);
  assert.deepEqual(
    [run.variants, run.steps, run.durationMs, run.warmupMs, run.http, run.name],
    [['plain'], ['throughput', 'latency'], 3000, 1000, false, 'calibrate-plain'],
  );
  const other = calibrate('-p tls+buf-16k --rounds 20 --budget 20m -d 1s -c 200 --name mine');
  assert.deepEqual([other.rounds, other.budgetMs], [20, 1_200_000]);
  assert.deepEqual(
    [other.run.variants, other.run.durationMs, other.run.connections, other.run.name],
    [['tls+buf-16k'], 1000, 200, 'mine'],
  );
});

test('several profiles, operands and options that would change what is known are refused', () => {
  assert.throws(() => calibrate('-p plain,tls'), /one profile/);
  assert.throws(() => calibrate('-p all'), /one profile/);
  assert.throws(() => calibrate('plain'), /`calibrate` does not take "plain"/);
  assert.throws(() => calibrate('--steps latency'), /calibrate has no --steps/);
});
