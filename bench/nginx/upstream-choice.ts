import { print } from './print.ts';
import type { Target } from './proxy-pass.ts';
import { type Directive, directive, directives, type Node } from './tree.ts';
import { upstreamName } from './upstream-name.ts';
import { isOwnValue } from './variable.ts';

/** What a `proxy_pass` with variables may lead to. */
export interface Choice {
  target: Target;
  /** Names of the upstreams that its variable is known to hold; empty if it cannot be told. */
  names: readonly string[];
  /** The upstream for whatever else it holds. */
  others: string;
  /** The blocks around it, outermost first; without `http`. */
  parents: readonly Directive[];
}

/** Longer keys do not fit into a bucket of a map's hash table unless `map_hash_bucket_size` is raised. */
const LONGEST_KEY = 46;

/** Whether the name of an upstream can be a key of the maps made here. */
export function fitsInMap(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST_KEY;
}

/**
 * Makes variables that can hold nothing but the name of an upstream, or nothing: a map of a person's own variable to
 * the names that it is known to hold, and for whatever else it may hold at run time to the upstream of the bench's
 * own. Where a scheme, a host or a port is empty because the configuration's own variables are, so is the result, and
 * Nginx answers 500 as it would with the address that is written.
 */
export function collectChoices(block: readonly Node[]) {
  const isTaken = mentions(block);
  const made = new Map<string, Directive>();
  let count = 0;
  const freshVariable = (): string => {
    count += 1;
    const name = `bench_upstream_${count}`;
    return isTaken(name) ? freshVariable() : `$${name}`;
  };
  const variableFor = (source: string, entries: readonly (readonly [string, string])[]): string => {
    const key = JSON.stringify([source, entries]);
    const variable = made.get(key)?.args[1]?.text ?? freshVariable();
    const lines = entries.map(([name, value]) => directive(name, [value]));
    made.set(key, directive('map', [source, variable], [directive('volatile', []), ...lines]));
    return variable;
  };
  return {
    /** @returns what to pass to in place of the host: a variable, or the upstream itself where nothing is to choose */
    among({ target, names, others, parents }: Choice): string {
      const needed = canBeEmpty(target)
        ? neededParts(target).filter((part) => isOwn(block, part, parents))
        : [];
      const known = [...new Set(names.map(upstreamName))].map((name) => [keyOf(name), name] as const);
      const isHostNeeded = needed.includes(target.host);
      if (known.length > 0)
        return variableFor(target.host, [['default', others], ...known, ...(isHostNeeded ? [EMPTY] : [])]);
      const [only, ...more] = needed;
      if (only === undefined) return others;
      if (more.length === 0) return variableFor(only, [['default', others], EMPTY]);
      const given = needed.map((part) => variableFor(part, [['default', '1'], EMPTY]));
      return variableFor(given.join(''), [
        ['default', ''],
        ['1'.repeat(given.length), others],
      ]);
    },
    maps: () => [...made.values()],
  };
}

const EMPTY = ['', ''] as const;

/** Nothing that follows may become part of the host. */
function canBeEmpty({ uri }: Target): boolean {
  return uri === '' || uri.startsWith('/');
}

/** The parts of an address without which it is invalid, where they are nothing but variables. */
function neededParts({ schemeText, host }: Target): string[] {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(host) ?? [];
  return [schemeText, name, port ?? ''].filter((part) => /^(\$\{?\w+\}?)+$/.test(part));
}

function isOwn(block: readonly Node[], part: string, parents: readonly Directive[]): boolean {
  const names = [...part.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name);
  return names.every((name) => isOwnValue(block, name, parents));
}

/** A key of a map that stands for itself: a `\` keeps it from being a keyword or a regular expression. */
function keyOf(name: string): string {
  return /^(default|hostnames|include|volatile)$|^\W/.test(name) ? `\\${name}` : name;
}

/** Tells whether a word occurs anywhere in a block, be it as a variable, a capture or in a text. */
function mentions(block: readonly Node[]): (word: string) => boolean {
  const text = print(block).text.toLowerCase();
  return (word) => text.includes(word);
}

/** The `server` entries of an upstream of the bench's own. */
export function ownUpstream(name: string, addresses: readonly string[]): Directive {
  const entries = addresses.map((each) => directive('server', [each, 'max_fails=0']));
  return directive('upstream', [name], entries);
}

/** Names of the upstreams of a context that Nginx cannot take for anything else. */
export function upstreamsIn(block: readonly Node[]): string[] {
  return directives(block, 'upstream').map(({ args: [name] }) => name?.text ?? '');
}
