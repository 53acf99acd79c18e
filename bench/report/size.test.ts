import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBothSteps } from '../../test/result.ts';
import { reportHtml } from './html.ts';

test('ten minutes of six profiles in both steps take less than 1 MB', () => {
  const page = reportHtml(makeBothSteps(6, 600));
  assert.ok(Buffer.byteLength(page) < 1_000_000, `${Buffer.byteLength(page)} bytes`);
});
