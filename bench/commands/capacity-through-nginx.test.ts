import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

/** What this Nginx lets in at a time, whatever the machine does besides. */
const LIMIT = 30;

const CONFIGURATION = `
events {}
http {
  limit_conn_zone $server_name zone=all:1m;
  upstream backend { server 127.0.0.1:9000; }
  server {
    listen 80;
    server_name example.org;
    location / {
      limit_conn all ${LIMIT};
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
}
`;

test('a real Nginx that lets in so many WebSockets: none fails up to there, each beyond does', async (t) => {
  const reports = await temporaryFolder(t);
  const file = join(reports, 'limited.conf');
  await writeFile(file, CONFIGURATION);
  const argv = ['capacity', '--conf', file, '--keep-guards', '--over', 'connections', '--objective'];
  const load =
    'response.p50<10s -c 40 --max 60 --rate-per-connection 20 -w 0 -d 300ms --budget 8s --json --reports';
  const { out } = await obey([...argv, ...load.split(' '), reports], services);
  const { capacity, runs } = JSON.parse(out);
  const [low, high] = capacity.interval;
  assert.ok(low === null || low <= LIMIT, `${low}`);
  // What holds may be missed by a machine that is busy with other work; what is refused cannot hold.
  assert.ok(high !== null && high <= 40, `${high}`);
  assert.equal(runs.length, capacity.trials.length);
  assert.equal(capacity.trials[0].level, 40);
  const failed = capacity.objectives.findIndex(
    ({ metric }: { metric: string }) => metric === 'connections.failed',
  );
  for (const [index, { level, met, figures }] of capacity.trials.entries()) {
    const refused = Math.max(0, level - LIMIT);
    assert.equal(runs[index].connections.asked, level);
    assert.equal(figures[failed], refused);
    assert.deepEqual(runs[index].failures, refused === 0 ? {} : { 'status-503': refused });
    if (refused > 0) assert.equal(met, false);
  }
});
