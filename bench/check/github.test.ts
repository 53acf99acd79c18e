import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findingWith, reportOf } from './check.test.fixture.ts';
import { checkGithub, workflowCommand } from './github.ts';

/** Parses a line like GitHub's runner: properties up to the next `::`, separated by commas, then the escapes. */
function parsed(line: string) {
  const [, command = '', written = '', data = ''] = /^::(\w+) (.*?)::(.*)$/s.exec(line) ?? [];
  const properties = written.split(',').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, unescaped(value.join('='), { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',' })] as const;
  });
  const message = unescaped(data, { '%0D': '\r', '%0A': '\n' });
  return { command, properties: Object.fromEntries(properties), message };
}

/** Replaces one escape after another, that of the percent sign last, like the runner. */
function unescaped(text: string, escapes: Readonly<Record<string, string>>): string {
  const plain = Object.entries(escapes).reduce((soFar, [from, to]) => soFar.replaceAll(from, to), text);
  return plain.replaceAll('%25', '%');
}

const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('%', '%25', '%0A', '%0D', '%3A', '%2C', '\r', '\n', ':', '::', ',', '=', '"', 'a', '5'),
    )
    .map((parts) => parts.join('')),
);

describe('a workflow command', () => {
  it('escapes characters that would end a property or the line', () => {
    assert.equal(
      workflowCommand('error', { file: 'a:b,c%.conf', line: '3' }, '100 %: a,\r\nb'),
      '::error file=a%3Ab%2Cc%25.conf,line=3::100 %25: a,%0D%0Ab',
    );
  });

  it('is a single line that is parsed back unchanged, whatever its parts contain', () => {
    fc.assert(
      fc.property(TEXT, TEXT, TEXT, (file, title, message) => {
        const line = workflowCommand('warning', { file, title }, message);
        assert.doesNotMatch(line, /[\r\n]/);
        assert.deepEqual(parsed(line), { command: 'warning', properties: { file, title }, message });
      }),
    );
  });
});

describe('findings as annotations of a workflow', () => {
  it('are one command each, with file, line, title and suggestion', () => {
    const seen = { code: 'silent-closed', data: {}, text: 'It was closed.' };
    const remedies = [{ block: 'http', lines: ['map $a $b {', '    default  1;', '}'] }] as const;
    const error = findingWith({ level: 'error', origin: { file: resolve('conf.d/a.conf'), line: 3 } });
    const all = [error, findingWith({ seen, remedies }), findingWith({ level: 'note', code: 'newer' })];
    assert.deepEqual((checkGithub([reportOf(all)]) ?? '').split('\n'), [
      '::error file=conf.d/a.conf,line=3,title=Idle WebSockets are cut::It is cut.',
      '::warning file=/etc/site.conf,line=12,title=Idle WebSockets are cut::It is cut.%0ASeen: It was closed.%0AIn http, write:%0A    map $a $b {%0A        default  1;%0A    }',
      '::notice file=/etc/site.conf,line=12,title=newer::It is cut.',
    ]);
  });

  it('name the checked file if there is no line, and are listed in turn for several files', () => {
    const files = ['a.conf', 'stdin', 'c.conf'];
    const reports = files.map((path) =>
      reportOf(path === 'c.conf' ? [] : [findingWith({ origin: null })], path),
    );
    const lines = (checkGithub(reports) ?? '').split('\n').map(parsed);
    assert.deepEqual(
      lines.map(({ properties: { file, line } }) => `${file}:${line}`),
      ['a.conf:1', 'stdin:1'],
    );
  });

  it('are nothing at all if there are none', () => {
    assert.equal(checkGithub([reportOf([])]), null);
  });

  it('are one line each whatever a configuration contains', () => {
    fc.assert(
      fc.property(TEXT, TEXT, TEXT, (text, file, written) => {
        const finding = findingWith({
          text,
          origin: { file: `/${file}`, line: 7 },
          remedies: [{ block: 'main', lines: [written] }],
        });
        const out = checkGithub([reportOf([finding])]) ?? '';
        assert.doesNotMatch(out, /[\r\n]/);
        const { command, properties } = parsed(out);
        assert.deepEqual([command, properties.line], ['warning', '7']);
      }),
    );
  });
});
