import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ofServer, only, SOUND, subjectOf } from '../check.test.fixture.ts';
import { part } from './part.ts';

it('a part of a configuration says what was not looked at, at its first line', () => {
  only(part(subjectOf(`\nserver { ${SOUND} }`)), 'note :2 part-of-configuration');
  only(part(subjectOf(SOUND)), 'note :1 part-of-configuration');
  assert.deepEqual(part(ofServer(SOUND)), []);
  assert.deepEqual(part(subjectOf('server { root /srv; }')), []);
});
