// Checks one run of the bench by its summary: all went well, all is reported, nothing is left over.
// Usage: node check-run.mjs SUMMARY.json TEMPORARY_FOLDER

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [summaryPath, temporaryFolder] = process.argv.slice(2);
const summary = JSON.parse(readFileSync(summaryPath, 'utf8'));

assert.equal(summary.runs.length, 1);
const [run] = summary.runs;
assert.equal(run.profile, 'tls');
assert.equal(run.outcome.state ?? run.outcome, 'completed');
assert.equal(run.connections.opened, 200);
assert.equal(run.connections.failed, 0);
assert.ok(run.messages.echoed > 0);
assert.equal(run.messages.lost, 0);
assert.equal(run.messages.sent, run.messages.echoed + run.messages.outstanding + run.messages.lost);
assert.equal(run.tlsUs.count, run.connections.opened);

assert.ok(existsSync(summary.reportPath), `no report at ${summary.reportPath}`);
const result = JSON.parse(readFileSync(join(dirname(summary.reportPath), 'result.json'), 'utf8'));

const processes = result.runs.flatMap(({ processes }) => processes);
assert.ok(processes.some(({ component }) => component === 'nginx'));
const orphans = processes.filter(({ pid }) => existsSync(`/proc/${pid}`));
assert.deepEqual(
  orphans.map(({ name, pid }) => `${name} (${pid})`),
  [],
  'processes outlived the run',
);

const left = readdirSync(temporaryFolder).filter((name) => name.startsWith('nginx-ws-bench-'));
assert.deepEqual(left, [], 'temporary files outlived the run');

console.log(
  `${run.messages.echoed} messages echoed over ${run.connections.opened} connections; nothing is left over.`,
);
