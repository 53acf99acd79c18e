import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Notice } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { notice } from '../wording/finding.ts';
import { onTarget } from './busy.test.fixture.ts';
import { RULES } from './notices.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

/** Returns the notices of all rules about a run with the given figures. */
function noticesOf(run: Run, figures: Partial<RunFigures> = {}): Notice[] {
  const all = { ...figuresOf({ ...run, httpLoad: null }), ...figures };
  return RULES.flatMap((rule) => rule(run, all) ?? []);
}

const plain = (changes: Partial<Run> = {}): Run => ({
  ...makeRun({ profile: 'plain', ...SMALL }),
  ...changes,
});

test('messages that nobody asked for are reported if any message counts as an answer', () => {
  const unasked = (count: number, expect: 'any' | 'echo') => {
    const run = onTarget(plain());
    if (run.plan.target.kind === 'external') run.plan.target.expect = expect;
    const figures = figuresOf(run);
    return noticesOf(run, { counts: { ...figures.counts, unasked: count } });
  };
  assert.deepEqual(unasked(3, 'any'), [notice('warning', 'target-unasked', { count: 3 })]);
  assert.deepEqual(unasked(1, 'any'), [notice('warning', 'target-unasked', { count: 1 })]);
  assert.deepEqual([unasked(0, 'any'), unasked(3, 'echo')], [[], []]);
  const run = onTarget(plain());
  if (run.plan.target.kind === 'external') run.plan.target.expect = 'any';
  assert.deepEqual(noticesOf(run, { counts: {} }), []);
});

test('what TLS negotiated is reported only if it is known', () => {
  const run = makeRun({ profile: 'tls', ...SMALL });
  const probe = run.probe ?? assert.fail();
  const { tlsProtocol: protocol, tlsCipher: cipher } = probe;
  assert.ok(protocol !== null && cipher !== null);
  const of = (changes: Partial<Run['plan']>, known: Partial<typeof probe> = {}) =>
    noticesOf({ ...run, probe: { ...probe, ...known }, plan: { ...run.plan, ...changes } });
  const facts = { protocol, cipher, resumed: true, boringSsl: false };
  assert.deepEqual(of({}), [notice('info', 'tls-resumption', facts)]);
  assert.deepEqual([of({}, { tlsResumed: null }), of({}, { tlsProtocol: null })], [[], []]);
  const bun = { engine: 'bun', client: 'lean' } as const;
  assert.deepEqual(of(bun), [notice('info', 'tls-resumption', { ...facts, boringSsl: true })]);
  assert.deepEqual(of({ ...bun, client: 'ws' }), [notice('info', 'tls-resumption', facts)]);
  assert.deepEqual(of(bun, { tlsProtocol: 'TLSv1.2' }), [
    notice('info', 'tls-resumption', { ...facts, protocol: 'TLSv1.2' }),
  ]);
  const resume = (value: string) =>
    of({ workload: { ...run.plan.workload, options: { resume: value } } })[0]?.data;
  assert.deepEqual([resume('on'), resume('off')], [{ ...facts, resumes: true }, facts]);
});

test('failed GETs are reported by class of status', () => {
  const run = makeRun({ profile: 'plain', ...SMALL });
  const leg = { ...(makeRun({ profile: 'cache', cache: true, ...SMALL }).http ?? assert.fail()) };
  run.http = { ...leg, requests: 10, errors: 3, timeouts: 4 };
  const http = (failed: number, statuses: Record<string, number> | null) =>
    noticesOf(run, { http: { failed, statuses, cacheHitShare: null, backend: null } as never });
  const facts = { failed: 9, asked: 17, path: leg.path, lost: 3, unanswered: 4 };
  assert.deepEqual(http(9, { '1xx': 1, '2xx': 2, '3xx': 3, '4xx': 4, '5xx': 5 }), [
    notice('warning', 'http-failed', { ...facts, answered: { '4xx': 4, '5xx': 5 } }),
  ]);
  assert.deepEqual(http(9, null), [notice('warning', 'http-failed', { ...facts, answered: {} })]);
  assert.deepEqual([http(0, null), noticesOf(run, { http: null })], [[], []]);
  const cached = (cacheHitShare: number | null, backend: number | null) =>
    noticesOf(run, { http: { failed: 0, statuses: null, cacheHitShare, backend } as never });
  const { echoed } = figuresOf(run).messages;
  assert.deepEqual(cached(0, 0), [
    notice('info', 'cache-serves-gets', { share: 0, requests: 10, backend: 0, echoed, servers: 2 }),
  ]);
  assert.deepEqual([cached(null, 0), cached(0, null)], [[], []]);
});

test('an uneven spread is not reported if workers were replaced, nor that of the servers', () => {
  const shares = (component: 'proxy' | 'server', ...counts: number[]) =>
    counts.map((connections, i) => ({ component, name: `${component} ${i}`, connections, messages: 0 }));
  const run = plain({ spread: [...shares('proxy', 2, 3), ...shares('server', 1, 9)] });
  const skew = notice('warning', 'worker-skew', { least: 2, most: 3 });
  assert.deepEqual(noticesOf(run), [skew]);
  const during = (...kinds: string[]) =>
    noticesOf({
      ...run,
      timeline: kinds.map((kind) => ({ action: { kind } as never, atUs: 1, failure: null })),
    });
  assert.deepEqual(during('kill-server'), [skew]);
  assert.deepEqual([during('kill-server', 'reload'), during('upgrade', 'kill-server')], [[], []]);
  assert.deepEqual(noticesOf(plain({ spread: shares('server', 1, 9) })), []);
});

test('a worker that the timeline killed is no surprise', () => {
  const run = plain();
  const proxy = run.proxy ?? assert.fail();
  const killed = '2026/01/02 03:04:05 [alert] 12#0: worker process 34 exited on signal 9';
  const log = (kinds: string[], ...errorLog: string[]) =>
    noticesOf({
      ...run,
      proxy: { ...proxy, errorLog },
      timeline: kinds.map((kind) => ({ action: { kind } as never, atUs: 1, failure: null })),
    });
  assert.deepEqual(log(['kill-server'], killed, 'x'), [
    notice('warning', 'nginx-worker-ended', { count: 1, how: 'on signal 9' }),
    notice('warning', 'nginx-log', { lines: 1, first: 'x' }),
  ]);
  assert.deepEqual(log(['kill-server', 'kill-proxy-workers'], killed), []);
  assert.deepEqual(noticesOf({ ...run, proxy: null }), []);
});

test('a ramp is reported below 90 % of the requested rate', () => {
  const ramp = (asked: number, perSecond: number | null) => {
    const run = plain();
    run.plan.rampPerSecond = asked;
    return noticesOf(run, { connect: { ...figuresOf(run).connect, perSecond } });
  };
  assert.deepEqual([ramp(100, 90), ramp(0, 0), ramp(100, null)], [[], [], []]);
  assert.deepEqual(ramp(100, 89), [notice('warning', 'ramp-not-reached', { perSecond: 89, asked: 100 })]);
});

test('pacing is reported with the CPU time of all generators', () => {
  const run = makeRun({ profile: 'plain', load: OPEN, ...SMALL });
  const figures = figuresOf(run);
  const process = (component: string, cpuShare: number | null) => ({ component, cpuShare }) as never;
  const paced = (pacing: 'spin' | 'sleep' | null, changes: Partial<Run> = {}, lagless = false) =>
    noticesOf(
      { ...run, ...changes, plan: { ...run.plan, pacing } },
      {
        processes: [
          process('generator', 0.5),
          process('generator', 0.25),
          process('generator', null),
          process('server', 1),
        ],
        work: { ...figures.work, cpuUs: { ...figures.work.cpuUs, generator: 7 } },
        latencies: { ...figures.latencies, sendLag: lagless ? null : ({ p99: 70 } as never) },
      },
    );
  const lagUs = 70;
  assert.deepEqual(paced('spin'), [notice('info', 'pacing-spin', { cores: 0.75, perMessageUs: 7, lagUs })]);
  assert.deepEqual(paced('sleep', { httpLoad: {} as never }, true), [
    notice('info', 'pacing-sleep', { cores: 0.75, perMessageUs: null, lagUs: null }),
  ]);
  assert.deepEqual(paced(null), []);
});

test('hosts are described: what each generator contributed, and on what Nginx ran', () => {
  const host = (name: string, role: string, changes: object = {}) => ({
    ...{ name, role, cpus: 2, workers: 1, connections: 10, cpu: 0.3, used: 0.5, sendLag: { p99: 70 } },
    ...{ share: { connections: 0.4, messages: 0.5 }, machine: null, clock: { errorUs: 9, driftUs: 0 } },
    ...changes,
  });
  const hosts = [
    host('a', 'generator'),
    host('b', 'generator', { share: { connections: 0.4, messages: null }, sendLag: null, cpu: null }),
    host('p', 'proxy', { machine: { cpuModel: 'Z80', kernel: '6.1' } }),
  ] as unknown as RunFigures['hosts'];
  const run = plain();
  const workers = figuresOf(run).processes.filter(({ role }) => role === 'worker').length;
  const described = {
    ...{ host: 'p', cpus: 2, cpuModel: 'Z80', kernel: '6.1', workers, cpu: 0.3, used: 0.5, errorUs: 9 },
  };
  assert.deepEqual(noticesOf(run, { hosts }), [
    notice('info', 'generator-hosts', {
      hosts: [
        { host: 'a', share: 0.5, lagUs: 70, cpu: 0.3, errorUs: 9 },
        { host: 'b', share: 0.4, lagUs: null, cpu: null, errorUs: 9 },
      ],
    }),
    notice('info', 'proxy-host', described),
  ]);
  const unknown = [host('p', 'proxy')] as unknown as RunFigures['hosts'];
  assert.deepEqual(noticesOf(run, { hosts: unknown }), [
    notice('info', 'proxy-host', { ...described, cpuModel: null, kernel: null }),
  ]);
});
