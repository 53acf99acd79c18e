import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OtherHosts } from '../model/other-hosts.ts';
import { oneAfterAnother } from './succession.ts';

test('each run is ended once, before the next one starts or when all is over', async () => {
  const events: string[] = [];
  const runs = oneAfterAnother(async (plan: string) => {
    events.push(`start ${plan}`);
    const end = async () => {
      events.push(`end ${plan}`);
      return { processes: [], hosts: [] };
    };
    return { end, plan } as unknown as OtherHosts & { plan: string };
  });
  await runs.close();
  const first = await runs.start('a');
  assert.equal(first.plan, 'a');
  await first.end();
  await runs.start('b');
  await runs.start('c');
  await runs.close();
  await runs.close();
  assert.deepEqual(events, ['start a', 'end a', 'start b', 'end b', 'start c', 'end c']);
});
