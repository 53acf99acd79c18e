import { place } from '../nginx/tree.ts';
import { type Finding, sorted } from './finding.ts';
import { RULES } from './rules/index.ts';
import type { Subject } from './subject.ts';

/** What the rules say, each thing once: a line may apply to several locations. */
export function judge(subject: Subject): Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of sorted(RULES.flatMap((rule) => rule(subject)))) {
    const key = `${finding.rule} ${place(finding.origin)}`;
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}
