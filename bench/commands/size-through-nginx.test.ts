import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Size } from '../model/size.ts';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

test('memory and descriptors of a real Nginx are measured, and checked with more connections', async (t) => {
  const line = 'size -p plain -c 4k --rate 0 --churn 0 --check 400 --rounds 2 --json -q';
  const { out, code } = await obey([...line.split(' '), '--reports', await temporaryFolder(t)], services);
  assert.equal(code, 0);
  const { size, runs }: { size: Omit<Size, 'kind'>; runs: Record<string, unknown>[] } = JSON.parse(out);
  assert.deepEqual(
    runs.map(({ scenario, step, round, outcome }) => [scenario, step, round, outcome]),
    [1, 2, null].map((round) => ['idle', 'touched', round, 'completed']),
  );
  const cost = (name: string) => size.costs.find((each) => each.name === name)?.estimate;
  // Nginx needs one descriptor for the client and one for the server.
  assert.ok(Math.abs((cost('files-connection')?.value ?? 0) - 2) < 0.01);
  // If other work runs, a sample may be taken before all buffers were used, so the amount is not asserted.
  assert.ok(cost('memory-connection'), JSON.stringify(size.costs));
  const [memory, files, ...others] = size.check.checked;
  assert.deepEqual(others, []);
  assert.ok((memory?.measured ?? 0) > 0);
  assert.ok(files !== undefined && Math.abs(files.error ?? 1) < 0.01);
  assert.deepEqual(
    size.needs.filter(({ estimate }) => estimate === null),
    [],
  );
});
