import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps } from '../../test/result.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { reportHtml } from '../report/html.ts';
import { makeRedactor, redactResult } from './result.ts';

const IDENTITY = ['alices-laptop', 'alice'];

/** What must be nowhere in what is published. */
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

/** A result in which every place that may tell something does. */
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
      notices: [{ level: 'warning' as const, code: 'sandbox-files', text: told }],
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
    notices: [{ level: 'info', code: 'variant-passed-over', text: told }],
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

test('neither the JSON nor the report of a redacted result has a host, a user, a path or a comment', () => {
  const result = telling();
  assert.match(JSON.stringify(result), PRIVATE);
  const redacted = redactResult(result, IDENTITY);
  for (const text of [JSON.stringify(redacted, null, 1), reportHtml(redacted)]) {
    // Markup of the report's own: paths in its links and closing tags are none of a person's.
    const lines = text.split('\n').filter((line) => PRIVATE.test(line));
    assert.deepEqual(
      lines.map((line) => `${PRIVATE.exec(line)?.[0]}: ${line.slice(0, 200)}`),
      [],
    );
  }
});

test('what was measured stays, and so does what was given to be read', () => {
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

test('a result that only comes about is redacted run by run', () => {
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
