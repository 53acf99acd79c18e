import { isDeepStrictEqual } from 'node:util';
import type { Fact, Facts, Finding, Notice } from '../model/finding.ts';
import { CHECK } from './check.ts';
import { CONCLUSIONS } from './conclusions.ts';
import { FITNESS } from './fitness.ts';
import { HOSTS } from './hosts.ts';
import { LADDER } from './ladder.ts';
import { NOTICES } from './notices.ts';
import { PLANNING } from './planning.ts';
import { SANDBOX } from './sandbox.ts';
import { SIZE } from './size.ts';
import { VALIDITY } from './validity.ts';

/**
 * Functions that generate the sentence of every finding, by code. This is the only place in which sentences
 * are generated.
 */
export const SENTENCES = {
  ...VALIDITY,
  ...FITNESS,
  ...CONCLUSIONS,
  ...LADDER,
  ...SIZE,
  ...PLANNING,
  ...NOTICES,
  ...HOSTS,
  ...SANDBOX,
  ...CHECK,
};

export type Code = keyof typeof SENTENCES;
/** The data of a finding with this code. */
export type DataOf<C extends Code> =
  Parameters<(typeof SENTENCES)[C]> extends [infer D] ? D : Readonly<Record<string, never>>;

export function finding<C extends Code>(code: C, data: DataOf<C>): Finding {
  return { code, data: data as Facts, text: textOf(code, data as Facts) };
}

export function notice<C extends Code>(level: Notice['level'], code: C, data: DataOf<C>): Notice {
  return { level, ...finding(code, data) };
}

/**
 * Merges findings that have the same code into one. Numbers that differ become ranges, as in `send lag p99
 * was 11.7 to 52.6 ms`.
 *
 * @returns null if the findings differ in more than numbers, or if the text that this version generates from
 *   a finding's data differs from the stored text
 */
export function mergedFinding([first, ...others]: readonly [Finding, ...Finding[]]): Finding | null {
  const { code, text } = first;
  if (others.some((each) => each.code !== code)) return null;
  const areOurs = [first, ...others].every((each) => textOrNull(each) === each.text);
  const data = others.reduce<Fact>((merged, each) => mergedFact(merged, each.data), first.data) as Facts;
  const merged = areOurs && data !== undefined ? textOrNull({ code, data }) : null;
  if (merged !== null) return { code, data, text: merged };
  return others.every((each) => each.text === text) ? first : null;
}

/** Groups findings that `mergedFinding` can merge. The groups are in the order of their first members. */
export function groupedFindings<T>(
  items: readonly T[],
  findingOf: (item: T) => Finding,
): { members: [T, ...T[]]; finding: Finding }[] {
  const groups: { members: [T, ...T[]]; finding: Finding }[] = [];
  for (const item of items) {
    const own = findingOf(item);
    const merged = groups.map((group) => mergedFinding([group.finding, own]));
    const at = merged.findIndex((finding) => finding !== null);
    const [group, finding] = [groups[at], merged[at] ?? own];
    if (group === undefined) groups.push({ members: [item], finding });
    else {
      group.finding = finding;
      group.members.push(item);
    }
  }
  return groups;
}

function textOf(code: Code, data: Facts): string {
  const sentence: (data: never) => string = SENTENCES[code];
  return sentence(data as never);
}

/** Generates a finding's sentence; null if this fails, which is possible because stored data may be arbitrary. */
function textOrNull({ code, data }: Pick<Finding, 'code' | 'data'>): string | null {
  try {
    return Object.hasOwn(SENTENCES, code) ? textOf(code as Code, data) : null;
  } catch {
    return null;
  }
}

/**
 * Merges two facts; undefined if they differ in more than numbers. Two differing lists of numbers are merged
 * into an empty list.
 */
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
  const { least, most, ...others } = fact as Facts;
  if (Object.keys(others).length > 0) return null;
  return typeof least === 'number' && typeof most === 'number' ? { least, most } : null;
}
