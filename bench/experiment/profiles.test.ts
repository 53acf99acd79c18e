import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { checkFaultless, execute } from './experiment.test.fixture.ts';

const CONNECTIONS = 100;
const LOAD = `-c ${CONNECTIONS} -w 100ms -d 500ms --workers 2 --nginx-workers 2`;

async function runOf(t: TestContext, profile: string, more = ''): Promise<{ run: Run; figures: RunFigures }> {
  const { run, figures } = await execute(t, `--profile ${profile} ${LOAD} ${more}`);
  assert.equal(run.plan.profile, profile);
  checkFaultless(run, figures);
  checkHttp(run);
  checkSeries(run);
  return { run, figures };
}

function checkHttp({ http, plan }: Run): void {
  assert.ok(http && http.requests > 0 && http.requestsPerSecond > 0 && http.bytesReceived > 0);
  assert.deepEqual([http.non2xx, http.errors, http.timeouts], [0, 0, 0]);
  assert.equal(http.connections, plan.http?.connections);
}

/** Every phase is there, in order and without a gap; every process was sampled at the bounds of each. */
function checkSeries({ phases, processes, plan }: Run): void {
  assert.deepEqual(
    phases.map(({ phase }) => phase),
    ['connect', 'warm-up', 'steady', 'drain'],
  );
  const ends = phases.map(({ endUs }) => endUs);
  assert.deepEqual(
    phases.map(({ startUs }) => startUs),
    [0, ...ends.slice(0, -1)],
  );
  const count = (start: string) => processes.filter(({ name }) => name.startsWith(start)).length;
  assert.deepEqual(
    [count('nginx worker'), count('echo server'), count('generator')],
    [plan.nginx?.workers ?? 0, plan.servers, plan.workers],
  );
  for (const { name, samples } of processes) assert.ok(samples.length >= phases.length + 1, name);
}

describe('profile', () => {
  it('direct: no Nginx takes part', async (t) => {
    const { run, figures } = await runOf(t, 'direct');
    assert.deepEqual([run.nginx, run.probe, run.plan.nginx], [null, null, null]);
    assert.equal(figures.cpuUsPerMessage.nginx, null);
    assert.equal(run.http?.cache, null);
  });

  it('plain: goes through Nginx, and tells what ran', async (t) => {
    const { run } = await runOf(t, 'plain');
    assert.match(run.nginx?.version ?? '', /^\d+\.\d+\.\d+$/);
    assert.match(run.nginx?.configuration ?? '', /proxy_pass/);
    assert.deepEqual(run.nginx?.errorLog, []);
    assert.deepEqual([run.probe?.alpn, run.probe?.tlsProtocol], [null, null]);
    // Requests that were under way at the end of the leg reached a server, and their answers nobody.
    const { requests = 0, backendRequests = 0, connections = 0 } = run.http ?? {};
    assert.ok(backendRequests >= requests && backendRequests <= requests + connections);
  });

  it('tls: TLS 1.3, and a session is resumed', async (t) => {
    const { run, figures } = await runOf(t, 'tls');
    assert.deepEqual([run.probe?.tlsProtocol, run.probe?.tlsResumed], ['TLSv1.3', true]);
    assert.equal(figures.latencies.tls?.count, CONNECTIONS);
    assert.ok(run.notices.some(({ code }) => code === 'tls-resumption'));
  });

  it('http2: HTTP/2 is offered, and the WebSockets run over HTTP/1.1', async (t) => {
    const { run } = await runOf(t, 'http2');
    assert.deepEqual(
      [run.probe?.alpnOffered, run.probe?.extendedConnect, run.probe?.alpn],
      ['h2', false, 'http/1.1'],
    );
    assert.ok(run.notices.some(({ code }) => code === 'h2-not-used'));
  });

  it('cache: GETs are answered by the cache, messages are not', async (t) => {
    const { run, figures } = await runOf(t, 'cache');
    const { cache, requests = 0, backendRequests = Number.NaN } = run.http ?? {};
    assert.ok((cache?.HIT ?? 0) > requests / 2, JSON.stringify(cache));
    assert.ok(backendRequests >= 1 && backendRequests <= 10, `${backendRequests} requests reached a server`);
    assert.ok((figures.http?.cacheHitShare ?? 0) > 0.5);
  });

  it('load-balanced: three echo servers share the connections', async (t) => {
    const { run } = await runOf(t, 'load-balanced');
    const servers = run.balance.filter(({ component }) => component === 'server');
    assert.equal(servers.length, 3);
    for (const { connections, messages } of servers) {
      assert.ok(Math.abs(connections - CONNECTIONS / 3) <= 1, JSON.stringify(servers));
      assert.ok(messages > 0);
    }
  });

  it('several, one after the other: each run is saved with processes of its own', async (t) => {
    const { result } = await execute(t, '--profile direct,plain -c 10 -w 0ms -d 200ms --no-http');
    assert.deepEqual(
      result.runs.map(({ plan }) => plan.profile),
      ['direct', 'plain'],
    );
    for (const run of result.runs) checkFaultless(run, figuresOf(run));
    const [first, second] = result.runs.map(({ processes }) => processes.map(({ pid }) => pid));
    assert.ok(first && second);
    assert.equal(new Set([...first, ...second]).size, first.length + second.length);
    assert.notEqual(result.endedAt, null);
    assert.equal(result.runs[0]?.http, null);
  });
});
