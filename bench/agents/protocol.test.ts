import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import {
  answerSchema,
  beginSchema,
  clockSchema,
  LOST_MS,
  observeSchema,
  PRESENCE_MS,
  presenceSchema,
  presenceSubject,
  reportSubject,
  requestSubject,
  runnerSubject,
  STREAM_SUBJECTS,
  sampleSchema,
} from './protocol.ts';

const run = '0123abcd-0000-0000-0000-000000000000';

/** Asserts which changes of a message are accepted; undefined removes a field. */
function check(schema: v.GenericSchema, base: object, good: readonly object[], bad: readonly object[]): void {
  const isGood = (changes: object) => v.is(schema, JSON.parse(JSON.stringify({ ...base, ...changes })));
  for (const changes of [{}, ...good]) assert.equal(isGood(changes), true, JSON.stringify(changes));
  const withoutRun =
    'run' in base ? [{ run: undefined }, { run: `${run}0` }, { run: run.toUpperCase() }] : [];
  for (const changes of [...withoutRun, ...bad])
    assert.equal(isGood(changes), false, JSON.stringify(changes));
}

test('each message has a subject of its own, and only reports are stored', () => {
  assert.deepEqual(
    [requestSubject('a', 'begin'), presenceSubject('a'), runnerSubject(run), reportSubject(run, 'a')],
    [
      ...['nginx-ws-bench.agent.a.begin', 'nginx-ws-bench.presence.a', `nginx-ws-bench.runner.${run}`],
      `nginx-ws-bench.reports.${run}.a`,
    ],
  );
  assert.equal(STREAM_SUBJECTS, 'nginx-ws-bench.reports.*.*');
});

test('a peer is lost once it has missed ten announcements', () => {
  assert.deepEqual([PRESENCE_MS, LOST_MS], [500, 5000]);
});

test('a generator has 1 to 256 workers, each with its index', () => {
  const workers = (count: number) => ({ workers: Array.from({ length: count }, (_, index) => index) });
  const target = { host: '192.0.2.1', ports: [80] };
  const base = { role: 'generator', run, version: '1', workers: [0], client: 'lean', engine: 'node', target };
  check(
    beginSchema,
    base,
    [workers(256), { client: 'ws', engine: 'bun' }, { target: { host: '', ports: [] } }],
    [
      ...[workers(0), workers(257), { workers: [-1] }, { workers: [0.5] }, { role: 'runner' }],
      ...[{ version: 1 }, { version: undefined }, { client: 'node' }, { engine: 'deno' }],
      ...[{ target: { host: 1, ports: [] } }, { target: { host: '', ports: [-1] } }],
    ],
  );
});

test('echo servers are numbered from 1, and only some of their options can be set', () => {
  const base = { role: 'server', run, version: '1', first: 1, count: 1, kind: 'ws', engine: 'node' };
  check(
    beginSchema,
    { ...base, args: [], maxPayloadBytes: 0 },
    [
      ...[{ first: 300, count: 256, kind: 'lean', engine: 'bun', maxPayloadBytes: 64 }],
      { args: ['--reply', 'broadcast', '--close-after', '5'] },
    ],
    [
      ...[{ first: 0 }, { first: 1.5 }, { count: 0 }, { count: 257 }, { kind: 'own' }, { engine: 'deno' }],
      ...[{ args: ['--cert', 'a'] }, { args: ['-reply'] }, { args: ['/etc/passwd'] }, { args: [''] }],
      ...[{ args: ['A'] }, { args: [5] }, { maxPayloadBytes: -1 }, { version: undefined }],
    ],
  );
});

test('a proxy is started in front of at least one server, or only watched', () => {
  const base = { role: 'proxy', run, version: '1', start: null };
  const proxy = { workers: 1, workerConnections: 64, workerFiles: 128, reuseport: false, backlog: 16 };
  const upstreams = (...ports: unknown[]) => ({
    start: {
      ...{ kind: 'nginx', profile: 'plain', tunings: [], proxy },
      upstreams: ports.map((port) => ({ host: 'a', port })),
    },
  });
  check(
    beginSchema,
    base,
    [upstreams(1), upstreams(65_535, 80)],
    [
      upstreams(),
      upstreams(0),
      upstreams(65_536),
      upstreams(1.5),
      { start: undefined },
      { version: undefined },
    ],
  );
});

test('an answer refuses, or describes what was started', () => {
  const server = { role: 'server', servers: [{ host: 'a', port: 1 }] };
  check(
    answerSchema,
    { refusal: null },
    [{ refusal: 'it is busy.' }, { started: null }, { started: server }],
    [{ refusal: undefined }, { started: { ...server, servers: [{ host: 'a', port: 0 }] } }, { started: 5 }],
  );
  assert.deepEqual(v.parse(answerSchema, { refusal: null }), { refusal: null, started: null });
});

test('times are whole ns as text, and samples are taken every 1 ms to 1 min, or at up to 100 times', () => {
  check(
    clockSchema,
    { ns: '0' },
    [{ ns: '9'.repeat(20) }],
    [{ ns: '9'.repeat(21) }, { ns: '-1' }, { ns: '' }],
  );
  check(
    observeSchema,
    { run, epochNs: '-5', intervalMs: 1 },
    [{ epochNs: '9'.repeat(20), intervalMs: 60_000 }],
    [{ epochNs: '9'.repeat(21) }, { epochNs: '--1' }, { intervalMs: 0.9 }, { intervalMs: 60_001 }],
  );
  const times = (count: number) => ({ timesUs: Array.from({ length: count }, () => 0.5) });
  check(sampleSchema, { run, timesUs: [] }, [times(100)], [times(101), { timesUs: ['1'] }]);
});

test('an agent is present with the run in which it takes part, if any', () => {
  const base = { instance: 'x', run: null };
  for (const [presence, isGood] of [
    [base, true],
    [{ ...base, run }, true],
    [{ ...base, run: `${run}0` }, false],
    [{ instance: 'x' }, false],
  ] as const)
    assert.equal(v.is(presenceSchema, presence), isGood);
});
