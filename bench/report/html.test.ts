import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { makeBothSteps, makeLatencyRun, makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { reportHtml } from './html.ts';
import { html, jsonMarkup, trusted } from './markup.ts';
import { pageScript } from './page.ts';
import { BROKEN, chartsOf, shown, tableOf } from './page-text.test.fixture.ts';

test('a template escapes everything except markup', () => {
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
  // The script is valid as a classic script.
  assert.doesNotThrow(() => new Function(script));
});

test('the policy of a report allows only its own scripts and style', () => {
  const page = reportHtml(makeResult([makeRun({ seconds: 1 })]));
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '');
  assert.equal(scripts.length, 1);
  for (const script of scripts) assert.ok(policy.includes(hash(script)));
  assert.ok(policy.includes(hash(/<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '')));
  assert.doesNotMatch(page, /\sstyle="|\son\w+="|<link[^>]*href="(?!data:)|sourceMappingURL/);
});

const SMALL = { seconds: 2, connections: 100, perSecond: 1000 };

test('a report has every part, and everything that readers look for', () => {
  const page = shown(makeBothSteps(6, 4));
  const titles = [...page.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]);
  assert.deepEqual(titles, [
    'Answers',
    'Summary',
    'Throughput',
    'Latency',
    'Over time',
    'Handshakes',
    'CPU and memory',
    'The article’s claims',
    'Notices',
    'Distribution over processes',
    'Failures',
    'Protocols',
    'HTTP requests before the WebSockets',
    'All runs',
    'Environment and plan',
    'Nginx configuration',
  ]);
  for (const text of [
    'proxy_pass http://backend;',
    'does not advertise extended CONNECT (RFC 8441)',
    'Messages on an open WebSocket never reach the cache',
    'HIT 23,999, MISS 1',
    '1 of 24,000 requests reached an echo server',
    'Limited by Nginx: nginx worker 1 was busy 97 % of the time.',
    'No connection failed and no message was lost.',
    '1,000 WebSockets, 64 B text messages, 4 s steady phase.',
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.doesNotMatch(page, BROKEN);
});

test('a report can be drawn from a result that was cut off at any point', () => {
  const whole = makeRun({ seconds: 1 });
  const nothing = {
    phases: [],
    slices: [],
    workers: [],
    processes: [],
    machine: null,
    spread: [],
    http: null,
    probe: null,
  };
  const both = makeBothSteps(2, 1);
  const missing = { ...both, endedAt: null, runs: both.runs.slice(0, 3) };
  const cut = [
    makeResult([]),
    missing,
    makeResult([{ ...whole, ...nothing }]),
    { ...both, runs: both.runs.map((run) => ({ ...run, ...nothing })) },
    makeResult([
      { ...whole, slices: whole.slices.slice(0, 1), phases: whole.phases.slice(0, 1), workers: [] },
    ]),
    makeResult([{ ...whole, outcome: { state: 'aborted', reason: 'interrupted by Ctrl-C' }, proxy: null }]),
  ];
  for (const result of cut) assert.doesNotMatch(shown(result), BROKEN);
  assert.match(
    shown(makeResult([])),
    /This result contains no run, because the bench was interrupted before the first run finished\./,
  );
  assert.match(shown(missing), /This bench was interrupted before it completed the latency step of plain\./);
  assert.match(shown(cut[5] ?? makeResult([])), /Throughput\. Aborted: interrupted by Ctrl-C\./);
  const last = { ...makeResult([whole]), endedAt: null };
  assert.match(shown(last), /This bench was interrupted before it finished\./);
});

test('a report of one to twelve variants has a card, a row and charts for each', () => {
  for (const count of [1, 2, 12]) {
    const names = Array.from({ length: count }, (_, at) => `variant-${at}`);
    const result = makeResult([
      ...names.map((variant) => makeRun({ ...SMALL, variant })),
      ...names.map((variant) => makeLatencyRun('tls', { ...SMALL, variant }, 1000)),
    ]);
    const page = reportHtml(result);
    assert.equal(page.match(/<article class="card">/g)?.length, count);
    assert.deepEqual(
      tableOf(page, 'The variants at a glance').map(([name]) => name),
      names,
    );
    const ids = chartsOf(page).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.ok(page.includes(`<canvas id="${id}"`), id);
    // Throughput, two for latency, each run over time, all runs together, handshakes, CPU and memory.
    assert.equal(ids.length, 1 + 2 + count * 3 + (count > 1 ? 3 : 1) + 2 * 2 + 2 * 3);
  }
});

test('a long result is thinned out for the charts', () => {
  const charts = chartsOf(reportHtml(makeResult([makeRun({ seconds: 600 })])));
  const lengths = charts
    .flatMap((chart) => (chart.kind === 'line' ? chart.series : []))
    .map(({ points }) => points.length);
  assert.ok(lengths.length > 0);
  for (const length of lengths) assert.ok(length <= 150);
});
