import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { type Node, place, set, texts } from './tree.ts';

/** `line name args` of each directive; a comment is `line #`. */
const listed = (nodes: readonly Node[]) =>
  nodes.map((node) =>
    node.kind === 'comment'
      ? `${node.origin?.line} #`
      : [node.origin?.line ?? 'none', node.name, ...texts(node)].join(' '),
  );

test('a directive is set in the place of the first of its name, and the others go', () => {
  const nodes = parse('a 1;\nb 2 3;\n# b\nb 4;\nc 5;\nb 6;', 'mine.conf');
  assert.deepEqual(listed(set(nodes, 'b', ['7', '8'])), ['1 a 1', '2 b 7 8', '3 #', '5 c 5']);
  assert.deepEqual(listed(set(nodes, 'd', [])), ['none d', ...listed(nodes)]);
});

test('a directive of the user is named by its file and line, one of the bench by the configuration', () => {
  const [node] = parse('\na 1;', 'mine.conf');
  assert.equal(place(node?.origin ?? null), 'mine.conf:2');
  assert.equal(place(null), 'the configuration');
});
