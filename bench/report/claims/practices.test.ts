import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import { makeMixedRun } from '../../../test/mixed.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import type { Run } from '../../model/run.ts';
import { formatCount, formatFigure, formatRate } from '../../wording/format.ts';
import { type RunView, viewOf } from '../view.ts';
import { type Given, judged, SMALL, viewWith } from './claims.test.fixture.ts';
import { CLAIMS } from './claims.ts';

/** The whole evidence on a claim. */
const evidenceOn = (id: string, view: ReturnType<typeof viewOf>) =>
  CLAIMS.find((claim) => claim.id === id)?.judge(view)?.evidence;

const cpu = (proxy: number): Partial<RunFigures> => ({
  cpuUsPerMessage: { proxy, server: 1, generator: 1 },
  disturbed: null,
});

test('HTTP/2 is judged by what the listener offered, with each effect as evidence, and without TLS as well', () => {
  const { probe } = makeRun({ ...SMALL, profile: 'http2', http2: true });
  assert.ok(probe);
  const options = { ...SMALL, http2: true };
  const listener = (changes: Partial<typeof probe>, more: Partial<Given> = {}): Given => ({
    ...{ profile: 'http2', options, figures: cpu(50), ...more },
    run: { probe: { ...probe, ...changes }, ...more.run },
  });
  const tls: Given = { profile: 'tls', figures: cpu(100) };
  const unused = { alpnOffered: 'h2', extendedConnect: false, alpn: 'http/1.1' };
  assert.deepEqual(judged('http2', viewWith(listener(unused))), [
    ...['refuted', 'fact', `${makeRun(options).proxy?.version} h2 10 HTTP/2; HTTP/1.1.`],
  ]);
  const [, , , effect, cause, ...none] = judged('http2', viewWith(tls, listener(unused))) ?? [];
  assert.deepEqual([effect, cause, none], ['http2 50 100 (−50', 'HTTP/2', []]);
  // The difference needs no explanation if HTTP/2 may have been used.
  const sentences = (changes: Partial<typeof probe>) =>
    evidenceOn('http2', viewWith(tls, listener(changes))) ?? [];
  const [possible, ...effects] = sentences({ ...unused, extendedConnect: true });
  const [untested, ...others] = sentences({ ...unused, alpnOffered: 'http/1.1' });
  assert.match(possible ?? '', /may have been possible/);
  assert.match(untested ?? '', /did not negotiate h2/);
  assert.deepEqual([effects.length, others], [1, effects]);
  // There is no probe of a listener that did not respond, and no version of a server that runs elsewhere.
  assert.equal(judged('http2', viewWith({ ...listener(unused), run: { probe: null } })), null);
  const elsewhere = evidenceOn('http2', viewWith(listener(unused, { run: { proxy: null } })));
  assert.match(elsewhere?.[0] ?? '', /^Nginx {2}negotiates h2/);
});

test('the GETs of a run without figures show nothing, and those of the first plain run are the rate without a cache', () => {
  const options = { ...SMALL, cache: true };
  assert.equal(
    judged('cache-requests', viewWith({ profile: 'cache', options, figures: { http: null } })),
    null,
  );
  const plain = (requestsPerSecond: number, failed = 0): Given => {
    const { http } = (viewWith({ profile: 'plain' }).runs[0] as RunView).figures;
    assert.ok(http);
    return {
      profile: 'plain',
      run: structuredClone(makeRun({ ...SMALL, profile: 'plain' })),
      figures: { http: { ...http, requestsPerSecond, failed } },
    };
  };
  const cached: Given = { profile: 'cache', options };
  const [sentence] =
    evidenceOn('cache-requests', viewWith(plain(555, 1), plain(666), plain(777), cached)) ?? [];
  assert.ok(sentence?.includes(`without a cache, it was ${formatRate(666)}`), sentence);
});

test('a cache under mixed load has the effects and the GETs that reached the backend as evidence', () => {
  const evidence = (change: (runs: { plain: Run; cache: Run }) => void, conclusions = [] as object[]) => {
    const runs = { plain: makeMixedRun('plain'), cache: makeMixedRun('cache', 1500) };
    for (const run of Object.values(runs)) run.validity.limit.component = 'schedule';
    change(runs);
    const result = makeResult(Object.values(runs));
    return evidenceOn(
      'cache-mixed',
      viewOf({
        ...result,
        plan: { ...result.plan, scenario: 'mixed', steps: ['mixed'] },
        conclusions: conclusions as typeof result.conclusions,
      }),
    );
  };
  const reached = (name: string, count: number) =>
    `${name}: ${formatCount(count)} of ${formatCount(200)} ordinary GETs alongside the WebSockets reached an echo server.`;
  const [p50, serverCpu, ...more] = evidence(() => {}) ?? [];
  for (const us of [1500, 3000]) assert.ok(p50?.includes(formatFigure(us, 'time')), p50);
  assert.match(serverCpu ?? '', /^Echo server CPU/);
  assert.deepEqual(more, [reached('plain', 200), reached('cache', 0)]);
  const unknown = evidence(({ plain }) => {
    assert.ok(plain.httpLoad);
    plain.httpLoad.total.backendRequests = null;
  });
  assert.deepEqual(unknown, [p50, serverCpu, reached('cache', 0)]);
  // In a comparison, the last run of a side may have failed.
  const comparison = makeComparison('plain', 'cache');
  const [first] = comparison.comparisons[0]?.figures ?? [];
  assert.ok(first);
  const figures = [{ ...first, name: 'responseWithHttp.p50', step: 'mixed', unit: 'time' }];
  const rounds = evidence(
    ({ plain }) => {
      plain.outcome = { state: 'failed', reason: 'It died.' };
    },
    [{ ...comparison, comparisons: [{ variant: 'cache', verdict: 'mixed', figures }] }],
  );
  assert.deepEqual(rounds?.slice(-1), [reached('cache', 0)]);
  assert.ok(rounds?.every((each) => !each.startsWith('plain: ')));
});
