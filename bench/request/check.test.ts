import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { CHECK_FORMATS, type CheckRequest } from './check.ts';
import { withOptions } from './config.ts';
import { parseRequest } from './request.ts';

function parse(...words: string[]): CheckRequest {
  const request = parseRequest(['check', ...words]);
  assert.ok(request.command === 'check');
  return request.check;
}

function rejects(words: readonly string[], message: RegExp): void {
  assert.throws(() => parse(...words), { kind: 'usage', message }, words.join(' '));
}

describe('the operands of check', () => {
  it('are one or more paths, checked in the given order', () => {
    assert.deepEqual(parse('a.conf').paths, ['a.conf']);
    assert.deepEqual(parse('b.conf', '--keep-guards', 'a.conf', './b').paths, ['b.conf', 'a.conf', './b']);
    rejects([], /^`check` takes the path of an nginx\.conf/);
  });

  it('may include standard input, also among other files', () => {
    assert.deepEqual(parse('-').paths, ['-']);
    assert.deepEqual(parse('a.conf', '-', '--json').paths, ['a.conf', '-']);
    assert.deepEqual(parse('./-').paths, ['./-']);
  });

  it('name each file once', () => {
    rejects(['-', '-'], /^`check` is given - twice\./);
    rejects(['a.conf', 'b.conf', './a.conf'], /^`check` is given "\.\/a\.conf" twice\./);
    rejects(['a.conf', resolve('a.conf')], / twice\./);
    rejects(['a.conf', 'b.conf', 'b.conf', 'a.conf'], /^`check` is given "b\.conf" twice\./);
  });

  it('reject standard input together with a file whose findings could be confused with it', () => {
    for (const path of ['stdin', './stdin', resolve('stdin')]) {
      rejects(['-', path], /^Findings in standard input .*"stdin"/);
      rejects([path, '-'], /^Findings in standard input .*"stdin"/);
    }
    assert.deepEqual(parse('stdin').paths, ['stdin']);
    assert.deepEqual(parse('-', 'site/stdin').paths, ['-', 'site/stdin']);
  });
});

describe('the format of check', () => {
  it('is text by default', () => {
    assert.equal(parse('a.conf').format, 'text');
    for (const format of CHECK_FORMATS) assert.equal(parse('a.conf', '--format', format).format, format);
    rejects(['a.conf', '--format', 'xml'], /^--format "xml" must be text or json or sarif or github\.$/);
    rejects(['a.conf', '--format'], /^--format needs a value: --format text\|json\|sarif\|github\.$/);
  });

  it('is JSON with --json, which contradicts any other format', () => {
    assert.equal(parse('a.conf', '--json').format, 'json');
    assert.equal(parse('a.conf', '--json', '--format', 'json').format, 'json');
    for (const format of ['text', 'sarif', 'github']) {
      const message = new RegExp(`^--json and --format ${format} contradict each other\\. Leave one out\\.$`);
      rejects(['a.conf', '--json', '--format', format], message);
      rejects(['a.conf', '--format', format, '--json'], message);
    }
  });

  it('on the command line takes precedence over a configuration file, in both notations', () => {
    const [json, sarif] = [new Map([['json', []]]), new Map([['format', ['sarif']]])];
    assert.deepEqual(withOptions(json, sarif), sarif);
    assert.deepEqual(withOptions(sarif, json), json);
  });
});
