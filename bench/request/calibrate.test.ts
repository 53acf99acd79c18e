import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

function calibrate(line: string) {
  const request = parseRequest(`calibrate ${line}`.trim().split(' '));
  assert.equal(request.command, 'calibrate');
  return request.calibrate;
}

test('plain is calibrated with the runs of a comparison by default', () => {
  const { run, rounds, budgetMs } = calibrate('');
  assert.deepEqual([rounds, budgetMs], [null, null]);
  assert.deepEqual(
    [run.variants, run.steps, run.durationMs, run.warmupMs, run.http, run.name],
    [['plain'], ['throughput', 'latency'], 3000, 1000, false, 'calibrate-plain'],
  );
  const spaced = parseRequest(['calibrate', '-p', ' tls ']);
  assert.ok(spaced.command === 'calibrate');
  assert.deepEqual(spaced.calibrate.run.variants, ['tls']);
  assert.deepEqual([calibrate('--rounds 1').rounds, calibrate('--rounds 1000').rounds], [1, 1000]);
  const other = calibrate('-p tls+buf-16k --rounds 20 --budget 20m -d 1s -w 5s -c 200 --name mine');
  assert.deepEqual([other.rounds, other.budgetMs], [20, 1_200_000]);
  assert.deepEqual(
    [other.run.variants, other.run.durationMs, other.run.warmupMs, other.run.connections, other.run.name],
    [['tls+buf-16k'], 1000, 5000, 200, 'mine'],
  );
});

test('several profiles, operands, and options that would change the known outcome are rejected', () => {
  assert.throws(() => calibrate('-p plain,tls'), /one profile/);
  assert.throws(() => calibrate('-p all'), /one profile/);
  for (const rounds of [0, 1001])
    assert.throws(() => calibrate(`--rounds ${rounds}`), /--rounds "\d+" must be between 1 and 1k/);
  assert.throws(() => calibrate('plain'), /`calibrate` does not take "plain"/);
  assert.throws(() => calibrate('--steps latency'), /calibrate has no --steps/);
});
