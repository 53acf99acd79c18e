import { directives, type Node, type Origin } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import type { Rule } from '../subject.ts';

/** Reports that only part of a configuration was checked, so the main file's settings are unknown. */
export const part: Rule = ({ tree, isPart, candidates }) => {
  if (!isPart || candidates.length === 0) return [];
  return [
    {
      rule: 'part',
      level: 'note',
      origin: firstOrigin(tree),
      ...finding('part-of-configuration', {}),
      seen: null,
      remedies: [],
    },
  ];
};

/** The blocks added around the part have no origin. */
function firstOrigin(nodes: readonly Node[] | null): Origin | null {
  for (const { origin, block } of directives(nodes)) {
    const first = origin ?? firstOrigin(block);
    if (first !== null) return first;
  }
  return null;
}
