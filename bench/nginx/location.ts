import { type Directive, directives, texts } from './tree.ts';

/** The pattern of a `location`, as written. */
export interface Pattern {
  modifier: '' | '=' | '^~' | '~' | '~*';
  text: string;
}

/** @returns null if the location is named (`@name`), has no slash or is rejected by Nginx */
export function patternOf(location: Directive): Pattern | null {
  const pattern = written(location);
  return pattern === null || !(isExpression(pattern.modifier) || pattern.text.startsWith('/'))
    ? null
    : pattern;
}

/** Suggested replacement for a location that no path matches because its name does not begin with a slash. */
export function withSlash(location: Directive): string | null {
  const pattern = written(location);
  if (pattern === null || isExpression(pattern.modifier) || /^(\/|@|$)/.test(pattern.text)) return null;
  return `location ${pattern.modifier} /${pattern.text}`.replace('  ', ' ');
}

function written(location: Directive): Pattern | null {
  const [first = '', second] = texts(location);
  const [, glued = '', rest = ''] = /^(=|\^~|~\*|~)?(.*)$/s.exec(first) ?? [];
  const modifier = second === undefined ? glued : first;
  return isModifier(modifier) ? { modifier, text: second ?? rest } : null;
}

function isModifier(text: string): text is Pattern['modifier'] {
  return ['', '=', '^~', '~', '~*'].includes(text);
}

function isExpression(modifier: string): boolean {
  return modifier === '~' || modifier === '~*';
}

/** Whether the location is a regular expression, from which a matching path has to be derived. */
export function isRegular(location: Directive): boolean {
  return isExpression(patternOf(location)?.modifier ?? '');
}

/**
 * The location that handles a path, found in the same way as in `ngx_http_core_find_location`: an exact
 * match, otherwise the longest prefix and the locations nested in it, otherwise the first matching regular
 * expression. An expression that JavaScript cannot parse counts as no match.
 *
 * @returns the locations from the outermost to the one that handles the path; empty if there is none
 */
export function locationsOf(level: Directive, path: string): Directive[] {
  return find(level, path).found;
}

function find(level: Directive, path: string): { found: Directive[]; isFinal: boolean } {
  const here = directives(level.block, 'location').flatMap((location) => {
    const pattern = patternOf(location);
    return pattern === null ? [] : [{ location, ...pattern }];
  });
  const exact = here.find(({ modifier, text }) => modifier === '=' && text === path);
  if (exact !== undefined) return { found: [exact.location], isFinal: true };
  const [longest] = here
    .filter(({ modifier, text }) => (modifier === '' || modifier === '^~') && path.startsWith(text))
    .sort((a, b) => b.text.length - a.text.length);
  const nested = longest === undefined ? { found: [], isFinal: false } : find(longest.location, path);
  const prefix = longest === undefined ? [] : [longest.location, ...nested.found];
  if (nested.isFinal || longest?.modifier === '^~') return { found: prefix, isFinal: nested.isFinal };
  const regular = here.find(
    ({ modifier, text }) => isExpression(modifier) && expressionOf(text, modifier === '~*')?.test(path),
  );
  if (regular === undefined) return { found: prefix, isFinal: false };
  return { found: [regular.location, ...find(regular.location, path).found], isFinal: true };
}

/**
 * Converts a PCRE pattern to a JavaScript regular expression; null if it uses features that JavaScript lacks.
 */
function expressionOf(text: string, ignoreCase: boolean): RegExp | null {
  const insensitive = text.startsWith('(?i)');
  const pattern = text.replace(/^\(\?i\)/, '').replaceAll('(?P<', '(?<');
  try {
    return new RegExp(pattern, ignoreCase || insensitive ? 'i' : '');
  } catch {
    return null;
  }
}

/** Suffixes to try if another location handles the prefix itself (`location = /`). */
const ENDINGS = ['', 'websocket', 'socket', 'live'];

/** Paths that may reach a location, the most natural first. `locationsOf` determines which of them do. */
export function pathsFor(location: Directive): string[] {
  const pattern = patternOf(location);
  if (pattern === null) return [];
  const { modifier, text } = pattern;
  if (modifier === '=') return [text];
  if (isExpression(modifier)) {
    const expression = expressionOf(text, modifier === '~*');
    const made = examplesOf(text).map((path) => (path.startsWith('/') ? path : `/${path}`));
    return [...made, ...made.map((path) => `${path}/`)].filter((path) => expression?.test(path) ?? false);
  }
  return ENDINGS.map((ending) =>
    ending === '' || text.endsWith('/') ? `${text}${ending}` : `${text}/${ending}`,
  );
}

/** Maximum number of example texts built for one regular expression. */
const MOST_EXAMPLES = 16;

/**
 * Texts that a regular expression may match, built from its parts: one character of each class, the minimum
 * of each repetition, and all alternatives. Assertions are ignored, so each text still has to be tested.
 */
function examplesOf(pattern: string): string[] {
  let at = 0;

  function alternatives(): string[] {
    const all = sequence();
    while (pattern[at] === '|') {
      at += 1;
      all.push(...sequence());
    }
    return all.slice(0, MOST_EXAMPLES);
  }

  function sequence(): string[] {
    let all = [''];
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const pieces = repeated(piece());
      all = all.flatMap((head) => pieces.map((tail) => head + tail)).slice(0, MOST_EXAMPLES);
    }
    return all;
  }

  function repeated(pieces: string[]): string[] {
    const [whole, least] = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})[?+]?/.exec(pattern.slice(at)) ?? [];
    if (whole === undefined) return pieces;
    at += whole.length;
    if (least !== undefined) return pieces.map((each) => each.repeat(Math.min(Number(least), 64)));
    return whole.startsWith('+') ? pieces : ['', ...pieces];
  }

  function piece(): string[] {
    const char = pattern.charAt(at);
    at += 1;
    if (char === '(') return group();
    if (char === '[') return [classMember()];
    if (char === '\\') return [escaped()];
    if (char === '^' || char === '$') return [''];
    return [char === '.' ? 'a' : char];
  }

  function group(): string[] {
    const [opening = ''] = /^\?(?:[:=!]|<[=!]|P?<\w+>|[a-z]+\))/.exec(pattern.slice(at)) ?? [];
    at += opening.length;
    if (opening.endsWith(')')) return [''];
    const inner = alternatives();
    at += 1;
    return /[=!]$/.test(opening) ? [''] : inner;
  }

  function classMember(): string {
    const [whole = ''] = /^\^?\]?(?:\\.|[^\]\\])*\]/s.exec(pattern.slice(at)) ?? [];
    at += whole.length;
    const expression = expressionOf(`[${whole}`, false);
    return ['a', '0', '-', '/', 'A', '_', '.'].find((each) => expression?.test(each)) ?? whole.charAt(0);
  }

  function escaped(): string {
    const char = pattern.charAt(at);
    at += 1;
    return (
      { d: '0', w: 'a', s: ' ', S: 'a', D: 'a', W: '-', b: '', B: '', A: '', z: '', Z: '' }[char] ?? char
    );
  }

  return alternatives();
}
