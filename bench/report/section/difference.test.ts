import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, sandboxDifference } from './difference.ts';

test('what was taken out and put in stands line by line, escaped', () => {
  const proxy = { given: 'a;\nlisten <80>;\n', configuration: 'a;\nlisten 127.0.0.1:9;\n' };
  const text = sandboxDifference(proxy, 'conf:nginx.conf')?.markup ?? '';
  assert.match(text, /<summary>What the bench changed in conf:nginx\.conf<\/summary>/);
  assert.match(text, /<span class="removed">− listen &lt;80&gt;;\n<\/span>/);
  assert.match(text, /<span class="added">\+ listen 127\.0\.0\.1:9;\n<\/span>/);
});

test('there is none where nothing differs, or where it is not known', () => {
  assert.equal(difference('a', 'a', 'x'), null);
  assert.equal(sandboxDifference({ given: 'a', configuration: 'a' }, 'x'), null);
  assert.equal(sandboxDifference({ given: null, configuration: 'a' }, 'x'), null);
  assert.equal(sandboxDifference(null, 'x'), null);
});
