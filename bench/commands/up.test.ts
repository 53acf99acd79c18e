import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { parseRequest } from '../request/request.ts';
import type { ProxySource } from '../topology/driver.ts';
import type { RunningProxy, StartedTarget } from '../topology/target.ts';
import type { UpInput } from '../up/up.ts';
import { finding, notice } from '../wording/finding.ts';
import { fakeServices, obey, PREPARED } from './services.test.fixture.ts';
import { up } from './up.ts';

const TARGET = {
  host: '127.0.0.1',
  ports: [4001, 4002],
  path: '/websocket',
  page: null,
  tls: null,
  http2: false,
  proxy: null,
} satisfies StartedTarget;

/** Runs a command line with services that start everything at once and then end. */
async function upWith(...argv: string[]) {
  const asked: UpInput[] = [];
  const sources: ProxySource[] = [];
  const services = fakeServices({
    async prepareProxy(_kind, source) {
      sources.push(source);
      return PREPARED;
    },
    async keepUp(topology) {
      asked.push(topology);
      topology.log?.('connected 127.0.0.1:5');
      const { name, title, plan } = topology;
      topology.onUp({
        ...{ name, title, server: plan.server, target: TARGET, accessLogs: [] },
        ...{ servers: [4001, 4002].map((port) => ({ port, certPath: null })), folder: '/tmp/x' },
      });
    },
  });
  return { ...(await obey(['up', ...argv], services)), asked, sources };
}

describe('up', () => {
  it('plans a topology without a load, and ends with exit code 0', async () => {
    const { code, out, said, asked, sources } = await upWith('-p', 'tls+buf-16k', '--servers', '2', '--log');
    assert.equal(code, 0);
    assert.deepEqual(said, []);
    const [{ name, plan, proxy, reply, host, port }] = asked as [UpInput];
    assert.equal(port, null);
    assert.equal(name, 'tls+buf-16k');
    assert.deepEqual([plan.server, plan.servers, reply, host], ['ws', 2, 'you-said', '127.0.0.1']);
    assert.deepEqual(
      [proxy?.prepared, sources.flatMap(({ tunings }) => tunings.map((tuning) => tuning.name))],
      [PREPARED, ['buf-16k']],
    );
    assert.equal(out.split('\n')[0], 'connected 127.0.0.1:5');
    assert.match(
      out,
      /^ {2}WebSocket +ws:\/\/127\.0\.0\.1:4001\/websocket\n {2}WebSocket +ws:\/\/127\.0\.0\.1:4002/m,
    );
  });

  it('starts exactly what was asked for, and passes on how it can be stopped', async () => {
    const { asked, out } = await upWith('-p', 'tls', '--servers', '3', '--reply', 'echo');
    const [{ plan, proxy, signal, urgent, log, title, ...rest } = assert.fail(), ...more] = asked;
    const { say, onUp, ...given } = rest;
    assert.deepEqual(given, { name: 'tls', reply: 'echo', host: '127.0.0.1', port: null });
    assert.deepEqual([more, log, signal.aborted, urgent.aborted], [[], null, false, false]);
    assert.deepEqual([typeof say, typeof onUp, title.length > 0], ['function', 'function', true]);
    assert.deepEqual([plan.server, plan.servers], ['ws', 3]);
    assert.ok('carrier' in plan && plan.carrier === 'sockets');
    assert.equal(proxy?.prepared, PREPARED);
    assert.doesNotMatch(out, /connected 127/);
  });

  it('fails if there is no echo server of the bench to start', async () => {
    const asked = parseRequest(['up', '-p', 'direct']);
    assert.ok(asked.command === 'up');
    const run = { ...asked.up.run, backend: 'node server.js {port}' };
    const { signal } = new AbortController();
    const context: Parameters<typeof up>[1] = {
      command: [],
      terminal: { print: assert.fail, say: assert.fail, draw: null, columns: null, rows: null },
      services: fakeServices({ keepUp: () => assert.fail('nothing is to be started') }),
      interruption: { signal, urgent: signal, release() {} },
    };
    await assert.rejects(up({ ...asked.up, run }, context), new TypeError('the topology has no echo server'));
  });

  it('prints the warnings about its plan, and those about its Nginx', async () => {
    const warned = fakeServices({
      readMachine: async () => ({ ...SMALL_MACHINE, bun: null, ioUring: null, somaxconn: 16 }),
      async keepUp({ name, title, plan, onUp }) {
        const notices = [notice('info', 'target-answers-any', {})];
        const proxy = { notices, facts: { version: '1.22.1' } } as unknown as RunningProxy;
        const target = { ...TARGET, proxy };
        onUp({
          ...{ name, title, server: plan.server, target, accessLogs: [], servers: [], folder: '/tmp/x' },
        });
      },
    });
    const { code, said } = await obey(['up', '-p', 'tls', '--server', 'lean'], warned);
    assert.equal(code, 0);
    // That the lean servers run on Node is not a warning.
    assert.deepEqual(said, [
      finding('preflight-backlog', { backlog: 16, wanted: 1000 }).text,
      finding('target-answers-any', {}).text,
    ]);
  });

  it('accepts a port, unless there is no Nginx to listen on it', async () => {
    const { asked } = await upWith('-p', 'tls', '--port', '8443');
    assert.equal(asked[0]?.port, 8443);
    for (const line of [
      '-p tls --port 0',
      '-p tls --port 65536',
      '-p tls --port http',
      '-p direct --port 8080',
    ]) {
      const { code, said } = await upWith(...line.split(' '));
      assert.equal(code, 2, line);
      assert.match(said.join(), /^--port /);
    }
  });

  it("keeps a user's configuration running, or the echo servers alone", async () => {
    const own = await upWith('--conf', '/srv/chat.conf', '--ws-path', '/live', '--reply', 'echo');
    assert.equal(own.code, 0, own.said.join());
    assert.equal(own.sources[0]?.options?.websocketPath, '/live');
    assert.deepEqual([own.asked[0]?.reply, own.asked[0]?.log], ['echo', null]);
    assert.equal(own.sources[0]?.options?.keepGuards, false);
    const seen = await upWith('--conf', '/srv/chat.conf', '--allow-remote', '192.0.2.7');
    assert.equal(seen.sources[0]?.options?.keepGuards, true);
    const direct = await upWith('-p', 'direct', '--server', 'lean', '--engine', 'node');
    assert.equal(direct.asked[0]?.proxy, null);
    assert.deepEqual([direct.asked[0]?.plan.server, direct.asked[0]?.plan.engine], ['lean', 'node']);
  });

  it('rejects options that do not apply, with a sentence', async () => {
    for (const [argv, sentence] of [
      [['-p', 'tls,plain'], /^`up` runs one variant/],
      [['-p', 'all'], /runs one variant/],
      [['-p', 'tls', '--conf', 'nginx.conf'], /runs one variant/],
      [[], /--profile tls/],
      [['-p', 'tls', '--reply', 'nothing'], /^--reply "nothing" must be you-said or echo\.$/],
      [['-p', 'tls', '--allow-remote', 'eth0'], /^--allow-remote "eth0"/],
      [['-p', 'tls', '--allow-remote', '0.0.0.0'], /^--allow-remote 0\.0\.0\.0/],
      [['-p', 'tls', '-c', '10'], /^up has no -c\./],
      [['-p', 'tsl'], /Did you mean tls\?/],
    ] as const) {
      const { code, said, asked } = await upWith(...argv);
      assert.deepEqual([code, asked], [2, []], argv.join(' '));
      assert.match(said.join('\n'), sentence);
    }
  });
});
