import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Bus } from './bus.ts';
import { ask, askStats, compareClocks, endRun } from './requests.ts';

/** A connection on which every request gets this answer. */
function answering(answer: unknown): Bus {
  return { request: () => Promise.resolve({ json: () => answer }) } as unknown as Bus;
}

test('the offset of a clock is known, or the agent whose answer is not a time is named', async () => {
  const { offsetNs } = await compareClocks(answering({ ns: `${2n ** 62n}` }), 'a');
  assert.ok(offsetNs > 2n ** 61n);
  const message =
    "The clock of the agent far-away could not be compared with this host's: the agent's answer is not a time.";
  for (const answer of [{}, { ns: 'now' }, null])
    await assert.rejects(compareClocks(answering(answer), 'far-away'), { kind: 'environment', message });
});

/** A connection that records its requests, and answers each with a value; an error means that no answer comes. */
function recording(answer: unknown) {
  const requests: unknown[][] = [];
  const bus = {
    async request(subject: string, payload: string, { timeout }: { timeout: number }) {
      requests.push([subject, payload, timeout]);
      if (answer instanceof Error) throw answer;
      return { json: () => answer, data: Buffer.isBuffer(answer) ? answer : Buffer.from('') };
    },
  };
  return { bus: bus as unknown as Bus, requests };
}

const silent = new Error('timeout');

test('a request is accepted, refused, or answered wrongly or not at all', async () => {
  const { bus, requests } = recording({ refusal: null });
  assert.equal(await ask(bus, 'a', 'begin', { run: 'r' }, 1500), null);
  assert.deepEqual(requests, [['nginx-ws-bench.agent.a.begin', '{"run":"r"}', 1500]]);
  const started = { role: 'server', servers: [{ host: '192.0.2.1', port: 80 }] };
  assert.deepEqual(await ask(recording({ refusal: null, started }).bus, 'a', 'begin', {}, 1), started);
  for (const [answer, message] of [
    [{ refusal: 'it is busy.' }, 'The agent a refused the run: it is busy.'],
    [{ refusal: 5 }, 'The agent a sent an invalid answer.'],
    [silent, 'The agent a did not answer within 1.5 s. Check that it is still running.'],
  ] as const)
    await assert.rejects(ask(recording(answer).bus, 'a', 'begin', {}, 1500), {
      kind: 'environment',
      message,
    });
});

test('the counters of servers are those in the answer, or unknown', async () => {
  const counted = { connections: { open: 1, total: 2 }, messages: 3, bytes: 4, httpRequests: 5 };
  const { bus, requests } = recording({ stats: [counted, null] });
  assert.deepEqual(await askStats(bus, 'a', 'r'), [counted, null]);
  assert.deepEqual(requests, [['nginx-ws-bench.agent.a.stats', '{"run":"r"}', 2000]]);
  for (const answer of [silent, { stats: 5 }])
    assert.equal(await askStats(recording(answer).bus, 'a', 'r'), null);
});

test('the end of a run has what the agent observed; a lost agent is not waited for long', async () => {
  const nothing = { processes: [], machine: null, errorLog: [] };
  const observed = { ...nothing, errorLog: ['emerg'] };
  const { bus, requests } = recording(gzipSync(JSON.stringify(observed)));
  assert.deepEqual(await endRun(bus, 'a', 'r', false), observed);
  assert.deepEqual(await endRun(bus, 'a', 'r', true), observed);
  assert.deepEqual(
    requests,
    [15_000, 2000].map((timeout) => ['nginx-ws-bench.agent.a.end', '{"run":"r"}', timeout]),
  );
  for (const answer of [silent, gzipSync('{"processes":5}'), Buffer.from('no gzip')])
    assert.deepEqual(await endRun(recording(answer).bus, 'a', 'r', false), nothing);
});
