import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { test } from 'node:test';
import { Incomplete } from './incomplete.ts';
import { parseRequest } from './request.ts';

const NATS = '--nats nats://10.0.0.1:4222';
const agent = (line: string) => {
  const request = parseRequest(['agent', ...line.split(' ')]);
  assert.ok(request.command === 'agent');
  return request.agent;
};
const refused = (line: string, message: RegExp) =>
  assert.throws(() => agent(line), { kind: 'usage', message }, line);

test('an agent without a name has the first part of the host name, made a valid name', (t) => {
  t.after(syncBuiltinESMExports);
  for (const [host, name] of [
    ['web-01.example.org', 'web-01'],
    ['_web 01', 'web-01'],
    ['x'.repeat(41), 'x'.repeat(40)],
    ['--', 'agent'],
    ['', 'agent'],
  ] as const) {
    const { mock } = t.mock.method(os, 'hostname', () => host);
    syncBuiltinESMExports();
    try {
      assert.equal(agent(`${NATS} --role generator`).name, name, host);
    } finally {
      mock.restore();
      syncBuiltinESMExports();
    }
  }
});

test('a missing server or role is reported with an example that completes the line', () => {
  const missing = (line: string, message: RegExp, example: Record<string, string>) =>
    assert.throws(
      () => agent(line),
      (error) => {
        assert.ok(error instanceof Incomplete);
        assert.match(error.message, message);
        assert.deepEqual(error.example, example);
        return true;
      },
    );
  missing('--role generator', /^`agent` needs a NATS server/, { nats: 'nats://127.0.0.1:4222' });
  missing(NATS, /^`agent` needs a role\./, { role: 'generator' });
  missing(`${NATS} --role server`, /^--role server needs the address/, { listen: '127.0.0.1' });
  missing(`${NATS} --role proxy`, /^--role proxy needs the processes/, { watch: 'nginx' });
});

test('the first of several options that do not apply is named', () => {
  refused(`${NATS} --role proxy --max-rate 1 --max-connections 1`, /^--max-connections does not apply/);
  refused(`${NATS} --role server --allow a --watch b`, /^--watch does not apply .* --role server\./);
  refused(`${NATS} --role proxy --watch a --allow b --listen 10.0.0.9`, /^--listen is for an agent/);
});

test('a limit is at least one, and a process is a name of up to 15 characters or an ID', () => {
  assert.deepEqual(agent(`${NATS} --role generator --max-connections 1 --max-rate 1`).limits, {
    connections: 1,
    ratePerSecond: 1,
  });
  const longest = 'a'.repeat(15);
  assert.deepEqual(agent(`${NATS} --role proxy --watch ${longest} --watch 1234567890`).watches, [
    { name: longest },
    { pid: 1_234_567_890 },
  ]);
  refused(`${NATS} --role proxy --watch ${longest}a`, /^--watch "a+" must be/);
});

test('a target is a host with or without a port, and nothing else', () => {
  const allowed = (text: string) => agent(`${NATS} --role generator --allow ${text}`).allowed;
  assert.deepEqual(allowed('[fd00::1]'), [{ host: 'fd00::1', port: null }]);
  assert.deepEqual(allowed('n:80'), [{ host: 'n', port: 80 }]);
  for (const text of ['n/', 'n\\', 'n?x', 'n#x', 'u@n', ':80', 'n:x', 'n:65536'])
    refused(`${NATS} --role generator --allow ${text}`, /^--allow .* must be a host name/);
});

test('an address to listen on is an IPv4 address of one interface', () => {
  for (const address of ['0.0.0.0', '::1', 'localhost'])
    refused(`${NATS} --role proxy --listen ${address}`, /^--listen .* must be an IPv4 address/);
});
