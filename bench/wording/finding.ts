import { isDeepStrictEqual } from 'node:util';
import type { Fact, Facts, Finding, Notice } from '../model/finding.ts';
import { CHECK } from './check.ts';
import { CONCLUSIONS } from './conclusions.ts';
import { FITNESS } from './fitness.ts';
import { NOTICES } from './notices.ts';
import { PLANNING } from './planning.ts';
import { VALIDITY } from './validity.ts';

/** The sentence of every finding, by its code: the only place that makes one. */
const SENTENCES = { ...VALIDITY, ...FITNESS, ...CONCLUSIONS, ...PLANNING, ...NOTICES, ...CHECK };

export type Code = keyof typeof SENTENCES;
/** What a finding of this code has to say. */
export type DataOf<C extends Code> =
  Parameters<(typeof SENTENCES)[C]> extends [infer D] ? D : Readonly<Record<string, never>>;

export function finding<C extends Code>(code: C, data: DataOf<C>): Finding {
  return { code, data: data as Facts, text: textOf(code, data as Facts) };
}

export function notice<C extends Code>(level: Notice['level'], code: C, data: DataOf<C>): Notice {
  return { level, ...finding(code, data) };
}

/**
 * Findings of one code as one, each figure in which they differ as a span: `send lag p99 was 11.7 to 52.6 ms`.
 *
 * @returns null where they differ in more than figures, or where a text is not what this version makes of its data
 */
export function mergedFinding([first, ...others]: readonly [Finding, ...Finding[]]): Finding | null {
  const { code, text } = first;
  if (others.every((each) => each.code === code && each.text === text)) return first;
  if (![first, ...others].every((each) => each.code === code && isOurs(each))) return null;
  const data = others.reduce<Fact>((merged, each) => mergedFact(merged, each.data), first.data);
  return data === undefined ? null : { code, data: data as Facts, text: textOf(code as Code, data as Facts) };
}

/** Puts findings together that `mergedFinding` can merge; the groups in the order of their first. */
export function groupedFindings<T>(
  items: readonly T[],
  findingOf: (item: T) => Finding,
): { members: [T, ...T[]]; finding: Finding }[] {
  const groups: { members: [T, ...T[]]; finding: Finding }[] = [];
  for (const item of items) {
    const merge = (members: readonly T[]) => mergedFinding([findingOf(item), ...members.map(findingOf)]);
    const group = groups.find(({ members }) => merge(members) !== null);
    if (group === undefined) {
      groups.push({ members: [item], finding: findingOf(item) });
      continue;
    }
    group.finding = merge(group.members) ?? group.finding;
    group.members.push(item);
  }
  return groups;
}

function textOf(code: Code, data: Facts): string {
  const sentence: (data: never) => string = SENTENCES[code];
  return sentence(data as never);
}

/** Whether the text is what we make of the data: what was stored by others may be anything. */
function isOurs({ code, data, text }: Finding): boolean {
  try {
    return Object.hasOwn(SENTENCES, code) && textOf(code as Code, data) === text;
  } catch {
    return false;
  }
}

/** Undefined where the two differ in more than numbers; a list of numbers that is another in each is left empty. */
function mergedFact(a: Fact, b: Fact): Fact {
  if (a === b) return a;
  const [from, to] = [spanOf(a), spanOf(b)];
  if (from !== null && to !== null)
    return { least: Math.min(from.least, to.least), most: Math.max(from.most, to.most) };
  if (isNumbers(a) && isNumbers(b)) return isDeepStrictEqual(a, b) ? a : [];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return undefined;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  if (Array.isArray(a) !== Array.isArray(b) || left.length !== right.length) return undefined;
  const merged = left.map(([name, fact]) => [name, mergedFact(fact, (b as Facts)[name])] as const);
  if (merged.some(([name, fact]) => fact === undefined && (a as Facts)[name] !== undefined)) return undefined;
  return Array.isArray(a) ? merged.map(([, fact]) => fact) : Object.fromEntries(merged);
}

function isNumbers(fact: Fact): fact is readonly number[] {
  return Array.isArray(fact) && fact.every((each) => typeof each === 'number');
}

function spanOf(fact: Fact): { least: number; most: number } | null {
  if (typeof fact === 'number') return { least: fact, most: fact };
  if (typeof fact !== 'object' || fact === null || Array.isArray(fact)) return null;
  const { least, most } = fact as Facts;
  return typeof least === 'number' && typeof most === 'number' ? { least, most } : null;
}
