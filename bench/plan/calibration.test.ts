import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationSides } from './calibration.ts';
import { profileNamed } from './plan.test.fixture.ts';
import type { Library } from './variants.ts';

const LIBRARY: Library = {
  profiles: [profileNamed('direct'), profileNamed('plain')],
  tunings: ['placebo', 'epoll-events-8', 'epoll-events-1'].map((name) => ({
    ...{ name, text: `# ${name}`, question: 'q', load: '', expect: 'e', profiles: null },
  })),
  binaries: [],
};

test('a profile is compared with itself three times, with a placebo, and with changes of known cost', () => {
  const { sides, trials } = calibrationSides(LIBRARY, 'plain');
  assert.deepEqual(
    sides.map(({ variant: { name, title, handicap }, profile }) => [name, title, handicap, profile.name]),
    [
      ['plain', 'The plain profile', undefined, 'plain'],
      ['plain (2)', 'The plain profile', undefined, 'plain'],
      ['plain (3)', 'The plain profile', undefined, 'plain'],
      ['plain (4)', 'The plain profile', undefined, 'plain'],
      ['plain+placebo', 'The plain profile, placebo', undefined, 'plain'],
      ['plain+epoll-events-8', 'The plain profile, epoll-events-8', undefined, 'plain'],
      ['plain+epoll-events-1', 'The plain profile, epoll-events-1', undefined, 'plain'],
      ['plain+burn-20us', 'The plain profile, burn-20us', { delayMs: 0, burnUs: 20 }, 'plain'],
      ['plain+delay-1ms', 'The plain profile, delay-1ms', { delayMs: 1, burnUs: 0 }, 'plain'],
    ],
  );
  assert.deepEqual(sides.at(-1)?.variant, {
    ...{ name: 'plain+delay-1ms', title: 'The plain profile, delay-1ms', profile: 'plain' },
    ...{ proxy: { kind: 'nginx', binary: null, tunings: [] }, handicap: { delayMs: 1, burnUs: 0 } },
  });
  const cpu = { name: 'cpuPerMessage.proxy', step: 'throughput', verdict: 'higher' };
  const delay = { name: 'response.p50', step: 'latency', verdict: 'slower' };
  assert.deepEqual(
    trials.map(({ variant, expected }) => [variant, expected]),
    [
      ['plain (2)', null],
      ['plain (3)', null],
      ['plain (4)', null],
      ['plain+placebo', null],
      ['plain+epoll-events-8', cpu],
      ['plain+epoll-events-1', cpu],
      ['plain+burn-20us', delay],
      ['plain+delay-1ms', delay],
    ],
  );
});

test('a profile without Nginx, or an unknown one, cannot be calibrated', () => {
  for (const name of ['direct', 'other'])
    assert.throws(() => calibrationSides(LIBRARY, name), { kind: 'usage' }, name);
});
