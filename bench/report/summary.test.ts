import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEveryString } from '../../test/hostile.ts';
import { makeAllProfiles, makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import type { Progress } from '../model/progress.ts';
import { jsonSummary } from './json.ts';
import { protocolSentence } from './protocol.ts';
import { progressLine, summaryText } from './terminal.ts';

test('the summary for programs has exactly the fields that are promised', () => {
  const result = makeResult([makeRun({ seconds: 2, load: OPEN })]);
  const summary = jsonSummary(result, '/reports/x/report.html');
  const percentiles = ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'];
  const components = ['proxy', 'server', 'generator'];
  assert.deepEqual(Object.keys(summary), ['schemaVersion', 'reportPath', 'runs']);
  const [run] = summary.runs;
  assert.ok(run);
  assert.deepEqual(Object.keys(run), [
    'profile',
    'scenario',
    'outcome',
    'validity',
    'connections',
    'messages',
    'responseUs',
    'serviceUs',
    'sendLagUs',
    'handshakeUs',
    'tcpUs',
    'tlsUs',
    'upgradeUs',
    'cpuUsPerMessage',
    'memoryPerConnectionBytes',
    'http',
    'alpn',
    'failures',
  ]);
  assert.equal(run.outcome, 'completed');
  assert.deepEqual(Object.keys(run.validity), ['verdict', 'reasons', 'limit']);
  assert.deepEqual(Object.keys(run.connections), ['asked', 'opened', 'failed']);
  assert.deepEqual(Object.keys(run.messages), ['sent', 'echoed', 'outstanding', 'lost', 'perSecond']);
  for (const times of [run.responseUs, run.serviceUs, run.sendLagUs, run.handshakeUs, run.http?.latencyUs]) {
    assert.deepEqual(Object.keys(times ?? {}), percentiles);
  }
  assert.deepEqual(Object.keys(run.cpuUsPerMessage), components);
  assert.deepEqual(Object.keys(run.memoryPerConnectionBytes), components);
  assert.deepEqual(run.serviceUs, figuresOf(makeRun({ seconds: 2, load: OPEN })).latencies.service);
});

test('a closed loop has no response time, and says so with null', () => {
  const [run] = jsonSummary(makeResult([makeRun({ seconds: 1 })]), '').runs;
  assert.equal(run?.responseUs, null);
  assert.equal(run?.sendLagUs, null);
  assert.notEqual(run?.serviceUs, null);
});

test('a run that came to nothing has a summary all the same', () => {
  const run = {
    ...makeRun({ seconds: 1 }),
    phases: [],
    slices: [],
    workers: [],
    processes: [],
    http: null,
    probe: null,
  };
  const result = makeResult([run]);
  const text = JSON.stringify(jsonSummary(result, ''));
  assert.ok(!text.includes('NaN'));
  assert.equal(jsonSummary(result, '').runs[0]?.messages.perSecond, null);
  assert.match(summaryText(result), /tls\s+valid\s+0\s+–/);
});

test('the table at the end stands in columns and names what went wrong', () => {
  const result = makeAllProfiles();
  const [, plain, tls] = result.runs;
  assert.ok(plain && tls);
  plain.outcome = { state: 'failed', reason: 'nginx worker 1 ended with signal SIGKILL' };
  tls.validity = { ...tls.validity, verdict: 'suspect', reasons: ['generator 1 was busy 91 % of the time'] };
  const lines = summaryText(result).split('\n');
  assert.equal(lines.filter((line) => line !== '').length, 2 + 6 + 2);
  const [head = '', rule = '', first = ''] = lines;
  assert.equal(rule.length, head.length);
  assert.equal(first.length, head.length);
  assert.ok(lines.includes('plain: failed: nginx worker 1 ended with signal SIGKILL'));
  assert.ok(lines.includes('tls: The verdict is suspect: generator 1 was busy 91 % of the time.'));
});

test('nothing from outside moves the cursor', () => {
  const hostile = withEveryString(makeResult([makeRun({ seconds: 1 })]), '\u001b[2J\r\nforged\u009b1A\u202e');
  const progress = progressLine({ ...PROGRESS, profile: '\u001b[2Jtls\n' });
  for (const text of [summaryText(hostile).replaceAll('\n', ''), progress]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
});

const PROGRESS: Progress = {
  run: 2,
  runs: 6,
  profile: 'tls',
  phase: 'steady',
  elapsedUs: 12_400_000,
  connections: { asked: 10_000, open: 9_998, failed: 2 },
  messagesPerSecond: 21_900,
  p50Us: 2880,
  p99Us: 6440,
  lost: 3,
};

test('a line of progress says where the run is', () => {
  assert.equal(
    progressLine(PROGRESS),
    '[2/6] tls · steady 12 s · 9,998 of 10,000 open · 21.9k/s · p50 2.88 ms · p99 6.44 ms · 2 failed · 3 lost',
  );
  const calm = {
    run: 1,
    runs: 1,
    phase: 'connect',
    messagesPerSecond: 0,
    p50Us: null,
    p99Us: null,
    lost: 0,
  } as const;
  const connections = { asked: 10, open: 4, failed: 0 };
  assert.equal(progressLine({ ...PROGRESS, ...calm, connections }), 'tls · connect 12 s · 4 of 10 open');
});

test('no sentence lets WebSocket run over HTTP/2 when it did not', () => {
  const probe = {
    alpn: null,
    alpnOffered: 'h2',
    extendedConnect: false,
    tlsProtocol: 'TLSv1.3',
    tlsCipher: null,
    tlsResumed: null,
  };
  const without = protocolSentence(probe);
  assert.match(without, /did not advertise extended CONNECT \(RFC 8441\)/);
  assert.match(without, /every WebSocket ran over HTTP\/1\.1 on a TLS connection of its own/);
  for (const extendedConnect of [true, null]) {
    assert.match(protocolSentence({ ...probe, extendedConnect }), /every WebSocket ran over HTTP\/1\.1/);
  }
  assert.doesNotMatch(protocolSentence({ ...probe, alpnOffered: 'http/1.1' }), /h2/);
  assert.match(protocolSentence({ ...probe, tlsProtocol: null, alpnOffered: null }), /No TLS/);
});
