import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun, OPEN } from '../../../test/run.ts';
import { type RunView, viewOf } from '../view.ts';
import { levelsSentence } from './cost.ts';
import { configurations, setup } from './setup.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

/** Texts of the lists and tables of a section; headings of words begin with an arrow. */
function textsOf({ body }: { body: { markup: string } | null }): string[] {
  return [...(body?.markup ?? '').matchAll(/<(dt|dd|pre|th|td|caption)(?: ([^>]*))?>(.*?)<\//gs)].map(
    ([, kind, attributes = '', text]) => `${kind === 'th' && attributes.includes('text') ? '→' : ''}${text}`,
  );
}

test('the environment is listed in full; values of the plan that differ between runs are in a table', () => {
  const [tls, direct] = [makeRun(SMALL), makeRun({ ...SMALL, profile: 'direct', load: OPEN })];
  Object.assign(tls.plan, {
    ...{ rampPerSecond: 500, warmupMs: 3000, durationMs: 10_000, turns: { lengthMs: 500, of: 4 } },
    ...{ carrier: 'io_uring', engine: 'bun', server: 'lean', pacing: 'spin', seed: 1 },
  });
  Object.assign(direct.plan, { client: 'own', server: 'ws', warmupMs: 3000, seed: 2 });
  const result = { ...makeResult([tls, direct]), endedAt: null };
  Object.assign(result.environment, { cpuQuota: 1.234, bun: null, portRange: null });
  Object.assign(result.plan, { command: ['-c', '1k', "it's", 'a b'], thresholds: ['x>1', 'y<2'] });
  const section = setup(viewOf(result));
  assert.equal(section.finding, '2 CPUs, 24 GiB, Node v20.20.2, Nginx 1.22.1.');
  assert.deepEqual(textsOf(section), [
    ...['System', 'Debian GNU/Linux 12 (bookworm), kernel 6.1.0-18-amd64, x64'],
    ...['CPU', 'Example CPU 2.40 GHz, 2 usable, of which a quota allows 1.23', 'Memory', '24 GiB'],
    ...['Nginx', '1.22.1 (/usr/sbin/nginx)', 'OpenSSL of Nginx', 'OpenSSL 3.0.11 19 Sep 2023'],
    ...['Node', 'v20.20.2', 'Bun', 'none', 'Open files limit', '20,000', 'somaxconn', '4,096'],
    ...['Local ports', '–', 'Load average before', '0.25', 'Started', '2026-01-02T03:04:05.000Z'],
    ...['Ended', 'interrupted', 'Seed', '7', 'Thresholds', 'x&gt;1, y&lt;2'],
    ...['Bench', `nginx-ws-bench 0.1.0, result schema ${result.schemaVersion}`],
    'nginx-ws-bench -c 1k &#39;it&#39;\\&#39;&#39;s&#39; &#39;a b&#39;',
    ...['Payload', '64 B text', 'Connections', '10', 'Warm-up', '3 s', 'Source addresses', '1'],
    ...['CPUs', 'chosen by the kernel', 'Differences between runs', '→Variant', '→Step', '→Load'],
    ...['Connects per second', 'Duration', '→Turns', '→Generators', '→Echo servers', '→Nginx workers'],
    ...[
      '→Pacing',
      'Seed',
      '→tls',
      'throughput',
      'closed, 1 in flight',
      '500/s',
      '10 s',
      '500 ms of each 2 s',
    ],
    ...['2 (lean on Bun, io_uring without TLS)', '2 (lean on Bun, io_uring without TLS)'],
    ...['2, 2,048 connections each, backlog 4,096', 'spin', '1', '→direct', 'latency'],
    ...['open, 20k/s, poisson', 'unlimited', '1 s', '–', '2 (your own)', '2 (ws)', 'none', 'sleep', '2'],
  ]);
});

test('an external server has a target in place of Nginx, and no processes in the plan', () => {
  const factsOf = (target: object) => {
    const run = { ...makeRun(SMALL), proxy: null };
    Object.assign(run.plan, {
      ...{ server: null, proxy: null },
      target: { kind: 'external', url: 'wss://a/', certificate: null, subprotocols: [], ...target },
    });
    const section = setup({ ...viewOf(makeResult([run])), isExternal: true });
    const texts = textsOf(section);
    assert.equal(section.finding, '2 CPUs, 24 GiB, Node v20.20.2.');
    assert.ok(
      !texts.includes('Echo servers') && !texts.includes('Nginx workers') && texts.includes('Generators'),
    );
    return texts.slice(texts.indexOf('24 GiB') + 1, texts.indexOf('Node'));
  };
  assert.deepEqual(factsOf({}), ['Target', 'wss://a/']);
  assert.deepEqual(factsOf({ certificate: { by: 'nothing' }, subprotocols: ['a', 'b'] }), [
    ...['Target', 'wss://a/', 'Certificate', 'not verified', 'Subprotocols offered', 'a, b'],
  ]);
});

test("variants are compared by Nginx's figure, and by the first component that has one if none has Nginx", () => {
  const [tls, direct] = viewOf(makeResult([makeRun(SMALL), makeRun({ ...SMALL, profile: 'direct' })])).runs;
  assert.ok(tls && direct);
  const told = (runs: RunView[], ...values: (number | null)[][]) =>
    levelsSentence(
      'CPU',
      runs,
      (view) => {
        const [proxy = null, server = null, generator = null] = values[runs.indexOf(view)] ?? [];
        return { proxy, server, generator };
      },
      String,
    );
  const only = (text: string, name: string, value: number) =>
    assert.ok(text.startsWith(name) && text.includes(String(value)), text);
  only(told([direct, tls], [null, 777], [555, 666]), 'Nginx CPU', 555);
  assert.equal(told([tls], [null, 777, 888]), 'Nginx CPU was not measured.');
  only(told([direct], [null, 777, 888]), 'Echo server CPU', 777);
  only(told([direct], [null, null, 888]), 'Generator CPU', 888);
});

test('only runs with Nginx have a configuration, and those with an error log are named', () => {
  const [tls, plain, direct] = [makeRun(SMALL), makeRun({ ...SMALL, profile: 'plain' }), makeRun(SMALL)];
  assert.ok(tls.proxy && plain.proxy);
  Object.assign(plain.proxy, { errorLog: ['oops'] });
  Object.assign(direct, { proxy: null });
  const view = viewOf(makeResult([tls, plain]));
  const { finding, body } = configurations(view);
  assert.ok(finding.includes('plain') && !finding.includes('tls'), finding);
  assert.equal(body?.markup.split('<summary>').length, 2 + 1);
  assert.deepEqual(body?.markup.match(/Error log of [^"]*/g), ['Error log of plain, throughput']);
  const alone = configurations(viewOf(makeResult([direct, plain])));
  assert.ok(alone.finding.includes('plain'), alone.finding);
  assert.equal(alone.body?.markup.split('<summary>').length, 1 + 1);
  const none = configurations(viewOf(makeResult([direct])));
  assert.equal(none.body, null);
  assert.notEqual(none.finding, configurations(viewOf(makeResult([tls]))).finding);
});
