import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import type { Facts, Notice } from '../model/finding.ts';
import { PHASES } from '../model/load.ts';
import { counted } from '../model/recording.ts';
import { type Run, runSchema } from '../model/run.ts';
import { diagnose } from './diagnose.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

function found(run: Run, code: string): Notice | undefined {
  return diagnose(run, 2).notices.find((notice) => notice.code === code);
}

function factsOf(run: Run, code: string): [Notice['level'], Facts] | undefined {
  const notice = found(run, code);
  return notice && [notice.level, notice.data];
}

const plain = (): Run => makeRun({ profile: 'plain', ...SMALL });

test('an ordinary run over TCP has no notices', () => {
  assert.deepEqual(diagnose(plain(), 2).notices, []);
});

test('HTTP/2 on the listener: what was negotiated, and whether extended CONNECT was advertised', () => {
  const run = makeRun({ profile: 'http2', http2: true, ...SMALL });
  assert.deepEqual(factsOf(run, 'h2-not-used'), ['info', { alpn: null, extendedConnect: false }]);
  if (run.probe !== null) run.probe = { ...run.probe, extendedConnect: true, alpn: 'http/1.1' };
  assert.deepEqual(factsOf(run, 'h2-not-used'), ['info', { alpn: 'http/1.1', extendedConnect: true }]);
  assert.equal(found(makeRun({ profile: 'tls', ...SMALL }), 'h2-not-used'), undefined);
});

test('TLS: what was negotiated, and a warning if sessions are not resumed', () => {
  const run = makeRun({ profile: 'tls', ...SMALL });
  const negotiated = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
  const facts = (resumed: boolean, boringSsl: boolean) => ({ ...negotiated, resumed, boringSsl });
  assert.deepEqual(factsOf(run, 'tls-resumption'), ['info', facts(true, false)]);
  if (run.probe !== null) run.probe = { ...run.probe, tlsResumed: false };
  assert.deepEqual(factsOf(run, 'tls-resumption'), ['warning', facts(false, false)]);
  run.plan.engine = 'bun';
  assert.deepEqual(factsOf(run, 'tls-resumption'), ['warning', facts(false, true)]);
  run.probe = null;
  assert.equal(found(run, 'tls-resumption'), undefined);
});

test('a cache: its share of the GETs, how many reached the servers, and that messages did', () => {
  const run = makeRun({ profile: 'cache', cache: true, ...SMALL });
  const { level, data } = found(run, 'cache-serves-gets') ?? assert.fail();
  const { share, echoed, ...facts } = data;
  assert.equal(level, 'info');
  assert.deepEqual(facts, { requests: 24_000, backend: 1, servers: 2 });
  assert.ok(Number(share) > 0.999 && Number(share) < 1);
  assert.ok(Number(echoed) > 0);
  run.http = null;
  assert.equal(found(run, 'cache-serves-gets'), undefined);
});

test('failed GETs are reported with their responses, without a statement on the cache', () => {
  const run = makeRun({ profile: 'cache', cache: true, ...SMALL });
  assert.equal(found(run, 'http-failed'), undefined);
  const leg = run.http ?? assert.fail();
  run.http = {
    ...leg,
    requests: 10,
    non2xx: 9,
    statuses: { '2xx': 1, '4xx': 2, '5xx': 7 },
    errors: 3,
    timeouts: 4,
  };
  const answered = { '4xx': 2, '5xx': 7 };
  assert.deepEqual(factsOf(run, 'http-failed'), [
    'warning',
    { failed: 16, asked: 17, path: '/page', answered, lost: 3, unanswered: 4 },
  ]);
  assert.equal(found(run, 'cache-serves-gets'), undefined);
  run.http = { ...leg, requests: 10, non2xx: 1, statuses: null };
  assert.deepEqual(factsOf(run, 'http-failed'), [
    'warning',
    { failed: 1, asked: 10, path: '/page', answered: {}, lost: 0, unanswered: 0 },
  ]);
});

test('Nginx workers with at least 1.5 times as many connections as others are reported', () => {
  const run = plain();
  const spread = (...counts: number[]) => {
    run.spread = counts.map((connections, i) => ({
      component: 'proxy',
      name: `nginx worker ${i + 1}`,
      connections,
      messages: 0,
    }));
    return factsOf(run, 'worker-skew');
  };
  assert.equal(spread(100, 149, 120), undefined);
  assert.deepEqual(spread(100, 150, 120), ['warning', { least: 100, most: 150 }]);
  assert.deepEqual(spread(0, 5), ['warning', { least: 0, most: 5 }]);
  assert.equal(spread(500), undefined);
  assert.equal(spread(), undefined);
});

test('a connection rate that was not reached', () => {
  const run = plain();
  // The fixture opens its ten connections in two seconds.
  run.plan.rampPerSecond = 5;
  assert.equal(found(run, 'ramp-not-reached'), undefined);
  run.plan.rampPerSecond = 5.5;
  assert.equal(found(run, 'ramp-not-reached'), undefined);
  run.plan.rampPerSecond = 5.6;
  assert.equal(found(run, 'ramp-not-reached')?.level, 'warning');
  run.plan.rampPerSecond = 100;
  assert.deepEqual(factsOf(run, 'ramp-not-reached'), ['warning', { perSecond: 5, asked: 100 }]);
});

test('lines that Nginx logged', () => {
  const run = plain();
  const log = (...errorLog: string[]) => {
    if (run.proxy !== null) run.proxy = { ...run.proxy, errorLog };
    return factsOf(run, 'nginx-log');
  };
  assert.equal(log(), undefined);
  assert.deepEqual(log('[warn] one'), ['warning', { lines: 1, first: '[warn] one' }]);
  assert.deepEqual(log('[alert] first', '[warn] second'), ['warning', { lines: 2, first: '[alert] first' }]);
});

test('an Nginx worker that died at any time, with how it died', () => {
  const run = plain();
  const log = (...errorLog: string[]) => {
    if (run.proxy !== null) run.proxy = { ...run.proxy, errorLog };
    return factsOf(run, 'nginx-worker-ended');
  };
  assert.equal(log('[alert] 12#0: something else'), undefined);
  const killed = '2026/01/02 03:04:05 [alert] 12#0: worker process 34 exited on signal 9';
  assert.deepEqual(log(killed), ['warning', { count: 1, how: 'on signal 9' }]);
  assert.equal(found(run, 'nginx-log'), undefined);
  const ended = '[alert] 12#0: worker process 7 exited with fatal code 2 and cannot be respawned';
  assert.deepEqual(log('[warn] x', ended, killed), ['warning', { count: 2, how: 'with fatal code 2' }]);
});

test('counts that do not add up, and the component to which they belong', () => {
  const broken = [{ whole: 'sent', parts: ['echoed', 'outstanding', 'lost'] }];
  const run = plain();
  const [, second] = run.workers;
  if (second !== undefined) second.lost = counted(second, 'lost') + 1;
  assert.deepEqual(factsOf(run, 'conservation'), ['warning', { generators: [2], broken }]);
  // An interrupted run has no totals, so its slices are summed over all workers.
  run.workers = [];
  run.slices = run.slices.slice(0, -2);
  for (const { counters } of run.slices) counters.sent = counted(counters, 'sent') + 1;
  assert.deepEqual(factsOf(run, 'conservation'), ['warning', { generators: [], broken }]);
});

test('existing notices of a run stay first', () => {
  const run = makeRun({ profile: 'tls', ...SMALL });
  const before: Notice = { level: 'info', code: 'from-before', data: {}, text: 'It was here.' };
  run.notices = [before];
  const { notices } = diagnose(run, 2);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['from-before', 'tls-resumption'],
  );
  assert.deepEqual(run.notices, [before]);
});

test('a run interrupted at any point is judged, the result stays valid, and the run is not modified', () => {
  const cut = fc.record({
    profile: fc.constantFrom('direct', 'plain', 'tls', 'cache'),
    open: fc.boolean(),
    phases: fc.subarray([...PHASES]),
    workers: fc.boolean(),
    processes: fc.nat(8),
    samples: fc.nat(6),
    cpus: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(cut, (how) => {
      const load = how.open
        ? { kind: 'open' as const, ratePerSecond: 100, arrivals: 'poisson' as const }
        : null;
      const whole = makeRun({
        ...SMALL,
        profile: how.profile,
        cache: how.profile === 'cache',
        ...(load === null ? {} : { load }),
      });
      const run: Run = {
        ...whole,
        outcome: { state: 'aborted', reason: 'Interrupted.' },
        phases: whole.phases.filter(({ phase }) => how.phases.includes(phase)),
        slices: whole.slices.filter(({ phase }) => how.phases.includes(phase)),
        workers: how.workers ? whole.workers : [],
        processes: whole.processes
          .slice(0, how.processes)
          .map((series) => ({ ...series, samples: series.samples.slice(0, how.samples) })),
      };
      const before = structuredClone(run);
      const judged = diagnose(run, how.cpus);
      assert.deepEqual(run, before);
      assert.notEqual(judged.validity.verdict, 'valid');
      assert.doesNotMatch(JSON.stringify([judged.notices, judged.validity]), /NaN|undefined|Infinity/);
      v.parse(runSchema, judged);
    }),
    { numRuns: 60 },
  );
});
