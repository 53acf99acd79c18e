import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownSides, UNDESCRIBED } from './own.ts';
import { requestOf } from './plan.test.fixture.ts';

const { configurationOptions } = requestOf();
const sides = (...configurations: string[]) =>
  ownSides({ configurations, configurationOptions, nginx: { usual: null, named: new Map([['new', '/n']]) } });
const names = (...configurations: string[]) => sides(...configurations).map(({ variant }) => variant.name);

test('a user’s own configuration is named by as much of its path as distinguishes it from the others', () => {
  assert.deepEqual(names('/srv/nginx.conf'), ['conf:nginx.conf']);
  assert.deepEqual(names('before/nginx.conf', './after/nginx.conf', 'a.conf'), [
    'conf:before/nginx.conf',
    'conf:after/nginx.conf',
    'conf:a.conf',
  ]);
  assert.deepEqual(names('a.conf', './a.conf'), ['conf:a.conf', 'conf:a.conf']);
});

test('it is a side with an Nginx, named as the user gave it', () => {
  const [side] = sides('./nginx.conf');
  assert.deepEqual(side, {
    variant: {
      ...{ name: 'conf:nginx.conf', title: 'Your own ./nginx.conf', profile: 'conf:./nginx.conf' },
      proxy: { kind: 'nginx', binary: null, tunings: [] },
    },
    profile: {
      ...UNDESCRIBED,
      ...{ claim: null, servers: 1, key: 'ecdsa', visit: null, upstreamTls: false, inAll: false },
      ...{ name: 'conf:./nginx.conf', title: 'Your own ./nginx.conf' },
      ...{ configurationPath: './nginx.conf', options: configurationOptions },
    },
  });
});

test('it runs on another Nginx if a defined name follows it', () => {
  assert.deepEqual(names('a/nginx.conf', 'a/nginx.conf@new'), ['conf:nginx.conf', 'conf:nginx.conf@new']);
  const [side, other] = sides('a/nginx.conf@new', 'me@home/nginx.conf@old');
  assert.deepEqual(side?.variant.proxy, { kind: 'nginx', binary: 'new', tunings: [] });
  assert.equal(side.profile.configurationPath, 'a/nginx.conf');
  assert.equal(other?.profile.configurationPath, 'me@home/nginx.conf@old');
});
