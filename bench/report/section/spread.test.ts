import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { makeScenarioResult } from '../../../test/scenario-run.ts';
import type { Run, Share } from '../../model/run.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { formatCount } from '../../wording/format.ts';
import { headsOf, tableOf } from '../page-text.test.fixture.ts';
import { type View, viewOf } from '../view.ts';
import { spread } from './spread.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const SHARES: Share[] = [
  { component: 'proxy', name: 'nginx worker 1', connections: 30, messages: 0 },
  { component: 'proxy', name: 'nginx worker 2', connections: 10, messages: 0 },
  { component: 'server', name: 'echo server 1', connections: 0, messages: 7 },
];
const STAYS = 'A WebSocket stays with the Nginx worker that accepted it';

function withShares(run: Run): Run {
  return { ...run, spread: SHARES };
}

function markupOf(view: View): string {
  return spread(view).body?.markup ?? '';
}

/** A view of silent connections, which has runs of the scenario `storm`. */
function silent(): View {
  const view = viewOf(makeScenarioResult(scenarioNamed('storm')));
  return { ...view, runs: view.runs.map((each) => ({ ...each, run: withShares(each.run) })) };
}

test('messages and connections are shared among the processes of a component; shares of nothing are unknown', () => {
  const view = viewOf(makeResult([withShares(makeRun(SMALL))]));
  const section = spread(view);
  assert.deepEqual(headsOf(section), [
    'Connections and messages by process: Variant →, Step →, Process →, Connections, Share of connections, Messages, Share of messages',
    'Messages: Variant →, Step →, Sent, Echoed, Outstanding, Lost, Adds up →',
    'Messages by generator worker: Variant →, Step →, Generator worker →, Sent, Echoed, Outstanding, Lost, Adds up →',
  ]);
  const page = markupOf(view);
  assert.deepEqual(tableOf(page, 'Connections and messages by process'), [
    ['tls', 'throughput', 'nginx worker 1', '30', '75 %', '0', '–'],
    ['tls', 'throughput', 'nginx worker 2', '10', '25 %', '0', '–'],
    ['tls', 'throughput', 'echo server 1', '0', '–', '7', '100 %'],
  ]);
  assert.deepEqual([section.charts, section.id], [[], 'spread']);
  assert.ok(page.includes(STAYS) && !markupOf({ ...view, isExternal: true }).includes(STAYS));
});

test('without messages, connections are listed by process, and each count with its sum', () => {
  const view = silent();
  const section = spread(view);
  assert.deepEqual(headsOf(section), [
    'Connections by process: Variant →, Step →, Process →, Connections, Share of connections',
    'Counts: Variant →, Step →, Count →, Sum →, Adds up →',
  ]);
  const page = markupOf(view);
  const rows = tableOf(page, 'Connections by process');
  assert.deepEqual(rows.slice(0, 3), [
    ['plain', 'storm', 'nginx worker 1', '30', '75 %'],
    ['plain', 'storm', 'nginx worker 2', '10', '25 %'],
    ['plain', 'storm', 'echo server 1', '0', '–'],
  ]);
  assert.equal(rows.length, 3 * view.runs.length);
  assert.equal(section.finding, 'Every connection is accounted for.');
  assert.deepEqual(
    tableOf(page, 'Counts'),
    view.runs.flatMap(({ name, figures: { conservation } }) => {
      const amount = (count: string) => `${count} ${formatCount(conservation.total.counts[count])}`;
      return scenarioNamed('storm').conservation.map(({ whole, parts }) => [
        ...[name, 'storm', amount(whole), parts.map(amount).join(' + '), 'yes'],
      ]);
    }),
  );
  assert.ok(page.includes(STAYS) && !markupOf({ ...view, isExternal: true }).includes(STAYS));
});

test('the counts of messages are those of each run and worker, and are summed over all runs', () => {
  const view = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));
  const account = (sent: number, ok: boolean) => ({
    ...{ counts: { sent, echoed: sent + 1, outstanding: sent + 2, lost: sent + 3 }, ok, broken: [] },
  });
  const runs = view.runs.map((each, at) => ({
    ...each,
    figures: {
      ...each.figures,
      messages: { ...each.figures.messages, sent: 600 + at, lost: at },
      conservation: {
        ...account(10 * at + 10, at === 0),
        ...{ ok: true, total: account(10 * at + 10, at === 0) },
        workers: [
          { worker: 0, ...account(30, true) },
          { worker: 3, ...account(40, false) },
        ].slice(0, 2 - at),
      },
    },
  }));
  const section = spread({ ...view, runs });
  const page = section.body?.markup ?? '';
  assert.equal(section.finding, 'Every message is accounted for: 1,201 sent, 1 lost.');
  assert.deepEqual(tableOf(page, 'Messages'), [
    ['tls', 'throughput', '10', '11', '12', '13', 'yes'],
    ['plain', 'throughput', '20', '21', '22', '23', 'no'],
  ]);
  assert.deepEqual(tableOf(page, 'Messages by generator worker'), [
    ['tls', 'throughput', 'generator 1', '30', '31', '32', '33', 'yes'],
    ['tls', 'throughput', 'generator 4', '40', '41', '42', '43', 'no'],
    ['plain', 'throughput', 'generator 1', '30', '31', '32', '33', 'yes'],
  ]);
});

test('runs whose counts do not add up are named, with and without messages', () => {
  const broken = (view: View, caption: string): [finding: string, addsUp: (string | undefined)[]] => {
    const runs = view.runs.map((each, at) => {
      const conservation = { ...each.figures.conservation, ok: at !== 1 };
      return { ...each, figures: { ...each.figures, conservation } };
    });
    const section = spread({ ...view, runs });
    const cells = tableOf(section.body?.markup ?? '', caption).map(
      ([name, , , , last]) => `${name}: ${last}`,
    );
    return [section.finding, [...new Set(cells)]];
  };
  const { runs } = silent();
  assert.deepEqual(broken(silent(), 'Counts'), [
    `The counts do not add up in ${runs[1]?.label}.`,
    ['plain: yes', 'tls: no'],
  ]);
  const view = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' })]));
  assert.equal(broken(view, 'Messages')[0], 'The counts do not add up in plain, throughput.');
});

test('the messages of any run that has some are shown', () => {
  const [mute, other] = [makeRun({ ...SMALL, profile: 'plain' }), makeRun(SMALL)];
  mute.plan.workload = { ...mute.plan.workload, load: null };
  const captions = (...runs: Run[]) =>
    headsOf(spread(viewOf(makeResult(runs)))).map((head) => head.split(':')[0]);
  assert.deepEqual(captions(mute, other), [
    'Connections and messages by process',
    'Messages',
    'Messages by generator worker',
  ]);
  assert.deepEqual(captions(mute), ['Connections by process', 'Counts']);
});

test('messages due but never sent are listed if there are any', () => {
  const runs = [0, 3].map((unsent): Run => {
    const run = makeRun({ ...SMALL, load: OPEN, profile: unsent === 0 ? 'plain' : 'tls' });
    const [worker] = run.workers;
    assert.ok(worker);
    run.workers = [{ ...worker, due: 12, unsent }];
    return run;
  });
  const section = spread(viewOf(makeResult([...runs, makeRun({ ...SMALL, variant: 'closed' })])));
  const caption = 'Messages due but never sent';
  assert.deepEqual(headsOf(section)[2], `${caption}: Variant →, Step →, Due, Unsent, Share`);
  assert.deepEqual(tableOf(section.body?.markup ?? '', caption), [['tls', 'latency', '12', '3', '25 %']]);
  assert.ok(!markupOf(viewOf(makeResult(runs.slice(0, 1)))).includes(caption));
});
