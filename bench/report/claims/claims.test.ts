import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import { withEveryString } from '../../../test/hostile.ts';
import { disturb } from '../../../test/machine.ts';
import { makeMixedRun } from '../../../test/mixed.ts';
import { makeBothSteps, makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import type { ComparedFigure } from '../../model/comparison.ts';
import { stored } from '../../model/finding.ts';
import { counted } from '../../model/recording.ts';
import type { Result } from '../../model/result.ts';
import type { Run } from '../../model/run.ts';
import { formatCount } from '../../wording/format.ts';
import { claimsMarkup } from '../section/claims.ts';
import { viewOf } from '../view.ts';
import { CLAIMS, judge } from './claims.ts';

/** Copies the results, because tests change them, and the figures of a run are derived once. */
function judgedOf(id: string, ...results: Result[]) {
  const found = judge(structuredClone(results).map(viewOf)).find(({ claim }) => claim.id === id);
  assert.ok(found, id);
  return { ...found, told: found.findings.flatMap(({ finding }) => finding.evidence).join(' ') };
}

function verdicts(...results: Result[]): Record<string, string> {
  return Object.fromEntries(judge(results.map(viewOf)).map(({ claim, verdict }) => [claim.id, verdict]));
}

function runOf(result: Result, variant: string, step: string): Run {
  return (
    result.runs.find(({ plan }) => plan.variant === variant && plan.step === step) ?? assert.fail(variant)
  );
}

/** Spreads the connections of a run over several echo servers. */
function spreadOver(run: Run, connections: readonly number[]): void {
  run.plan.servers = connections.length;
  run.spread = connections.map((count, at) => ({
    component: 'server',
    name: `echo server ${at + 1}`,
    connections: count,
    messages: count,
  }));
}

test('six profiles in both steps yield a verdict on every claim, with figures', () => {
  const result = makeBothSteps();
  assert.deepEqual(verdicts(result), {
    upgrade: 'confirmed',
    tls: 'confirmed',
    http2: 'refuted',
    'cache-messages': 'refuted',
    'cache-requests': 'confirmed',
    // There were no HTTP requests alongside the WebSockets.
    'cache-mixed': 'not shown',
    balancing: 'confirmed',
    // 41,000 messages per second without Nginx and 27,000 with it; p50 is twice as long.
    performance: 'refuted',
    // The echo servers use the same CPU time for far fewer messages.
    backend: 'refuted',
  });
  for (const { claim, findings } of judge([viewOf(result)]))
    for (const { finding } of findings) assert.match(finding.evidence.join(' '), /\d/, claim.id);
});

test('messages do not come from a cache if the echo servers answered each of them', () => {
  const result = makeBothSteps();
  const run = runOf(result, 'cache', 'throughput');
  const echoed = run.workers.reduce((sum, worker) => sum + counted(worker, 'echoed'), 0);
  for (const [answered, verdict] of [
    [echoed, 'refuted'],
    [echoed - 1, 'not shown'],
    [0, 'not shown'],
  ] as const) {
    const seen = { connections: 1, messages: 0 };
    run.spread = [
      { ...seen, component: 'server', name: 'echo server 1', messages: answered },
      { ...seen, component: 'proxy', name: 'Nginx worker 1', messages: echoed },
    ];
    const judged = judgedOf('cache-messages', makeResult([run]));
    assert.equal(judged.verdict, verdict, judged.told);
    assert.ok(judged.told.startsWith(`${formatCount(answered)} of ${formatCount(echoed)} echoes came over`));
  }
});

test('a result without the profiles of a claim shows nothing about it', () => {
  const tls = makeResult([makeRun({ profile: 'tls', seconds: 1 })]);
  const tried = judge([viewOf(tls)]).filter(({ findings }) => findings.length > 0);
  assert.deepEqual(
    tried.map(({ claim }) => claim.id),
    ['upgrade', 'tls'],
  );
  assert.match(
    claimsMarkup([tls]).markup,
    /Not tested here: HTTP\/2 makes WebSockets faster \(needs http2\);/,
  );
  const none = verdicts(makeResult([]));
  assert.deepEqual(new Set(Object.values(none)), new Set(['not shown']));
  // A profile with a tuning does not count as the profile itself.
  const tuned = makeResult([
    makeRun({ profile: 'http2', variant: 'http2+buf-16k', http2: true, seconds: 1 }),
  ]);
  assert.deepEqual(judgedOf('http2', tuned).findings, []);
});

test('a small difference between single runs neither confirms nor refutes a claim', () => {
  for (const [cpuRatio, verdict] of [
    [0.7, 'confirmed'],
    [0.85, 'not shown'],
    [1.15, 'not shown'],
    [1.4, 'refuted'],
  ] as const) {
    const result = makeBothSteps(2, 2);
    // Otherwise, CPU time that is missing from the processes would count as other work.
    for (const run of result.runs) run.machine = null;
    for (const { component, samples } of runOf(result, 'plain', 'throughput').processes)
      if (component === 'server')
        for (const sample of samples) sample.cpuUs = Math.round(sample.cpuUs * cpuRatio * (27 / 41));
    const judged = judgedOf('backend', result);
    assert.equal(judged.verdict, verdict, `${cpuRatio}: ${judged.told}`);
    if (verdict === 'not shown')
      assert.match(judged.told, /one run per side cannot distinguish differences below 25 % from noise/);
  }
});

test('a run that was limited by something else counts neither for nor against Nginx', () => {
  const result = makeBothSteps(2, 2);
  const carried = runOf(result, 'plain', 'throughput');
  carried.validity = {
    ...carried.validity,
    verdict: 'generator-limited',
    limit: { component: 'generator', evidence: stored('') },
  };
  const answered = runOf(result, 'plain', 'latency');
  answered.validity = { ...answered.validity, limit: { component: 'none', evidence: stored('') } };
  const judged = judgedOf('performance', result);
  assert.equal(judged.verdict, 'not shown');
  assert.match(judged.told, /not counted: plain: /);
  answered.outcome = { state: 'aborted', reason: 'interrupted' };
  assert.equal(judgedOf('performance', result).verdict, 'not shown');
});

test('a run that lost messages supports no claim about CPU', () => {
  const result = makeBothSteps(2, 2);
  for (const run of result.runs) run.machine = null;
  assert.equal(judgedOf('backend', result).verdict, 'refuted');
  const [worker] = runOf(result, 'plain', 'throughput').workers;
  assert.ok(worker !== undefined);
  worker.lost = counted(worker, 'lost') + 1;
  worker.echoed = counted(worker, 'echoed') - 1;
  assert.equal(judgedOf('backend', result).verdict, 'not shown');
});

test('a single run that was disturbed for most of its time shows nothing', () => {
  const result = makeBothSteps(2, 3);
  assert.equal(judgedOf('performance', result).verdict, 'refuted');
  for (const run of result.runs) if (run.plan.variant === 'plain') disturb(run, 0, { stolenUs: 900_000 });
  assert.equal(judgedOf('performance', result).verdict, 'refuted');
  for (const run of result.runs) if (run.plan.variant === 'plain') disturb(run, 1, { stolenUs: 900_000 });
  assert.equal(judgedOf('performance', result).verdict, 'not shown');
  assert.match(judgedOf('performance', result).told, /plain was disturbed in 2 of 3 seconds/);
});

test('better in one figure and worse in another shows nothing', () => {
  const result = makeBothSteps(2, 2);
  const slow = runOf(result, 'direct', 'latency');
  for (const slice of slow.slices)
    slice.histograms = runOf(makeBothSteps(6, 2), 'http2', 'latency').slices[3]?.histograms ?? {};
  const judged = judgedOf('performance', result);
  assert.equal(judged.verdict, 'not shown');
  assert.match(judged.told, /One metric is better and another is worse\./);
});

test('TLS is refuted by a connection without it, HTTP/2 only if the listener offered it in vain', () => {
  const result = makeBothSteps(4, 2);
  const tls = runOf(result, 'tls', 'throughput');
  for (const slice of tls.slices) delete slice.histograms.tls;
  assert.equal(judgedOf('tls', result).verdict, 'refuted');
  const { probe } = runOf(result, 'http2', 'throughput');
  assert.ok(probe);
  for (const [extendedConnect, alpnOffered, alpn, verdict] of [
    [false, 'h2', 'http/1.1', 'refuted'],
    [null, 'h2', 'http/1.1', 'not shown'],
    [true, 'h2', 'http/1.1', 'not shown'],
    [false, 'http/1.1', 'http/1.1', 'not shown'],
    [false, 'h2', 'h2', 'not shown'],
  ] as const) {
    Object.assign(probe, { extendedConnect, alpnOffered, alpn });
    assert.equal(judgedOf('http2', result).verdict, verdict, `${extendedConnect} ${alpnOffered} ${alpn}`);
  }
});

test('whether a cache relieves the backend depends on how many requests reached it', () => {
  for (const [backendRequests, verdict] of [
    [1, 'confirmed'],
    [18_000, 'not shown'],
    [24_000, 'refuted'],
  ] as const) {
    const result = makeBothSteps(5, 1);
    const { http } = runOf(result, 'cache', 'throughput');
    assert.ok(http);
    http.backendRequests = backendRequests;
    assert.equal(judgedOf('cache-requests', result).verdict, verdict);
  }
  const result = makeBothSteps(5, 1);
  runOf(result, 'cache', 'throughput').spread = [];
  assert.equal(judgedOf('cache-messages', result).verdict, 'not shown');
});

test('a cache under mixed load is judged by the WebSockets, unless requests failed', () => {
  const mixed = (cachedUs: number) => {
    const runs = [makeMixedRun('plain'), makeMixedRun('cache', cachedUs)];
    for (const run of runs) run.validity.limit.component = 'schedule';
    const result = makeResult(runs);
    return { ...result, plan: { ...result.plan, scenario: 'mixed', steps: ['mixed'] } };
  };
  for (const [us, verdict] of [
    [1500, 'confirmed'],
    [2900, 'not shown'],
    [6000, 'refuted'],
  ] as const)
    assert.equal(judgedOf('cache-mixed', mixed(us)).verdict, verdict, `${us}`);
  const result = mixed(1500);
  assert.equal(judgedOf('cache-requests', result).verdict, 'confirmed');
  assert.match(judgedOf('cache-mixed', result).told, /0 of 200 ordinary GETs/);
  const { httpLoad } = runOf(result, 'cache', 'mixed');
  assert.ok(httpLoad);
  httpLoad.total.errors = 3;
  for (const id of ['cache-mixed', 'cache-requests']) {
    const { verdict, told } = judgedOf(id, result);
    assert.equal(verdict, 'not shown');
    assert.match(told, /3 of 203 ordinary GETs failed/);
  }
});

test('a cache whose requests failed supports no claim, and no share exceeds 100 %', () => {
  for (const change of [
    { errors: 1 },
    { timeouts: 1 },
    { non2xx: 23_999, statuses: { '2xx': 1, '5xx': 23_999 } },
  ]) {
    const result = makeBothSteps(5, 1);
    const run = runOf(result, 'cache', 'throughput');
    assert.ok(run.http);
    run.http = { ...run.http, backendRequests: 1576, ...change };
    for (const id of ['cache-requests', 'cache-messages']) {
      const { verdict, told } = judgedOf(id, result);
      assert.equal(verdict, 'not shown');
      assert.match(
        told,
        /^(1 of 24,001|23,999 of 24,000) ordinary GETs failed, so nothing is known about the cache\.$/,
      );
    }
  }
  const result = makeBothSteps(5, 1);
  const { http } = runOf(result, 'cache', 'throughput');
  const plain = runOf(result, 'plain', 'throughput').http;
  assert.ok(http && plain);
  http.backendRequests = http.requests + 12;
  assert.match(
    judgedOf('cache-requests', result).told,
    /^24,000 of 24,000 ordinary GETs reached .* \(100 %\)/,
  );
  assert.match(judgedOf('cache-requests', result).told, /without a cache, it was 12k\/s/);
  plain.errors = 1;
  assert.doesNotMatch(judgedOf('cache-requests', result).told, /without a cache/);
});

test('Nginx carries WebSockets if all opened and every message came back; a failed one refutes nothing', () => {
  const change = (of: (run: Run) => void) => {
    const result = makeBothSteps(2, 1);
    for (const run of result.runs) if (run.proxy !== null) of(run);
    const { verdict, told } = judgedOf('upgrade', result);
    return [verdict, /^In \d+ runs?, ([\d,]+ of [\d,]+ connections)/.exec(told)?.[1]];
  };
  const books = (fields: Partial<Run['workers'][number]>) => (run: Run) => {
    const [first] = run.workers;
    assert.ok(first);
    Object.assign(first, fields);
  };
  assert.deepEqual(
    change(() => {}),
    ['confirmed', '2,000 of 2,000 connections'],
  );
  assert.equal(
    change((run) => books({ failed: 1, opened: (run.workers[0]?.opened ?? 0) - 1 })(run))[0],
    'not shown',
  );
  assert.equal(
    change((run) => books({ echoed: (run.workers[0]?.echoed ?? 0) - 1, lost: 1 })(run))[0],
    'not shown',
  );
  const none = (run: Run) => {
    for (const worker of run.workers)
      Object.assign(worker, { failed: worker.opened, opened: 0, sent: 0, echoed: 0 });
  };
  assert.deepEqual(change(none), ['refuted', '0 of 2,000 connections']);
  // If connections only opened and nothing was sent, that shows nothing.
  const idle = (run: Run) => {
    for (const worker of run.workers) Object.assign(worker, { sent: 0, echoed: 0, outstanding: 0 });
  };
  assert.equal(change(idle)[0], 'not shown');
});

test('a faster HTTP/2 listener prevents a refutation, although no WebSocket used HTTP/2', () => {
  const result = makeBothSteps(4, 2);
  assert.equal(judgedOf('http2', result).verdict, 'refuted');
  const [slow, fast] = ['tls', 'http2'].map((name) => runOf(result, name, 'throughput'));
  assert.ok(slow && fast);
  for (const { component, samples } of fast.processes)
    if (component === 'proxy') for (const sample of samples) sample.cpuUs = Math.round(sample.cpuUs / 2);
  for (const run of result.runs) run.machine = null;
  const { verdict, told } = judgedOf('http2', result);
  assert.equal(verdict, 'not shown', told);
  assert.match(told, /HTTP\/2 cannot cause this difference/);
  for (const { component, samples } of fast.processes)
    if (component === 'proxy') for (const sample of samples) sample.cpuUs *= 8;
  assert.equal(judgedOf('http2', result).verdict, 'refuted');
});

test('connections are balanced if each server has an even share', () => {
  for (const [connections, verdict] of [
    [[334, 333, 333], 'confirmed'],
    [[600, 200, 200], 'not shown'],
    [[1000, 0, 0], 'refuted'],
    [[1000], 'not shown'],
  ] as const) {
    const result = makeBothSteps(6, 1);
    for (const step of ['throughput', 'latency'])
      spreadOver(runOf(result, 'load-balanced', step), connections);
    assert.equal(judgedOf('balancing', result).verdict, verdict, `${connections}`);
  }
});

test('the loss of a backend does not affect the spread before it, and is part of the evidence', () => {
  const run = makeRun({ profile: 'load-balanced', seconds: 4, load: OPEN });
  run.plan.workload = { ...run.plan.workload, scenario: 'backend-loss' };
  run.plan.step = 'backend-loss';
  // Counted over the whole run, including reconnects.
  spreadOver(run, [100, 150, 150]);
  const steady = run.slices.filter(({ phase }) => phase === 'steady');
  for (const slice of run.slices)
    slice.gauges = { ...slice.gauges, server1: 100, server2: 100, server3: 100 };
  for (const slice of steady.slice(1))
    slice.gauges = { ...slice.gauges, server1: 0, server2: 150, server3: 150 };
  const done = (kind: 'kill-server' | 'start-server', second: number) => ({
    action: { kind, server: 0 },
    atUs: (steady[0]?.startUs ?? assert.fail()) + second * 1e6,
    failure: null,
  });
  run.timeline = [done('kill-server', 1.01), done('start-server', 2.2)];
  const result = makeResult([run]);
  const loss = { ...result, plan: { ...result.plan, scenario: 'backend-loss', steps: ['backend-loss'] } };
  const { verdict, told } = judgedOf('balancing', loss);
  assert.equal(verdict, 'confirmed');
  assert.match(told, /100 to 100 each/);
  assert.match(told, /0 of 300 connections at the end/);
  // Some connections were opened twice and others were cut on purpose, so they show nothing about Nginx itself.
  assert.deepEqual(judgedOf('upgrade', loss).findings, []);
});

/** Adds a comparison of direct and plain with these outcomes to a result. */
function comparedTo(
  result: Result,
  changes: Partial<ComparedFigure>,
  [baseline, variant] = ['direct', 'plain'],
): Result {
  const comparison = makeComparison(baseline, variant);
  const figures = comparison.comparisons[0]?.figures.filter(({ name }) => name === 'response.p50') ?? [];
  const told = figures.map((figure) => ({ ...figure, ...changes }));
  return {
    ...result,
    conclusions: [
      ...result.conclusions,
      { ...comparison, comparisons: [{ variant: variant ?? '', verdict: 'mixed', figures: told }] },
    ],
  };
}

test('rounds outweigh single runs and show small effects', () => {
  const single = makeBothSteps(2, 2);
  // The throughput of a single run per side would refute the claim, but the rounds do not include it.
  runOf(single, 'plain', 'throughput').outcome = { state: 'aborted', reason: 'interrupted' };
  const faster = comparedTo(single, { effect: 0.95, interval: [0.93, 0.97], verdict: 'faster' });
  assert.equal(judgedOf('performance', faster).verdict, 'confirmed');
  assert.match(judgedOf('performance', faster).told, /−5 %, 95 % CI −7 % to −3 %, 3 rounds/);
  assert.equal(judgedOf('performance', comparedTo(single, {})).verdict, 'not shown');
  const few = comparedTo(single, { verdict: 'too few rounds' });
  assert.match(judgedOf('performance', few).told, /too few rounds for a verdict: 3/);
  const turned = comparedTo(
    single,
    { effect: 1.25, interval: [1.2, 1.3], verdict: 'slower', baseline: 80, variant: 100 },
    ['plain', 'direct'],
  );
  assert.equal(judgedOf('performance', turned).verdict, 'confirmed');
  assert.match(
    judgedOf('performance', turned).told,
    /plain 80 µs, direct 100 µs \(−20 %, 95 % CI −23\.1 % to −16\.7 %/,
  );
  // If a single run refutes and rounds confirm, the rounds decide.
  assert.equal(judgedOf('performance', makeBothSteps(2, 2)).verdict, 'refuted');
  assert.equal(judgedOf('performance', makeBothSteps(2, 2), faster).verdict, 'confirmed');
  const slower = comparedTo(single, { effect: 1.05, interval: [1.03, 1.07], verdict: 'slower' });
  const both = judgedOf('performance', faster, slower);
  assert.deepEqual([both.verdict, both.disagree], ['not shown', true]);
});

test('the claims from several results are one fragment, which names the result of each piece of evidence', () => {
  const results = ['one', 'two'].map((id) => ({ ...makeBothSteps(3, 1), id }));
  const { markup } = claimsMarkup(results, ({ id }) => `<${id}>`);
  assert.equal(markup.match(/<article class="claim"/g)?.length, 4);
  assert.ok(
    markup.includes('<strong>&lt;one&gt;</strong>: ') && markup.includes('<strong>&lt;two&gt;</strong>: '),
  );
  assert.doesNotMatch(claimsMarkup(results.slice(0, 1)).markup, /<strong>/);
});

test('every claim has its own wording, says how to test it, and escapes hostile names', () => {
  assert.equal(new Set(CLAIMS.map(({ id }) => id)).size, CLAIMS.length);
  for (const { says, shownBy, needs } of CLAIMS) {
    assert.match(says, /\.$/);
    assert.match(shownBy, /[Cc]onfirmed|[Rr]efuted/);
    assert.ok(needs.length > 0);
  }
  const hostile = withEveryString(makeBothSteps(6, 1), '<img src=x>');
  assert.doesNotMatch(claimsMarkup([hostile]).markup, /<img/);
});
