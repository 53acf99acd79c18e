import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { experimentOf, fakeServices, goodRun, obey, temporaryFolder } from './services.test.fixture.ts';
import type { Services } from './services.ts';

const LACK = 'It has no stream module. Install it.';

/** Services with an Nginx that cannot run the variants named, and the variants that were run. */
function lacking(...names: string[]): { services: Services; ran: string[] } {
  const ran: string[] = [];
  const services = fakeServices({
    missingModule: async ({ variant }) => (names.includes(variant.name) ? LACK : null),
    runExperiment: experimentOf(async (planned) => {
      ran.push(planned.variant.name);
      return goodRun(planned);
    }),
  });
  return { services, ran };
}

test('what this Nginx lacks a module for is passed over with a notice, and is no failure', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, ran } = lacking('tls');
  const line = ['-p', 'plain,tls', '--steps', 'throughput', '--reports', reports];
  const { code, said, out } = await obey(line, services);
  assert.deepEqual([code, ran], [0, ['plain']]);
  assert.ok([out, ...said].join('\n').includes(`tls is passed over: ${LACK}`));
});

test('with nothing left to run it is told why, before anything starts', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, ran } = lacking('tls');
  const { code, said } = await obey(['-p', 'tls', '--reports', reports], services);
  assert.deepEqual([code, said, ran], [1, [`tls is passed over: ${LACK}`], []]);
  assert.deepEqual(await readdir(reports), []);
});

test('a comparison goes on without a variant, but not without its baseline or with nothing beside it', async (t) => {
  const compared = async (missing: string, ...names: string[]) => {
    const { services, ran } = lacking(missing);
    const reports = await temporaryFolder(t);
    const line = ['compare', ...names, '--rounds', '1', '--steps', 'throughput', '--reports', reports];
    const { said } = await obey(line, services);
    return { ran: [...new Set(ran)].sort(), said };
  };
  const without = await compared('tls', 'plain', 'tls', 'direct');
  assert.deepEqual(without.ran, ['direct', 'plain']);
  for (const names of [
    ['tls', 'plain', 'direct'],
    ['plain', 'tls'],
  ]) {
    assert.deepEqual(await compared('tls', ...names), { ran: [], said: [`tls is passed over: ${LACK}`] });
  }
});
