// Checks one run of the bench by its summary: it succeeded, everything is reported, and nothing is left behind.
// Usage: node check-run.mjs SUMMARY.json TEMPORARY_FOLDER

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [summaryPath, temporaryFolder] = process.argv.slice(2);
const summary = JSON.parse(readFileSync(summaryPath, 'utf8'));

assert.deepEqual(
  summary.runs.slice(0, 2).map(({ variant, step, round, profile }) => [variant, step, round, profile]),
  [
    ['tls', 'throughput', null, 'tls'],
    ['tls', 'latency', null, 'tls'],
  ],
);
for (const run of summary.runs) {
  assert.equal(run.outcome, 'completed');
  assert.equal(run.connections.opened, 200);
  assert.equal(run.connections.failed, 0);
  assert.ok(run.messages.echoed > 0);
  assert.equal(run.messages.lost, 0);
  assert.equal(run.messages.sent, run.messages.echoed + run.messages.outstanding + run.messages.lost);
  assert.equal(run.tlsUs.count, run.connections.opened);
}
const [throughput, latency] = summary.runs;
assert.equal(throughput.responseUs, null);
assert.ok(throughput.perCoreCapacity.perSecond > 0);
assert.ok(latency.responseUs.count > 0);
assert.ok(summary.conclusions.some(({ kind, ratePerSecond }) => kind === 'rate' && ratePerSecond > 0));

assert.ok(existsSync(summary.reportPath), `no report at ${summary.reportPath}`);
const folder = dirname(summary.reportPath);
const index = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
assert.notEqual(index.endedAt, null);
const runs = index.runs.map(({ file }) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
assert.equal(runs.length, summary.runs.length);

const processes = runs.flatMap((run) => run.processes);
assert.ok(processes.some(({ component }) => component === 'proxy'));
const orphans = processes.filter(
  ({ component, pid }) => component !== 'runner' && existsSync(`/proc/${pid}`),
);
assert.deepEqual(
  orphans.map(({ name, pid }) => `${name} (${pid})`),
  [],
  'processes outlived the run',
);

const left = readdirSync(temporaryFolder).filter((name) => name.startsWith('nginx-ws-bench-'));
assert.deepEqual(left, [], 'temporary files outlived the run');

const echoed = summary.runs.map(({ step, messages }) => `${step} ${messages.echoed}`);
console.log(`${echoed.join(', ')} messages echoed over 200 connections; nothing is left over.`);
