import type { Trial } from '../model/calibration.ts';
import type { Step } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import type { Handicap } from '../model/variant.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import { chooseSides, type Library, type Side } from './variants.ts';

/** Number of times that the profile is compared with itself. */
const A_A = 3;

/** The sides of a calibration: the baseline first, then one per trial. */
export interface CalibrationSides {
  sides: Side[];
  trials: Trial[];
}

/** Tunings that cost Nginx CPU time per event, the less costly one first; see their descriptions. */
const COSTLY = ['epoll-events-8', 'epoll-events-1'] as const;

/** The extra work imposed on the echo servers, with the suffix for the variant's name. */
const HANDICAPS: readonly { name: string; change: string; handicap: Handicap }[] = [
  {
    name: 'burn-20us',
    change: 'its echo servers burn 20 µs of CPU time for every message',
    handicap: { delayMs: 0, burnUs: 20 },
  },
  {
    name: 'delay-1ms',
    change: 'its echo servers answer 1 ms later',
    handicap: { delayMs: 1, burnUs: 0 },
  },
];

/**
 * Returns the sides of a calibration: a profile, variants identical to it, and changes of known cost.
 *
 * @throws Problem('usage') if the profile does not exist or has no Nginx
 */
export function calibrationSides(library: Library, profile: string): CalibrationSides {
  const tunings = ['placebo', ...COSTLY];
  const same = new Array<string>(1 + A_A).fill(profile);
  const named = chooseSides(library, [...same, ...tunings.map((name) => `${profile}+${name}`)], []);
  const [baseline, ...others] = named as [Side, ...Side[]];
  const [placebo, ...costly] = others.slice(A_A) as [Side, ...Side[]];
  const slowed = HANDICAPS.map(({ name, change, handicap }) => ({
    change,
    side: handicapped(baseline, name, handicap),
  }));
  return {
    sides: [...named, ...slowed.map(({ side }) => side)],
    trials: [
      ...others.slice(0, A_A).map(
        ({ variant }): Trial => ({
          variant: variant.name,
          change: 'nothing: it is the same variant again',
          expected: null,
        }),
      ),
      {
        variant: placebo.variant.name,
        change: 'directives that cannot affect an upgraded connection',
        expected: null,
      },
      ...costly.map(
        ({ variant }): Trial => ({
          variant: variant.name,
          change: `${PROXY} asks the kernel for fewer events at a time`,
          expected: { ...headline('cpuPerMessage.proxy'), verdict: 'higher' },
        }),
      ),
      ...slowed.map(
        ({ change, side }): Trial => ({
          variant: side.variant.name,
          change,
          expected: { ...headline('response.p50'), verdict: 'slower' },
        }),
      ),
    ],
  };
}

/** Finds a main metric of the default scenario by name, and returns it with its step. */
function headline(name: string): { name: string; step: Step } {
  const compared = DEFAULT_SCENARIO.compared.find((each) => each.headline && each.name === name);
  if (compared === undefined) throw new TypeError(`${name} is not a main metric of ${DEFAULT_SCENARIO.name}`);
  return { name, step: compared.step };
}

function handicapped({ variant, profile }: Side, name: string, handicap: Handicap): Side {
  const title = `${variant.title}, ${name}`;
  return { variant: { ...variant, name: `${variant.name}+${name}`, title, handicap }, profile };
}
