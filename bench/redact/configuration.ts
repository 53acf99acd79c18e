import { Problem } from '../model/failure.ts';
import { parse } from '../nginx/parse.ts';
import { print } from '../nginx/print.ts';
import { type Directive, directives, isData, type Node, type Word, word } from '../nginx/tree.ts';
import { replaceIpv6 } from './address.ts';
import { HIDDEN, isPublicWord } from './public-words.ts';

/** A configuration that reveals no names, and the words that were removed from it. */
export interface PublicConfiguration {
  text: string;
  words: ReadonlySet<string>;
}

/**
 * Keeps a configuration's directives, including numbers, sizes, times, switches and words of the Nginx
 * configuration language. Everything else (names, paths, addresses, custom headers) and all comments are
 * removed. A list of permitted words is used, rather than a search for private words, so that anything
 * unexpected is hidden rather than shown.
 */
export function publicConfiguration(text: string): PublicConfiguration {
  const words = new Set<string>();
  const hide = (part: string): string => {
    if (isPublicWord(part)) return part;
    words.add(part);
    return HIDDEN;
  };
  return { text: parsed(text, (nodes) => print(publicLevel(nodes, hide)).text), words };
}

function parsed(text: string, act: (nodes: Node[]) => string): string {
  try {
    return act(parse(text, 'nginx.conf'));
  } catch (error) {
    if (error instanceof Problem) return HIDDEN;
    throw error;
  }
}

type Hide = (part: string) => string;

function publicLevel(nodes: readonly Node[], hide: Hide): Node[] {
  return directives(nodes).map((node) => ({
    ...node,
    args: node.args.map((arg) => publicWord(arg, hide)),
    block: node.block && (isData(node) ? publicEntries(node.block, hide) : publicLevel(node.block, hide)),
  }));
}

/** The entries of a `map` look like directives, but their names are data, too. */
function publicEntries(block: readonly Node[], hide: Hide): Directive[] {
  return directives(block).map((entry) => ({
    ...entry,
    name: publicText(entry.name, hide),
    args: entry.args.map((arg) => publicWord(arg, hide)),
  }));
}

function publicWord(arg: Word, hide: Hide): Word {
  return word(publicText(arg.text, hide));
}

/** Redacts a text part by part: in `keys_zone=alice:10m`, only the name is hidden. */
function publicText(text: string, hide: Hide): string {
  return isPublicWord(text)
    ? text
    : replaceIpv6(text, hide)
        .split(/([=:,\s[\]]+)/)
        .map((part, at) => (at % 2 === 0 ? hide(part) : part))
        .join('');
}
