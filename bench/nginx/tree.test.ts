import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { directive, firstText, type Node, place, rewrite, set, texts } from './tree.ts';

/** Lists the directives as `line name args`, and comments as `line #`. */
const listed = (nodes: readonly Node[]) =>
  nodes.map((node) =>
    node.kind === 'comment'
      ? `${node.origin?.line} #`
      : [node.origin?.line ?? 'none', node.name, ...texts(node)].join(' '),
  );

test('a directive is set at the position of the first with its name, and the others are removed', () => {
  const nodes = parse('a 1;\nb 2 3;\n# b\nb 4;\nc 5;\nb 6;', 'mine.conf');
  assert.deepEqual(listed(set(nodes, 'b', ['7', '8'])), ['1 a 1', '2 b 7 8', '3 #', '5 c 5']);
  assert.deepEqual(listed(set(nodes, 'd', [])), ['none d', ...listed(nodes)]);
});

test('every directive is replaced, the inner ones first, except entries of data blocks', () => {
  const seen: string[] = [];
  const tree = parse('a 1; # c\nb { d 2; # e\nf { g 3; } } map $a $b { d 4; } d;', 'mine.conf');
  const result = rewrite(tree, (node, parents) => {
    seen.push([...parents, node].map(({ name }) => name).join(' > '));
    return node.name === 'd' ? [] : node.name === 'a' ? [node, node] : [node];
  });
  assert.deepEqual(seen, ['a', 'b > d', 'b > f > g', 'b > f', 'b', 'map', 'd']);
  assert.equal(
    print(result).text.replace(/\s+/g, ' ').trim(),
    'a 1; a 1; # c b { # e f { g 3; } } map $a $b { d 4; }',
  );
});

test('the first argument is empty if there is none', () => {
  const nodes = [directive('a', ['1', '2']), directive('a', []), undefined];
  assert.deepEqual(nodes.map(firstText), ['1', '', '']);
});

test('a user’s directive is named with file and line, and one of the benchmark by the configuration', () => {
  const [node] = parse('\na 1;', 'mine.conf');
  assert.equal(place(node?.origin ?? null), 'mine.conf:2');
  assert.equal(place(null), 'the configuration');
});
