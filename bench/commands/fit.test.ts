import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { finding } from '../wording/finding.ts';
import {
  experimentOf,
  fakeServices,
  goodRun,
  obey,
  PREPARED,
  temporaryFolder,
} from './services.test.fixture.ts';
import type { Services } from './services.ts';

const LACK = 'It has no stream module. Install it.';
const SKIPPED = finding('variant-passed-over', { variant: 'tls', missing: LACK }).text;

/** Services with an Nginx that cannot run the variants named, and the variants that were run. */
function lacking(...names: string[]): { services: Services; ran: string[] } {
  const ran: string[] = [];
  const services = fakeServices({
    prepareProxy: async (_kind, { path }) => ({
      ...PREPARED,
      lackIn: () => (names.some((name) => path.includes(`/${name}/`)) ? LACK : null),
    }),
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
  assert.ok([out, ...said].join('\n').includes(SKIPPED));
});

test('with nothing left to run it is told why, before anything starts', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, ran } = lacking('tls');
  const { code, said } = await obey(['-p', 'tls', '--reports', reports], services);
  assert.deepEqual([code, said, ran], [1, [SKIPPED], []]);
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
    assert.deepEqual(await compared('tls', ...names), { ran: [], said: [SKIPPED] });
  }
});

test('each variant runs on the Nginx that it names, found once, and it is told which that is', async (t) => {
  const reports = await temporaryFolder(t);
  const found: (string | null)[] = [];
  const ran: string[] = [];
  const services = fakeServices({
    async findProxy(kind, source, progress) {
      found.push(source);
      const binary = await fakeServices().findProxy(kind, source, progress);
      const isNew = source === 'debian:trixie';
      return isNew ? { ...binary, version: '1.26.3', origin: 'nginx 1.26.3-3 of debian:trixie' } : binary;
    },
    runExperiment: experimentOf(async (planned, { proxies }) => {
      const { name } = planned.variant;
      ran.push(`${name} ${proxies.get(name)?.binary.version ?? null}`);
      return goodRun(planned);
    }),
  });
  const line = [
    '-p',
    'direct,tls@old,tls@new+buf-16k,plain,tls@new',
    '--steps',
    'throughput',
    '--reports',
    reports,
  ];
  const { code, said, out } = await obey(
    [...line, '--nginx', 'old=/n', '--nginx', 'new=debian:trixie'],
    services,
  );
  assert.equal(code, 0);
  assert.deepEqual(found, ['/n', 'debian:trixie', null]);
  assert.deepEqual(ran, [
    'direct null',
    'tls@old 1.22.1',
    'tls@new+buf-16k 1.26.3',
    'plain 1.22.1',
    'tls@new 1.26.3',
  ]);
  const old = { version: '1.22.1', openssl: 'OpenSSL 3.0.19', origin: '/usr/sbin/nginx' };
  const sides = [
    { ...old, variants: ['tls@old'] },
    {
      ...old,
      variants: ['tls@new+buf-16k', 'tls@new'],
      version: '1.26.3',
      origin: 'nginx 1.26.3-3 of debian:trixie',
    },
    { ...old, variants: ['plain'] },
  ];
  const { text } = finding('nginx-versions', { sides });
  assert.ok([out, ...said].join('\n').includes(text), out);
});

test('a side with an Nginx is not run where that cannot be had', async (t) => {
  const reports = await temporaryFolder(t);
  const { services, ran } = lacking();
  const findProxy = async () => {
    throw new Problem('environment', 'It cannot be had.');
  };
  const line = ['-p', 'direct,tls@new', '--nginx', 'new=debian:nosuch', '--reports', reports];
  const { code, said } = await obey(line, { ...services, findProxy });
  assert.deepEqual([code, said, ran, await readdir(reports)], [1, ['It cannot be had.'], [], []]);
});

test('the Nginx to which an upgrade leads is found too, although no variant runs on it', async (t) => {
  const reports = await temporaryFolder(t);
  const found: (string | null)[] = [];
  const upgrades: unknown[] = [];
  const services = fakeServices({
    async findProxy(kind, source, progress) {
      found.push(source);
      return { ...(await fakeServices().findProxy(kind, source, progress)), version: `of ${source}` };
    },
    runExperiment: experimentOf(async (planned, { proxies }) => {
      upgrades.push(
        planned.plan.timeline.map(({ action }) => action),
        proxies.get(planned.variant.name)?.upgradeTo?.version,
      );
      return goodRun(planned);
    }),
  });
  const line = ['-p', 'tls@old', '--scenario', 'reload', '--upgrade', 'new', '--reports', reports];
  await obey([...line, '--nginx', 'old=/n', '--nginx', 'new=debian:trixie'], services);
  assert.deepEqual(found, ['/n', 'debian:trixie']);
  assert.deepEqual(upgrades, [[{ kind: 'upgrade', to: 'new' }], 'of debian:trixie']);
});
