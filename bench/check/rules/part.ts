import { directives, type Node, type Origin } from '../../nginx/tree.ts';
import type { Rule } from '../subject.ts';

/** What stands in the main file is not looked at in a part of a configuration. */
export const part: Rule = ({ tree, isPart, candidates }) => {
  if (!isPart || candidates.length === 0) return [];
  return [
    {
      rule: 'part',
      level: 'note',
      origin: firstOrigin(tree),
      text: 'This is a part of a configuration: worker_connections, open files and worker_shutdown_timeout stand in its main file, and were not looked at.',
      seen: null,
      remedies: [],
    },
  ];
};

/** The blocks that were put around it have none. */
function firstOrigin(nodes: readonly Node[] | null): Origin | null {
  for (const { origin, block } of directives(nodes)) {
    const first = origin ?? firstOrigin(block);
    if (first !== null) return first;
  }
  return null;
}
