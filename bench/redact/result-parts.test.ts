import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps } from '../../test/result.ts';
import type { BenchEvent } from '../model/event.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import type { PlannedTarget } from '../model/target.ts';
import type { Variant } from '../model/variant.ts';
import { makeRedactor, redactResult } from './result.ts';

const RESULT = makeBothSteps(3, 1);
const UNTOLD = 'the reason is hidden, because it may quote the server, its command or the scenario file.';

/** Returns the redacted first run of a result, after these changes to it. */
function redactedRun(change: Partial<Run>, changes: Partial<Result> = {}, words: string[] = []): Run {
  const run = RESULT.runs.find(({ plan }) => plan.variant === 'tls') ?? assert.fail();
  const [redacted] = redactResult({ ...RESULT, ...changes, runs: [{ ...run, ...change }] }, words).runs;
  return redacted ?? assert.fail();
}

const TLS = RESULT.runs.find(({ plan }) => plan.variant === 'tls') ?? assert.fail();

test('a result without anything private remains as it is, apart from what is always removed', () => {
  const redacted = redactResult(RESULT, []);
  const proxies = RESULT.runs.map(({ proxy }) => proxy);
  assert.deepEqual(
    {
      ...redacted,
      id: RESULT.id,
      plan: RESULT.plan,
      runs: redacted.runs.map((run, at) => ({ ...run, proxy: proxies[at] })),
    },
    RESULT,
  );
  for (const [at, { proxy }] of redacted.runs.entries()) assert.equal(proxy === null, proxies[at] === null);
});

function redactedTarget(target: PlannedTarget): PlannedTarget {
  return redactedRun({ plan: { ...TLS.plan, target } }).plan.target;
}

test('of a target, its protocol remains, whether it is remote, and by what its certificate is verified', () => {
  const target = {
    kind: 'external' as const,
    expect: 'any' as const,
    ...{ url: 'ws://192.168.7.9:81/a/b?c', isRemote: false, certificate: null, subprotocols: [] },
  };
  assert.deepEqual(redactedTarget({ ...target, subprotocols: [] }), { ...target, url: 'ws://localhost/' });
  assert.deepEqual(
    redactedTarget({
      ...{ ...target, url: 'wss://moonbase.example/x', isRemote: true },
      certificate: { by: 'system' },
      subprotocols: ['a', 'b'],
    }),
    {
      ...{ ...target, url: 'wss://target.invalid/', isRemote: true },
      certificate: { by: 'system' },
      subprotocols: ['…', '…'],
    },
  );
  assert.deepEqual(
    redactedTarget({ ...target, certificate: { by: 'file', path: '/x.pem' }, subprotocols: [] }),
    {
      ...{ ...target, url: 'ws://localhost/' },
      certificate: { by: 'file', path: '…' },
    },
  );
  assert.deepEqual(redactedTarget({ kind: 'sandbox' }), { kind: 'sandbox' });
});

test('agents are numbered in the order of generators, proxy and servers', () => {
  const [process, other] = TLS.processes;
  assert.ok(process && other);
  const machine = { cpuModel: 'Z80', kernel: '6.1-moonbase', node: 'v1' } as never;
  const host = { cpus: 2, isRunners: false, workers: [], sendLag: null, clock: { errorUs: 1, driftUs: 0 } };
  const rest = { ...host, role: 'server' as const, samples: null };
  const { plan, processes, hosts } = redactedRun(
    {
      plan: { ...TLS.plan, agents: ['attic'], proxyAgent: 'cellar', serverAgents: ['den', 'moonbase'] },
      processes: [{ ...process, host: 'moonbase' }, other],
      hosts: [
        { ...rest, name: 'den', machine },
        { ...rest, name: 'attic', machine: null },
      ],
    },
    {},
  );
  assert.deepEqual(plan, {
    ...TLS.plan,
    ...{ agents: ['host-1'], proxyAgent: 'host-2', serverAgents: ['host-3', 'host-4'] },
  });
  assert.deepEqual(processes, [{ ...process, host: 'host-4' }, other]);
  assert.deepEqual(hosts, [
    { ...rest, name: 'host-3', machine: { cpuModel: 'Z80', kernel: '6.1-…', node: 'v1' } },
    { ...rest, name: 'host-1', machine: null },
  ]);
  const without = redactedRun({});
  assert.deepEqual(
    ['agents', 'proxyAgent', 'serverAgents', 'listen'].filter((name) => name in without.plan),
    [],
  );
  assert.ok(!('hosts' in without));
  const servers = redactedRun({ plan: { ...TLS.plan, serverAgents: ['den'], listen: '192.0.2.7' } }).plan;
  assert.deepEqual([servers.serverAgents, servers.listen, servers.backend], [['host-1'], '…', null]);
  const shared = redactedRun({
    plan: { ...TLS.plan, agents: ['attic', 'den'], serverAgents: ['attic'] },
  }).plan;
  assert.deepEqual([shared.agents, shared.serverAgents], [['host-1', 'host-2'], ['host-1']]);
});

const SAID = 'It was at /home/x.';

function quoting(change: Partial<Run>, changes: Partial<Result> = {}): unknown {
  const action = { kind: 'start-server' as const, server: 0 };
  const run = redactedRun(
    {
      outcome: { state: 'failed', reason: SAID },
      timeline: [
        { action, atUs: 1, failure: SAID },
        { action, atUs: 2, failure: null },
      ],
      validity: {
        verdict: 'suspect',
        reasons: ['run-ended', 'action-failed', 'losses'].map((code) => ({
          ...{ code, data: { reason: SAID, count: 3 }, text: SAID },
        })),
        limit: { component: 'none', evidence: stored(SAID) },
      },
      ...change,
    },
    changes,
  );
  assert.deepEqual(
    run.timeline.map(({ failure: _, ...done }) => done),
    [
      { action, atUs: 1 },
      { action, atUs: 2 },
    ],
  );
  return [run.outcome, run.timeline.map(({ failure }) => failure), run.validity];
}

test('errors are redacted; those that may quote a user’s command or scenario are hidden', () => {
  const text = 'It was at …';
  const redacted = (code: string) => ({ code, data: { reason: text, count: 3 }, text });
  const limit = { component: 'none', evidence: stored(text) };
  const codes = ['run-ended', 'action-failed', 'losses'] as const;
  assert.deepEqual(quoting({}), [
    { state: 'failed', reason: text },
    [text, null],
    { verdict: 'suspect', reasons: codes.map(redacted), limit },
  ]);
  const hidden = (code: string) => ({ code, data: {}, text: `The run failed: ${UNTOLD}` });
  const untold = [
    { state: 'failed', reason: UNTOLD },
    [UNTOLD, null],
    {
      verdict: 'suspect',
      reasons: [hidden('run-ended'), hidden('action-failed'), redacted('losses')],
      limit,
    },
  ];
  assert.deepEqual(quoting({ plan: { ...TLS.plan, backend: 'node x.js' } }), untold);
  assert.deepEqual(quoting({}, { plan: { ...RESULT.plan, declared: {} as never } }), untold);
  assert.deepEqual(redactedRun({}).outcome, { state: 'completed' });
  assert.equal(redactedRun({ plan: { ...TLS.plan, backend: 'node x.js' } }).plan.backend, '…');
});

test('of Nginx, its version, public build arguments and configuration remain, also of an upgrade', () => {
  const proxy = TLS.proxy ?? assert.fail();
  const given = '# Mine\nhttp { server_name moonbase; }\n';
  const { proxy: redacted } = redactedRun({
    proxy: {
      ...proxy,
      ...{ binary: '/opt/x/nginx', version: '1.2.moonbase', given, configuration: given, errorLog: ['x'] },
      buildArguments: '--with-debug  --without-http_x_module\t--with-a=dynamic --with-b=static --with-C x',
      upgrade: { ...(proxy.upgrade ?? {}), binary: '/opt/y/nginx', version: '1.3.moonbase' } as never,
    },
  });
  assert.deepEqual(redacted, {
    ...proxy,
    ...{ binary: 'nginx', version: '1.2.moonbase', errorLog: [] },
    given: 'http {\n    server_name …;\n}\n',
    configuration: 'http {\n    server_name …;\n}\n',
    buildArguments: '--with-debug --without-http_x_module --with-a=dynamic',
    upgrade: { ...(proxy.upgrade ?? {}), binary: 'nginx', version: '1.3.moonbase' },
  });
  assert.deepEqual(
    [redactedRun({ proxy: null }).proxy, redactedRun({ proxy: { ...proxy, given: null } }).proxy?.given],
    [null, null],
  );
});

test('the HTTP requests before and during the load have public paths and states of the cache', () => {
  const leg = TLS.http ?? assert.fail();
  const cache = { HIT: 1, MISSMISSMIS: 2, MI: 3, MISSMISSMISS: 4, Miss: 5 };
  const total = { ...leg, path: '/x/y', cache };
  const shown = { ...leg, path: '…', cache: { HIT: 1, MISSMISSMIS: 2 } };
  const { http, httpLoad } = redactedRun({ http: total, httpLoad: { total, slots: [] } as never });
  assert.deepEqual([http, httpLoad], [shown, { total: shown, slots: [] }]);
  const kept = redactedRun({ http: { ...leg, path: '/page', cache: null }, httpLoad: null });
  assert.deepEqual([kept.http, kept.httpLoad], [{ ...leg, path: '/page', cache: null }, null]);
  assert.equal(redactedRun({ http: null }).http, null);
});

function variant(name: string, profile: string, changes: Partial<Variant> = {}): Variant {
  return { name, title: `About ${name}`, profile, proxy: null, ...changes };
}

function variantsIn(...variants: Variant[]): Variant[] {
  return redactResult({ ...RESULT, variants, runs: [] }, []).variants;
}

test('targets and variants named after files are numbered, each kind by itself; others keep their names', () => {
  const tunings = [{ name: 't', text: 'http { gzip on; # Mine\n}' }];
  const proxy = { kind: 'nginx' as const, binary: null, tunings };
  const target = 'A server that is already running';
  const own = 'The user’s own configuration';
  assert.deepEqual(
    variantsIn(
      variant('a', 'target:ws://a/'),
      variant('plain', 'plain', { proxy }),
      variant('b', 'target:ws://b/'),
      variant('c', 'conf:/c'),
      variant('/d/e', 'plain'),
      variant('d\\e', 'plain'),
      variant('/f', 'target:ws://f/'),
    ),
    [
      variant('target-1', 'target:1', { title: target }),
      variant('plain', 'plain', {
        title: 'About plain',
        proxy: { ...proxy, tunings: [{ name: 't', text: 'http {\n    gzip on;\n}\n' }] },
      }),
      variant('target-2', 'target:2', { title: target }),
      variant('conf-1', 'conf:1', { title: own }),
      variant('conf-2', 'conf:2', { title: own }),
      variant('conf-3', 'conf:3', { title: own }),
      variant('target-3', 'target:3', { title: target }),
    ],
  );
});

/** Returns a text after words of the variants have been removed from it. */
function said(text: string, ...variants: Variant[]): string | undefined {
  const notices = [{ level: 'info' as const, code: 'x', data: {}, text }];
  return redactResult({ ...RESULT, variants, notices, runs: [] }, []).notices[0]?.text;
}

test('words of addresses and paths are removed, except for common ones', () => {
  const of = (profile: string) => said('Of moonbase, localhost, cave and zephyr.', variant('named', profile));
  assert.equal(of('target:ws://moonbase/cave'), 'Of …, localhost, … and zephyr.');
  for (const host of ['localhost', '127.0.0.9', '[::1]'])
    assert.equal(of(`target:ws://${host}/cave`), 'Of moonbase, localhost, … and zephyr.');
  for (const host of ['localhost', '127.0.0.9', '[::1]'])
    assert.equal(said(`Of ${host}.`, variant('named', `target:ws://${host}/cave`)), `Of ${host}.`);
  assert.equal(said('Of ... and zephyr.', variant('named', 'conf:.../zephyr.conf')), 'Of ... and ….');
  assert.equal(of('target:moonbase'), 'Of moonbase, localhost, cave and zephyr.');
  assert.equal(of('conf:/srv/cave/zephyr.conf:12'), 'Of moonbase, localhost, … and ….');
  assert.equal(of('conf:zephyr.conf'), 'Of moonbase, localhost, cave and ….');
  assert.equal(of('plain:/srv/cave'), 'Of moonbase, localhost, cave and zephyr.');
  assert.equal(
    said(
      'Of etc, nginx.conf, conf.d, www.bak and cave.',
      variant('named', 'conf:/etc/conf.d/www.bak/nginx.conf'),
    ),
    'Of etc, nginx.conf, conf.d, … and cave.',
  );
});

test('a name is replaced where it is not a part of a longer word, and once', () => {
  const variants = [variant('te', 'target:ws://te/'), variant('a/b', 'plain'), variant('a/b.c', 'plain')];
  assert.equal(said('te, Te, note, (a/b.c), a/b', ...variants), 'target-1, Te, note, (conf-2), conf-1');
  assert.equal(said('te', variant('te', 'target:ws://te/'), variant('target', 'target:ws://x/')), 'target-1');
});

test('an event without private facts is passed on as it is', () => {
  const redactor = makeRedactor(RESULT, []);
  const event = { type: 'run-started', number: 1, text: '/home/x' } as unknown as BenchEvent;
  assert.equal(redactor.event(event), event);
  const { runs, conclusions } = RESULT;
  const [run = assert.fail()] = runs;
  const concluded: BenchEvent = { type: 'concluded', conclusions };
  assert.deepEqual(redactor.event(concluded), concluded);
  const planned: BenchEvent = { type: 'run-planned', number: 2, expectedRuns: 3, plan: run.plan };
  assert.deepEqual(redactor.event(planned), planned);
  const ended = redactor.event({ type: 'run-ended', number: 2, run });
  assert.deepEqual(ended, { type: 'run-ended', number: 2, run: redactedRun(run) });
});

test('a run teaches its words to the runs after it', () => {
  const redactor = makeRedactor(RESULT, []);
  const saying = (run: Run): Run => ({
    ...run,
    outcome: { state: 'failed', reason: 'Of attic and moonbase.' },
  });
  const reasonOf = (type: 'run-ended' | 'checkpoint', run: Run) => {
    const event = redactor.event({ type, number: 1, run: saying(run) });
    assert.ok(event.type === type && 'reason' in event.run.outcome);
    return event.run.outcome.reason;
  };
  assert.equal(reasonOf('run-ended', TLS), 'Of attic and moonbase.');
  assert.equal(
    reasonOf('checkpoint', { ...TLS, plan: { ...TLS.plan, agents: ['attic'] } }),
    'Of … and moonbase.',
  );
  const proxy = TLS.proxy && { ...TLS.proxy, given: 'http { server_name moonbase; }' };
  assert.equal(reasonOf('run-ended', { ...TLS, proxy }), 'Of … and ….');
  assert.equal(reasonOf('run-ended', TLS), 'Of … and ….');
});

test('an id is made of at most three names, in at most 80 characters', () => {
  const idOf = (id: string, command: string[], ...names: string[]) => {
    const variants = names.map((name) => variant(name, 'plain'));
    return redactResult({ ...RESULT, id, variants, plan: { ...RESULT.plan, command }, runs: [] }, []).id;
  };
  const time = '20260102T030405Z';
  assert.equal(idOf(`${time}-x`, ['run'], 'a', 'b', 'c'), `${time}-a-b-c`);
  assert.equal(idOf(`${time}-x`, [], 'a', 'b', 'c', 'd'), `${time}-4-variants`);
  assert.equal(idOf(`${time}-x`, ['compare'], 'a', 'b', 'c', 'd'), `${time}-compare-4-variants`);
  assert.equal(idOf(`x${time}`, ['calibrate'], 'a+b', 'c'), 'result-calibrate-a+b');
  assert.equal(idOf(time, ['run'], 'a (A)', 'é'), `${time}-a-A---`);
  assert.equal(idOf(time, ['run'], 'x'.repeat(90)), `${time}-${'x'.repeat(80)}`);
});

test('in a conclusion, the names of variants are public, and other texts are redacted at any depth', () => {
  const variants = [variant('ab', 'target:ws://ab/'), variant('plain', 'plain')];
  const conclusions = [
    {
      kind: 'left-out',
      variant: 'ab',
      reason: { code: 'of-abc', data: { list: [['/x'], 1, null, true] }, text: 'ab: /x' },
    },
    {
      kind: 'left-out',
      variant: 'plain',
      reason: { code: 'x', data: { id: '20260102T030405Z-ab' }, text: 'no' },
    },
  ] as Result['conclusions'];
  assert.deepEqual(redactResult({ ...RESULT, variants, conclusions, runs: [] }, []).conclusions, [
    {
      ...{ kind: 'left-out', variant: 'target-1' },
      reason: { code: 'of-abc', data: { list: [['…'], 1, null, true] }, text: 'target-1: …' },
    },
    {
      kind: 'left-out',
      variant: 'plain',
      reason: { code: 'x', data: { id: '20260102T030405Z' }, text: 'no' },
    },
  ]);
  // A name that stays as it is also stays where it refers to the variant.
  const [, kept] = redactResult({ ...RESULT, variants, conclusions, runs: [] }, ['plain']).conclusions;
  assert.ok(kept?.kind === 'left-out' && kept.variant === 'plain');
});
