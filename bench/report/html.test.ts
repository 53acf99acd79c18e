import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { makeAllProfiles, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { reportHtml } from './html.ts';
import { html, jsonMarkup, trusted } from './markup.ts';
import type { ChartSpec } from './page/spec.ts';
import { pageScript } from './script.ts';

test('a template escapes whatever is not markup', () => {
  const hostile = `<img src="x" onerror='alert(1)'>&amp;`;
  assert.equal(
    html`<p title="${hostile}">${[hostile, 7, null, false, trusted('<b></b>')]}</p>`.markup,
    '<p title="&lt;img src=&quot;x&quot; onerror=&#39;alert(1)&#39;&gt;&amp;amp;">' +
      '&lt;img src=&quot;x&quot; onerror=&#39;alert(1)&#39;&gt;&amp;amp;7<b></b></p>',
  );
  assert.equal(jsonMarkup('</script><!--').markup, '"\\u003c/script>\\u003c!--"');
});

test('the script of the page is one classic script', () => {
  const script = pageScript();
  assert.doesNotMatch(script, /^\s*(import|export)\b/m);
  assert.ok(!script.includes('</script'));
  // Parses as what it is included as.
  assert.doesNotThrow(() => new Function(script));
});

test('the policy of a report allows its own scripts and style and nothing else', () => {
  const page = reportHtml(makeResult([makeRun({ seconds: 1 })]));
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '');
  assert.equal(scripts.length, 2);
  for (const script of scripts) assert.ok(policy.includes(hash(script)));
  assert.ok(policy.includes(hash(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '')));
  assert.doesNotMatch(page, /\sstyle="|\son\w+="|<link[^>]*href="(?!data:)|sourceMappingURL/);
});

test('a report has every part, and every figure of its tables', () => {
  const page = reportHtml(makeAllProfiles());
  const titles = [...page.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]);
  assert.deepEqual(titles, [
    'Verdicts',
    'Summary',
    'Notices',
    'Latency',
    'Over time',
    'Handshakes',
    'CPU and memory',
    'Spread',
    'Failures',
    'Protocols',
    'HTTP beside WebSocket',
    'Environment and plan',
    'Nginx configuration',
  ]);
  for (const text of [
    'proxy_pass http://backend;',
    'did not advertise extended CONNECT (RFC 8441)',
    'the messages of an open WebSocket are not touched by it',
    'HIT 23,999, MISS 1',
    '1 of 24,000 requests reached an echo server',
    'nginx-ws-bench --profile direct,plain,tls,http2,cache,load-balanced -c 1k -d 10s',
    'What set the pace was Nginx: nginx worker 1 was busy 97 % of the time.',
    'No connection failed and no message was lost.',
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.doesNotMatch(page.replace(/<script>[\s\S]*?<\/script>/g, ''), /NaN|undefined|Infinity|\[object/);
});

test('evidence that the verdict gives is not given again', () => {
  const run = makeRun({ seconds: 1 });
  const evidence = 'the busiest generator worker was busy 98 % of the time.';
  run.validity = {
    verdict: 'generator-limited',
    reasons: [`The generator was the limit: ${evidence}`],
    limit: { component: 'generator', evidence },
  };
  const page = reportHtml(makeResult([run]));
  assert.ok(page.includes(`The verdict is generator-limited: The generator was the limit: ${evidence}`));
  assert.doesNotMatch(page, /What set the pace was the generator/);
});

test('a report can be drawn of a result that was cut off anywhere', () => {
  const whole = makeRun({ seconds: 1 });
  const cut = [
    makeResult([]),
    { ...makeResult([]), endedAt: null, plan: { ...makeResult([]).plan, runs: [whole.plan] } },
    makeResult([
      { ...whole, phases: [], slices: [], workers: [], processes: [], spread: [], http: null, probe: null },
    ]),
    makeResult([
      { ...whole, slices: whole.slices.slice(0, 1), phases: whole.phases.slice(0, 1), workers: [] },
    ]),
    makeResult([{ ...whole, outcome: { state: 'aborted', reason: 'interrupted by Ctrl-C' }, proxy: null }]),
  ];
  for (const result of cut) {
    const page = reportHtml(result).replace(/<script>[\s\S]*?<\/script>/g, '');
    assert.doesNotMatch(page, /NaN|undefined|Infinity|\[object/);
  }
  assert.match(reportHtml(cut[4] ?? makeResult([])), /Aborted: interrupted by Ctrl-C/);
  assert.match(reportHtml(cut[1] ?? makeResult([])), /This bench was cut off: 1 of its 1 runs are missing\./);
  const last = { ...makeResult([whole]), endedAt: null };
  assert.match(reportHtml(last), /This bench was cut off in its last run\./);
});

test('a long result is thinned out for the charts', () => {
  const page = reportHtml(makeResult([makeRun({ seconds: 600 })]));
  const charts: ChartSpec[] = JSON.parse(/id="charts">(.*?)<\/script>/.exec(page)?.[1] ?? '[]');
  const lengths = charts
    .flatMap((chart) => (chart.kind === 'line' ? chart.series : []))
    .map(({ points }) => points.length);
  assert.ok(lengths.length > 0);
  for (const length of lengths) assert.ok(length <= 150);
});
