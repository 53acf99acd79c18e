import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  makeAllProfiles,
  makeBothSteps,
  makeLatencyRun,
  makeResult,
  RATE,
  rateOf,
} from '../../test/result.ts';
import { CLOSED, disturb, makeRun } from '../../test/run.ts';
import type { Result } from '../model/result.ts';
import { answerSentence, capacitySentence, formatCapacity } from './answer.ts';
import { reportHtml } from './html.ts';
import { html, jsonMarkup, trusted } from './markup.ts';
import { formatBytes, formatCount, formatRate, formatShare, formatTime } from './page/format.ts';
import type { ChartSpec } from './page/spec.ts';
import { pageScript } from './script.ts';
import { viewOf } from './view.ts';

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

/** What a person reads: the page without its scripts and style. */
function shown(result: Result): string {
  return reportHtml(result).replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '');
}

/** The text of one section, without tags. */
function sectionText(page: string, id: string): string {
  const section = new RegExp(`<section id="${id}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? assert.fail(id);
  return section.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

/** The cells of the table with this caption, row by row, the heading of a group in each of its rows. */
function tableOf(page: string, caption: string): string[][] {
  const table =
    page.split('<table>').find((text) => text.includes(`<caption>${caption}</caption>`)) ??
    assert.fail(caption);
  const body = table.slice(table.indexOf('</thead>'), table.indexOf('</table>'));
  const text = (cell: string) => cell.replace(/<[^>]*>/g, '').trim();
  return [...body.matchAll(/<tbody>(.*?)<\/tbody>/gs)].flatMap(([, group = '']) => {
    const heading = text(/<th[^>]*>(.*?)<\/th>/s.exec(group)?.[1] ?? '');
    return [...group.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) => [
      heading,
      ...[...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => text(cell)),
    ]);
  });
}

function chartsOf(page: string): ChartSpec[] {
  return JSON.parse(/id="charts">(.*?)<\/script>/.exec(page)?.[1] ?? '[]');
}

const BROKEN = /NaN|undefined|Infinity|\[object/;
const SMALL = { seconds: 2, connections: 100, perSecond: 1000 };

test('a report has every part, and what a reader looks for in it', () => {
  const page = shown(makeBothSteps(6, 4));
  const titles = [...page.matchAll(/<h2 id="[^"]*">([^<]*)<\/h2>/g)].map((match) => match[1]);
  assert.deepEqual(titles, [
    'Answers',
    'Summary',
    'Notices',
    'Throughput',
    'Latency',
    'Over time',
    'Handshakes',
    'CPU and memory',
    'Spread',
    'Failures',
    'Protocols',
    'HTTP beside WebSocket',
    'All runs',
    'Environment and plan',
    'Nginx configuration',
  ]);
  for (const text of [
    'proxy_pass http://backend;',
    'did not advertise extended CONNECT (RFC 8441)',
    'the messages of an open WebSocket are not touched by it',
    'HIT 23,999, MISS 1',
    '1 of 24,000 requests reached an echo server',
    'What set the pace was Nginx: nginx worker 1 was busy 97 % of the time.',
    'No connection failed and no message was lost.',
    '1,000 WebSockets, messages of 64 B text, 4 s steady. Throughput in a closed loop with 1 in flight each, latency in an open loop at 8.9k/s (uniform).',
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.doesNotMatch(page, BROKEN);
});

test('the first thing is a sentence a variant with both answers, and the verdicts of both steps', () => {
  const result = makeBothSteps(3, 4);
  const [, , , , plainLatency] = result.runs;
  assert.ok(plainLatency);
  plainLatency.validity = { ...plainLatency.validity, verdict: 'suspect', reasons: ['A reason.'] };
  const page = shown(result);
  const cards = [...page.matchAll(/<article class="card">[\s\S]*?<\/article>/g)].map(([card]) => card);
  const { variants } = viewOf(result);
  assert.deepEqual(
    cards.map((card) => /<p class="answer">([^<]*)<\/p>/.exec(card)?.[1]),
    variants.map(answerSentence),
  );
  const badges = cards.map((card) => [...card.matchAll(/<\/svg> ([^<]*)<\/span>/g)].map((match) => match[1]));
  const good = ['throughput: valid', 'latency: valid'];
  assert.deepEqual(badges, [good, ['throughput: valid', 'latency: suspect'], good]);
  for (const [at, { throughput }] of variants.entries())
    assert.ok(throughput && cards[at]?.includes(capacitySentence(throughput)));
  assert.ok(cards[1]?.includes('A reason.'));
});

test('the row of a variant has the figures of the step that answers each', () => {
  const result = makeBothSteps(3, 4);
  const rows = tableOf(shown(result), 'The variants at a glance');
  for (const [at, { name, throughput, latency }] of viewOf(result).variants.entries()) {
    assert.ok(throughput && latency);
    const { response } = latency.figures.latencies;
    const { cpuUsPerMessage, memoryPerConnectionBytes, perCoreCapacity, messages } = throughput.figures;
    assert.deepEqual(rows[at], [
      name,
      'valid',
      formatCount(messages.perSecond),
      name === 'direct' ? 'echo server' : 'Nginx',
      formatCapacity(perCoreCapacity),
      'valid',
      formatTime(response?.p50),
      formatTime(response?.p99),
      formatTime(response?.p999),
      formatTime(cpuUsPerMessage.proxy),
      formatBytes(memoryPerConnectionBytes.proxy),
      '0',
      '0',
    ]);
  }
});

test('the times of a closed loop stand under no latency, in no chart, and where they stand they are explained', () => {
  // Longer than any other time of the fixture, so that none of them looks like one.
  const carried = ['direct', 'plain', 'tls'].map((profile, at) =>
    makeRun({ profile, seconds: 4, medianUs: 400_000 + at * 10_000 }),
  );
  const answered = ['direct', 'plain', 'tls'].map((profile) => makeLatencyRun(profile, { seconds: 4 }));
  const result = makeResult([...carried, ...answered]);
  const page = shown(result);
  const closed = viewOf(result).steps[0]?.runs ?? [];
  assert.equal(closed.length, 3);
  for (const { name, figures } of closed) {
    const { service } = figures.latencies;
    for (const us of [service?.p50, service?.p90, service?.p99, service?.max]) {
      const time = formatTime(us);
      const places = page.split(time).length - 1;
      const inThroughput = sectionText(page, 'throughput').split(time).length - 1;
      assert.ok(inThroughput >= 1, `${name} ${time}`);
      assert.equal(places, inThroughput, `${name} ${time} stands elsewhere`);
    }
  }
  const explained = sectionText(page, 'throughput');
  assert.match(explained, /Service time in the closed loop \(connections ÷ rate\) This is no latency\./);
  for (const [name, opened, inFlight, perSecond, quotient] of tableOf(page, 'Connections ÷ rate')) {
    const figures = closed.find((view) => view.name === name)?.figures;
    assert.deepEqual([opened, inFlight, perSecond], ['1,000', '1', formatCount(figures?.messages.perSecond)]);
    assert.equal(quotient, formatTime((1000 * 1e6) / (figures?.messages.perSecond ?? 0)));
  }
  const ids = chartsOf(reportHtml(result)).map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => id.startsWith('chart-response')),
    ['chart-response-latency-0', 'chart-response-latency-1', 'chart-response-latency-2'],
  );
});

test('one step alone is a report, and says why there is no other', () => {
  const throughput = shown(makeAllProfiles(CLOSED, 2));
  assert.match(sectionText(throughput, 'latency'), /Left out: this bench did the step throughput alone/);
  assert.doesNotMatch(sectionText(throughput, 'latency'), /\d (µs|ms)/);
  const latency = shown(makeResult([makeLatencyRun('tls', SMALL, 5000)]));
  assert.match(sectionText(latency, 'throughput'), /Left out: this bench did the step latency alone\./);
  assert.match(sectionText(latency, 'latency'), /Every variant was offered 5,000 messages a second\./);
  for (const page of [throughput, latency]) assert.doesNotMatch(page, BROKEN);
  const reached = { ...makeResult([makeRun(SMALL)]), endedAt: null };
  reached.plan.steps = ['throughput', 'latency'];
  assert.match(sectionText(shown(reached), 'latency'), /This bench did not come to it\./);
});

test('the rate and why it is this one are said, and what became of runs at another', () => {
  const high = makeLatencyRun('tls', SMALL, 2000);
  high.validity = { ...high.validity, verdict: 'suspect', reasons: ['It was too much.'] };
  const result = makeResult([makeRun(SMALL), high, makeLatencyRun('tls', SMALL, 1000)]);
  result.conclusions = [rateOf(1000, true)];
  const page = shown(result);
  const latency = sectionText(page, 'latency');
  assert.match(
    latency,
    /Every variant was offered 1,000 messages a second . Why this rate: 1000 a second is half of what tls takes\./,
  );
  assert.match(
    latency,
    /The rate was halved for all of them in the course of it: tls, latency at 2k\/s, superseded is superseded, and listed under all runs \./,
  );
  assert.equal(tableOf(page, 'Response time').length, 1);
  assert.deepEqual(
    tableOf(page, 'Every run').map(([name, step]) => [name, step]),
    [
      ['tls', 'throughput'],
      ['tls', 'latency at 2k/s, superseded'],
      ['tls', 'latency'],
    ],
  );
  assert.match(
    sectionText(page, 'runs'),
    /tls, latency at 2k\/s, superseded : The verdict is suspect: It was too much\./,
  );
});

test('a variant that was left out is named in its card and beside the latencies', () => {
  const result = makeBothSteps(1, 2);
  const plain = makeRun({ ...SMALL, profile: 'plain' });
  const both = makeResult([...result.runs, plain]);
  both.conclusions = [
    rateOf(RATE),
    { kind: 'left-out', variant: 'plain', reason: 'Nothing was echoed in it.' },
  ];
  const page = shown(both);
  assert.match(
    sectionText(page, 'answers'),
    /plain carried [\d,]+ messages a second, .* No latency: Nothing was echoed in it\./,
  );
  assert.match(sectionText(page, 'latency'), /plain was left out: Nothing was echoed in it\./);
  assert.deepEqual(
    tableOf(page, 'Response time').map(([name]) => name),
    ['direct'],
  );
  assert.match(shown({ ...both, endedAt: null }), /This bench was cut off in its last run\./);
});

test('what holds without the disturbed seconds stands beside what holds over all, with how many they are', () => {
  const result = makeBothSteps(2, 4);
  const [carried, , answered] = result.runs;
  assert.ok(carried && answered);
  disturb(carried, 1, { stolenUs: 900_000 });
  disturb(answered, 2, { otherUs: 900_000 });
  disturb(answered, 3, { otherUs: 900_000 });
  const page = shown(result);
  const [direct, plain] = viewOf(result).variants;
  const { response, sendLag } = direct?.latency?.figures.undisturbed ?? assert.fail();
  const all = direct?.latency?.figures;
  const times = [response?.p50, response?.p90, response?.p99, response?.p999, response?.max, sendLag?.p99];
  const rows = tableOf(page, 'Response time');
  assert.deepEqual(
    rows.map(([name, , over]) => [name, over]),
    [
      ['direct', 'all 4 seconds, 2 disturbed'],
      ['direct', '2 undisturbed seconds'],
      ['plain', 'all 4 seconds, none disturbed'],
    ],
  );
  assert.deepEqual(rows[1]?.slice(4), times.map(formatTime));
  assert.deepEqual(
    rows[0]?.slice(4, 7),
    [all?.latencies.response?.p50, all?.latencies.response?.p90, all?.latencies.response?.p99].map(
      formatTime,
    ),
  );
  const [glance, other] = tableOf(page, 'The variants at a glance');
  assert.equal(glance?.[6], `${formatTime(all?.latencies.response?.p50)} (${formatTime(response?.p50)})`);
  assert.equal(other?.[6], formatTime(plain?.latency?.figures.latencies.response?.p50));
  const what = tableOf(page, 'What each variant carried');
  const carriedFigures = direct?.throughput?.figures;
  assert.deepEqual(
    [what[0]?.[3], what[0]?.[4], what[0]?.[5], what[1]?.[5]],
    [
      formatCount(carriedFigures?.messages.perSecond),
      formatCount(carriedFigures?.undisturbed?.perSecond),
      '1 of 4',
      '0 of 4',
    ],
  );
  assert.deepEqual(
    tableOf(page, 'direct, latency, over time')
      .map(([, phase, by]) => [phase, by])
      .slice(4),
    [
      ['steady', '–'],
      ['steady', '–'],
      ['steady', 'other work'],
      ['steady', 'other work'],
      ['drain', '–'],
    ],
  );
  const unknown = makeBothSteps(1, 2);
  for (const run of unknown.runs) run.machine = null;
  assert.match(sectionText(shown(unknown), 'latency'), /which were disturbed is not known/);
  assert.equal(tableOf(shown(unknown), 'What each variant carried')[0]?.[5], 'not known');
});

test('disturbed seconds are bands of the charts over time, those beside each other one, and explained', () => {
  const result = makeBothSteps(1, 5);
  const [carried] = result.runs;
  assert.ok(carried);
  for (const second of [0, 1]) disturb(carried, second, { stolenUs: 900_000 });
  for (const second of [2, 4]) disturb(carried, second, { otherUs: 900_000 });
  const page = reportHtml(result);
  const chart = chartsOf(page).find(({ id }) => id === 'chart-rate-throughput-0');
  assert.ok(chart?.kind === 'line');
  assert.deepEqual(
    chart.bands?.filter(({ kind }) => kind === 'disturbed'),
    [
      { from: 0, to: 2, label: 'steal', kind: 'disturbed' },
      { from: 2, to: 3, label: 'other work', kind: 'disturbed' },
      { from: 4, to: 5, label: 'other work', kind: 'disturbed' },
    ],
  );
  assert.deepEqual(
    chart.bands?.filter(({ kind }) => kind === 'phase').map(({ label }) => label),
    ['connect', 'warm-up', 'drain'],
  );
  assert.match(
    sectionText(page, 'course'),
    /What is shaded in amber was disturbed: steal is CPU time that the host/,
  );
});

test('the busiest process of each component is drawn with its own share', () => {
  const result = makeBothSteps(2, 2);
  const charts = chartsOf(reportHtml(result));
  for (const { step, runs } of viewOf(result).steps) {
    const chart = charts.find(({ id }) => id === `chart-busiest-${step}`);
    assert.ok(chart?.kind === 'bar');
    const most = (component: string) =>
      runs.map(({ figures }) => {
        const shares = figures.processes.filter((each) => each.component === component);
        return shares.length === 0 ? null : Math.max(...shares.map(({ cpuShare }) => cpuShare ?? 0));
      });
    assert.deepEqual(
      chart.series.map(({ label, values }) => [label, values]),
      [
        ['Nginx', most('proxy')],
        ['Echo server', most('server')],
        ['Generator', most('generator')],
      ],
    );
  }
});

test('every table of CPU, memory, handshakes and spread has the figures of its own run', () => {
  const result = makeBothSteps(2, 2);
  const page = shown(result);
  const components = ['proxy', 'server', 'generator'] as const;
  for (const [at, { name, step, figures, run }] of viewOf(result).runs.entries()) {
    assert.deepEqual(tableOf(page, 'CPU per message and memory per connection')[at], [
      name,
      step,
      ...components.map((component) => formatTime(figures.cpuUsPerMessage[component])),
      ...components.map((component) => formatBytes(figures.memoryPerConnectionBytes[component])),
    ]);
    const { connections, connect, latencies, conservation } = figures;
    assert.deepEqual(tableOf(page, 'Opening the connections')[at], [
      name,
      step,
      ...[connections.asked, connections.opened, connections.failed].map(formatCount),
      formatTime(connect.timeToOpenUs),
      formatRate(connect.perSecond),
      ...components.map((component) => formatTime(connect.cpuUsPerConnection[component])),
    ]);
    const { sent, echoed, outstanding, lost } = conservation.total;
    assert.deepEqual(tableOf(page, 'What became of the messages')[at], [
      name,
      step,
      ...[sent, echoed, outstanding, lost].map(formatCount),
      'yes',
    ]);
    const own = (caption: string) =>
      tableOf(page, caption).filter(([variant, its]) => variant === name && its === step);
    const parts = own('Handshakes in full').map(([, , part, count, , , p50]) => [part, count, p50]);
    const whole = latencies.handshake;
    assert.deepEqual(parts.at(-1), ['whole', formatCount(whole?.count), formatTime(whole?.p50)]);
    assert.deepEqual(
      own('Connections and messages by process').map(([, , process, count, , messages]) => [
        process,
        count,
        messages,
      ]),
      run.spread.map((share) => [share.name, formatCount(share.connections), formatCount(share.messages)]),
    );
    assert.deepEqual(
      own('Every process in the steady phase').map(([, , process, share, memory]) => [
        process,
        share,
        memory,
      ]),
      figures.processes.map((each) => [
        each.name,
        formatShare(each.cpuShare),
        formatBytes(each.residentBytes),
      ]),
    );
  }
});

test('failures are counted by stage and kind, and losses stand out in the card', () => {
  const result = makeBothSteps(1, 2);
  const [, latency] = result.runs;
  const [slice] = latency?.slices ?? [];
  const [worker] = latency?.workers ?? [];
  assert.ok(slice && worker);
  slice.failures = { 'upgrade/status-503': 2, 'tcp/refused': 7 };
  Object.assign(worker, { asked: worker.asked + 9, failed: 9 });
  const page = shown(result);
  assert.deepEqual(tableOf(page, 'Failures by stage and kind'), [
    ['direct', 'latency', 'TCP connect', 'refused', '7'],
    ['direct', 'latency', 'HTTP upgrade', 'status-503', '2'],
  ]);
  assert.match(page, /<p class="broken">Latency\. 9 of 1,009 connections failed\.<\/p>/);
  assert.doesNotMatch(sectionText(page, 'answers'), /No connection failed/);
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
    /This result holds no run: it was cut off before the first one ended\./,
  );
  assert.match(shown(missing), /This bench was cut off: it did not come to plain, latency\./);
  assert.match(shown(cut[5] ?? makeResult([])), /Throughput\. Aborted: interrupted by Ctrl-C\./);
  const last = { ...makeResult([whole]), endedAt: null };
  assert.match(shown(last), /This bench was cut off in its last run\./);
});

test('from one to twelve variants a report has a card, a row and charts for each', () => {
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
    assert.equal(ids.length, 1 + 2 + count * 3 + (count > 1 ? 2 : 0) + 2 + 6);
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
