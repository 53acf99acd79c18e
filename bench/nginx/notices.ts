import { dirname, isAbsolute, relative } from 'node:path';
import type { Notice } from '../model/finding.ts';
import { printable } from '../model/printable.ts';
import { notice } from '../wording/finding.ts';
import { CHANGES, type Change, type ChangedDirective } from '../wording/sandbox.ts';
import { shownArgument } from './redact.ts';
import { type Directive, type Node, texts } from './tree.ts';

/** The changes that may affect the measured figures. */
const WARNINGS: ReadonlySet<Change> = new Set([
  'upstream-tls',
  'udp',
  'guards',
  'kept-guards',
  'missing-files',
  'outside-files',
  'code',
  'other-modules',
  'this-system',
]);

/**
 * Called with the original of each changed directive. For `template`, the directive is the variable, and its
 * arguments are the secret parts of the variable's value.
 */
export type OnChange = (change: Change, node: Directive) => void;

/** Maximum number of locations listed for one directive; further ones are only counted. */
const PLACES = 8;

/** Collects the changes made while a configuration is moved into the sandbox. */
export interface Changes {
  note: OnChange;
  /** @param tree the configuration as it was read */
  notices(tree: readonly Node[]): Notice[];
  /** Values of template variables, which must not be shown anywhere. */
  secrets(): string[];
  /** Each `include` whose pattern matches no file. */
  withoutFiles(): Directive[];
  /** Returns a separate copy of the changes so far. */
  copy(): Changes;
}

export function collectChanges(
  changed: Map<Change, readonly Directive[]> = new Map<Change, readonly Directive[]>(),
): Changes {
  return {
    note: (change, node) => changed.set(change, [...(changed.get(change) ?? []), node]),
    notices: (tree) => noticesOf(changed, tree),
    secrets: () => (changed.get('template') ?? []).flatMap(texts),
    withoutFiles: () => [...(changed.get('no-files') ?? [])],
    copy: () => collectChanges(new Map(changed)),
  };
}

/**
 * Makes one notice per kind of change, listing the directives with file and line. Its code is `sandbox-`
 * followed by the name of the change.
 *
 * @param tree the configuration as it was read; files are named relative to their common folder
 */
function noticesOf(changed: ReadonlyMap<Change, readonly Directive[]>, tree: readonly Node[]): Notice[] {
  // Sources without a path, such as a tuning, keep their names.
  const shared = sharedFolder([...new Set(filesOf(tree))].filter(isAbsolute));
  return (Object.keys(CHANGES) as Change[]).flatMap((change) => {
    const nodes = changed.get(change);
    if (nodes === undefined) return [];
    const directives = [...grouped(nodes, ({ name }) => name).values()].flatMap((alike) => {
      const byArgument = grouped(alike, (node) => (change.endsWith('-files') ? shownArgument(node) : null));
      // Directives in many places are grouped regardless of their arguments.
      const groups = byArgument.size > PLACES ? [[null, alike] as const] : [...byArgument];
      return groups.map(([argument, group]) => changedDirective(group, argument, shared));
    });
    return [notice(WARNINGS.has(change) ? 'warning' : 'info', `sandbox-${change}`, { directives })];
  });
}

function changedDirective(
  nodes: readonly Directive[],
  argument: string | null,
  shared: string,
): ChangedDirective {
  const places = nodes
    .flatMap(({ origin }) => origin ?? [])
    .toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
    .map((origin) => {
      const isBelow = isAbsolute(origin.file) && shared !== '/';
      return printable(`${isBelow ? relative(shared, origin.file) : origin.file}:${origin.line}`);
    });
  return {
    directive: printable(nodes[0]?.name ?? ''),
    argument: argument === null ? null : printable(argument),
    places: places.slice(0, PLACES),
    more: Math.max(0, places.length - PLACES),
  };
}

function grouped<K>(nodes: readonly Directive[], keyOf: (node: Directive) => K): Map<K, Directive[]> {
  const groups = new Map<K, Directive[]>();
  for (const node of nodes) groups.set(keyOf(node), [...(groups.get(keyOf(node)) ?? []), node]);
  return groups;
}

function filesOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.origin === null ? [] : [node.origin.file]),
    ...(node.kind === 'directive' && node.block !== null ? filesOf(node.block) : []),
  ]);
}

/** The innermost folder that contains all of the files. */
function sharedFolder(files: readonly string[]): string {
  const [first = '', ...others] = files.map(dirname);
  return others.reduce((shared, folder) => {
    let parent = shared;
    while (parent !== '/' && folder !== parent && !folder.startsWith(`${parent}/`)) parent = dirname(parent);
    return parent;
  }, first);
}
