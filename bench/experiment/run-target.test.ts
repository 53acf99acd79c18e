import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import type { RunPlan } from '../model/plan.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import { makeCertificate } from '../topology/certificate.ts';
import type { VariantProxy } from '../topology/driver.ts';
import type { StartedTarget } from '../topology/target.ts';
import { RUNNER, shortPlan, simulate, simulatedHosts, VARIANT } from './run.test.fixture.ts';

// The folders of the runs.
const temporary = makeOpenFolder(join(tmpdir(), 'run-test-'));
process.env.TMPDIR = temporary;
after(() => rm(temporary, { recursive: true, force: true }));

describe('the target of a run', () => {
  test('is the echo servers themselves if there is no proxy, and has no probe', async () => {
    const { run, asked, listed, processes } = await simulate({
      plan: { proxy: null },
      context: { variant: { ...VARIANT, proxy: null } },
    });
    assert.deepEqual([run.proxy, run.probe, asked.proxy], [null, null, null]);
    assert.equal(run.spread[0]?.name, 'nginx worker (process 5)');
    assert.deepEqual(
      asked.workerPlans.map(({ target }) => target.ports),
      [
        [9001, 9002],
        [9001, 9002],
      ],
    );
    assert.deepEqual(listed, [...processes, RUNNER]);
  });

  test('is a server outside, of which nothing is started', async () => {
    const target: RunPlan['target'] = {
      ...{ kind: 'external', url: 'ws://127.0.0.1:7/chat', expect: 'any', certificate: null },
      ...{ subprotocols: [], isRemote: false },
    };
    const { coordinator } = simulatedHosts();
    const alone: typeof coordinator = {
      start: async (plan) => ({
        ...(await coordinator.start(plan)),
        end: async () => ({ processes: [], hosts: [] }),
      }),
    };
    const { run, asked } = await simulate({ plan: { target, server: null, proxy: null, servers: 0 } });
    const { run: here } = await simulate({
      plan: { target, server: null, proxy: null, servers: 0 },
      context: { coordinator: alone },
    });
    assert.deepEqual([run.hosts?.length, 'hosts' in here], [2, false]);
    assert.deepEqual([run.proxy, run.probe, asked.proxy, asked.servers], [null, null, null, null]);
    assert.deepEqual(
      asked.workerPlans.map(({ target: { host, ports, path }, servers }) => [host, ports, path, servers]),
      [0, 1].map(() => ['127.0.0.1', [7], '/chat', []]),
    );
    assert.deepEqual(
      run.notices.slice(0, 2).map(({ code }) => code),
      ['target-answers-any', 'target-answers-any'],
    );
  });

  test('is started by the variant’s proxy on this host', async () => {
    const upgradeTo = { path: '/new', version: '1', openssl: null, origin: null };
    const timeline: RunPlan['timeline'] = [{ atMs: 90_000, action: { kind: 'upgrade', to: null } }];
    for (const [changes, opening] of [
      [{}, { upgradeTo: null }],
      [
        { timeline, listen: '10.0.0.1' },
        { upgradeTo, host: '10.0.0.1' },
      ],
    ] as const) {
      let started: unknown[] = [];
      const hosts = simulatedHosts();
      const proxy = {
        ...{ binary: { ...upgradeTo, path: '/old' }, upgradeTo },
        prepared: {
          async start(...options: unknown[]) {
            started = options;
            return hosts.target;
          },
        },
      } as unknown as VariantProxy;
      const { startServers } = hosts.places;
      const places = startServers === undefined ? {} : { startServers };
      const { run, folders } = await simulate({ plan: changes, context: { proxy, places } });
      assert.deepEqual(run.outcome, { state: 'completed' });
      const [plan, binary, servers, folder, , last] = started;
      assert.deepEqual([plan, binary, folder, last], [shortPlan(changes), proxy.binary, folders[0], opening]);
      assert.equal((servers as unknown[]).length, 2);
    }
  });

  test('must have a proxy if one is planned', async () => {
    await assert.rejects(simulate({ context: { places: {} }, plan: { servers: 0 } }), {
      name: 'TypeError',
      message: 'there is no proxy for plain',
    });
  });

  test('is a problem of the environment if it does not speak TLS', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => closed.once('listening', done));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    const tls = { servername: 'localhost' };
    await assert.rejects(simulate({ target: { ports: [port], tls } }), {
      kind: 'environment',
      message: /^Nginx does not answer as a TLS listener should: .*nothing listens there/,
    });
    await assert.rejects(simulate({ target: { ports: [port], tls, proxy: null } }), {
      kind: 'environment',
      message: /^The TLS handshake with the target failed: .*nothing listens there/,
    });
    const { run } = await simulate({ target: { ports: [] } });
    assert.equal(run.probe, null);
  });
});

describe('the visit of a profile', () => {
  /** Starts a web server that answers as given, and returns its port and the requests that it received. */
  async function webServer(t: TestContext, answer: boolean) {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.host}`);
      if (answer) response.writeHead(404).end('no such page');
      else request.socket.destroy();
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((done) => server.once('listening', done));
    return { requests, port: (server.address() as AddressInfo).port };
  }
  const profile = { ...profileNamed('plain'), visit: '/health' };

  test('is one ordinary request, whose response may be anything', async (t) => {
    const { requests, port } = await webServer(t, true);
    const { run } = await simulate({ context: { profile }, target: { ports: [port] } });
    assert.deepEqual(run.outcome, { state: 'completed' });
    const request = { host: 'example.org', headers: [] };
    await simulate({ context: { profile }, target: { ports: [port], request } });
    assert.deepEqual(requests, [`GET /health 127.0.0.1:${port}`, 'GET /health example.org']);
  });

  test('verifies the certificate of a target with TLS', async (t) => {
    const { certPem: ca, keyPath } = await makeCertificate(join(temporary, 'target'));
    const server = createTlsServer({ cert: ca, key: readFileSync(keyPath) }, (_, response) => response.end());
    server.listen(0, '127.0.0.1');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    const visiting = (tls: StartedTarget['tls']) =>
      simulate({ context: { profile }, target: { ports: [port], tls } });
    const { run } = await visiting({ servername: 'localhost', ca });
    assert.deepEqual([run.outcome.state, run.probe?.tlsKeyType], ['completed', 'ec']);
  });

  test('ends with the reason of the signal', async (t) => {
    const stop = new AbortController();
    const server = createServer(() => stop.abort(new Error('called off'))).listen(0, '127.0.0.1');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(simulate({ context: { profile, signal: stop.signal }, target: { ports: [port] } }), {
      message: 'called off',
    });
  });

  test('must have a response', async (t) => {
    const { port } = await webServer(t, false);
    await assert.rejects(simulate({ context: { profile }, target: { ports: [port] } }), {
      kind: 'environment',
      message: /^Nginx does not answer a GET of \/health: /,
    });
  });
});
