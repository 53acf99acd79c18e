import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import type { ShippedTuning } from '../model/profile.ts';
import { variantSchema } from '../model/variant.ts';
import { profileNamed } from './plan.test.fixture.ts';
import { chooseSides, chooseVariants, type Library } from './variants.ts';

const NAMES = ['direct', 'plain', 'tls', 'http2', 'load-balanced'];

function tuningNamed(name: string, profiles: string[] | null = null): ShippedTuning {
  return { name, text: `# ${name}`, question: 'q', load: '', expect: 'e', profiles };
}

const LIBRARY: Library = {
  profiles: NAMES.map((name) => profileNamed(name)),
  tunings: [tuningNamed('buf-16k'), tuningNamed('placebo'), tuningNamed('ssl-4k', ['tls', 'http2'])],
  binaries: [],
};

const chosen = (...names: string[]) => chooseVariants(LIBRARY, names).map(({ variant }) => variant.name);
const compared = (names: string[], tunes: string[] = []) =>
  chooseSides(LIBRARY, names, tunes).map(({ variant }) => variant.name);

test('one profile, several in the given order without duplicates, or all', () => {
  assert.deepEqual(chosen('tls'), ['tls']);
  assert.deepEqual(chosen('tls', 'plain', 'tls'), ['tls', 'plain']);
  assert.deepEqual(chosen('all'), NAMES);
  const rare = { ...profileNamed('rare'), inAll: false };
  const library = { ...LIBRARY, profiles: [rare, ...LIBRARY.profiles] };
  const namesOf = (name: string) => chooseVariants(library, [name]).map(({ variant }) => variant.name);
  assert.deepEqual([namesOf('all'), namesOf('rare')], [NAMES, ['rare']]);
});

test('tunings are applied to their profile in the given order', () => {
  const [side] = chooseVariants(LIBRARY, ['tls+ssl-4k+buf-16k']);
  assert.deepEqual(side?.variant, {
    name: 'tls+ssl-4k+buf-16k',
    title: 'The tls profile, ssl-4k, buf-16k',
    profile: 'tls',
    proxy: {
      kind: 'nginx',
      binary: null,
      tunings: [
        { name: 'ssl-4k', text: '# ssl-4k' },
        { name: 'buf-16k', text: '# buf-16k' },
      ],
    },
  });
  assert.equal(side.profile.name, 'tls');
  v.assert(variantSchema, side.variant);
});

test('a variant of an older result, from before tunings existed, has none', () => {
  const old = { name: 'tls', title: 'TLS', profile: 'tls', proxy: { kind: 'nginx' } };
  assert.deepEqual(v.parse(variantSchema, old).proxy?.tunings, []);
});

test('the same profile on one Nginx and on another, with tunings and without', () => {
  const library = { ...LIBRARY, binaries: ['old', 'new-1.26'] };
  const sides = chooseSides(library, ['tls@old', 'tls@new-1.26+ssl-4k', 'plain', 'direct'], ['# typed']);
  assert.deepEqual(
    sides.map(({ variant: { name, profile, proxy } }) => [name, profile, proxy?.binary]),
    [
      ['tls@old', 'tls', 'old'],
      ['tls@new-1.26+ssl-4k', 'tls', 'new-1.26'],
      ['plain', 'plain', null],
      ['direct', 'direct', undefined],
      ['tls@old+tune-1', 'tls', 'old'],
    ],
  );
  assert.equal(sides[1]?.variant.title, 'The tls profile, on Nginx new-1.26, ssl-4k');
});

test('an undefined Nginx and an unused one are rejected', () => {
  const cases: [binaries: string[], names: string[], message: RegExp][] = [
    [['new', 'old'], ['tls@nwe'], /"nwe"\. Did you mean new\? --nginx names new, old\.$/],
    [['new'], ['tls@new+buf-16k', 'tls@'], /""\. --nginx names new\.$/],
    [[], ['tls@new'], /"new"\..* --nginx new=\/path\/to\/nginx, or /],
    [['new'], ['tls@new@new'], /"new@new"\./],
    [['new'], ['direct@new'], /^direct runs without Nginx.*"new"/],
    [['new'], ['tsl@new'], /^"tsl".* Did you mean tls\?/],
    [['new'], ['tls+buf-16k@new'], /tls@new\+buf-16k\.$/],
    [
      ['new', 'old'],
      ['tls@new', 'tls'],
      /^No variant runs on the Nginx named old\. Use it, for example as tls@old, or leave out --nginx old=\.$/,
    ],
  ];
  for (const [binaries, names, message] of cases) {
    assert.throws(() => chooseVariants({ ...LIBRARY, binaries }, names), { kind: 'usage', message });
    assert.throws(() => chooseSides({ ...LIBRARY, binaries }, names, []), { kind: 'usage', message });
  }
});

test('an upgrade needs a defined Nginx, which then counts as used, and variants with Nginx', () => {
  const library = { ...LIBRARY, binaries: ['old', 'new'], upgradeTo: 'new' };
  assert.equal(chooseVariants(library, ['tls@old']).length, 1);
  const cases: [upgradeTo: string | null, names: string[], message: RegExp][] = [
    ['nwe', ['tls@old', 'tls@new'], /^--upgrade "nwe".* Did you mean new\?/],
    [
      'tls',
      ['tls', 'plain'],
      /To upgrade to the same Nginx, put --upgrade at the end of the command line\.$/,
    ],
    ['new', ['tls@old', 'direct'], /^direct runs without Nginx/],
    [null, ['direct'], /^direct runs without Nginx/],
    [null, ['tls@old'], /^No variant runs on the Nginx named new\./],
  ];
  for (const [upgradeTo, names, message] of cases)
    assert.throws(() => chooseVariants({ ...library, upgradeTo }, names), { kind: 'usage', message });
});

test('an unknown name is rejected with the nearest one and the list', () => {
  const cases: [name: string, message: RegExp][] = [
    ['tsl', /^"tsl" is not a profile\. Did you mean tls\? The profiles are direct, plain, tls, .*\.$/],
    ['load-balancd', /Did you mean load-balanced\?/],
    ['kubernetes', /^"kubernetes".*\. The profiles are /],
    ['plain+bufs-16k', /^"bufs-16k".* Did you mean buf-16k\? The tunings are buf-16k, /],
    ['plain+', /^"".*The tunings are /],
    ['../tls', /^"\.\.\/tls"/],
    ['direct+buf-16k', /^direct runs without Nginx.*buf-16k/],
    ['plain+ssl-4k', /^The tuning ssl-4k .* plain, only to tls, http2\.$/],
  ];
  for (const [name, message] of cases) assert.throws(() => chosen(name), { kind: 'usage', message });
});

test('a variant compared with itself is numbered, so that its runs can be distinguished', () => {
  assert.deepEqual(compared(['plain', 'plain', 'tls', 'plain']), ['plain', 'plain (2)', 'tls', 'plain (3)']);
});

test('tunings from the command line are applied to the baseline, on top of its own', () => {
  const tunes = ['events { multi_accept on; }', 'http { gzip on; }'];
  const names = ['plain+buf-16k', 'plain+buf-16k+tune-1', 'plain+buf-16k+tune-2'];
  assert.deepEqual(compared(['plain+buf-16k'], tunes), names);
  const [, , last] = chooseSides(LIBRARY, ['plain+buf-16k'], tunes);
  assert.deepEqual(last?.variant.proxy?.tunings.at(-1), { name: 'tune-2', text: 'http { gzip on; }' });
  assert.throws(() => compared(['direct'], tunes), { kind: 'usage', message: /^direct runs without Nginx/ });
});

test('refusals say what is wrong and what to do', () => {
  const [upgraded, unnamed] = [
    { ...LIBRARY, binaries: ['new'], upgradeTo: 'old' },
    { ...LIBRARY, upgradeTo: 'tls' },
  ];
  const onlyFor = [tuningNamed('x', ['tls'])];
  const own = chooseVariants(LIBRARY, ['plain']).map((side) => ({
    ...side,
    variant: { ...side.variant, name: 'conf:a' },
  }));
  const cases: [library: Library, names: string[], message: string][] = [
    [
      upgraded,
      ['tls@new'],
      '--upgrade "old": no Nginx has that name. Define it with --nginx, for example --nginx old=/path/to/nginx, or --nginx old=debian:trixie.',
    ],
    [
      unnamed,
      ['tls'],
      '--upgrade "tls": no Nginx has that name. To upgrade to the same Nginx, put --upgrade at the end of the command line.',
    ],
    [
      { ...unnamed, upgradeTo: null },
      ['tls', 'direct'],
      'direct runs without Nginx, so --upgrade does not apply to it. Leave out either this variant or --upgrade.',
    ],
    [
      LIBRARY,
      ['tls@'],
      'No Nginx is named "". Define it with --nginx, for example --nginx new=/path/to/nginx, or --nginx trixie=debian:trixie.',
    ],
    [
      LIBRARY,
      ['tls+placebo@a@b'],
      'The tuning must come after the name of the Nginx binary. Use tls@a@b+placebo.',
    ],
    [
      { ...LIBRARY, tunings: onlyFor },
      ['plain+x'],
      'The tuning x does not apply to the profile plain, only to tls.',
    ],
  ];
  for (const [library, names, message] of cases)
    assert.throws(() => chooseVariants(library, names), { kind: 'usage', message });
  const bare = chooseVariants(LIBRARY, ['direct']).map(({ variant, profile }) => ({
    variant: { ...variant, name: 'conf:b' },
    profile,
  }));
  assert.throws(() => chooseVariants({ ...LIBRARY, upgradeTo: null }, ['tls', 'direct'], bare), {
    ...{ kind: 'usage', message: /^direct runs / },
  });
  assert.deepEqual(
    chooseVariants(LIBRARY, ['tls'], own).map(({ variant }) => variant.name),
    ['tls', 'conf:a'],
  );
  assert.deepEqual(
    chooseSides(LIBRARY, ['tls'], ['# x'], own).map(({ variant }) => variant.name),
    ['tls', 'conf:a', 'tls+tune-1'],
  );
  assert.throws(() => chooseSides(LIBRARY, [], ['# x']), /there is no baseline to tune/);
});
