import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownSides } from './own.ts';
import { requestOf } from './plan.test.fixture.ts';

const { configurationOptions } = requestOf();
const names = (...paths: string[]) =>
  ownSides(paths, configurationOptions).map(({ variant }) => variant.name);

test('a configuration of one’s own is known by as much of its path as tells it from the others', () => {
  assert.deepEqual(names('/srv/nginx.conf'), ['conf:nginx.conf']);
  assert.deepEqual(names('before/nginx.conf', './after/nginx.conf', 'a.conf'), [
    'conf:before/nginx.conf',
    'conf:after/nginx.conf',
    'conf:a.conf',
  ]);
  assert.deepEqual(names('a.conf', './a.conf'), ['conf:a.conf', 'conf:a.conf']);
});

test('it is a side with an Nginx, entered as the person said', () => {
  const [side] = ownSides(['./nginx.conf'], configurationOptions);
  assert.equal(side?.profile.configurationPath, './nginx.conf');
  assert.equal(side?.profile.options, configurationOptions);
  assert.deepEqual(side?.variant.proxy, { kind: 'nginx', tunings: [] });
});
