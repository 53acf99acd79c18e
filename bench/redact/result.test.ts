import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeBothSteps } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { type Run, runSchema } from '../model/run.ts';
import { reportHtml } from '../report/html.ts';
import { notice } from '../wording/finding.ts';
import { makeRedactor, redactResult } from './result.ts';

const IDENTITY = ['alices-laptop', 'alice'];

/** Matches everything that must not occur in a published result. */
const PRIVATE =
  /alice|bob|wonderland|chatroom|acme|internal|10\.20\.30\.40|Tell nobody|\/home|\/etc|\/srv|\/tmp|secret-path/i;

const GIVEN = `# Tell nobody: alice wrote this
user alice;
events {}
http {
    map $http_origin $acme_origin { "https://chat.acme.example" 1; default 0; }
    upstream chatroom { server bob.wonderland.internal:8080 weight=2; server 10.20.30.40:80; }
    proxy_cache_path /srv/bob/cache keys_zone=acme:10m;
    server {
        listen 443 ssl http2;
        server_name chat.acme.example;
        ssl_certificate /etc/alice/chat.pem;
        location /secret-path {
            proxy_pass http://chatroom;
            proxy_set_header X-Served-By alices-laptop;
            proxy_http_version 1.1;
            proxy_buffer_size 16k;
        }
    }
}
`;

/** A result with private information in every place that can hold any. */
function telling(): Result {
  const result = makeBothSteps(3, 1);
  const own = {
    name: 'conf:acme.conf',
    title: 'Your own /home/alice/acme.conf',
    profile: 'conf:/home/alice/conf/acme.conf',
    proxy: {
      kind: 'nginx' as const,
      binary: null,
      tunings: [{ name: 'tune-1', text: 'http { # Tell nobody\n server_name bob; }' }],
    },
  };
  const told =
    'Of conf:acme.conf in /home/alice/acme.conf:12 the host bob.wonderland.internal of "chatroom" is alices-laptop (http://chat.acme.example/x).';
  const runs = result.runs.map((run) => {
    if (run.plan.variant !== 'tls') return run;
    return {
      ...run,
      plan: { ...run.plan, variant: own.name, profile: own.profile },
      outcome: { state: 'failed' as const, reason: told },
      notices: [{ level: 'warning' as const, code: 'sandbox-files', data: {}, text: told }],
      validity: {
        verdict: 'suspect' as const,
        reasons: [stored(told)],
        limit: { component: 'none' as const, evidence: stored(told) },
      },
      http: run.http && { ...run.http, path: '/secret-path', cache: { HIT: 2, alice: 1 } },
      proxy: run.proxy && {
        ...run.proxy,
        binary: '/home/alice/nginx/sbin/nginx',
        buildArguments: "--prefix=/home/alice/nginx --with-cc-opt='-I/home/bob' --with-http_ssl_module",
        given: GIVEN,
        configuration: GIVEN,
        errorLog: [`2026/01/01 connect() failed, client: 10.20.30.40, server: chat.acme.example`],
      },
    };
  });
  return {
    ...result,
    id: '20260102T030405Z-alice-acme.conf',
    plan: {
      ...result.plan,
      command: [
        'compare',
        'plain',
        '--conf',
        '/home/alice/acme.conf',
        '-c',
        '10k',
        '--header=Origin: https://acme.example',
        '--name',
        'alice',
        '--threshold',
        'response.p99<50ms',
      ],
      labels: { branch: 'main' },
      note: 'A note to be read.',
    },
    environment: { ...result.environment, kernel: '6.1.0-alice' },
    variants: [...result.variants.filter(({ name }) => name !== 'tls'), own],
    notices: [{ level: 'info', code: 'variant-passed-over', data: {}, text: told }],
    conclusions: [
      { kind: 'rate', ratePerSecond: 8900, halved: false, reason: stored(told) },
      { kind: 'left-out', variant: own.name, reason: stored(told) },
      {
        kind: 'comparison',
        baseline: 'plain',
        rounds: { asked: 1, used: 1 },
        comparisons: [{ variant: own.name, verdict: 'too few rounds', figures: [] }],
        excluded: [
          { variant: own.name, step: 'latency', round: 1, figures: ['response.p99'], reason: stored(told) },
        ],
      },
    ],
    runs,
  };
}

test('neither the JSON nor the report of a redacted result contains a host, user, path or comment', () => {
  const result = telling();
  assert.match(JSON.stringify(result), PRIVATE);
  const redacted = redactResult(result, IDENTITY);
  for (const text of [JSON.stringify(redacted, null, 1), reportHtml(redacted)]) {
    // The report's own markup is ignored: paths in its links and closing tags are not private.
    const lines = text.split('\n').filter((line) => PRIVATE.test(line));
    assert.deepEqual(
      lines.map((line) => `${PRIVATE.exec(line)?.[0]}: ${line.slice(0, 200)}`),
      [],
    );
  }
});

test('measurements remain, and so does text that the user wrote for readers', () => {
  const result = telling();
  const redacted = redactResult(result, IDENTITY);
  assert.equal(redacted.id, '20260102T030405Z-compare-direct-plain-conf-1');
  assert.deepEqual(redacted.plan.command, [
    'compare',
    'plain',
    '--conf',
    '…',
    '-c',
    '10k',
    '--header=…',
    '--name',
    '…',
    '--threshold',
    'response.p99<50ms',
  ]);
  assert.deepEqual([redacted.plan.labels, redacted.plan.note], [{ branch: 'main' }, 'A note to be read.']);
  assert.deepEqual(
    redacted.runs.map(({ slices }) => slices),
    result.runs.map(({ slices }) => slices),
  );
  assert.deepEqual(
    redacted.runs.map(({ plan }) => plan.variant),
    ['direct', 'plain', 'conf-1', 'direct', 'plain', 'conf-1'],
  );
  const [, leftOut, comparison] = redacted.conclusions;
  assert.ok(leftOut?.kind === 'left-out' && leftOut.variant === 'conf-1');
  assert.ok(comparison?.kind === 'comparison');
  assert.deepEqual(comparison.comparisons, [{ variant: 'conf-1', verdict: 'too few rounds', figures: [] }]);
  assert.deepEqual(comparison.excluded[0]?.figures, ['response.p99']);
  const proxy = redacted.runs.find(({ plan }) => plan.variant === 'conf-1')?.proxy;
  assert.equal(proxy?.buildArguments, '--with-http_ssl_module');
  for (const kept of [
    'listen 443 ssl http2;',
    'proxy_buffer_size 16k;',
    'proxy_http_version 1.1;',
    'weight=2',
    'keys_zone=…:10m',
    'server_name …;',
  ])
    assert.ok(proxy?.configuration.includes(kept), kept);
  assert.equal(redacted.notices[0]?.text, 'Of conf-1 in …:12 the host … of "…" is … (…).');
});

test('a result in progress is redacted run by run', () => {
  const result = telling();
  const redactor = makeRedactor(result, IDENTITY);
  assert.doesNotMatch(JSON.stringify(redactor.head), /alice|acme/i);
  for (const run of result.runs) {
    for (const type of ['checkpoint', 'run-ended'] as const)
      assert.doesNotMatch(JSON.stringify(redactor.event({ type, number: 1, run })), PRIVATE);
    const planned = redactor.event({ type: 'run-planned', number: 1, expectedRuns: 1, plan: run.plan });
    assert.doesNotMatch(JSON.stringify(planned), PRIVATE);
  }
  const concluded = redactor.event({ type: 'concluded', conclusions: result.conclusions });
  assert.doesNotMatch(JSON.stringify(concluded), PRIVATE);
});

/** A result without private information, except for these changes. */
function plainResult(change: Partial<Result>): Result {
  return { ...makeBothSteps(3, 1), ...change };
}

const saying = (text: string) => [{ level: 'info' as const, code: 'x', data: {}, text }];

test('a private word known from one place is hidden in every other place', () => {
  const result = plainResult({
    notices: saying('Of moonbase, starlight, twilight, zephyr, wavelet and plain.'),
  });
  const [, first, second] = result.runs;
  assert.ok(first?.proxy && second?.proxy);
  first.proxy.given = 'http { upstream moonbase { server 127.0.0.1; } }';
  first.proxy.configuration = 'http { upstream starlight { server 127.0.0.1; } }';
  second.proxy.given = null;
  second.proxy.configuration = 'http { upstream twilight { server 127.0.0.1; } }';
  const own = result.variants.find(({ name }) => name === 'tls') ?? assert.fail();
  own.profile = 'conf:/etc/nginx/sites-enabled/zephyr.conf';
  Object.assign(own.proxy ?? {}, { tunings: [{ name: 'tune-1', text: 'http { server_name wavelet; }' }] });
  const { notices, variants } = redactResult(result, []);
  assert.equal(notices[0]?.text, 'Of …, …, …, …, … and plain.');
  assert.equal(variants.find(({ name }) => name === 'conf-1')?.profile, 'conf:1');
});

test('file names in notices are hidden, except for common ones', () => {
  const result = plainResult({});
  const [run] = result.runs;
  const notice = {
    directive: 'include',
    argument: 'sites-enabled/moonbase.conf',
    places: ['starlight/twilight.conf:3', 'conf.d/nginx.conf:7'],
    more: 0,
  };
  const text =
    'Nothing: include sites-enabled/moonbase.conf (starlight/twilight.conf:3, conf.d/nginx.conf:7).';
  run?.notices.push({
    level: 'info',
    code: 'sandbox-no-files',
    data: { directives: [notice], none: null },
    text,
  });
  const [redacted] = redactResult(result, []).runs;
  assert.deepEqual(redacted?.notices.at(-1), {
    level: 'info',
    code: 'sandbox-no-files',
    data: {
      directives: [{ ...notice, argument: 'sites-enabled/…', places: ['…/…:3', 'conf.d/nginx.conf:7'] }],
      none: null,
    },
    text: 'Nothing: include sites-enabled/… (…/…:3, conf.d/nginx.conf:7).',
  });
});

test('common folder names are not private words', () => {
  const result = plainResult({ notices: saying('It is in conf, sites-enabled and root, of user srv.') });
  const own = result.variants.find(({ name }) => name === 'tls') ?? assert.fail();
  own.profile = 'conf:/root/srv/conf/sites-enabled/zephyr.conf';
  assert.equal(
    redactResult(result, []).notices[0]?.text,
    'It is in conf, sites-enabled and root, of user srv.',
  );
});

test('in a calibration, the name given by the user is hidden; figures, verdicts and times are kept', () => {
  const kept = {
    schemaVersion: 1 as const,
    machine: {
      cpuModel: 'CPU of alice',
      cpus: 2,
      kernel: '6.1-alice',
      engine: 'bun' as const,
      carrier: 'sockets' as const,
      nginx: '1.22.1',
    },
    id: '20250102T030405Z-alices-night',
    startedAt: '2025-01-02T03:04:05.000Z',
    profile: 'plain',
    rounds: 10,
    connections: 1000,
    durationMs: 3000,
    falsePositives: { figures: 16, called: 0, interval: [0, 0.19] as [number, number] },
    spread: [
      {
        name: 'response.p50',
        step: 'latency' as const,
        runs: 10,
        variation: 0.02,
        detectable: 1.03,
        components: null,
      },
    ],
    costs: [],
    known: [],
  };
  const { calibration } = redactResult(plainResult({ calibration: kept }), ['alice']);
  assert.deepEqual(calibration, {
    ...kept,
    id: '20250102T030405Z',
    machine: { ...kept.machine, cpuModel: 'CPU of …', kernel: '6.1-…' },
  });
  const odd = redactResult(plainResult({ calibration: { ...kept, id: 'alice' } }), []);
  assert.equal(odd.calibration?.id, 'result');
});

test('the id has the time and the public names; a comparison is named as one, and many variants are counted', () => {
  const idOf = (change: Partial<Result>) =>
    redactResult(plainResult({ id: '20260102T030405Z-x', ...change }), []).id;
  const { plan, variants } = plainResult({});
  assert.equal(idOf({}), '20260102T030405Z-direct-plain-tls');
  assert.equal(
    idOf({ plan: { ...plan, command: ['compare', 'plain', 'tls'] } }),
    '20260102T030405Z-compare-direct-plain-tls',
  );
  assert.equal(
    idOf({ plan: { ...plan, command: ['calibrate', '-p', 'direct'] } }),
    '20260102T030405Z-calibrate-direct',
  );
  const [first] = variants;
  assert.ok(first);
  assert.equal(idOf({ variants: [...variants, { ...first, name: 'other' }] }), '20260102T030405Z-4-variants');
});

test('responses and log lines of Nginx are hidden, except for its own words', () => {
  const result = plainResult({});
  const [, run] = result.runs;
  assert.ok(run?.http && run.proxy);
  run.http = { ...run.http, path: '/alice', cache: { HIT: 1, EXPIRED: 2, 'of-alice': 3 } };
  run.proxy = {
    ...run.proxy,
    errorLog: ['alice'],
    buildArguments: '--with-debug --with-http_x_module=dynamic --prefix=/alice --with-cc-opt=-g',
  };
  run.validity = { ...run.validity, reasons: [stored('In /home/alice.')] };
  const redacted = redactResult(result, []).runs[1];
  assert.deepEqual(redacted?.http?.cache, { HIT: 1, EXPIRED: 2 });
  assert.equal(redacted?.http?.path, '…');
  assert.deepEqual(redacted?.proxy?.errorLog, []);
  assert.equal(redacted?.proxy?.binary, 'nginx');
  assert.equal(redacted?.proxy?.buildArguments, '--with-debug --with-http_x_module=dynamic');
  assert.deepEqual(redacted?.validity.reasons, [stored('In …')]);
  const kept = redactResult(plainResult({}), []).runs[1];
  assert.equal(kept?.http?.path, result.runs[2]?.http?.path);
});

test('words of the bench are kept, even if the user has used them as names', () => {
  const conclusions: Result['conclusions'] = [
    { kind: 'left-out', variant: 'plain', reason: stored('It was left-out.') },
  ];
  const kept = redactResult(plainResult({ conclusions }), ['left-out']).conclusions[0];
  assert.deepEqual(kept, { kind: 'left-out', variant: 'plain', reason: stored('It was ….') });
});

test('the command of a backend is hidden, and so is anything that may quote it or its output', () => {
  const result = makeBothSteps(3, 1);
  const reason = 'backend 1 (node bob.js {port}) exited with code 1. Its last lines on stderr: acme';
  const failed = result.runs.map((run) => ({
    ...run,
    plan: { ...run.plan, server: 'own' as const, backend: 'node bob.js {port}' },
    outcome: { state: 'failed' as const, reason },
    validity: {
      ...run.validity,
      reasons: [{ code: 'run-ended', data: { state: 'failed', reason }, text: reason }],
    },
    timeline: [{ action: { kind: 'start-server' as const, server: 0 }, atUs: 1, failure: reason }],
  }));
  const plan = { ...result.plan, command: ['-p', 'tls', '--backend', 'node bob.js {port}'] };
  const redacted = redactResult({ ...result, plan, runs: failed }, IDENTITY);
  assert.doesNotMatch(JSON.stringify(redacted), /bob|acme/);
  for (const run of redacted.runs) assert.equal(run.plan.server, 'own');
});

test('no address, path or certificate authority of an external server remains', () => {
  const result = makeBothSteps(2, 1);
  const url = 'wss://chat.acme.example/secret-path';
  const [first] = result.variants;
  const name = first?.name ?? '';
  const target = {
    kind: 'external' as const,
    ...{ url, expect: 'echo' as const, isRemote: true, subprotocols: ['acme'] },
    certificate: { by: 'file' as const, path: '/home/alice/ca.pem' },
  };
  const host = 'chat.acme.example';
  const about = { name: host, title: `The server at ${url}`, profile: `target:${url}`, proxy: null };
  const told = notice('info', 'target-address', { host, address: '10.20.30.40' });
  const given: Result = {
    ...result,
    variants: [about],
    plan: { ...result.plan, command: ['--target', url, '--ca', '/home/alice/ca.pem'] },
    runs: result.runs
      .filter(({ plan }) => plan.variant === name)
      .map((run) => ({
        ...run,
        plan: { ...run.plan, variant: host, profile: about.profile, target },
        outcome: { state: 'failed', reason: `The address of ${host} cannot be found: ENOTFOUND.` },
        notices: [told],
      })),
  };
  assert.equal(given.runs.length > 0, true);
  const shown = JSON.stringify(redactResult(given, IDENTITY));
  assert.doesNotMatch(shown, PRIVATE);
  assert.match(shown, /target:1/);
});

test('hosts of agents are renamed wherever they occur', () => {
  const result = plainResult({});
  const [run] = result.runs;
  assert.ok(run);
  const [process] = run.processes;
  assert.ok(process);
  const clock = { errorUs: 1, driftUs: 0 };
  const named: Run = {
    ...run,
    plan: { ...run.plan, agents: ['alices-desktop', 'attic'], proxyAgent: 'cellar', listen: '192.0.2.7' },
    processes: [{ ...process, host: 'attic' }],
    hosts: (['attic', 'cellar'] as const).map((name) => ({
      ...{ name, cpus: 2, isRunners: false, workers: [], sendLag: null, clock },
      ...{ role: name === 'attic' ? 'generator' : 'proxy', machine: null, samples: null },
    })),
    outcome: { state: 'failed', reason: 'The agent attic was lost.' },
  };
  const [redacted] = redactResult({ ...result, runs: [named] }, []).runs;
  assert.ok(redacted);
  v.parse(runSchema, redacted);
  assert.deepEqual(redacted.plan.agents, ['host-1', 'host-2']);
  assert.equal(redacted.plan.proxyAgent, 'host-3');
  assert.deepEqual(
    redacted.hosts?.map(({ name }) => name),
    ['host-2', 'host-3'],
  );
  assert.equal(redacted.processes[0]?.host, 'host-2');
  for (const word of ['attic', 'cellar', 'alices-desktop', '192.0.2.7'])
    assert.ok(!JSON.stringify(redacted).includes(word), word);
});
