import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import type { Workplace } from '../topology/workplace.ts';
import { NEVER } from './agents.test.fixture.ts';
import { holdWorkplace } from './held-workplace.ts';
import type { Outbox } from './outbox.ts';

const EARS = { say: () => {}, urgent: NEVER };

/** A held workplace without any process, and everything that it has reported. */
async function held() {
  const reported: unknown[] = [];
  const outbox: Pick<Outbox, 'add'> = { add: (message) => void reported.push(message) };
  const places: Workplace[] = [];
  const workplace = holdWorkplace(EARS, outbox, async (place) => {
    places.push(place);
    return 'begun';
  });
  assert.equal(await workplace.ready, 'begun');
  const [place] = places;
  assert.ok(place !== undefined && existsSync(place.folder));
  return { ...workplace, place, reported };
}

test('an unexpected exit is reported, and nothing is left after the end', async () => {
  const { place, reported, stop } = await held();
  place.processSet.fail('nginx exited.');
  await place.processSet.unexpectedExit;
  assert.deepEqual(reported, [{ type: 'lost', reason: 'nginx exited.' }]);
  await stop();
  assert.equal(existsSync(place.folder), false);
});

test('an exit that the agent expects, or that the end causes, is not reported', async () => {
  const expecting = await held();
  expecting.expectExits();
  expecting.place.processSet.fail('a worker exited.');
  await expecting.place.processSet.unexpectedExit;
  await expecting.stop();
  const stopping = await held();
  stopping.place.processSet.fail('a server exited.');
  await stopping.stop();
  await stopping.place.processSet.unexpectedExit;
  const closing = await held();
  closing.place.processSet.closing('the last process', () => closing.place.processSet.fail('it exited.'));
  await closing.stop();
  assert.equal(closing.place.processSet.hasUnexpectedExit(), false);
  assert.deepEqual([expecting.reported, stopping.reported, closing.reported], [[], [], []]);
});

test('if nothing could be begun, the reason is passed on, and there is nothing to stop', async () => {
  const problem = new Problem('environment', 'no Nginx');
  const { ready, stop } = holdWorkplace(EARS, { add: () => assert.fail('nothing is lost') }, async () => {
    throw problem;
  });
  await assert.rejects(ready, problem);
  await stop();
});
