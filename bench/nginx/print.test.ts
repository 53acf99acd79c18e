import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { globMatcher, PATTERN } from './glob.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { fillIn } from './template.ts';
import { tokenise } from './tokens.ts';
import { directive, type Node, set, texts } from './tree.ts';

test('a tree is printed with comments, empty lines and origins', () => {
  const text = `# first
# second
user a; # of user
# before pid

pid b;
http { # of http
  # inside
  server { # of server
    listen 80; # one
    # last
  }
  root /x;
  upstream a { server b; } upstream c { }
  # end
}
events { }
# bye`;
  const { text: printed, origins } = print(parse(text, 'a.conf'));
  assert.deepEqual(
    printed.split('\n').map((line, index) => `${origins[index]?.line ?? ''}|${line}`),
    [
      '1|# first',
      '2|# second',
      '3|user a;  # of user',
      '|',
      '4|# before pid',
      '6|pid b;',
      '|',
      '7|http {  # of http',
      '|',
      '8|    # inside',
      '9|    server {  # of server',
      '10|        listen 80;  # one',
      '|',
      '11|        # last',
      '9|    }',
      '|',
      '13|    root /x;',
      '|',
      '14|    upstream a {',
      '14|        server b;',
      '14|    }',
      '|',
      '14|    upstream c {',
      '14|    }',
      '|',
      '15|    # end',
      '7|}',
      '|',
      '17|events {',
      '17|}',
      '|',
      '18|# bye',
      '|',
    ],
  );
  const added: Node = { ...directive('a', ['b\nc']), origin: { file: 'x', line: 7 } };
  assert.deepEqual(print([added, directive('d', [])]), {
    text: 'a "b\nc";\nd;\n',
    origins: [added.origin, added.origin, null],
  });
  const comment: Node = { kind: 'comment', text: ' x', origin: { file: 'y', line: 7 } };
  assert.equal(print([added, comment]).text, 'a "b\nc";\n\n# x\n');
  assert.equal(print([directive('d', []), { ...comment, origin: null }]).text, 'd;\n\n# x\n');
});

test('a word has quotes if Nginx needs them, and escapes that Nginx reads back', () => {
  const words = [
    '',
    'a b',
    'a\tb',
    'a\rb',
    'a;b',
    'a{b',
    `\${a}`,
    `\\\${a}`,
    'a}',
    '}a',
    '#a',
    'a#',
    '"a',
    "'a",
    `a"b'c`,
    '\\',
    'a\\',
    '\\n',
    '\\.php$',
    '\\\\',
    'a\\"b',
    '{',
    '$ {',
  ];
  const printed = words.map((word) => print([directive('x', [word])]).text.slice(2, -2));
  assert.deepEqual(printed, [
    '""',
    '"a b"',
    '"a\tb"',
    '"a\rb"',
    '"a;b"',
    '"a{b"',
    `\${a}`,
    `"\\\${a}"`,
    'a}',
    '"}a"',
    '"#a"',
    'a#',
    '"\\"a"',
    '"\'a"',
    'a"b\'c',
    '\\\\',
    'a\\\\',
    '\\\\n',
    '\\.php$',
    '\\\\\\\\',
    'a\\\\"b',
    '"{"',
    '"$ {"',
  ]);
  for (const [index, word] of words.entries()) {
    const [node] = parse(`x ${printed[index]};`, 'a');
    assert.deepEqual(node?.kind === 'directive' && texts(node), [word], word);
  }
  const quoted = (text: string, quote: '"' | "'") =>
    print([{ ...directive('x', []), args: [{ text, quoted: quote }] }]).text;
  assert.deepEqual(
    [quoted(`a"b'`, '"'), quoted(`a"b'`, "'"), quoted('a', '"')],
    ['x "a\\"b\'";\n', "x 'a\"b\\'';\n", 'x "a";\n'],
  );
});

describe('tokens', () => {
  const shown = (text: string) =>
    tokenise(text, 'f').map((token) =>
      token.kind === 'word'
        ? `${token.line} ${token.word.quoted ?? ''}${token.word.text}`
        : token.kind === 'comment'
          ? `${token.line} #${token.text}`
          : `${token.line} ${token.kind}`,
    );

  test('have lines, quotes and escapes', () => {
    assert.deepEqual(shown('a\n"b\nc" d;\n# e \n#f'), ['1 a', '2 "b\nc', '3 d', '3 ;', '4 # e', '5 #f']);
    assert.deepEqual(shown(`a\\ b\\;c \\{;x\${y}{z$$ {`), [
      '1 a\\ b\\;c',
      '1 \\{',
      '1 ;',
      `1 x\${y}`,
      '1 {',
      '1 z$$',
      '1 {',
    ]);
    assert.deepEqual(shown(`'a\\'b' "c\\"d" "\\t\\r\\n\\\\x\\q";`), [
      "1 'a'b",
      '1 "c"d',
      '1 "\t\r\n\\x\\q',
      '1 ;',
    ]);
    assert.deepEqual(shown(`a"b 'c'{"d")e;`), ['1 a"b', "1 'c", '1 {', '1 "d', '1 )e', '1 ;']);
    assert.deepEqual(shown('a\u00a0b\u000bc;\r\n\td;'), ['1 a b\u000bc', '1 ;', '2 d', '2 ;']);
    assert.deepEqual(shown('#'), ['1 #']);
    assert.deepEqual(shown('}{'), ['1 }', '1 {']);
    assert.deepEqual(shown(''), []);
  });

  test('end where the file must not end, or are glued together', () => {
    const message = (text: string) => {
      try {
        return shown(text);
      } catch (error) {
        return String(error);
      }
    };
    assert.deepEqual(
      [
        'a;\nb',
        'a\n"b',
        "a 'b\n",
        'a "b\\"',
        'a\\',
        '"a"b',
        '\n"a\nb"c',
        '"a")b;',
        'x_by_lua_block {',
        'by_lua_block;',
        'a x_by_lua_blocks;',
      ].map(message),
      [
        'Problem: nginx cannot read this: unexpected end of file in f:2, expecting ";" or "}".',
        'Problem: nginx cannot read this: unexpected end of file in f:2, because the quote " opened here is never closed.',
        "Problem: nginx cannot read this: unexpected end of file in f:1, because the quote ' opened here is never closed.",
        'Problem: nginx cannot read this: unexpected end of file in f:1, because the quote " opened here is never closed.',
        'Problem: nginx cannot read this: unexpected end of file in f:1, expecting ";" or "}".',
        'Problem: nginx cannot read this: unexpected "b" in f:1.',
        'Problem: nginx cannot read this: unexpected "c" in f:3.',
        ['1 "a', '1 )b', '1 ;'],
        'Problem: "x_by_lua_block" at f:1 runs code, and the bench cannot tell which hosts that code connects to. Remove this directive from the configuration under test.',
        ['1 by_lua_block', '1 ;'],
        ['1 a', '1 x_by_lua_blocks', '1 ;'],
      ],
    );
  });
});

test('a pattern matches names as a shell does', () => {
  const names = [
    'a',
    'b',
    'ab',
    'abc',
    '.a',
    '-',
    '^',
    ']',
    'a.conf',
    'b.conf',
    'ab.conf',
    '.conf',
    '*',
    'a\nb',
  ];
  const matched = (pattern: string) => names.filter(globMatcher(pattern));
  const patterns = [
    '*',
    '?',
    '*.conf',
    '?.conf',
    '[ab]',
    '[!ab]',
    '[a-b]*',
    '[z-a]',
    '.*',
    'a*b*c',
    '*b',
    '**',
    '[^a]',
    '[]]',
    '[a',
    'a?b',
    '\\*',
    '*a*',
    '',
    '[!^]',
    '.?',
  ];
  assert.deepEqual(
    patterns.map((pattern) => [pattern, ...matched(pattern)]),
    [
      ['*', 'a', 'b', 'ab', 'abc', '-', '^', ']', 'a.conf', 'b.conf', 'ab.conf', '*', 'a\nb'],
      ['?', 'a', 'b', '-', '^', ']', '*'],
      ['*.conf', 'a.conf', 'b.conf', 'ab.conf'],
      ['?.conf', 'a.conf', 'b.conf'],
      ['[ab]', 'a', 'b'],
      ['[!ab]', '-', '^', ']', '*'],
      ['[a-b]*', 'a', 'b', 'ab', 'abc', 'a.conf', 'b.conf', 'ab.conf', 'a\nb'],
      ['[z-a]'],
      ['.*', '.a', '.conf'],
      ['a*b*c', 'abc'],
      ['*b', 'b', 'ab', 'a\nb'],
      ['**', 'a', 'b', 'ab', 'abc', '-', '^', ']', 'a.conf', 'b.conf', 'ab.conf', '*', 'a\nb'],
      ['[^a]', 'a', '^'],
      ['[]]'],
      ['[a'],
      ['a?b', 'a\nb'],
      ['\\*'],
      ['*a*', 'a', 'ab', 'abc', 'a.conf', 'ab.conf', 'a\nb'],
      [''],
      ['[!^]', 'a', 'b', '-', ']', '*'],
      ['.?', '.a'],
    ],
  );
  assert.equal(globMatcher('*a*a*a*a*a*b')('a'.repeat(60)), false);
  assert.deepEqual(
    ['a*', 'a?', 'a[b', 'a]', '/a.b'].map((text) => PATTERN.test(text)),
    [true, true, true, false, false],
  );
});

describe('a template', () => {
  const filled = (text: string, file: Record<string, string> = {}, process: Record<string, string> = {}) => {
    const puts: string[] = [];
    try {
      const result = fillIn(text, 'a.conf', { file, process }, (name, value, line) => {
        puts.push(`${name}:${line}`);
        return `<${value}>`;
      });
      return [result, ...puts];
    } catch (error) {
      return String(error);
    }
  };

  test('is filled in from the file, and with braces from the environment as well', () => {
    assert.deepEqual(filled(`a \${A} $A;\nb $B \${B} $b $A_;`, { A: '1' }, { A: '2', B: '3' }), [
      'a <1> <1>;\nb $B <3> $b $A_;',
      'A:1',
      'A:1',
      'B:2',
    ]);
    assert.deepEqual(filled(`set $A x;\nmap $a $B { x y; } \${A} \${B} $C`, { C: '' }), [
      `set $A x;\nmap $a $B { x y; } \${A} \${B} <>`,
      'C:2',
    ]);
    assert.deepEqual(filled(`# \${NONE} {{ x }}\n  # {{ x }}\na;`), [`# \${NONE} {{ x }}\n  # {{ x }}\na;`]);
    assert.deepEqual(
      filled(`a \${A} \${B};\nb \${A} \${C};`),
      `Problem: The variable \${A} in a.conf:1 has no value, and \${B} and \${C} have none either. Set them in the environment, or in a file that you pass with --env-file.`,
    );
    assert.deepEqual(
      filled(`a \${A};\nb \${B} \${A};`),
      `Problem: The variable \${A} in a.conf:1 has no value, and \${B} has none either. Set them in the environment, or in a file that you pass with --env-file.`,
    );
    assert.deepEqual(
      filled(`\n\${A};`),
      `Problem: The variable \${A} in a.conf:2 has no value. Set A in the environment, or in a file that you pass with --env-file.`,
    );
  });

  test('of another language is rejected, a quantifier is not', () => {
    for (const text of [
      'a {{ b }}',
      'a {{b}}',
      'a {{- b',
      'a {{.b',
      'a {{$b',
      'a {{"b"',
      'a {{(b',
      'a {% if %}',
      'a {%- if',
      '<%= a %>',
      '<%- a',
      '<% a',
    ])
      assert.match(String(filled(`x;\n${text}`)), /in a\.conf:2 belongs to a template/, text);
    for (const text of ['a ~ x{2}', 'a <%a', 'a {%a']) assert.deepEqual(filled(text), [text], text);
  });
});

test('set replaces the first directive of a name in its place, and adds one at the start', () => {
  const shown = (text: string) => print(set(parse(text, 'a'), 'x', ['new'])).text;
  assert.deepEqual(['a; x 1; b; x 2;', 'a; # c', 'b; x { y; }'].map(shown), [
    'a;\nx new;\nb;\n',
    'x new;\na;  # c\n',
    'b;\nx new;\n',
  ]);
  const [node] = set(parse('\nx 1;', 'a'), 'x', []);
  assert.deepEqual(node?.origin, { file: 'a', line: 2 });
});
