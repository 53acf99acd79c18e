import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest, type RunRequest } from './request.ts';

function run(line: string): RunRequest {
  const request = parseRequest(line.split(' '));
  assert.ok(request.command === 'run');
  return request.run;
}

test('a target takes the place of variants, and only a rate adds the open loop', () => {
  const { target, variants, steps, http, name } = run('--target ws://localhost:9000/chat -c 5');
  assert.deepEqual(target, { kind: 'external', url: 'ws://127.0.0.1:9000/chat' });
  assert.deepEqual([variants, steps, http, name], [[], ['throughput'], false, '127.0.0.1-9000']);
  assert.deepEqual(run('--target ws://127.0.0.1:9000/ -R 5k').steps, ['latency']);
  assert.deepEqual(run('--target ws://127.0.0.1:9000/ -R 5 --steps throughput,latency').steps.length, 2);
  assert.deepEqual(run('-p tls').target, { kind: 'sandbox' });
});

test('what cannot be done with a target is refused in a sentence', () => {
  const cases: [line: string, message: RegExp][] = [
    ['--target http://127.0.0.1/', /must be a ws:/],
    ['--target ws://example.org/', /loopback/],
    ['--target ws://[::1]:9000/', /loopback/],
    ['--target ws://127.0.0.1:9000/?token=1', /stored in the result/],
    ['--target ws://127.0.0.1:9000/ -p tls', /^--profile /],
    ['--target ws://127.0.0.1:9000/ --servers 2', /^--servers /],
    ['--target ws://127.0.0.1:9000/ --scenario reload', /^--scenario reload /],
    ['--target ws://127.0.0.1:9000/ --steps throughput,latency', /--rate/],
    ['--target ws://127.0.0.1:9000/ --threshold cpuPerMessage.proxy<1ms', /cannot be observed/],
    ['compare plain tls --target ws://127.0.0.1:9000/', /has no --target/],
    ['capacity -p tls --target ws://127.0.0.1:9000/', /has no --target/],
  ];
  for (const [line, message] of cases)
    assert.throws(() => parseRequest(line.split(' ')), { kind: 'usage', message }, line);
});
