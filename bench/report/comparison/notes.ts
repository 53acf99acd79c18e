import type { Result } from '../../model/result.ts';
import type { Variant } from '../../model/variant.ts';
import { comparisonOf } from './conclusion.ts';

/** What a reader must know beside the verdicts: a variant against itself, one left out, the rate. */
export function notesOf(result: Result): string[] {
  const baseline = result.variants.find(({ name }) => name === comparisonOf(result)?.baseline);
  const same = result.variants.filter((each) => each !== baseline && isSame(each, baseline));
  return [
    ...same.map(
      ({ name }) =>
        `${name} is ${baseline?.name} once more (an A/A comparison): a difference between them would be a false positive.`,
    ),
    ...result.conclusions.flatMap((each) => {
      if (each.kind === 'left-out') return [`${each.variant} was left out. ${each.reason}`];
      return each.kind === 'rate' ? [`The rate of the step latency: ${each.reason}`] : [];
    }),
  ];
}

/** Whether nothing but the name differs. */
function isSame({ profile, proxy }: Variant, other: Variant | undefined): boolean {
  return (
    other !== undefined && JSON.stringify([profile, proxy]) === JSON.stringify([other.profile, other.proxy])
  );
}
