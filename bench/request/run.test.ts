import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest, type RunRequest } from './request.ts';

/** Splits a line at spaces; no test here needs quotes. */
function run(line: string): RunRequest {
  const request = parseRequest(line.split(' '));
  assert.equal(request.command, 'run');
  return request.run;
}

test('an export to stdout excludes --json and formats with several files', () => {
  assert.deepEqual(run('-p tls --export markdown=-').exports, [{ name: 'markdown', path: '-' }]);
  for (const line of ['--export markdown=- --json', '--export markdown=- --export csv=-', '--export hgrm=-'])
    assert.throws(() => run(`-p tls ${line}`), { kind: 'usage' }, line);
});

test('an export that is unknown, given twice, or has an empty file name is rejected', () => {
  assert.throws(() => run('-p tls --export jnuit'), /Did you mean junit\?/);
  assert.throws(() => run('-p tls --export csv='), /has no file name\. Use --export csv=FILE/);
  assert.throws(() => run('-p tls --export csv --export csv'), /--export csv is given twice/);
  assert.throws(
    () => run('-p tls --export csv --export junit --export junit --export csv'),
    /^Problem: --export junit is given twice/,
  );
  assert.throws(() => run('-p tls --export hgrm=-'), /^Problem: --export hgrm=-: hgrm writes several files/);
  assert.throws(() => run('-p tls --json --export csv=-'), /^Problem: --json and --export csv=- both write/);
  assert.throws(() => parseRequest(['-p', 'tls', '--export', 'csv= ']), /"csv= " has no file name/);
  const spaced = parseRequest(['-p', 'tls', '--export', ' csv =a=b']);
  assert.ok(spaced.command === 'run');
  assert.deepEqual(spaced.run.exports, [{ name: 'csv', path: 'a=b' }]);
  assert.deepEqual(run('-p tls --json --export csv').exports, [{ name: 'csv', path: null }]);
  assert.throws(() => run('-p tls --export csv=a --export junit=./a'), /Two exports write to "\.\/a"/);
});

test('a threshold that no planned run can measure is rejected before the first run', () => {
  for (const line of [
    '-p tls --in-flight 1 --threshold response.p99<5ms',
    '-p tls -R 5k --threshold perCoreCapacity>10k',
    '-p tls --no-http --threshold http.p99<5ms',
    '-p direct --threshold cpuPerMessage.proxy<30us',
    '-p direct --threshold perCoreCapacity>10k',
    '-p tls --scenario reload --threshold http.p99<5ms',
  ])
    assert.throws(() => run(line), { kind: 'usage', message: /^--threshold "/ }, line);
  for (const line of [
    '-p tls --threshold response.p99<5ms --threshold perCoreCapacity>10k --threshold http.p99<5ms',
    '-p direct,tls --threshold cpuPerMessage.proxy<30us',
    '--conf a.conf --threshold cpuPerMessage.proxy<30us',
    '-p direct --threshold cpuPerMessage.total<30us',
  ])
    run(line);
  for (const [line, message] of [
    ['-p tls --in-flight 1 --threshold response.p99<5ms', / needs the latency step\./],
    ['-p tls -R 5k --threshold perCoreCapacity>10k', / needs the throughput step\..* throughput,latency\.$/],
    ['-p tls --scenario reload --threshold perCoreCapacity>10k', / a closed loop, but .* reload has none\./],
    ['-p tls --scenario storm --threshold perCoreCapacity>10k', / does not apply to the scenario storm\./],
    ['-p tls --no-http --threshold http.p99<5ms', / --no-http skips\./],
    ['-p direct --threshold memory.proxy<1M', / needs Nginx, but direct has none\./],
  ] as const)
    assert.throws(() => run(line), { kind: 'usage', message }, line);
});

test('numbers may be as small and as large as their limits', () => {
  const { seed, connections, load, durationMs, connectTimeoutMs, echoTimeoutMs } = run(
    '-p tls -c 1M -R 10M -d 24h --connect-timeout 1h --echo-timeout 1h --seed 4294967295',
  );
  assert.deepEqual(
    [seed, connections, load.ratePerSecond, durationMs, connectTimeoutMs, echoTimeoutMs],
    [4_294_967_295, 1_000_000, 10_000_000, 86_400_000, 3_600_000, 3_600_000],
  );
  const least = run(
    '-p tls -c 1 -R 0.001 -d 1ms --connect-timeout 1ms --echo-timeout 1ms --seed 0 --payload 0',
  );
  assert.deepEqual(
    [least.seed, least.connections, least.load.ratePerSecond, least.durationMs, least.payload.maxBytes],
    [0, 1, 0.001, 1, 0],
  );
  assert.deepEqual([least.connectTimeoutMs, least.echoTimeoutMs], [1, 1]);
  const most = run('-p tls --in-flight 65536 --payload 16M --servers 256 --nginx-workers 256 --workers 256');
  assert.deepEqual(
    [most.load.inFlight, most.payload.maxBytes, most.servers, most.proxyWorkers, most.workers],
    [65_536, 16_777_216, 256, 256, 256],
  );
  for (const option of [
    ...['-c 1000001', '-R 10000001', '-R 0.0009', '-d 86400001ms', '-d 999us', '--connect-timeout 3600001ms'],
    ...['--echo-timeout 999us', '--seed 4294967296', '--in-flight 65537', '--in-flight 0', '--servers 257'],
    ...['--payload 16777217', '--nginx-workers 0', '--workers 257', '--ramp 0.0009', '--live 65536'],
  ])
    assert.throws(() => run(`-p tls ${option}`), { kind: 'usage', message: / must be between / }, option);
  assert.deepEqual(
    [run('-p tls --ramp 0.001').rampPerSecond, run('-p tls --live 65535').live?.port],
    [0.001, 65_535],
  );
});

test('names may have spaces around them, and a scenario may reject a load', () => {
  const spaced = parseRequest(['-p', ' plain , tls', '--steps', 'latency , throughput']);
  assert.ok(spaced.command === 'run');
  assert.deepEqual(
    [spaced.run.variants, spaced.run.steps],
    [
      ['plain', 'tls'],
      ['throughput', 'latency'],
    ],
  );
  assert.throws(() => run('-p tls --scenario slow-consumer -c 1'), { message: /^--slow-share 10 / });
  assert.equal(run('-p tls --scenario connect --pending 7').load.inFlight, 7);
  assert.equal(run('-p tls --scenario reload').load.inFlight, 1);
});

test('a carrier, a client and a server that work together are accepted', () => {
  const chosen = (line: string) => {
    const { carrier, engine, client, server } = run(`-p tls ${line}`);
    return [carrier, engine, client, server];
  };
  assert.deepEqual(chosen('--engine node'), [null, 'node', 'lean', null]);
  assert.deepEqual(chosen('--carrier auto --engine node'), [null, 'node', 'lean', null]);
  assert.deepEqual(chosen('--carrier sockets --engine node'), ['sockets', 'node', 'lean', null]);
  assert.deepEqual(chosen('--carrier sockets --client ws --server ws'), ['sockets', null, 'ws', 'ws']);
  assert.deepEqual(chosen('--carrier io_uring --client ws'), ['io_uring', null, 'ws', null]);
  assert.deepEqual(chosen('--carrier io_uring --server ws'), ['io_uring', null, 'lean', 'ws']);
  assert.deepEqual(chosen('--carrier io_uring --engine bun'), ['io_uring', 'bun', 'lean', null]);
});

test("options for a user's configuration are validated", () => {
  for (const [line, words] of [
    ['-p tls --ws-path /ws', /^--ws-path .*--conf PATH/],
    ['-p tls --host a --ws-path /ws', /^--ws-path .*--conf PATH/],
    ['--conf a --conf-root /etc/nginx=', /^--conf-root "\/etc\/nginx="/],
    ['--conf a --header :b', /^--header "…" must be/],
    ['--conf a --header HOST:b', /^--header cannot set HOST\. .* Use --host to change its value\.$/],
    ['--conf a --header Upgrade:b', /^--header cannot set Upgrade\. .* set this header\.$/],
    ['--conf a --ws-path ws', /^--ws-path "ws"/],
    ['--conf a --host a:80', /^--host "a:80"/],
    ['--conf a --header Origin', /^--header "Origin"/],
    ['--conf a --header Host:b', /^--header cannot set Host.*--host/],
    ['--conf a --header Sec-WebSocket-Key:b', /cannot set Sec-WebSocket-Key/],
    ['--conf a --conf-root ./site', /^--conf-root ".\/site"/],
  ] as const) {
    assert.throws(() => run(line), { kind: 'usage', message: words });
  }
  assert.throws(() => parseRequest(['run', '--conf', 'a', '--header', 'A: b\r\nC: d']), { kind: 'usage' });
  const accepted = parseRequest([
    '--conf',
    'a',
    '--header',
    'A: b c \t',
    '--header',
    'B:',
    '--conf-root',
    '/=x=y',
  ]);
  assert.ok(accepted.command === 'run');
  assert.deepEqual(accepted.run.configurationOptions.headers, [
    { name: 'A', value: 'b c' },
    { name: 'B', value: '' },
  ]);
  assert.deepEqual(accepted.run.configurationOptions.roots, [{ from: '/', to: 'x=y' }]);
});

test('the baseline runs first and only once, even if it is also named as a profile', () => {
  assert.deepEqual(run('-p plain,direct,tls --baseline direct').variants, ['direct', 'plain', 'tls']);
  assert.deepEqual(run('-p all --baseline direct').variants, ['direct', 'all']);
  assert.deepEqual(run('--conf a.conf --baseline direct').variants, ['direct']);
  const refused = (line: string, message: RegExp) =>
    assert.throws(() => run(line), { kind: 'usage', message });
  refused('-p direct --baseline direct', /^--baseline direct/);
  refused('-p tls --baseline plain', /^--baseline "plain" must be direct/);
});
