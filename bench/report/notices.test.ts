import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeBothSteps, makeLatencyRun, makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { type Notice, stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { finding } from '../wording/finding.ts';
import { mark } from './elements.ts';
import { reportHtml } from './html.ts';
import { html } from './markup.ts';
import { noticesOf, saidOnce } from './notices.ts';
import { summaryText } from './terminal.ts';
import { viewOf } from './view.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

function said(result: Result): [whose: string, text: string][] {
  return noticesOf(viewOf(result)).map(({ what, whose }) => [whose, what.text]);
}

const codeOf = (text: string): string => text.replaceAll(' ', '-');
const warning = (text: string): Notice => ({ level: 'warning', code: codeOf(text), data: {}, text });
const info = (text: string): Notice => ({ level: 'info', code: codeOf(text), data: {}, text });

const WARNING = `${mark('attention').markup} Warning`;
const NOTE = `${mark('note').markup} Note`;

test('a notice shared by several runs appears once, with the names of the runs', () => {
  const result = makeBothSteps(3, 1);
  const [direct, plain, tls, directLatency, plainLatency, tlsLatency] = result.runs;
  assert.ok(direct && plain && tls && directLatency && plainLatency && tlsLatency);
  for (const run of result.runs) run.notices = [info('of all')];
  for (const run of [plain, tls, plainLatency, tlsLatency]) run.notices.push(info('of two in both steps'));
  for (const run of [direct, tls]) run.notices.push(info('of one step'));
  for (const run of [direct, plain, tlsLatency]) run.notices.push(info('of others in each'));
  tls.notices.push(warning('of one'), info('of one'), info('of one'));
  result.notices = [info('of the bench')];
  assert.deepEqual(said(result), [
    ['tls (throughput)', 'of one'],
    ['', 'of the bench'],
    ['direct, plain, tls', 'of all'],
    ['direct, tls (throughput)', 'of one step'],
    ['direct, plain (throughput); tls (latency)', 'of others in each'],
    ['plain, tls', 'of two in both steps'],
    ['tls (throughput)', 'of one'],
  ]);
});

test('the step is only named if there are several; a superseded run is named', () => {
  const one = makeResult([makeRun(SMALL), makeRun({ ...SMALL, variant: 'other' })]);
  for (const run of one.runs) run.notices = [info('the same')];
  assert.deepEqual(said(one), [['tls, other', 'the same']]);
  const both = makeResult([makeLatencyRun('tls', SMALL, 2000), makeLatencyRun('tls', SMALL, 1000)]);
  for (const run of both.runs) run.notices = [info('the same')];
  assert.deepEqual(
    said({ ...both, conclusions: [{ kind: 'rate', ratePerSecond: 1000, halved: true, reason: stored('') }] }),
    [['tls (latency at 2k/s, superseded); tls (latency)', 'the same']],
  );
});

test('runs at a superseded rate are named with it, even if they are all of the runs of a step', () => {
  const result = makeResult([makeLatencyRun('tls', SMALL, 2000), makeLatencyRun('tls', SMALL, 1000)]);
  const [first = assert.fail()] = result.runs;
  first.notices = [info('of the first')];
  const rate = { kind: 'rate' as const, ratePerSecond: 1000, halved: true, reason: stored('') };
  assert.deepEqual(said({ ...result, conclusions: [rate] }), [
    ['tls (latency at 2k/s, superseded)', 'of the first'],
  ]);
});

test('a statement about several runs is made once, in the order in which it was first made', () => {
  const view = viewOf(makeBothSteps(2, 1));
  const [direct, , plain] = view.runs;
  assert.ok(direct && plain);
  const of = (text: string, run: typeof direct) => ({ what: { text }, of: run });
  const all = [of('b', plain), of('a', direct), of('b', direct), of('b', direct), of('c', plain)];
  assert.deepEqual(
    saidOnce(all, view, ({ text }) => text),
    [
      { what: { text: 'b' }, whose: `${plain.name}, ${direct.name} (throughput)` },
      { what: { text: 'a' }, whose: `${direct.name} (throughput)` },
      { what: { text: 'c' }, whose: `${plain.name} (throughput)` },
    ],
  );
});

test('a different placement of a variant in a step is a warning, unless the variant has no Nginx', () => {
  const result = makeBothSteps(3, 1);
  const placed = (cpus: [proxy: number[], server: number[], generator: number[]]) => {
    const [proxy, server, generator] = cpus;
    return { proxy, server, generator, runner: [] };
  };
  const found = () =>
    noticesOf(viewOf(result))
      .filter(({ what }) => what.code === 'placement-differs')
      .map(({ what }) => what);
  const [direct, plain, tls, , plainLatency] = result.runs;
  assert.ok(direct && plain && tls && plainLatency);
  assert.deepEqual(found(), []);
  direct.plan.placement = placed([[], [0], [0]]);
  plain.plan.placement = placed([[1], [0], [0]]);
  tls.plan.placement = placed([[1], [0], [0]]);
  assert.deepEqual(found(), []);
  tls.plan.placement = placed([[0], [0], [0]]);
  const elsewhere = { server: '0', generator: '0', runner: '' };
  assert.deepEqual(
    found().map(({ level, data }) => [level, data]),
    [
      [
        'warning',
        {
          step: 'throughput',
          placed: [
            { variant: 'direct', cpus: { proxy: '', ...elsewhere } },
            { variant: 'plain', cpus: { proxy: '1', ...elsewhere } },
            { variant: 'tls', cpus: { proxy: '0', ...elsewhere } },
          ],
        },
      ],
    ],
  );
  tls.plan.placement = placed([[1], [1], [0]]);
  assert.equal(found().length, 1);
  tls.plan.placement = null;
  assert.equal(found().length, 1);
  tls.plan.placement = plain.plan.placement;
  plainLatency.plan.placement = placed([[1], [1], [0]]);
  const [{ data, text } = assert.fail(), ...others] = found();
  assert.deepEqual([data.step, others], ['latency', []]);
  // The notice appears next to the figures that it is about, and in the terminal.
  const page = reportHtml(result);
  const section = page.slice(page.indexOf('<section id="latency"'), page.indexOf('<section id="course"'));
  assert.match(section, /placement-differs/);
  assert.ok(summaryText(result, null).includes(text.slice(0, 40)));
});

test('every notice of every run appears in the report and in the terminal', () => {
  const notice = fc.record({
    level: fc.constantFrom('info' as const, 'warning' as const),
    code: fc.constantFrom('one', 'two'),
    data: fc.constant({}),
    text: fc.constantFrom('a', 'b', 'c').chain((same) => fc.oneof(fc.constant(same), fc.uuid())),
  });
  const whole = makeResult(
    ['direct', 'plain', 'tls'].flatMap((profile) => [
      makeRun({ ...SMALL, profile }),
      makeRun({ ...SMALL, profile, load: OPEN }),
    ]),
  );
  const noticesOfAll = fc.array(fc.array(notice, { maxLength: 3 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(noticesOfAll, fc.array(notice, { maxLength: 2 }), (each, general) => {
      const marked = each.map((list, at) =>
        list.map((item) => ({ ...item, text: `<${item.text} ${at % 2}>` })),
      );
      const result = {
        ...whole,
        notices: general,
        runs: whole.runs.map((run, at) => ({ ...run, notices: marked[at] ?? [] })),
      };
      const page = reportHtml(result);
      const text = summaryText(result, null);
      const lines = text.split('\n');
      for (const [at, run] of result.runs.entries()) {
        for (const { text: told } of run.notices) {
          const item = html`${told}`.markup;
          const name = run.plan.variant;
          assert.ok(
            new RegExp(`<span class="of">[^<]*${name}[^<]*</span> ${item}(?: <code>|</li>)`).test(page),
            `${at} ${told}`,
          );
          const inFull = lines.some((line) => line.includes(told) && line.split(': ')[0]?.includes(name));
          // If notices of one kind differ, one is shown in full, followed by the names of the runs with the others.
          assert.ok(
            inFull || lines.some((line) => line.split('more notices of this kind, for ')[1]?.includes(name)),
          );
        }
      }
      for (const { text: told } of general) assert.ok(lines.some((line) => line.endsWith(told)));
      const items = [...page.matchAll(/<li class="(info|warning)"><strong>(.*?)<\/strong>/gs)];
      for (const [, level, head] of items) assert.equal(head, level === 'warning' ? WARNING : NOTE);
      const kinds = new Set(marked.flat().map(({ level, code }) => `${level} ${code}`));
      assert.equal(items.length, kinds.size + general.length);
    }),
    { numRuns: 25 },
  );
});

test('twelve notices that differ only in figures become one line, in the report and in the terminal', () => {
  const result = makeBothSteps(6, 1);
  for (const [at, run] of result.runs.entries())
    run.notices = [{ level: 'info', ...finding('send-lag', { lagUs: 100 + at, share: (50 - at) / 100 }) }];
  const names = 'direct, plain, tls, http2, cache, load-balanced';
  const span = { lagUs: { least: 100, most: 111 }, share: { least: 0.39, most: 0.5 } };
  const { text } = finding('send-lag', span);
  assert.deepEqual(said(result), [[names, text]]);
  assert.ok(summaryText(result, null).includes(`\n${names}: Note: ${text}\n`));
});

test('notices of one kind that differ in other ways follow the first, and none is lost', () => {
  const result = makeBothSteps(4, 1);
  const causes = ['steal', 'work', 'both', 'neither'];
  const tellOf = (count: number): void => {
    for (const [at, run] of result.runs.entries())
      run.notices =
        at < count
          ? [{ level: 'warning', code: 'disturbed-seconds', data: {}, text: `Disturbed by ${causes[at]}.` }]
          : [];
  };
  tellOf(4);
  const [notice, ...none] = noticesOf(viewOf(result));
  assert.deepEqual(none, []);
  assert.deepEqual(
    [notice?.what.text, ...(notice?.others ?? []).map(({ what, whose }) => `${whose}: ${what.text}`)],
    [
      'Disturbed by steal.',
      'plain (throughput): Disturbed by work.',
      'tls (throughput): Disturbed by both.',
      'http2 (throughput): Disturbed by neither.',
    ],
  );
  // The terminal shows one notice in full and the names of the runs with the others, unless there are only a few.
  const told = () =>
    summaryText(result, null)
      .split('\n')
      .filter((line) => line.includes('Disturbed'));
  assert.deepEqual(told(), [
    'direct (throughput): Disturbed by steal. (The report has more notices of this kind, for plain (throughput); tls (throughput); http2 (throughput).)',
  ]);
  tellOf(3);
  assert.deepEqual(told(), [
    'direct (throughput): Disturbed by steal.',
    'plain (throughput): Disturbed by work.',
    'tls (throughput): Disturbed by both.',
  ]);
});
