import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { figuresOf, type RunFigures } from '../measure/figures.ts';
import type { Role, Run } from '../model/run.ts';
import { checkFaultless, execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

const CONNECTIONS = 100;
/** So that a closed loop sends as often as a check of it needs, and no more. */
const UNHURRIED = { serverArguments: ['--delay', '100'] };
const LINE = `--profile all -c ${CONNECTIONS} -w 100ms -d 400ms --workers 2 --nginx-workers 2`;

/** Checks for individual profiles. */
const FACTS: Record<string, (run: Run, figures: RunFigures) => void> = {
  direct(run, figures) {
    assert.deepEqual([run.proxy, run.probe, run.plan.proxy], [null, null, null]);
    assert.equal(figures.cpuUsPerMessage.proxy, null);
    assert.equal(run.http?.cache, null);
  },

  plain({ proxy, probe, http }) {
    assert.match(proxy?.version ?? '', /^\d+\.\d+\.\d+$/);
    assert.match(proxy?.configuration ?? '', /proxy_pass/);
    assert.deepEqual(proxy?.errorLog, []);
    assert.deepEqual([probe?.alpn, probe?.tlsProtocol], [null, null]);
    // Requests in flight at the end of the leg reached a server, but their responses were not read.
    const { requests = 0, connections = 0 } = http ?? {};
    const backendRequests = http?.backendRequests ?? 0;
    assert.ok(backendRequests >= requests && backendRequests <= requests + connections);
  },

  tls({ probe, notices }, { latencies }) {
    const { tlsProtocol, tlsKeyType, tlsResumed } = probe ?? {};
    assert.deepEqual([tlsProtocol, tlsKeyType, tlsResumed], ['TLSv1.3', 'ec', true]);
    assert.equal(latencies.tls?.count, CONNECTIONS);
    assert.ok(notices.some(({ code }) => code === 'tls-resumption'));
  },

  http2({ probe, notices }) {
    const { alpnOffered, extendedConnect, alpn } = probe ?? {};
    assert.deepEqual([alpnOffered, extendedConnect, alpn], ['h2', false, 'http/1.1']);
    assert.ok(notices.some(({ code }) => code === 'h2-not-used'));
  },

  cache({ http }, figures) {
    const { cache, requests = 0 } = http ?? {};
    const backendRequests = http?.backendRequests ?? Number.NaN;
    assert.ok((cache?.HIT ?? 0) > requests / 2, JSON.stringify(cache));
    assert.ok((figures.http?.cacheHitShare ?? 0) > 0.5);
    assert.ok(backendRequests >= 1 && backendRequests <= 10, `${backendRequests} requests reached a server`);
  },

  'load-balanced'({ spread }) {
    const servers = spread.filter(({ component }) => component === 'server');
    assert.equal(servers.length, 3);
    for (const { connections, messages } of servers) {
      assert.ok(Math.abs(connections - CONNECTIONS / 3) <= 1, JSON.stringify(servers));
      assert.ok(messages > 0);
    }
  },
};

function checkHttp({ http, plan }: Run): void {
  assert.ok(http && http.requests > 0 && http.requestsPerSecond > 0 && http.bytesReceived > 0);
  assert.deepEqual([http.non2xx, http.errors, http.timeouts], [0, 0, 0]);
  assert.equal(http.connections, plan.http?.connections);
}

/**
 * Asserts that all phases are present and in order, without gaps after the warm-up begins. Before it is the time that
 * the schedule takes to reach every worker. Every process was sampled at the phase boundaries.
 */
function checkSeries({ phases, processes, plan }: Run): void {
  assert.deepEqual(
    phases.map(({ phase }) => phase),
    ['connect', 'warm-up', 'steady', 'drain'],
  );
  const [connect, ...load] = phases;
  assert.ok(connect !== undefined && connect.startUs < connect.endUs);
  assert.ok(connect.endUs < (load[0]?.startUs ?? 0));
  assert.deepEqual(
    load.slice(1).map(({ startUs }) => startUs),
    load.slice(0, -1).map(({ endUs }) => endUs),
  );
  const count = (of: Role) => processes.filter(({ role }) => role === of).length;
  assert.deepEqual(
    [count('worker'), count('server'), count('generator')],
    [plan.proxy?.workers ?? 0, plan.servers, plan.workers],
  );
  for (const { name, samples } of processes) assert.ok(samples.length >= phases.length + 1, name);
}

ownTemporaryFolder();

describe('all profiles, one after the other', () => {
  it('are run without a fault, each with processes of its own', async (t) => {
    const { runs, complete } = await execute(t, LINE, UNHURRIED);
    assert.deepEqual(
      runs.map(({ plan }) => plan.profile),
      Object.keys(FACTS),
    );
    assert.equal(complete, true);
    const pids = runs.flatMap(({ processes }) =>
      processes.filter(({ component }) => component !== 'runner').map(({ pid }) => pid),
    );
    assert.equal(new Set(pids).size, pids.length);
    for (const run of runs) {
      await t.test(run.plan.profile, () => {
        const figures = figuresOf(run);
        checkFaultless(run, figures);
        checkHttp(run);
        checkSeries(run);
        FACTS[run.plan.profile]?.(run, figures);
      });
    }
  });
});

/** Returns the echo servers' shares of the connections. */
function serverShares({ spread }: Run): number[] {
  return spread.flatMap(({ component, connections }) => (component === 'server' ? [connections] : []));
}

/** The profiles that are not in `all`, with checks for each. */
const OTHERS: Record<string, (run: Run) => void> = {
  'unix-socket'({ proxy }) {
    assert.match(proxy?.configuration ?? '', /server unix:\S+\/echo-1\.sock max_fails=0;/);
  },

  stream({ spread, proxy }) {
    // Without HTTP, no header names the worker.
    assert.deepEqual(
      spread.filter(({ component }) => component === 'proxy'),
      [],
    );
    assert.match(proxy?.configuration ?? '', /stream \{/);
  },

  'stream-tls'({ probe }) {
    assert.deepEqual([probe?.tlsProtocol, probe?.tlsResumed], ['TLSv1.3', true]);
  },

  tls12({ probe }) {
    assert.deepEqual([probe?.tlsProtocol, probe?.tlsResumed], ['TLSv1.2', true]);
    assert.match(probe?.tlsCipher ?? '', /^ECDHE-ECDSA-/);
  },

  'tls-rsa'({ probe }) {
    assert.deepEqual([probe?.tlsProtocol, probe?.tlsKeyType], ['TLSv1.3', 'rsa']);
  },

  reencrypt({ probe, proxy }) {
    assert.equal(probe?.tlsProtocol, 'TLSv1.3');
    assert.match(proxy?.configuration ?? '', /proxy_pass https:\/\/backend;/);
    assert.match(proxy?.configuration ?? '', /proxy_ssl_verify on;/);
    assert.match(
      proxy?.configuration ?? '',
      /proxy_ssl_trusted_certificate \S+\/upstream\/certificate\.pem;/,
    );
  },

  'balanced-round-robin'(run) {
    const shares = serverShares(run);
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 2, JSON.stringify(shares));
  },

  'balanced-ip-hash'(run) {
    assert.deepEqual(serverShares(run).toSorted(), [0, 0, CONNECTIONS].toSorted());
  },

  'balanced-hash'(run) {
    const shares = serverShares(run);
    assert.ok(shares.length === 3 && Math.min(...shares) > 0, JSON.stringify(shares));
  },

  'balanced-random'(run) {
    const shares = serverShares(run);
    assert.ok(shares.length === 3 && Math.min(...shares) > CONNECTIONS / 5, JSON.stringify(shares));
  },
};

describe('the profiles that are not in `all`', () => {
  it('run without faults', async (t) => {
    const names = Object.keys(OTHERS);
    const line = `--profile ${names.join(',')} -c ${CONNECTIONS} -w 100ms -d 400ms --nginx-workers 2 --no-http`;
    const { runs, complete } = await execute(t, line, UNHURRIED);
    assert.deepEqual([complete, runs.map(({ plan }) => plan.profile)], [true, names]);
    for (const run of runs) {
      await t.test(run.plan.profile, () => {
        const { outcome, spread } = run;
        assert.deepEqual(outcome, { state: 'completed' });
        if (spread.some(({ component }) => component === 'proxy')) checkFaultless(run, figuresOf(run));
        else assert.equal(figuresOf(run).connections.opened, CONNECTIONS);
        OTHERS[run.plan.profile]?.(run);
      });
    }
  });

  it('except one that rejects every client, because its cache has stored the response to a plain GET', async (t) => {
    const { run, figures } = await execute(t, '--profile cache-unsafe -c 20 -w 0ms -d 200ms --no-http');
    assert.deepEqual(run.outcome, { state: 'failed', reason: 'none of its 20 connections opened.' });
    assert.deepEqual(figures.failures.byKind, { 'status-426': 20 });
  });
});
