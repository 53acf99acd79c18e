import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

function up(line: string) {
  const request = parseRequest(`up ${line}`.trim().split(' '));
  assert.ok(request.command === 'up');
  return request.up;
}

const refused = (line: string, message: RegExp) =>
  assert.throws(() => up(line), { kind: 'usage', message }, line);

test('one variant is started like the latency step of a run, without a load', () => {
  const { run, ...rest } = up('-p tls');
  assert.deepEqual(rest, { reply: 'you-said', log: false, host: '127.0.0.1', port: null });
  const ofRun = parseRequest([
    '-p',
    'tls',
    '-R',
    '1',
    '-w',
    '0',
    '-d',
    '1s',
    '--server',
    'ws',
    '--client',
    'ws',
  ]);
  assert.ok(ofRun.command === 'run');
  assert.deepEqual(run, { ...ofRun.run, pin: false, load: { ...ofRun.run.load, ratePerSecond: null } });
  const { run: other, ...given } = up(
    '-p plain --server lean --reply echo --log --allow-remote 192.0.2.7 --port 8080',
  );
  assert.deepEqual(given, { reply: 'echo', log: true, host: '192.0.2.7', port: 8080 });
  assert.deepEqual([other.server, other.variants], ['lean', ['plain']]);
});

test('access rules are kept only if they are asked for, or if other machines can reach the address', () => {
  const options = (line: string) => up(line).run.configurationOptions;
  const { keepGuards, ...others } = options('--conf a.conf --env-file .env --host a');
  assert.deepEqual(
    [keepGuards, others],
    [false, { roots: [], envFile: '.env', websocketPath: null, host: 'a', headers: [] }],
  );
  assert.equal(options('--conf a.conf --keep-guards').keepGuards, true);
  assert.equal(options('--conf a.conf --allow-remote 192.0.2.7').keepGuards, true);
  assert.equal(options('--conf a.conf --allow-remote 127.0.0.1').keepGuards, false);
});

test('anything but one variant on one address is rejected', () => {
  refused('-p tls,plain', /^`up` runs one variant\./);
  refused('-p all', /^`up` runs one variant\./);
  refused('--conf a.conf --conf b.conf', /^`up` runs one variant\./);
  refused('-p tls --conf a.conf', /^`up` runs one variant\./);
  refused('-p tls --allow-remote 0.0.0.0', /^--allow-remote 0\.0\.0\.0 would listen on every interface\./);
  refused('-p tls --allow-remote chat.example', /^--allow-remote "chat\.example" must be an IPv4 address/);
  refused('-p direct --port 8080', /^--port sets the port of Nginx, but direct has no Nginx\./);
  assert.deepEqual(
    [up('-p direct').port, up('-p tls --port 1').port, up('-p tls --port 65535').port],
    [null, 1, 65_535],
  );
  refused('-p tls --port 65536', /^--port "65536" must be between/);
});
