import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

const APP = 'node app.js --port {port}';

test('a backend replaces the echo servers in every command that puts variants under load', () => {
  const request = parseRequest(['-p', 'tls', '--backend', APP]);
  assert.ok(request.command === 'run');
  assert.deepEqual([request.run.backend, request.run.server, request.run.http], [APP, null, false]);
  const comparison = parseRequest(['compare', 'plain', 'tls', '--backend', APP]);
  assert.ok(comparison.command === 'compare' && comparison.compare.run.backend === APP);
  const search = parseRequest(['capacity', '-p', 'tls', '--backend', APP]);
  assert.ok(search.command === 'capacity' && search.capacity.run.backend === APP);
});

test('options that do not work with a backend are rejected with a sentence', () => {
  const cases: [words: string[], message: RegExp][] = [
    [['--backend', 'node app.js'], /must contain \{port\}/],
    [['--backend', 'cd app && node app.js {port}'], /only a shell interprets/],
    [['--backend', "node 'app.js {port}"], /unclosed quote/],
    [['--backend', APP, '--server', 'ws'], /^--server /],
    [['--backend', APP, '--no-http'], /^--no-http /],
    [['--backend', APP, '--no-http', '--server', 'ws'], /^--server /],
    [['--backend', APP, '--scenario', 'broadcast'], /^With these options, --scenario broadcast /],
    [['--backend', APP, '--scenario', 'idle', '--ping', 'server'], /^With these options, --scenario idle /],
    [['--backend', APP, '--scenario', 'mixed'], /sends HTTP requests/],
    [['--backend', APP, '--threshold', 'http.p99<1s'], /receives none/],
  ];
  for (const [words, message] of cases)
    assert.throws(() => parseRequest(['-p', 'tls', ...words]), { kind: 'usage', message }, words.join(' '));
  const target = ['--target', 'ws://127.0.0.1:9000/', '--backend', APP];
  assert.throws(() => parseRequest(target), { kind: 'usage', message: /^--backend / });
});
