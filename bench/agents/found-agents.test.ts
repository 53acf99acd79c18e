import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkReach } from './found-agents.ts';

test('what an agent starts does not listen where those who need it cannot connect', () => {
  const here = { machine: 'm', network: 'n' };
  const agent = (listen: string) => ({ name: 's', listen, ...here });
  checkReach(agent('127.0.0.1'), [here, here]);
  checkReach(agent('192.0.2.8'), [{ machine: 'other', network: 'n' }]);
  for (const apart of [
    { machine: 'other', network: 'n' },
    { machine: 'm', network: 'other' },
  ])
    assert.throws(() => checkReach(agent('127.0.0.1'), [here, apart]), {
      kind: 'environment',
      message: /agent s listens on 127\.0\.0\.1.*--listen/,
    });
});
