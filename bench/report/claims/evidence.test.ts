import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import { figuresByLine } from '../../../test/outline.ts';
import { makeRun, type RunOptions } from '../../../test/run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import type { Run } from '../../model/run.ts';
import type { RunView, View } from '../view.ts';
import { judged, OPEN_RUN, run, SMALL, viewWith } from './claims.test.fixture.ts';
import { judge } from './claims.ts';
import { type Effect, effectOf, NGINX_CPU, P50, THROUGHPUT } from './effect.ts';
import { verdictFrom } from './proxying.ts';

test('TLS encrypts if each of the opened connections made a TLS handshake', () => {
  const { probe } = makeRun({ ...SMALL, profile: 'tls' });
  assert.ok(probe);
  const tls = (handshakes: number | null, opened: number, changes: Partial<typeof probe> = {}) => {
    const { figures } = viewWith({ profile: 'tls' }).runs[0] as RunView;
    const { tls: summary } = figures.latencies;
    assert.ok(summary);
    const latencies = {
      ...figures.latencies,
      tls: handshakes === null ? null : { ...summary, count: handshakes },
    };
    return judged(
      'tls',
      viewWith({
        profile: 'tls',
        run: { probe: { ...probe, ...changes } },
        figures: { latencies, connections: { asked: 10, opened, failed: 0 } },
      }),
    );
  };
  const cipher = 'TLSv1.3, TLS_AES_256_GCM_SHA384:';
  assert.deepEqual(tls(10, 10), ['confirmed', 'fact', `${cipher} 10 10`]);
  assert.deepEqual(tls(9, 10), ['refuted', 'fact', `${cipher} 9 10`]);
  assert.deepEqual(tls(null, 10), ['refuted', 'fact', `${cipher} 0 10`]);
  assert.deepEqual(tls(11, 10), ['not shown', 'fact', `${cipher} 11 10`]);
  assert.deepEqual(tls(0, 0), ['not shown', 'fact', `${cipher} 0 0`]);
  const none = { tlsProtocol: null, tlsCipher: null };
  assert.deepEqual(tls(10, 10, none), ['not shown', 'fact', '10 10']);
  assert.equal(judged('tls', viewWith({ profile: 'tls', run: { probe: null } })), null);
  assert.equal(
    judged('tls', viewWith({ profile: 'tls', run: { outcome: { state: 'failed', reason: '' } } })),
    null,
  );
});

test('the cost of a TLS handshake is stated if it is known for both sides', () => {
  const connect = (proxy: number | null): Partial<RunFigures> => {
    const { figures } = viewWith({ profile: 'tls' }).runs[0] as RunView;
    return {
      connect: { ...figures.connect, cpuUsPerConnection: { proxy, server: 1, generator: 1 } },
      cpuUsPerMessage: { proxy: null, server: null, generator: null },
    };
  };
  const cost = (plain: number | null, tls: number | null) =>
    judged(
      'tls',
      viewWith({ profile: 'plain', figures: connect(plain) }, { profile: 'tls', figures: connect(tls) }),
    )?.slice(3);
  assert.deepEqual(cost(50, 300), ['300 50']);
  assert.deepEqual(cost(null, 300), []);
  assert.deepEqual(cost(50, null), []);
});

test('requests that failed during the load show that nothing is known about the cache', () => {
  const { figures } = viewWith({ profile: 'cache', options: { ...SMALL, cache: true } }).runs[0] as RunView;
  const { http } = figures;
  assert.ok(http);
  const load = (failed: number, backend: number | null = 3) => ({
    ...{ succeeded: 10, failed, backend, requestsPerSecond: 50 },
  });
  const cached = (changes: object, options: RunOptions = {}) =>
    judged(
      'cache-requests',
      viewWith({
        profile: 'cache',
        options: { ...SMALL, cache: true, ...options },
        figures: { http, ...changes } as Partial<RunFigures>,
      }),
    );
  assert.deepEqual(cached({ httpLoad: load(2) }), ['not shown', 'fact', '2 12']);
  assert.deepEqual(cached({ http: { ...http, failed: 7, succeeded: 1 }, httpLoad: load(2) }), [
    'not shown',
    'fact',
    '2 12',
  ]);
  assert.deepEqual(cached({ http: { ...http, failed: 7, succeeded: 1 }, httpLoad: load(0) }), [
    'not shown',
    'fact',
    '7 8',
  ]);
  assert.deepEqual(cached({ httpLoad: load(0) }), ['confirmed', 'fact', '3 10 (30 50/s.']);
  assert.deepEqual(cached({ httpLoad: load(0, 5) }), ['not shown', 'fact', '5 10 (50 50/s.']);
  assert.deepEqual(cached({ httpLoad: load(0, 9) }), ['not shown', 'fact', '9 10 (90 50/s.']);
  assert.deepEqual(cached({ httpLoad: load(0, 10) }), ['refuted', 'fact', '10 10 (100 50/s.']);
  assert.equal(cached({ httpLoad: load(0, null) }), null);
  assert.equal(cached({ httpLoad: { ...load(0, 0), succeeded: 0 } }), null);
  // Without a cache, or without requests, the claim is not judged.
  assert.equal(cached({}, { cache: false }), null);
});

test('the rate without a cache is stated unless requests are sent at a fixed rate', () => {
  const rate = (paced: boolean, plainFailed: number) => {
    const view = viewWith(
      { profile: 'plain' },
      {
        profile: 'cache',
        run: run(
          (cache) => {
            cache.plan.http = { ...cache.plan.http, ratePerSecond: paced ? 50 : null } as Run['plan']['http'];
          },
          { ...SMALL, profile: 'cache', cache: true },
        ),
      },
    );
    const [plain] = view.runs;
    assert.ok(plain?.figures.http);
    plain.figures.http = { ...plain.figures.http, requestsPerSecond: 777, failed: plainFailed };
    return String(judged('cache-requests', view)?.[2]).includes('777/s');
  };
  assert.deepEqual([rate(false, 0), rate(true, 0), rate(false, 1)], [true, false, false]);
});

test('connections are counted by the echo servers that got them, or as they were before a loss', () => {
  const spread = (...connections: number[]): Run['spread'] => [
    { component: 'generator', name: 'generator 1', connections: 99, messages: 0 },
    ...connections.map((count, at) => ({
      ...{ component: 'server' as const, name: `echo server ${at + 1}`, messages: 0 },
      connections: count,
    })),
  ];
  const balanced = (connections: number[], servers: number, backends: object | null = null) =>
    judged(
      'balancing',
      viewWith({
        profile: 'load-balanced',
        run: run(
          (each) => {
            each.plan.servers = servers;
            each.spread = spread(...connections);
          },
          { ...SMALL, profile: 'load-balanced' },
        ),
        figures: { backends: backends as RunFigures['backends'] },
      }),
    );
  assert.deepEqual(balanced([5, 5], 2), ['confirmed', 'fact', '10 2 2 5 5']);
  assert.deepEqual(balanced([5, 5], 3), ['not shown', 'fact', '10 2 3 5 5']);
  assert.deepEqual(balanced([10, 0], 2), ['refuted', 'fact', '10 2 2 0 10']);
  assert.deepEqual(balanced([9, 1], 2), ['not shown', 'fact', '10 2 2 1 9']);
  assert.equal(balanced([10], 1), null);
  assert.equal(balanced([0, 0], 2), null);
  const loss = { before: [6, 6], lost: 1, returnedUs: 1e6, atEnd: [8, 4], evenAfterUs: 2e6 };
  assert.deepEqual(balanced([9, 1], 2, loss), ['confirmed', 'fact', '12 2 2 6 6', '4 12 2']);
  assert.deepEqual(balanced([9, 1], 2, { ...loss, evenAfterUs: null }), [
    'confirmed',
    'fact',
    '12 2 2 6 6',
    '4 12',
  ]);
  for (const missing of [{ lost: null }, { returnedUs: null }, { atEnd: null }])
    assert.equal(balanced([9, 1], 2, { ...loss, ...missing })?.length, 3);
});

test('the busiest echo servers of both profiles are compared at the offered rate', () => {
  const busy = (...shares: (number | null)[]): Partial<RunFigures> => ({
    processes: [...shares, 0.99].map((cpuShare, at) => ({
      ...{ component: at < shares.length ? 'server' : 'generator', name: `${at}`, cpuShare },
    })) as RunFigures['processes'],
    offered: { perSecond: 500, achievedPerSecond: 500, ratio: 1, inTime: 1 },
  });
  const evidence = (plain: Partial<RunFigures>, balanced: Partial<RunFigures>) =>
    judged(
      'balancing',
      viewWith(
        { profile: 'plain', options: OPEN_RUN, figures: plain },
        {
          profile: 'load-balanced',
          run: run(
            (each) => {
              each.plan.servers = 2;
              each.spread = [5, 5].map((connections, at) => ({
                ...{ component: 'server', name: `echo server ${at + 1}`, messages: 0, connections },
              }));
            },
            { ...OPEN_RUN, profile: 'load-balanced' },
          ),
          figures: balanced,
        },
      ),
    )?.slice(3);
  assert.deepEqual(evidence(busy(0.2, 0.7, null), busy(0.3, 0.25)), ['500/s, 30 70']);
  assert.deepEqual(evidence(busy(null), busy(0.3)), []);
  assert.deepEqual(evidence(busy(0.7), busy()), []);
});

test('single runs differ from a ratio of 1.25 on, if neither was disturbed for most of its time', () => {
  const effect = (from: number | null, to: number | null, changes: Partial<RunFigures> = {}) => {
    const figures = (value: number | null): Partial<RunFigures> => ({
      cpuUsPerMessage: { proxy: value, server: 1, generator: 1 },
      disturbed: null,
    });
    const view = viewWith(
      { profile: 'plain', figures: figures(from) },
      { profile: 'tls', figures: { ...figures(to), ...changes } },
    );
    const found = effectOf(view, 'plain', 'tls', NGINX_CPU);
    return found && [found.direction, found.basis, figuresByLine(found.sentence)];
  };
  assert.deepEqual(effect(100, 125), ['higher', 'single', '125 100 (+25']);
  assert.deepEqual(effect(100, 80), ['lower', 'single', '80 100 (−20']);
  assert.deepEqual(effect(100, 124), ['unclear', 'single', '124 100 (+24 25']);
  assert.deepEqual(effect(100, 81), ['unclear', 'single', '81 100 (−19 25']);
  for (const [from, to] of [
    [null, 1],
    [1, null],
    [0, 1],
  ] as const)
    assert.equal(effect(from, to), null);
  const disturbed = (seconds: number, of: number) => effect(100, 200, { disturbed: { seconds, of } });
  assert.deepEqual(disturbed(1, 2), ['higher', 'single', '200 100 (×2);']);
  assert.deepEqual(disturbed(2, 3), ['unclear', 'single', '200 100 (×2); 2 3']);
  assert.equal(effectOf(viewWith({ profile: 'plain' }), 'plain', 'tls', NGINX_CPU), null);
  assert.equal(effectOf(viewWith({ profile: 'tls' }), 'plain', 'tls', NGINX_CPU), null);
});

test('rounds without an effect say nothing, whichever side was the baseline, so the single runs count', () => {
  const figures = (proxy: number): Partial<RunFigures> => ({
    cpuUsPerMessage: { proxy, server: 1, generator: 1 },
    disturbed: null,
  });
  const view = viewWith(
    { profile: 'plain', figures: figures(100) },
    { profile: 'tls', figures: figures(200) },
  );
  const single = effectOf(view, 'plain', 'tls', NGINX_CPU);
  assert.equal(single?.basis, 'single');
  const compared = (baseline: string, variant: string, changes: Partial<ComparedFigure>) => {
    const comparison = makeComparison(baseline, variant);
    const [first] = comparison.comparisons[0]?.figures ?? [];
    assert.ok(first);
    const comparisons = [{ variant, verdict: 'mixed' as const, figures: [{ ...first, ...changes }] }];
    view.result.conclusions = [{ ...comparison, comparisons }];
    return effectOf(view, 'plain', 'tls', NGINX_CPU);
  };
  for (const [baseline, variant, direction] of [
    ['plain', 'tls', 'higher'],
    ['tls', 'plain', 'lower'],
  ] as const) {
    const none = { effect: null, interval: null, verdict: 'too few rounds' } as const;
    assert.deepEqual(compared(baseline, variant, none), single);
    const found = (changes: Partial<ComparedFigure>) => {
      const effect = compared(baseline, variant, changes);
      return [effect?.direction, effect?.basis];
    };
    assert.deepEqual(found({}), [direction, 'rounds']);
    for (const verdict of ['too few rounds', 'no difference detected'] as const)
      assert.deepEqual(found({ verdict }), ['unclear', 'rounds']);
  }
});

test('a comparison of other variants, or of the other way round, says nothing about a pair of variants', () => {
  const view = viewWith({ profile: 'plain' }, { profile: 'tls' });
  for (const [baseline, variant] of [
    ['plain', 'http2'],
    ['http2', 'tls'],
    ['tls', 'http2'],
  ]) {
    view.result.conclusions = [makeComparison(baseline, variant)];
    assert.equal(effectOf(view, 'plain', 'tls', NGINX_CPU)?.basis, 'single');
  }
});

test('each metric is read in the step in which it is measured', () => {
  assert.deepEqual(
    [P50, THROUGHPUT, NGINX_CPU].map(({ metric, step }) => [metric.name, step]),
    [
      ['response.p50', 'latency'],
      ['messages.perSecond', 'throughput'],
      ['cpuPerMessage.proxy', 'throughput'],
    ],
  );
});

test('a verdict needs one effect in a direction and none in the other; effects that decide give its basis', () => {
  const effect = (direction: Effect['direction'], basis: Effect['basis'] = 'rounds'): Effect => ({
    ...{ direction, basis, sentence: `${direction}.` },
  });
  const from = (...effects: [Effect | null, 'higher' | 'lower'][]) => {
    const found = verdictFrom(effects);
    return found && [found.verdict, found.basis, found.evidence.length];
  };
  const single = 'single' as const;
  assert.equal(from([null, 'lower']), null);
  assert.deepEqual(from([effect('lower'), 'lower'], [null, 'higher']), ['confirmed', 'rounds', 1]);
  assert.deepEqual(from([effect('higher'), 'lower']), ['refuted', 'rounds', 1]);
  assert.deepEqual(from([effect('unclear'), 'lower']), ['not shown', 'rounds', 1]);
  assert.deepEqual(from([effect('unclear', single), 'lower']), ['not shown', 'single', 1]);
  assert.deepEqual(from([effect('lower'), 'lower'], [effect('unclear', single), 'higher']), [
    'confirmed',
    'rounds',
    2,
  ]);
  assert.deepEqual(from([effect('lower'), 'lower'], [effect('higher', single), 'higher']), [
    'confirmed',
    'single',
    2,
  ]);
  assert.deepEqual(from([effect('lower'), 'lower'], [effect('lower'), 'higher']), ['not shown', 'rounds', 3]);
});

test('a result that shows nothing about a claim does not contradict one that does', () => {
  const whole = viewWith({ profile: 'plain' });
  const partly = viewWith({
    profile: 'plain',
    figures: { connections: { asked: 10, opened: 9, failed: 1 } },
  });
  const none = viewWith({ profile: 'plain', figures: { connections: { asked: 10, opened: 0, failed: 10 } } });
  const upgrade = (...views: View[]) => {
    const [first] = judge(views);
    return [first?.claim.id, first?.verdict, first?.disagree, first?.findings.length];
  };
  assert.deepEqual(upgrade(whole, partly), ['upgrade', 'confirmed', false, 2]);
  assert.deepEqual(upgrade(partly), ['upgrade', 'not shown', false, 1]);
  assert.deepEqual(upgrade(whole, none), ['upgrade', 'not shown', true, 2]);
  assert.deepEqual(judged('upgrade', partly), ['not shown', 'fact', '1 9 10 297 297']);
});
