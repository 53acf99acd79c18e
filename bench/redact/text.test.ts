import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicCommand } from './command.ts';
import { isPublicWord } from './public-words.ts';
import { textRedactor } from './text.ts';

test('known words are removed as whole words, the longest first, unless they are short or public', () => {
  const redact = textRedactor(['moon', 'moon-base', 'ab', 'abc', 'http', 'a.c', 'moon']);
  assert.equal(
    redact('A moon-base, Moon, moons, ab, abc, http, a.c and axc.'),
    'A …, …, moons, ab, …, http, … and axc.',
  );
  assert.equal(textRedactor([])('moon'), 'moon');
});

test('whatever looks like a place or a person is removed, except for names of metrics and files of the bench', () => {
  const redact = textRedactor([]);
  for (const [text, shown] of [
    ['see https://a.example/x?y.', 'see …'],
    ['of me@home.example!', 'of …!'],
    ['in "/etc/x y" and ~/z or ../w;', 'in "…" and … or …;'],
    ['at 10.0.0.1, 127.0.0.1 and fe80::1, ::1', 'at …, 127.0.0.1 and …, ::1'],
    ['on a.example, response.p99 and report.html', 'on …, response.p99 and report.html'],
  ])
    assert.equal(redact(text ?? ''), shown);
});

const braced = (name: string) => `$\{${name}}`;

test('a public word is one of Nginx, an amount, or one of its variables in either notation', () => {
  const shown = [
    '',
    '…',
    '***',
    'http',
    '64',
    '16k',
    '1.1',
    '10r/s',
    '50%',
    '20ms',
    '$pid',
    braced('pid'),
    '$args',
  ];
  const hidden = ['moon', '64x', 'k', '$moon', braced('moon'), '$', '$pid$pid', 'x$pid', '1.', '-1'];
  assert.deepEqual([...shown, ...hidden].filter(isPublicWord), shown);
});

test('a command line keeps options, amounts, thresholds and the names that may be shown', () => {
  const names = new Set(['tls', 'plain+x']);
  const shown = [
    'compare',
    'tls',
    '-p',
    'tls,plain+x',
    '--rate=10k',
    '-c',
    '64-16k',
    'response.p99<=50ms',
    '-d1.5s',
    '',
  ];
  assert.deepEqual(publicCommand(shown, names), shown);
  assert.deepEqual(
    publicCommand(
      ['--conf', 'a.conf', '--header=X: y', 'tls,moon', 'response.p99<x', '-xmoon', '10k!'],
      names,
    ),
    ['--conf', '…', '--header=…', '…', '…', '-xmoon', '…'],
  );
});
