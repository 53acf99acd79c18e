import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

test('over the number of real Nginx workers: as many as asked, and nothing else differs', async (t) => {
  const line =
    'ladder -p plain --over nginx-workers --steps throughput --points 1,3 --rounds 1 -c 6 -w 0 -d 300ms --no-pin --json -q';
  const { out } = await obey([...line.split(' '), '--reports', await temporaryFolder(t)], services);
  const { ladder, runs } = JSON.parse(out);
  const levels = ladder.points.map(({ level }: { level: number }) => level);
  assert.deepEqual(levels.toSorted(), [1, 3]);
  assert.deepEqual(ladder.metrics[0], 'messages.perSecond');
  for (const [index, run] of runs.entries()) {
    assert.equal(run.outcome, 'completed');
    assert.deepEqual([run.connections.asked, run.connections.opened], [6, 6]);
    assert.ok(run.messages.echoed > 0);
    assert.equal(ladder.points[index].figures['messages.perSecond'], run.messages.perSecond);
  }
});
