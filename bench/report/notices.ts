import type { Notice } from '../model/notice.ts';
import { placementNotice } from './placement.ts';
import type { RunView, View } from './view.ts';

/** What is said of one or more runs; of the whole bench where `whose` is empty. */
export interface Said<T> {
  what: T;
  whose: string;
}

/** Every notice of the result and of its runs: what is said of several runs once, warnings first. */
export function noticesOf(view: View): Said<Notice>[] {
  const general = [...view.result.notices, ...view.steps.flatMap((step) => placementNotice(step) ?? [])];
  const own = view.runs.flatMap((run) => run.run.notices.map((what) => ({ what, of: run })));
  const all = [
    ...general.map((what) => ({ what, whose: '' })),
    ...saidOnce(own, view, ({ level, code, text }) => JSON.stringify([level, code, text])),
  ];
  return all.toSorted((a, b) => rank(a.what) - rank(b.what));
}

function rank({ level }: Notice): number {
  return level === 'warning' ? 0 : 1;
}

/** What is the same of several runs once, with whose it is, in the order in which it is first said. */
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

/** `direct, tls` where it is so in every step, else `direct, tls (throughput)`, and both where they differ. */
function whose(runs: readonly RunView[], { steps }: View): string {
  const names = new Map<string, string[]>();
  for (const { step, name } of runs) names.set(step, [...(names.get(step) ?? []), name]);
  const lists = [...names].map(([step, list]) => ({ step, list: list.join(', ') }));
  const [first] = lists;
  const everywhere =
    lists.length === steps.length &&
    lists.every(({ step, list }) => list === first?.list && steps.some((known) => known.step === step));
  if (everywhere) return first?.list ?? '';
  return lists.map(({ step, list }) => `${list} (${step})`).join('; ');
}
