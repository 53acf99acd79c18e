import { print } from './print.ts';
import type { Target } from './proxy-pass.ts';
import { type Directive, directive, directives, firstText, type Node } from './tree.ts';
import { upstreamName } from './upstream-name.ts';
import { isOwnValue } from './variable.ts';

/** The possible destinations of a `proxy_pass` that contains variables. */
export interface Choice {
  target: Target;
  /** The upstream for each value that the variable can have; empty if the values cannot be determined. */
  upstreams: ReadonlyMap<string, string>;
  /** The upstream to use if the value of the variable is not in `upstreams`. */
  others: string;
  /** The blocks around the `proxy_pass`, outermost first, without `http`. */
  parents: readonly Directive[];
}

/**
 * Maximum length in bytes of a key of a map. A longer key does not fit into a bucket of the map's hash table
 * unless `map_hash_bucket_size` is raised.
 */
const LONGEST_KEY = 46;

/** Whether the name of an upstream can be a key of the maps generated here. */
export function fitsInMap(name: string): boolean {
  return Buffer.byteLength(name) <= LONGEST_KEY;
}

/**
 * Generates variables whose value is either the name of an upstream or empty. Each is set by a map from the
 * user's variables: a value known to name an upstream selects that upstream, and any other value at run time
 * selects the bench's own upstream. If a scheme, host or port is empty because the configuration itself
 * leaves the variables in it empty, the result is empty too, and Nginx returns 500, as it would with the
 * original address.
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
    /**
     * @returns the host to use in `proxy_pass` instead of the original: a variable, or the name of the
     * upstream if only one is possible
     */
    among({ target, upstreams, others, parents }: Choice): string {
      const needed = canBeEmpty(target)
        ? neededParts(target).filter((part) => isOwn(block, part, parents))
        : [];
      const values = new Map([...upstreams].map(([value, upstream]) => [upstreamName(value), upstream]));
      const known = [...values].map(([value, upstream]) => [keyOf(value), upstream] as const);
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

/**
 * Whether the host may be empty. This is safe only if the text after the host cannot become part of the host,
 * and only in `http`, where Nginx then returns 500.
 */
function canBeEmpty({ schemeText, uri }: Target): boolean {
  return schemeText !== '' && (uri === '' || uri.startsWith('/'));
}

/** The required parts of an address that consist only of variables. */
function neededParts({ schemeText, host }: Target): string[] {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(host) ?? [];
  return [schemeText, name, port ?? ''].filter((part) => /^(\$\{?\w+\}?)+$/.test(part));
}

function isOwn(block: readonly Node[], part: string, parents: readonly Directive[]): boolean {
  const names = [...part.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name);
  return names.every((name) => isOwnValue(block, name, parents));
}

/**
 * A map key that is taken literally: a `\` prevents it from being read as a keyword or a regular expression.
 */
function keyOf(name: string): string {
  return /^(default|hostnames|include|volatile)$|^\W/.test(name) ? `\\${name}` : name;
}

/**
 * Makes a function that reports whether a word occurs anywhere in a block, as a variable, as a capture or
 * within text.
 */
function mentions(block: readonly Node[]): (word: string) => boolean {
  const text = print(block).text.toLowerCase();
  return (word) => text.includes(word);
}

/** Creates an upstream of the benchmark, with these addresses as its `server` entries. */
export function ownUpstream(name: string, addresses: readonly string[]): Directive {
  const entries = addresses.map((each) => directive('server', [each, 'max_fails=0']));
  return directive('upstream', [name], entries);
}

/** Names of the `upstream` blocks in a context, as written. */
export function upstreamsIn(block: readonly Node[]): string[] {
  return directives(block, 'upstream').map(firstText);
}
