import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { directive, directives, type Node, texts, word } from './tree.ts';

/** Returns only the meaning of nodes, without origins and quotes. */
function meaning(nodes: readonly Node[]): unknown {
  return nodes.map((node) =>
    node.kind === 'comment'
      ? { comment: node.text }
      : { name: node.name, args: texts(node), block: node.block === null ? null : meaning(node.block) },
  );
}

function wordsOf(text: string): string[] {
  const [first] = directives(parse(text, 'test.conf'));
  assert.ok(first);
  return [first.name, ...texts(first)];
}

function refuses(text: string, message: string): void {
  assert.throws(
    () => parse(text, 'test.conf'),
    (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.kind, 'configuration');
      assert.equal(error.message, `nginx cannot read this: ${message}`);
      return true;
    },
  );
}

describe('nginx’s own lexing', () => {
  const cases: [string, string, string[]][] = [
    ['words', 'listen 443 ssl;', ['listen', '443', 'ssl']],
    ['line breaks between words', 'log_format\n  main\r\n\t"a"\n"b";', ['log_format', 'main', 'a', 'b']],
    ['both kinds of quotes', `a "it's" 'say "x"';`, ['a', "it's", 'say "x"']],
    ['empty names and arguments', `'' "";`, ['', '']],
    ['quotes within a word', `a b"c'd;`, ['a', `b"c'd`]],
    ['a # within a word', 'a b#c;', ['a', 'b#c']],
    ['a } within a word', 'a b};', ['a', 'b}']],
    ['an escaped quote', String.raw`a "b\"c" 'd\'e';`, ['a', 'b"c', "d'e"]],
    [
      'a \\ before anything else stays',
      String.raw`location ~ \.php$;`,
      ['location', '~', String.raw`\.php$`],
    ],
    ['an escaped semicolon keeps its \\', String.raw`a b\;c;`, ['a', String.raw`b\;c`]],
    ['control characters', String.raw`a "\t\r\n";`, ['a', '\t\r\n']],
    ['$ and a name in braces opens no block', `a \${b}c\${d};`, ['a', `\${b}c\${d}`]],
    ['$ before a quote', 'a "$" b;', ['a', '$', 'b']],
    ['separators within quotes', 'a "{;}#";', ['a', '{;}#']],
    ['a comment between words', 'a # no; {\n b;', ['a', 'b']],
    [') may follow a quote', 'if ($a = "b") {}', ['if', '($a', '=', 'b', ')']],
  ];
  for (const [what, text, words] of cases) {
    test(what, () => assert.deepEqual(wordsOf(text), words));
  }

  test('blocks nest, comments stay, and each directive knows its line', () => {
    const nodes = parse('# top\nhttp {\n  # in\n  server { listen\n 80; } # behind\n}\n', 'test.conf');
    const [comment, http] = nodes;
    assert.deepEqual(comment, { kind: 'comment', text: ' top', origin: { file: 'test.conf', line: 1 } });
    assert.ok(http?.kind === 'directive');
    const [server] = directives(http.block, 'server');
    const [listen] = directives(server?.block ?? null);
    assert.deepEqual(
      [http, server, listen].map((node) => node?.origin?.line),
      [2, 4, 4],
    );
    assert.equal(http.block?.filter((node) => node.kind === 'comment').length, 2);
  });
});

describe('complaints', () => {
  test('are worded like Nginx’s, with the position', () => {
    refuses('a;\n}', 'unexpected "}" in test.conf:2.');
    refuses('a b }\n', 'unexpected "}" in test.conf:1.');
    refuses(';', 'unexpected ";" in test.conf:1.');
    refuses('a;\n{', 'unexpected "{" in test.conf:2.');
    refuses('a "b"c;', 'unexpected "c" in test.conf:1.');
    refuses('a;\nb c', 'unexpected end of file in test.conf:2, expecting ";" or "}".');
    refuses('a;\nb c ', 'unexpected end of file, expecting ";" or "}" in test.conf:2.');
    refuses(
      'http {\nserver {\n}\n',
      'unexpected end of file, expecting "}" for the block "http" in test.conf:1.',
    );
    refuses(
      'a "b;\nc;\n',
      'unexpected end of file in test.conf:1, because the quote " opened here is never closed.',
    );
  });

  test('a file that ends in a directive is cut', () => {
    for (const text of ['a ', 'a b ', 'a\n#'])
      refuses(text, 'unexpected end of file, expecting ";" or "}" in test.conf:1.');
  });

  test('a file of opening braces does not exhaust the stack', () => {
    refuses('a {'.repeat(100_000), 'blocks nested more than 64 levels deep in test.conf:1.');
    refuses(`${'a {'.repeat(64)}${'}'.repeat(64)}`, 'blocks nested more than 64 levels deep in test.conf:1.');
    assert.equal(parse(`${'a {'.repeat(63)}${'}'.repeat(63)}`, 'test.conf').length, 1);
  });

  test('any text gives either a tree or a Problem', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab{};#"\'\\$ \n\t)'), maxLength: 60 });
    fc.assert(
      fc.property(text, (source) => {
        try {
          parse(source, 'test.conf');
        } catch (error) {
          assert.ok(error instanceof Problem);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('printing', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab{};#"\'\\$ \n\tr~^.'), maxLength: 8 });
  const anyWord = fc.record({ text, quoted: fc.constantFrom('"' as const, "'" as const, null) });
  const { tree } = fc.letrec<{ tree: Node[]; node: Node }>((tie) => ({
    tree: fc.array(tie('node'), { maxLength: 4 }),
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ name: text, args: fc.array(anyWord, { maxLength: 3 }) }).map(({ name, args }): Node => {
        return { ...directive(name, []), args };
      }),
      fc.string({ unit: fc.constantFrom(...'ab{;"#'), maxLength: 6 }).map((comment): Node => {
        return { kind: 'comment', text: comment, origin: null };
      }),
      fc
        .record({ name: text, block: tie('tree') })
        .map(({ name, block }): Node => directive(name, ['x'], block)),
    ),
  }));

  test('parsing the printed text gives the same tree', () => {
    fc.assert(
      fc.property(tree, (nodes) => {
        assert.deepEqual(meaning(parse(print(nodes).text, 'printed.conf')), meaning(nodes));
      }),
      { numRuns: 1000 },
    );
  });

  test('printing again after parsing gives the same text', () => {
    fc.assert(
      fc.property(tree, (nodes) => {
        const once = print(parse(print(nodes).text, 'a')).text;
        assert.equal(print(parse(once, 'b')).text, once);
      }),
    );
  });

  test('looks like a hand-written configuration', () => {
    const source = String.raw`user www-data; # who
events{}
# what is served
http{map $a $b{default x;'' '';} server{listen 80;location ~ \.php$ {return 200 "a b";}}}`;
    assert.equal(
      print(parse(source, 'x')).text,
      String.raw`user www-data;  # who

events {
}

# what is served
http {
    map $a $b {
        default x;
        "" '';
    }

    server {
        listen 80;

        location ~ \.php$ {
            return 200 "a b";
        }
    }
}
`,
    );
  });

  test('knows the origin of each line', () => {
    const { text, origins } = print([
      ...parse('a;\n\nb {\n  c "x\ny";\n}\n', 'mine.conf'),
      directive('d', ['e']),
    ]);
    const lines = text.split('\n').slice(0, -1);
    assert.equal(origins.length, lines.length);
    const traced = lines.map((line, index) => [line.trim(), origins[index]?.line ?? null]);
    assert.deepEqual(traced, [
      ['a;', 1],
      ['', null],
      ['b {', 3],
      ['c "x', 4],
      ['y";', 4],
      ['}', 3],
      ['', null],
      ['d e;', null],
    ]);
  });

  test('puts a comment after the directive on its line, not after that line of another file', () => {
    const [comment] = parse('# b', 'b.conf');
    assert.ok(comment);
    assert.equal(print([...parse('a;', 'a.conf'), comment]).text, 'a;\n\n# b\n');
  });

  test('quotes words that need quotes', () => {
    const printed = (value: string) => print([{ ...directive('a', []), args: [word(value)] }]).text;
    assert.equal(printed(''), 'a "";\n');
    assert.equal(printed('b c'), 'a "b c";\n');
    assert.equal(printed(`\${b}`), `a \${b};\n`);
    assert.equal(printed('b{2}'), 'a "b{2}";\n');
    assert.equal(printed('"'), 'a "\\"";\n');
  });
});
