import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { parseRequest, readLine, requestFrom } from './request.ts';
import { isStored } from './stored.ts';

test('a path, or a folder that contains a result, is a stored result; a variant name is not', (t) => {
  for (const path of ['reports/a', './a', '/tmp/a', 'a/result.json', 'result.json'])
    assert.ok(isStored(path), path);
  const folder = mkdtempSync(join(tmpdir(), 'stored-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'tls'));
  assert.ok(!isStored('tls'));
  writeFileSync(join(folder, 'tls', 'result.json'), '{}');
  assert.ok(isStored(relative(process.cwd(), join(folder, 'tls'))));
  for (const name of ['plain', 'tls+buf-16k', 'tls@old', 'conf:nginx.conf']) assert.ok(!isStored(name), name);
});

test('two of them are compared, with the options for the result of a comparison', () => {
  const line = 'compare reports/a reports/b --fail-on slower --markdown c.md --json --reports out --name ab';
  assert.deepEqual(parseRequest(line.split(' ')), {
    command: 'compare-stored',
    stored: {
      baseline: 'reports/a',
      variant: 'reports/b',
      exports: [{ name: 'markdown', path: 'c.md' }],
      failOnSlower: true,
      json: true,
      reports: 'out',
      name: 'ab',
      tags: { labels: {}, note: null, series: null },
    },
  });
});

test('without options, the result is stored beside the others', () => {
  assert.deepEqual(parseRequest(['compare', 'reports/a', 'reports/b/result.json']), {
    command: 'compare-stored',
    stored: {
      baseline: 'reports/a',
      variant: 'reports/b/result.json',
      exports: [],
      failOnSlower: false,
      json: false,
      reports: 'reports',
      name: null,
      tags: { labels: {}, note: null, series: null },
    },
  });
});

test('a configuration file may have options for runs: only those for the result apply here', () => {
  const file = {
    name: 'bench.config.json',
    value: { connections: 500, reports: 'kept', compare: { rounds: 3 } },
  };
  const { request, fromFile } = requestFrom(readLine(['compare', 'reports/a', 'reports/b']), file);
  assert.equal(request.command, 'compare-stored');
  assert.equal(request.stored.reports, 'kept');
  assert.deepEqual([...fromFile.keys()], ['reports']);
  assert.equal(parseRequest(['compare', 'reports/a', 'reports/b', '--no-config']).command, 'compare-stored');
});

test('one or three results, a result with a variant, and options for runs are rejected', () => {
  const refused = (line: string, message: RegExp) =>
    assert.throws(
      () => parseRequest(`compare ${line}`.split(' ')),
      (error) => error instanceof Problem && error.kind === 'usage' && message.test(error.message),
    );
  refused('reports/a', /takes two stored results/);
  refused('reports/a reports/b reports/c', /takes two stored results/);
  refused('reports/a tls', /"tls" is not a stored result/);
  refused('tls reports/a plain', /"tls" is not/);
  refused('reports/a reports/b --conf x.conf', /"--conf" is not/);
  refused('reports/a reports/b -d 1s', /^--duration only applies to runs/);
  refused('reports/a reports/b --tune x -d 1s', /^--tune only applies to runs/);
});
