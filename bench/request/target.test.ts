import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest, type RunRequest } from './request.ts';

function run(line: string): RunRequest {
  const request = parseRequest(line.split(' '));
  assert.ok(request.command === 'run');
  return request.run;
}

function refuses(cases: readonly [line: string, message: RegExp][]): void {
  for (const [line, message] of cases)
    assert.throws(() => parseRequest(line.split(' ')), { kind: 'usage', message }, line);
}

const HERE = '--target ws://127.0.0.1:9000/';

test('a target replaces the variants, and the open loop only runs if a rate is given', () => {
  const { target, variants, steps, http, name, configurationOptions } = run(
    '--target ws://localhost:9000/chat?token=abc -c 5 --header X-Key:secret --subprotocol a,b',
  );
  assert.deepEqual(target, {
    kind: 'external',
    url: 'ws://localhost:9000/chat',
    expect: 'echo',
    certificate: null,
    subprotocols: ['a', 'b'],
    isRemote: false,
  });
  const { websocketPath, headers } = configurationOptions;
  assert.deepEqual([websocketPath, headers], ['/chat?token=abc', [{ name: 'X-Key', value: 'secret' }]]);
  assert.deepEqual([variants, steps, http, name], [[], ['throughput'], false, 'localhost-9000']);
  assert.deepEqual(run(`${HERE} -R 5k`).steps, ['latency']);
  assert.deepEqual(run(`${HERE} -R 5 --steps throughput,latency`).steps.length, 2);
  assert.deepEqual(run('--target ws://[::1]:9000/').name, '1-9000');
  assert.deepEqual(run('-p tls').target, { kind: 'sandbox' });
  const spaced = parseRequest([...HERE.split(' '), '-R', '1', '--subprotocol', 'a , b']);
  assert.ok(spaced.command === 'run' && spaced.run.target.kind === 'external');
  assert.deepEqual(spaced.run.target.subprotocols, ['a', 'b']);
});

test("a certificate is verified with the system's authorities, with a file, or not at all", () => {
  const certificateOf = (line: string) => {
    const { target } = run(`--target wss://localhost/ ${line}`.trim());
    return target.kind === 'external' ? target.certificate : null;
  };
  assert.deepEqual(certificateOf(''), { by: 'system' });
  assert.deepEqual(certificateOf('--ca ca.pem'), { by: 'file', path: 'ca.pem' });
  assert.deepEqual(certificateOf('--insecure'), { by: 'nothing' });
  refuses([
    [`${HERE} --insecure`, /wss:/],
    [`${HERE} --insecure --ca ca.pem`, /^--ca only applies to a wss:/],
    ['--target wss://localhost/ --ca ca.pem --insecure', /contradict/],
  ]);
});

test('scenarios that need no topology can run on a target', () => {
  for (const rest of [
    'connect',
    'connect --steps scheduled -R 10',
    'storm --cut clients',
    'idle --ping client',
  ])
    assert.equal(run(`${HERE} --scenario ${rest}`).target.kind, 'external');
  refuses([
    [`${HERE} --scenario reload`, /^With these options, --scenario reload acts on Nginx or on echo servers/],
    [
      `${HERE} --scenario broadcast`,
      /^With these options, --scenario broadcast needs echo servers that behave/,
    ],
  ]);
  refuses(
    [
      ...['reload', 'storm --cut backend', 'storm --cut proxy', 'backend-loss', 'broadcast', 'slow-consumer'],
      ...['idle --ping server', 'connect --close server'],
    ].map((rest) => [`${HERE} --scenario ${rest}`, /^With these options, --scenario /]),
  );
});

test('options of a configuration do not apply to a server that is already running', () => {
  refuses(
    ['conf-root /a=b', 'env-file e', 'ws-path /a', 'host a', 'keep-guards'].map((option) => [
      `${HERE} --${option}`,
      new RegExp(`^--${option.split(' ')[0]} does not apply with --target`),
    ]),
  );
});

test('without answers, there is only a schedule and no figure about answers', () => {
  assert.deepEqual(run(`${HERE} --expect none -R 10`).steps, ['latency']);
  refuses([
    [`${HERE} --expect none`, /--rate/],
    [`${HERE} --expect none -R 10 --threshold response.p99<1s`, /expects no answer/],
    [`${HERE} --expect none -R 10 --threshold service.p99<1s`, /expects no answer/],
    [`${HERE} --expect all`, /echo or any or none/],
    [`${HERE} --scenario idle --expect any`, /only applies/],
  ]);
});

const THERE = '--target wss://chat.example.org/';
const ALLOWED = `${THERE} --allow-remote chat.example.org`;

test('another host is only put under load if it is named, and within the limit', () => {
  const { target, connections, rampPerSecond } = run(`${ALLOWED} -R 100`);
  assert.ok(target.kind === 'external' && target.isRemote);
  assert.deepEqual([connections, rampPerSecond], [100, 100]);
  const more = run(`${ALLOWED} -R 500 -c 400 --ramp 50 --remote-limit 500`);
  assert.deepEqual([more.connections, more.load.ratePerSecond, more.rampPerSecond], [400, 500, 50]);
  assert.equal(run(`${ALLOWED} --scenario idle`).connections, 100);
  assert.equal(run(`${THERE} --allow-remote CHAT.example.org -R 1 --ramp 0.5`).rampPerSecond, 0.5);
  assert.equal(run(`${ALLOWED} -R 1 -c 1 --remote-limit 1`).rampPerSecond, 1);
  assert.equal(run(`${ALLOWED} -R 1 --remote-limit 1M`).connections, 1000);
  assert.equal(run(`${ALLOWED} --scenario idle --ping client --ping-every 1s`).connections, 100);
  refuses([
    [`${ALLOWED} -R 1 --remote-limit 0`, /^--remote-limit "0" must be between 1 and 1M/],
    [`${ALLOWED} -R 1 --remote-limit 1000001`, /^--remote-limit .* must be between 1 and 1M/],
    [`${ALLOWED} -R 100.5`, /^--rate exceeds the limit of 100 per second .*--remote-limit 101\./],
    [`${ALLOWED} -R 1 -c 101`, /^--connections exceeds the limit of 100 connections for/],
    [`${HERE} --remote-limit 5 --allow-remote 127.0.0.1`, /^--allow-remote does not apply to 127\.0\.0\.1/],
    [`${THERE} -R 10`, /--allow-remote chat\.example\.org/],
    [`${THERE} --allow-remote example.org -R 10`, /not the host/],
    ['--target ws://127.0.0.1.example.org/ -R 10', /--allow-remote/],
    ['--target ws://10.0.0.1/ -R 10', /--allow-remote 10/],
    ['--target ws://[::2]/ -R 10', /--allow-remote ::2/],
    [ALLOWED, /--rate/],
    [`${ALLOWED} -R 101`, /--rate .*--remote-limit 101/],
    [`${ALLOWED} -R 100 -c 101`, /--connections .*--remote-limit 101/],
    [`${ALLOWED} -R 100 --ramp 101`, /--ramp .*--remote-limit 101/],
    [`${ALLOWED} -R 100 --steps throughput,latency`, /as fast as it can/],
    [`${ALLOWED} --scenario connect`, /as fast as it can/],
    [`${ALLOWED} --scenario storm`, /at once/],
    [`${ALLOWED} --scenario idle --ping client --ping-every 500ms`, /--ping-every .*--remote-limit 200/],
    [`${HERE} --allow-remote 127.0.0.1`, /this machine/],
    [`${HERE} --remote-limit 500`, /this machine/],
  ]);
});

test('options that do not work with a target are rejected with a sentence', () => {
  refuses([
    ['--target http://127.0.0.1/', /must be a ws:/],
    ['--target ws://a:b@127.0.0.1/', /user/],
    ['--target ws://127.0.0.1/#x', /fragment/],
    [`${HERE} -p tls`, /^--profile /],
    [`${HERE} --pin -p tls`, /^--profile /],
    [`${HERE} --servers 2`, /^--servers /],
    [`${HERE} --host a`, /^--host /],
    [`${HERE} --subprotocol a,(`, /^--subprotocol "a,\(" must be/],
    [`${HERE} --backend node:server.js`, /^--backend /],
    [`${HERE} --ws-path /x`, /^--ws-path /],
    [`${HERE} --subprotocol a,a`, /different names/],
    [`${HERE} --steps throughput,latency`, /--rate/],
    [`${HERE} --threshold cpuPerMessage.proxy<1ms`, /--proxy-agent/],
    ['-p tls --ca x --expect any', /^--expect only applies to a server that is already running\. .*--target/],
    ['-p tls --header A:b', /--conf/],
    ['compare plain tls --target ws://127.0.0.1:9000/', /has no --target/],
    ['compare plain tls --allow-remote a', /has no --allow-remote/],
    ['capacity -p tls --target ws://127.0.0.1:9000/', /has no --target/],
    ['ladder -p tls --insecure', /has no --insecure/],
  ]);
  assert.throws(
    () => parseRequest(['--target', 'http://127.0.0.1/?token=secret']),
    ({ message }: Error) => !message.includes('secret'),
  );
});
