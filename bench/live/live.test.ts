import assert from 'node:assert/strict';
import { get, type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeComparison } from '../../test/comparison.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import type { BenchEvent } from '../model/event.ts';
import type { Result, ResultHead } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { reportHtml } from '../report/html.ts';
import { FIGURES } from './live.test.fixture.ts';
import { serveLive } from './live.ts';
import { serveSite } from './server.ts';

const NEVER = new AbortController().signal;

const run = (variant: string): Run => makeRun({ variant, seconds: 1, connections: 10, perSecond: 1000 });

function headOf({ endedAt: _, conclusions: _c, runs: _r, ...head }: Result): ResultHead {
  return head;
}

async function served(t: TestContext, result = makeResult([])) {
  let ms = 0;
  const live = await serveLive(headOf(result), null, () => (ms += 1000));
  t.after(() => live.end(result, AbortSignal.timeout(100)));
  return live;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

function asked(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject).end();
  });
}

/** Subscribes to the events and collects them, each as `event: data`. */
async function joined(url: string) {
  const events: string[] = [];
  const response = await new Promise<IncomingMessage>((resolve) => get(`${url}events`, resolve));
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== undefined) events.push(`${event}: ${data}`);
    }
  });
  const over = new Promise<void>((resolve) => response.on('close', resolve));
  return { events, response, over, names: () => events.map((event) => event.split(':')[0]) };
}

async function eventually(isSo: () => boolean): Promise<void> {
  for (let look = 0; look < 2000 && !isSo(); look++) await sleep(5);
  assert.ok(isSo());
}

const planned = (number: number, { plan }: Run): BenchEvent => ({
  type: 'run-planned',
  number,
  expectedRuns: 2,
  plan,
});

test('page and report have policies, are never cached, and load nothing from elsewhere', async (t) => {
  const live = await served(t);
  const page = await asked(live.url);
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'sha256-/);
  assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.doesNotMatch(page.body, /(?:src|href)="(?!data:,)/);
  assert.equal((await asked(`${live.url}report`)).status, 404, 'no run has ended yet');
  assert.equal((await asked(`${live.url}../etc/passwd`)).status, 404);
  await live.listen({ type: 'run-ended', number: 1, run: run('tls') });
  await live.listen({ type: 'concluded', conclusions: [] });
  const report = await asked(`${live.url}report?1`);
  assert.equal(report.headers['content-security-policy'], "frame-ancestors 'self'");
  assert.match(report.body, /^<!doctype html>[\s\S]*tls/);
});

test('requests that another site may have caused are rejected, whatever their path', async (t) => {
  const live = await served(t);
  const { host, port } = new URL(live.url);
  for (const path of ['', 'events', 'report', 'nowhere']) {
    for (const [headers, method] of [
      [{ host: 'evil.example' }],
      [{ host: `evil.example:${port}` }],
      [{ host: `127.0.0.1.evil.example:${port}` }],
      [{ host: '127.0.0.1:1' }],
      [{ host: '127.0.0.1' }],
      [{ host: `localhost.:${port}` }],
      [{ host, origin: 'http://evil.example' }],
      [{ host, origin: `https://127.0.0.1:${port}` }],
      [{ host, origin: 'null' }],
      [{ host, 'sec-fetch-site': 'cross-site' }],
      [{ host, 'sec-fetch-site': 'same-site' }],
      [{ host }, 'POST'],
      [{ host }, 'OPTIONS'],
    ] as [Record<string, string>, string?][]) {
      const { status, body } = await asked(live.url + path, headers, method);
      assert.equal(status, 403, JSON.stringify([path, headers, method]));
      assert.match(body, /^This server only answers /);
    }
  }
  for (const headers of [
    { host: `localhost:${port}` },
    { host: `LOCALHOST:${port}`, origin: `http://localhost:${port}` },
    { host: `[::1]:${port}` },
    { host, 'sec-fetch-site': 'same-origin' },
    { host, 'sec-fetch-site': 'none' },
  ])
    assert.equal((await asked(live.url, headers)).status, 200, JSON.stringify(headers));
});

test('a page that joins late gets the state and the report, which grows with the runs', async (t) => {
  const live = await served(t);
  const [first, second] = [run('variant-one'), run('variant-two')];
  const early = await joined(live.url);
  await live.listen(planned(1, first));
  await live.listen({ type: 'live', figures: FIGURES });
  await live.listen({ type: 'run-ended', number: 1, run: first });
  await live.listen({ type: 'concluded', conclusions: [] });
  await live.listen(planned(2, second));
  for (let second = 0; second < 2; second++) await live.listen({ type: 'live', figures: FIGURES });
  const late = await joined(live.url);
  await eventually(() => late.events.length === 2);
  assert.match(late.events[0] ?? '', /^state: .*Run 2 of 2.*variant-two.*12\.3k\/s echoed.*<polyline/);
  assert.equal(late.events[1], 'report: 1');
  const report = await asked(`${live.url}report`);
  assert.ok(report.body.includes('variant-one') && !report.body.includes('variant-two'));
  await live.listen({ type: 'run-ended', number: 1, run: second });
  await live.listen({ type: 'concluded', conclusions: [] });
  await eventually(() => late.events.includes('report: 2') && early.events.includes('report: 2'));
  const whole = { ...makeResult([]), endedAt: null, runs: [first, second] };
  assert.equal((await asked(`${live.url}report`)).body, reportHtml(whole, true));
  for (const { response } of [early, late]) response.destroy();
});

test('at the end, each page gets the whole report, and the server waits until it disconnects', async () => {
  const result = makeResult([run('whole')]);
  const live = await serveLive(headOf(result), null, () => performance.now());
  const page = await joined(live.url);
  const ended = live.end(result, NEVER);
  await eventually(() => page.events.includes('end: '));
  const late = await joined(live.url);
  await eventually(() => late.events.length === 3);
  assert.deepEqual(
    [page.names().slice(-2), late.names()],
    [
      ['report', 'end'],
      ['state', 'report', 'end'],
    ],
  );
  assert.equal((await asked(`${live.url}report`)).body, reportHtml(result, false));
  late.response.destroy();
  page.response.destroy();
  await ended;
  await assert.rejects(asked(live.url), /ECONNREFUSED/);
});

test('at the end, nothing is drawn if there is no page or no run', async () => {
  let asked = 0;
  const clock = () => {
    asked += 1;
    return performance.now();
  };
  const whole = makeResult([run('whole')]);
  const lonely = await serveLive(headOf(whole), null, clock);
  const before = asked;
  await lonely.end(whole, NEVER);
  // The live report reads the clock when it draws a report, so the number of reads shows whether it drew one.
  assert.equal(asked, before);
  const live = await serveLive(headOf(whole), null, clock);
  const page = await joined(live.url);
  await live.end(makeResult([]), AbortSignal.timeout(100));
  await page.over;
  assert.deepEqual(page.names(), ['state', 'end']);
});

test('a client that does not disconnect is cut off; without clients, the end is immediate', async () => {
  const result = makeResult([run('whole')]);
  const lonely = await serveLive(headOf(result), null, () => performance.now());
  await lonely.end(result, NEVER);
  const live = await serveLive(headOf(result), null, () => performance.now());
  const page = await joined(live.url);
  await live.end(result, AbortSignal.timeout(100));
  await page.over;
  assert.equal(page.events.at(-1), 'end: ');
  assert.ok(page.response.complete, 'the response has ended, and the connection did not just break');
});

test('a comparison is drawn from its first run on, and hostile names stay text', async (t) => {
  const variant = '<img src=x onerror=alert(1)>';
  const live = await served(t);
  await live.listen(planned(1, run(variant)));
  await live.listen({ type: 'run-ended', number: 1, run: run('plain') });
  const none = { ...makeComparison('plain', variant), rounds: { asked: 10, used: 0 }, comparisons: [] };
  for (const comparison of [none, makeComparison('plain', variant)])
    await live.listen({ type: 'concluded', conclusions: [comparison] });
  const page = await joined(live.url);
  await eventually(() => page.events.length >= 2);
  assert.match(page.events[0] ?? '', /&lt;img src=x/);
  assert.doesNotMatch(page.events[0] ?? '', /<img/);
  const { body } = await asked(`${live.url}report`);
  assert.doesNotMatch(body, /<img src=x/);
  // The second comparison follows too soon after the first drawing.
  const whole = { ...makeResult([]), endedAt: null, runs: [run('plain')], conclusions: [none] };
  assert.equal(body, reportHtml(whole, true));
  page.response.destroy();
});

test('drawing takes at most a fixed share of the time', async (t) => {
  let ms = 0;
  // The clock advances by 100 ms each time it is read, so drawing seems to take that long.
  const live = await serveLive(headOf(makeResult([])), null, () => (ms += 100));
  t.after(() => live.end(makeResult([]), AbortSignal.timeout(100)));
  const page = await joined(live.url);
  for (let index = 0; index < 30; index++) {
    await live.listen({ type: 'run-ended', number: 1, run: run('tls') });
    await live.listen({ type: 'concluded', conclusions: [] });
  }
  await eventually(() => page.events.length > 60);
  const drawings = page.names().filter((name) => name === 'report').length;
  assert.ok(drawings >= 1 && drawings <= 10, String(drawings));
  page.response.destroy();
});

test('the share of the time is that since the start, whatever the clock said then', async (t) => {
  let [ms, drawingMs] = [1e9, 0];
  // Without a page, the clock is read once for an event, once to see whether a drawing is allowed, and twice for one.
  const reads: number[] = [];
  const clock = () => {
    reads.push(ms);
    if (reads.length === 4) ms += drawingMs;
    return ms;
  };
  const live = await serveLive(headOf(makeResult([])), null, clock);
  t.after(() => live.end(makeResult([]), AbortSignal.timeout(100)));
  const version = async (event: BenchEvent) => {
    reads.splice(0);
    await live.listen(event);
    const { length } = reads;
    return [length, (await asked(`${live.url}report`)).status];
  };
  const concluded: BenchEvent = { type: 'concluded', conclusions: [] };
  assert.deepEqual(await version(concluded), [1, 404], 'no run has ended yet');
  assert.deepEqual(await version({ type: 'run-ended', number: 1, run: run('tls') }), [1, 404]);
  drawingMs = 100;
  assert.deepEqual(await version(concluded), [4, 200], 'at the very start');
  drawingMs = 0;
  ms = 1e9 + 1999;
  assert.deepEqual(await version(concluded), [2, 200], 'less than 20 times as long ago');
  ms = 1e9 + 2000;
  assert.deepEqual(await version(concluded), [4, 200]);
});

test('the site tells browsers what they may keep, and when to come back', async (t) => {
  const content = { body: 'ü', policy: "default-src 'none'" };
  const greeting = () => [
    { event: 'state', data: '1' },
    { event: 'report', data: '2' },
  ];
  const server = await serveSite({ contentOf: (path) => (path === '/x' ? content : null), greeting }, null);
  t.after(() => server.close(AbortSignal.abort()));
  const common = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  };
  const answered = async (path: string, method = 'GET') => {
    const { status, body, headers } = await asked(server.url + path, {}, method);
    const {
      date: _,
      connection: _c,
      'keep-alive': _k,
      'transfer-encoding': _t,
      'content-length': _l,
      ...rest
    } = headers;
    return { status, body, headers: rest };
  };
  const text = { ...common, 'content-type': 'text/plain; charset=utf-8' };
  assert.deepEqual(await answered('x?1'), {
    status: 200,
    body: 'ü',
    headers: {
      ...common,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': content.policy,
    },
  });
  assert.deepEqual(await answered('y'), { status: 404, body: 'Not found.\n', headers: text });
  const rejected = await answered('x', 'POST');
  assert.deepEqual([rejected.status, rejected.headers], [403, text]);
  const stream = await new Promise<IncomingMessage>((resolve) => get(`${server.url}events`, resolve));
  let said = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    said += chunk;
  });
  const greeted = 'retry: 1000\n\nevent: state\ndata: 1\n\nevent: report\ndata: 2\n\n';
  await eventually(() => said.length >= greeted.length);
  assert.deepEqual(
    [stream.statusCode, stream.headers['content-type'], said],
    [200, 'text/event-stream', greeted],
  );
  assert.equal(server.listeners(), 1);
  stream.destroy();
});

test('a page that does not read is cut off, and uses no memory', async (t) => {
  const site = { contentOf: () => null, greeting: () => [{ event: 'state', data: 'all there is' }] };
  const server = await serveSite(site, null);
  t.after(() => server.close(AbortSignal.abort()));
  const page = await joined(server.url);
  await eventually(() => page.events.length === 1);
  page.response.pause();
  const message = { event: 'state', data: 'x'.repeat(2 ** 20) };
  for (let sent = 0; sent < 200 && server.listeners() > 0; sent++) {
    server.broadcast(message);
    server.broadcast(message);
    await sleep(1);
  }
  assert.equal(server.listeners(), 0);
});

test('a port that is in use is rejected with a remedy', async (t) => {
  const live = await served(t);
  const { port } = new URL(live.url);
  await assert.rejects(
    serveLive(headOf(makeResult([])), Number(port), () => 0),
    /^Problem: The live report cannot be served on port \d+: another program uses this address and port\. Choose another port, or omit the port/,
  );
});
