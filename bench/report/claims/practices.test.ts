import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import { makeMixedRun } from '../../../test/mixed.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { makeScenarioResult } from '../../../test/scenario-run.ts';
import type { RunFigures } from '../../measure/figures.ts';
import type { Run } from '../../model/run.ts';
import { connect } from '../../scenarios/connect/definition.ts';
import { storm } from '../../scenarios/storm/definition.ts';
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

test('TLS is confirmed by a single connection, and its cost is evidence if the plain profile ran as well', () => {
  const { figures } = viewWith({ profile: 'tls' }).runs[0] as RunView;
  const { tls: summary } = figures.latencies;
  const { probe } = makeRun({ ...SMALL, profile: 'tls' });
  assert.ok(summary && probe);
  const one = {
    ...{ connections: { asked: 1, opened: 1, failed: 0 }, connect: { ...figures.connect } },
    latencies: { ...figures.latencies, tls: { ...summary, count: 1 } },
  };
  one.connect.cpuUsPerConnection = { proxy: null, server: null, generator: null };
  const tls: Given = { profile: 'tls', figures: { ...cpu(30), ...one } };
  assert.equal(judged('tls', viewWith(tls))?.[0], 'confirmed');
  assert.deepEqual(evidenceOn('tls', viewWith(tls))?.length, 1);
  const [, cost, ...none] = evidenceOn('tls', viewWith({ profile: 'plain', figures: cpu(20) }, tls)) ?? [];
  assert.match(cost ?? '', /^Cost of TLS\. Nginx CPU per message: tls 30 µs, plain 20 µs /);
  assert.deepEqual(none, []);
  const without = { run: { probe: { ...probe, tlsProtocol: null, tlsCipher: null } } };
  assert.match(evidenceOn('tls', viewWith({ ...tls, ...without }))?.[0] ?? '', /^No TLS: 1 /);
});

test('scenarios that report only some of the handshakes say nothing about TLS', () => {
  for (const scenario of [connect, storm])
    assert.equal(judged('tls', viewOf(makeScenarioResult(scenario))), null);
});

test('messages through a cache are counted by the echo servers, with the effects on CPU and time as evidence', () => {
  const options = { ...SMALL, cache: true, load: OPEN };
  const seen = { connections: 1, messages: 0 };
  const cached = (echoed: number, ...answered: number[]): Given => ({
    profile: 'cache',
    options: { ...SMALL, cache: true },
    run: {
      spread: [
        ...answered.map((messages, at) => ({
          ...{ ...seen, component: 'server' as const, name: `echo server ${at + 1}`, messages },
        })),
        { ...seen, component: 'proxy', name: 'Nginx worker 1', messages: 1000 },
      ],
    },
    figures: { messages: { sent: 9, echoed, outstanding: 0, lost: 0, perSecond: 9 }, ...cpu(30) },
  });
  const verdict = (given: Given) => judged('cache-messages', viewWith(given));
  assert.deepEqual(verdict(cached(9, 4, 5)), ['refuted', 'fact', '9 9 101']);
  assert.deepEqual(verdict(cached(9, 4, 4)), ['not shown', 'fact', '8 9 101']);
  assert.deepEqual(verdict(cached(1, 1)), ['refuted', 'fact', '1 1 101']);
  assert.deepEqual(verdict(cached(0, 0)), ['not shown', 'fact', '']);
  const evidence = evidenceOn(
    'cache-messages',
    viewWith(
      { profile: 'plain', figures: cpu(20) },
      { profile: 'plain', options: { ...SMALL, load: OPEN } },
      cached(9, 9),
      { profile: 'cache', options },
    ),
  );
  assert.deepEqual(
    evidence?.slice(1).map((sentence) => sentence.split(':')[0]),
    ['Nginx CPU per message', 'Response time p50'],
  );
});

test('the GETs are those of the first run with a cache, alongside the WebSockets if there were any', () => {
  const options = { ...SMALL, cache: true };
  const { http } = (viewWith({ profile: 'cache', options }).runs[0] as RunView).figures;
  assert.ok(http);
  const leg = (backend: number): Given => ({
    ...{ profile: 'cache', options, run: structuredClone(makeRun({ ...options, profile: 'cache' })) },
    figures: { http: { ...http, failed: 0, succeeded: 100, backend } },
  });
  const [before] = evidenceOn('cache-requests', viewWith(leg(7), leg(80))) ?? [];
  assert.match(before ?? '', /^7 of 100 ordinary GETs reached an echo server \(7 %\)/);
  const httpLoad = { succeeded: 10, failed: 0, backend: 1, requestsPerSecond: 50 };
  const alongside = { ...leg(7), figures: { ...leg(7).figures, httpLoad } as Partial<RunFigures> };
  const [during] = evidenceOn('cache-requests', viewWith(alongside)) ?? [];
  assert.match(during ?? '', /^1 of 10 ordinary GETs alongside the WebSockets reached an echo server /);
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
