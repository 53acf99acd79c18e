import type { Finding, Notice } from '../model/finding.ts';
import { groupedFindings } from '../wording/finding.ts';
import { placementNotice } from './placement.ts';
import type { RunView, View } from './view.ts';

/** A statement about one or more runs, or about the whole result if `whose` is empty. */
export interface Said<T> {
  what: T;
  whose: string;
}

/** A notice, and any notices of the same kind with different texts. */
export interface SaidAlike extends Said<Notice> {
  others: Said<Notice>[];
}

/**
 * Every notice of the result and of its runs, warnings first. A notice shared by several runs appears once,
 * with their figures as ranges. Notices of the same kind that cannot be merged into one sentence follow the
 * first of their kind.
 */
export function noticesOf(view: View): SaidAlike[] {
  const general = [...view.result.notices, ...view.steps.flatMap((step) => placementNotice(step) ?? [])];
  const own = view.runs.flatMap((run) => run.run.notices.map((what) => ({ what, of: run })));
  const kinds = new Map<string, [Own, ...Own[]]>();
  for (const each of own) {
    const kind = `${each.what.level} ${each.what.code}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [each]);
    else known.push(each);
  }
  const ofRuns = [...kinds.values()].flatMap((kind) => {
    const [first, ...others] = saidAlike(kind, view).map(({ what, whose }) => ({
      what: { ...what, level: kind[0].what.level },
      whose,
    }));
    return first === undefined ? [] : [{ ...first, others }];
  });
  const all = [...general.map((what) => ({ what, whose: '', others: [] })), ...ofRuns];
  return all.toSorted((a, b) => rank(a.what) - rank(b.what));
}

/** A notice, with the run that it belongs to. */
interface Own {
  what: Notice;
  of: RunView;
}

/**
 * Merges equivalent findings about several runs into one, with the names of the runs and their figures as
 * ranges.
 */
export function saidAlike(said: readonly { what: Finding; of: RunView }[], view: View): Said<Finding>[] {
  return groupedFindings(said, ({ what }) => what).map(({ members, finding }) => ({
    what: finding,
    whose: whose([...new Set(members.map(({ of }) => of))], view),
  }));
}

function rank({ level }: Notice): number {
  return Number(level !== 'warning');
}

/**
 * Merges identical statements about several runs into one statement with the names of these runs. Keeps the
 * order of first appearance.
 */
export function saidOnce<T>(
  said: readonly { what: T; of: RunView }[],
  view: View,
  keyOf: (what: T) => string,
): Said<T>[] {
  const groups = new Map<string, { what: T; of: RunView[] }>();
  for (const { what, of } of said) {
    const key = keyOf(what);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { what, of: [of] });
    else if (!group.of.includes(of)) group.of.push(of);
  }
  return [...groups.values()].map(({ what, of }) => ({ what, whose: whose(of, view) }));
}

/**
 * The runs to which a statement applies: `direct, tls` if they are the same in every step, otherwise one list
 * per step, such as `direct, tls (throughput)`.
 */
function whose(runs: readonly RunView[], { steps }: View): string {
  const names = new Map<string, string[]>();
  for (const { step, name } of runs) names.set(step, [...(names.get(step) ?? []), name]);
  const lists = [...names].map(([step, list]) => ({ step, list: list.join(', ') }));
  const [first] = lists;
  const everywhere =
    first !== undefined &&
    lists.length === steps.length &&
    lists.every(({ step, list }) => list === first.list && steps.some((known) => known.step === step));
  if (everywhere) return first.list;
  return lists.map(({ step, list }) => `${list} (${step})`).join('; ');
}
