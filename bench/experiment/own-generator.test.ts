import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { atWorkplace } from '../topology/workplace.ts';
import { ownGenerator } from './own-generator.ts';

test('workers of this host start together a tenth of a second later, on its own clock, and report nothing more', async () => {
  await atWorkplace({ say: assert.fail, urgent: new AbortController().signal }, async ({ processSet }) => {
    const generator = await ownGenerator(processSet).start({
      ...{ workers: 2, client: 'lean', engine: 'node', cpus: null },
      target: { host: '127.0.0.1', ports: [1] },
    });
    const { workers, processes, headStartUs } = generator;
    assert.equal(headStartUs, 100_000);
    assert.deepEqual(
      workers.map(({ id, name, toHostNs }) => [id, name, toHostNs(7n)]),
      [1, 2].map((number) => [{ host: hostname(), index: number - 1 }, `generator ${number}`, 7n]),
    );
    assert.deepEqual(
      processes.map(({ component, name }) => [component, name]),
      [1, 2].map((number) => ['generator', `generator ${number}`]),
    );
    assert.deepEqual(await generator.end(), { processes: [], hosts: [] });
    processSet.dismiss();
  });
});
