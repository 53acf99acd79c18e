import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { parseRequest } from './request.ts';
import type { SizeRequest } from './size.ts';

function requestOf(line: string): SizeRequest {
  const request = parseRequest(['size', ...line.split(' ')]);
  assert.ok(request.command === 'size');
  return request.size;
}

function refused(line: string): string {
  try {
    requestOf(line);
  } catch (error) {
    assert.ok(error instanceof Problem && error.kind === 'usage');
    return error.message;
  }
  return assert.fail(`${line} was accepted`);
}

test('a complete plan, and the values assumed without a rate or churn', () => {
  const { wanted, check } = requestOf('-p tls -c 1M --rate 50k --churn 1k --utilisation 60% --check 20k');
  assert.deepEqual(wanted, {
    connections: 1_000_000,
    ratePerSecond: 50_000,
    churnPerSecond: 1000,
    payloadBytes: 64,
    utilisation: 0.6,
    assumed: [],
  });
  assert.equal(check, 20_000);
  const { ratePerSecond, churnPerSecond, assumed } = requestOf('-p tls -c 60k').wanted;
  assert.deepEqual([ratePerSecond, churnPerSecond, assumed], [6000, 100, ['rate', 'churn']]);
});

test('connections exchange a message of the planned size before their memory is measured', () => {
  const touchOf = (line: string) =>
    requestOf(line).run.others.find(({ scenario }) => scenario.name === 'idle')?.scenarioOptions.touch;
  assert.deepEqual(
    ['-p tls -c 60k', '-p tls -c 60k --payload 1-8k', '-p tls -c 60k --payload 1M'].map(touchOf),
    [64, 8192, 65_536],
  );
});

test('requests that cannot be planned are rejected with a sentence', () => {
  for (const [line, sentence] of [
    ['-p tls', /^--connections is missing/],
    ['-c 100k', /^No profile was given\./],
    ['-p tls -c 10', /^--connections "10" must be between 1k and 1G\./],
    ['-p tls,plain -c 100k', /^`size` takes one variant\./],
    ['-p direct -c 100k', /^`size` plans for Nginx, and direct has none\./],
    ['-p tls -c 100k --check 200k', /^--check 200k is more than --connections 100k\./],
    ['-p tls -c 100k --check 10', /^--check "10" must be between/],
    ['-p tls -c 100k --utilisation 0', /^--utilisation "0" must be a percentage/],
    ['-p tls -c 100k --rounds 1', /^--rounds "1" must be between/],
    ['-p tls -c 100k --scenario idle', /--scenario/],
    ['-p tls -c 100k --hold 2s', /--hold/],
    ['-p tls -c 100k --nginx-workers 2', /--nginx-workers/],
    ['-p tls -c 100k --target ws://127.0.0.1:1', /--target/],
  ] as const)
    assert.match(refused(line), sentence, line);
});
