import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

/** Number of connections that this Nginx accepts at the same time, however busy the machine is. */
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

test('if a real Nginx limits its WebSockets, no level up to the limit fails and every higher one does', async (t) => {
  const reports = await temporaryFolder(t);
  const file = join(reports, 'limited.conf');
  await writeFile(file, CONFIGURATION);
  const argv = ['capacity', '--conf', file, '--keep-guards', '--over', 'connections', '--objective'];
  const load =
    'response.p50<10s -c 40 --max 60 --rate-per-connection 20 -w 0 -d 300ms --budget 8s --no-pin --json --reports';
  const { out } = await obey([...argv, ...load.split(' '), reports], services);
  const { capacity, runs } = JSON.parse(out);
  const [low, high] = capacity.interval;
  assert.ok(low === null || low <= LIMIT, `${low}`);
  // On a busy machine, a level that Nginx accepts may still be missed. A level that it refuses is never met.
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
