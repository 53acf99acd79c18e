import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps, makeResult } from '../../../../test/result.ts';
import { makeRun } from '../../../../test/run.ts';
import { type Finding, stored } from '../../../model/finding.ts';
import { counted } from '../../../model/recording.ts';
import { reportHtml } from '../../../report/html.ts';
import { sectionText, shown, tableOf } from '../../../report/page-text.test.fixture.ts';
import { viewOf } from '../../../report/view.ts';
import { finding } from '../../../wording/finding.ts';
import { formatBytes, formatCount, formatRate, formatTime } from '../../../wording/format.ts';
import { answerSentence, capacitySentence, formatCapacity } from './sentences.ts';

test('starts with a sentence per variant with both answers, and the verdicts of both steps', () => {
  const result = makeBothSteps(3, 4);
  const [, , , , plainLatency] = result.runs;
  assert.ok(plainLatency);
  plainLatency.validity = { ...plainLatency.validity, verdict: 'suspect', reasons: [stored('A reason.')] };
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
  for (const [
    at,
    {
      answers: { throughput },
    },
  ] of variants.entries())
    assert.ok(throughput && cards[at]?.includes(capacitySentence(throughput)));
  assert.ok(cards[1]?.includes('A reason.'));
});

test('the row of a variant takes each figure from the step that measures it', () => {
  const result = makeBothSteps(3, 4);
  const rows = tableOf(shown(result), 'The variants at a glance');
  for (const [at, { name, answers }] of viewOf(result).variants.entries()) {
    const { throughput, latency } = answers;
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

test('evidence quoted in the verdict is not repeated', () => {
  const run = makeRun({ seconds: 1 });
  const busy = { proxy: null, server: null, generator: 0.98 };
  const evidence = { kind: 'busy', busy } as const;
  run.validity = {
    verdict: 'generator-limited',
    reasons: [finding('limited-by', { component: 'generator', evidence })],
    limit: { component: 'generator', evidence: finding('limit', { evidence }) },
  };
  const page = reportHtml(makeResult([run]));
  assert.equal(sectionText(shown(makeResult([run])), 'answers').split('98 % busy').length, 2);
  assert.doesNotMatch(page, /Limited by the generator/);
});

test('evidence for a doubt is not repeated as a limit, except next to another doubt', () => {
  const evidence = { kind: 'busy', busy: { proxy: null, server: null, generator: 0.98 } } as const;
  const answered = (doubt: Finding) => {
    const run = makeRun({ seconds: 1 });
    run.validity = {
      verdict: 'suspect',
      reasons: [doubt],
      limit: { component: 'machine', evidence: finding('limit', { evidence }) },
    };
    const result = makeResult([run]);
    return sectionText(shown(result), 'answers').split('98 % busy').length - 1;
  };
  assert.equal(answered(finding('limited-by', { component: 'machine', evidence })), 1);
  assert.equal(answered(stored('A reason.')), 1);
});

test('evidence on the component of the verdict is not repeated in other words either', () => {
  const run = makeRun({ seconds: 1 });
  run.validity = {
    verdict: 'server-limited',
    reasons: [stored('The echo server was the limit: it was busy.')],
    limit: { component: 'server', evidence: stored('the busiest echo server 98 %.') },
  };
  assert.doesNotMatch(reportHtml(makeResult([run])), /Limited by the echo server/);
});

test('a card does not mention the schedule as the limit, whatever the verdict', () => {
  const result = makeBothSteps(1, 1);
  const latency = result.runs[1];
  assert.ok(latency);
  latency.validity = {
    ...latency.validity,
    verdict: 'suspect',
    reasons: [stored('The generator sent late.')],
  };
  const card = sectionText(shown(result), 'answers');
  assert.match(card, /Latency\. Suspect: The generator sent late\./);
  assert.doesNotMatch(card, /Limited by the offered rate/);
});

test('every run is listed with its own figures', () => {
  const result = makeBothSteps(2, 2);
  const [first] = result.runs;
  const [worker] = first?.workers ?? [];
  assert.ok(worker);
  Object.assign(worker, {
    asked: worker.asked + 3,
    failed: 3,
    lost: 8,
    echoed: counted(worker, 'echoed') - 8,
  });
  const page = shown(result);
  assert.deepEqual(
    tableOf(page, 'Every run'),
    viewOf(result).runs.map(({ name, step, figures: { messages, latencies, connections } }) => [
      name,
      step,
      step === 'throughput' ? 'closed, 1 in flight' : 'open, 8.9k/s, uniform',
      'valid',
      formatRate(messages.perSecond),
      formatTime(latencies.response?.p50),
      formatTime(latencies.response?.p99),
      formatCount(connections.failed),
      formatCount(messages.lost),
      '03:04:05',
    ]),
  );
  assert.match(
    sectionText(page, 'runs'),
    /direct, throughput : .* 3 of 1,003 connections failed; 8 of [\d,]+ messages were lost\./,
  );
});
