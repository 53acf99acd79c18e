import assert from 'node:assert/strict';
import { it } from 'node:test';
import { directive } from '../../nginx/tree.ts';
import { ofServer, only, SOUND, subjectOf } from '../check.test.fixture.ts';
import { part } from './part.ts';

it('a partial configuration has a finding at its first line about what was not checked', () => {
  only(part(subjectOf(`\nserver { ${SOUND} }`)), 'note :2 part-of-configuration');
  only(part(subjectOf(SOUND)), 'note :1 part-of-configuration');
  const whole = subjectOf(`\nserver { ${SOUND} }`);
  only(
    part({ ...whole, tree: [directive('events', [], []), ...whole.tree] }),
    'note :2 part-of-configuration',
  );
  assert.deepEqual(part(ofServer(SOUND)), []);
  assert.deepEqual(part(subjectOf('server { root /srv; }')), []);
});
