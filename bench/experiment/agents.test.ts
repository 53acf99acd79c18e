import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findOn, startAgent } from '../agents/agents.test.fixture.ts';
import { makeHub } from '../agents/hub.test.fixture.ts';
import { counted } from '../model/recording.ts';
import { execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

/** Agents within this process put load on a real Nginx; load over NATS is tested in ../commands. */

ownTemporaryFolder();

it('agents are the load of scenarios that open, cut and publish, one run after the other', async (t) => {
  const hub = makeHub();
  await Promise.all(['a', 'b'].map((name) => startAgent(t, hub, name)));
  const agents = await findOn(t, hub, 2);
  for (const [options, counter] of [
    ['connect -R 100 -c 100 -w 100ms -d 300ms', 'opened'],
    ['broadcast -R 20 -c 20 -w 100ms -d 300ms', 'delivered'],
    ['storm --steps storm -c 20 --recovery 1s', 'back'],
  ] as const) {
    const line = `-p plain --nats nats://hub --agents 2 --scenario ${options}`;
    const { run, figures } = await execute(t, line, { agents });
    assert.deepEqual([run.outcome, run.plan.agents], [{ state: 'completed' }, ['a', 'b']]);
    const { conservation, counts, hosts } = figures;
    assert.ok(conservation.ok);
    assert.ok((counts[counter] ?? run.workers.reduce((sum, each) => sum + counted(each, counter), 0)) > 0);
    assert.equal(hosts.length, 2);
  }
});
