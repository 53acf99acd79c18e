import { Problem } from '../model/failure.ts';
import type { Profile, ShippedTuning } from '../model/profile.ts';
import { PROXY, proxyKindOf } from '../model/proxy.ts';
import type { Tuning, Variant } from '../model/variant.ts';
import { suggestion } from '../request/nearest.ts';
import { quoted } from '../request/units.ts';

/** The components of variants. */
export interface Library {
  profiles: readonly Profile[];
  tunings: readonly ShippedTuning[];
  /**
   * Names that the user gave to Nginx binaries. Variants refer to them: `old` and `new` in `tls@old`,
   * `tls@new`.
   */
  binaries: readonly string[];
  /**
   * The binary to which Nginx is upgraded during the runs; null to upgrade to the same binary, undefined
   * without an upgrade.
   */
  upgradeTo?: string | null | undefined;
}

/** A variant with its profile. */
export interface Side {
  variant: Variant;
  profile: Profile;
}

/**
 * Returns the variants that the user requested, in the given order and without duplicates.
 *
 * @param names such as `tls`, `tls@old`, `tls@old+buf-16k+multi-accept`, or `all` for all profiles included
 * in it.
 * @param own sides for the user's own configurations, which come last.
 * @throws Problem('usage') for an unknown name, with the most similar name and a list of all names, and for a
 * named Nginx that no variant uses.
 */
export function chooseVariants(
  library: Library,
  names: readonly string[],
  own: readonly Side[] = [],
): Side[] {
  const inAll = library.profiles.filter((each) => each.inAll).map((each) => each.name);
  const all = names.flatMap((name) => (name === 'all' ? inAll : [name]));
  const sides = [...[...new Set(all)].map((name) => sideOf(library, name)), ...own];
  checkUse(sides, library);
  return numbered(sides);
}

/**
 * Returns the sides of a comparison: the named variants, and the first of them with each tuning given on the
 * command line. A repeated name is numbered, as in `plain (2)`.
 *
 * @throws Problem('usage') like `chooseVariants`.
 */
export function chooseSides(
  library: Library,
  names: readonly string[],
  tunes: readonly string[],
  own: readonly Side[] = [],
): Side[] {
  const named = [...names.map((name) => sideOf(library, name)), ...own];
  const typed = tunes.map((text, index) => {
    const [baseline] = named;
    if (baseline === undefined) throw new TypeError('there is no baseline to tune');
    return tuned(baseline, { name: `tune-${index + 1}`, text });
  });
  checkUse(named, library);
  return numbered([...named, ...typed]);
}

/** The proxy that a configuration is for, with its default binary; null without a configuration. */
export function proxyFor(path: string | null): Variant['proxy'] {
  return path === null ? null : { kind: proxyKindOf(path), binary: null, tunings: [] };
}

function sideOf({ profiles, tunings, binaries }: Library, name: string): Side {
  const [first = '', ...others] = name.split('+');
  const [base = '', ...at] = first.split('@');
  const known = profiles.map((each) => each.name);
  const profile = profiles.find((each) => each.name === base);
  if (profile === undefined) throw unknown('profile', base, known);
  const variant: Variant = {
    name: base,
    title: profile.title,
    profile: base,
    proxy: proxyFor(profile.configurationPath),
  };
  const side =
    at.length === 0 ? { variant, profile } : onBinary({ variant, profile }, at.join('@'), binaries);
  return others.reduce((side, each) => {
    const [word = '', ...late] = each.split('@');
    if (late.length > 0) {
      const right = `${base}@${late.join('@')}+${word}`;
      throw new Problem('usage', `The tuning must come after the name of the ${PROXY} binary. Use ${right}.`);
    }
    const tuning = tunings.find((shipped) => shipped.name === each);
    if (tuning === undefined)
      throw unknown(
        'tuning',
        each,
        tunings.map((shipped) => shipped.name),
      );
    if (tuning.profiles !== null && !tuning.profiles.includes(base)) {
      throw new Problem(
        'usage',
        `The tuning ${each} does not apply to the profile ${base}, only to ${tuning.profiles.join(', ')}.`,
      );
    }
    return tuned(side, { name: each, text: tuning.text });
  }, side);
}

/** Returns the same side, running on the Nginx that the user named. */
export function onBinary({ variant, profile }: Side, name: string, binaries: readonly string[]): Side {
  if (variant.proxy === null)
    throw new Problem('usage', `${variant.name} runs without ${PROXY}, so it cannot run on ${quoted(name)}.`);
  if (!binaries.includes(name)) {
    const list =
      binaries.length === 0
        ? `Define it with --nginx, for example --nginx ${name || 'new'}=/path/to/nginx, or --nginx trixie=debian:trixie.`
        : `--nginx names ${binaries.join(', ')}.`;
    throw new Problem('usage', `No ${PROXY} is named ${quoted(name)}.${suggestion(name, binaries)} ${list}`);
  }
  return {
    variant: {
      ...variant,
      name: `${variant.name}@${name}`,
      title: `${variant.title}, on ${PROXY} ${name}`,
      proxy: { ...variant.proxy, binary: name },
    },
    profile,
  };
}

function checkUse(sides: readonly Side[], library: Library): void {
  const { binaries, upgradeTo } = library;
  checkUpgrade(sides, library);
  const idle = binaries.find(
    (name) => name !== upgradeTo && sides.every(({ variant }) => variant.proxy?.binary !== name),
  );
  if (idle === undefined) return;
  throw new Problem(
    'usage',
    `No variant runs on the ${PROXY} named ${idle}. Use it, for example as tls@${idle}, or leave out --nginx ${idle}=.`,
  );
}

function checkUpgrade(sides: readonly Side[], { binaries, upgradeTo: name }: Library): void {
  if (name === undefined) return;
  const without = sides.find(({ variant }) => variant.proxy === null);
  if (without !== undefined) {
    throw new Problem(
      'usage',
      `${without.variant.name} runs without ${PROXY}, so --upgrade does not apply to it. Leave out either this variant or --upgrade.`,
    );
  }
  if (name === null || binaries.includes(name)) return;
  const isVariant = sides.some(({ variant }) => variant.name === name);
  const remedy = isVariant
    ? `To upgrade to the same ${PROXY}, put --upgrade at the end of the command line.`
    : `Define it with --nginx, for example --nginx ${name}=/path/to/nginx, or --nginx ${name}=debian:trixie.`;
  throw new Problem(
    'usage',
    `--upgrade ${quoted(name)}: no ${PROXY} has that name.${suggestion(name, binaries)} ${remedy}`,
  );
}

function tuned({ variant, profile }: Side, tuning: Tuning): Side {
  if (variant.proxy === null) {
    throw new Problem(
      'usage',
      `${variant.name} runs without ${PROXY}, so the tuning ${tuning.name} does not apply to it.`,
    );
  }
  return {
    variant: {
      ...variant,
      name: `${variant.name}+${tuning.name}`,
      title: `${variant.title}, ${tuning.name}`,
      proxy: { ...variant.proxy, tunings: [...variant.proxy.tunings, tuning] },
    },
    profile,
  };
}

function numbered(sides: readonly Side[]): Side[] {
  const seen = new Map<string, number>();
  return sides.map(({ variant, profile }) => {
    const times = (seen.get(variant.name) ?? 0) + 1;
    seen.set(variant.name, times);
    const name = times === 1 ? variant.name : `${variant.name} (${times})`;
    return { variant: { ...variant, name }, profile };
  });
}

function unknown(kind: 'profile' | 'tuning', name: string, known: readonly string[]): Problem {
  const list = `The ${kind}s are ${known.join(', ')}.`;
  return new Problem('usage', `${quoted(name)} is not a ${kind}.${suggestion(name, known)} ${list}`);
}
