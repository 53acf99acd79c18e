import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CHECK_TITLES, checkTitle } from './check-titles.ts';

it('each finding of check has its own title: one line of at most 65 characters, without a full stop', () => {
  const titles = Object.values(CHECK_TITLES);
  for (const title of titles) assert.match(title, /^[A-Za-z][^\n]{9,63}[^.\n]$/);
  assert.equal(new Set(titles).size, titles.length);
});

it('other codes have no title', () => {
  assert.equal(checkTitle('idle-timeout'), 'Idle WebSockets are cut');
  for (const code of ['silent-closed', 'toString', '']) assert.equal(checkTitle(code), null);
});
