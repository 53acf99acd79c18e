import { type Directive, directives, isData, type Node, place, rewrite, texts } from '../../nginx/tree.ts';
import type { EmptySource } from '../../wording/check/handshake.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { failedHandshake, type Rule, type Subject } from '../subject.ts';

/**
 * Reports a `proxy_pass` whose variables did not form a valid address in the handshake that was tried, so
 * that Nginx answered 500.
 */
export const passed: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const empty = emptyVariables(subject, candidate);
    const [pass] = passesOf(candidate);
    if (empty.length === 0 || pass === undefined) return [];
    const sources = sourcesOf(subject, candidate, empty);
    const facts = { location: locationOf(candidate), variables: empty.map((name) => `$${name}`), sources };
    return [
      {
        rule: 'proxy-pass',
        level: 'error',
        origin: pass.origin,
        ...finding('passed-to-nothing', facts),
        seen: failedHandshake(subject, candidate),
        remedies: [],
      },
    ];
  });

/** Returns the variables in the `proxy_pass` address that were empty when the handshake failed with 500. */
export function emptyVariables({ seen }: Subject, candidate: Candidate): string[] {
  const location = seen?.locations.get(candidate);
  if (location === undefined || location.passed === null) return [];
  const { outcome, arrived } = location.handshake;
  if (arrived !== null || outcome !== 'status-500') return [];
  const { passed } = location;
  const needed = passesOf(candidate).flatMap((pass) => partsOf(texts(pass)[0] ?? ''));
  const empty = needed.filter((names) => names.every((name) => passed[name] === ''));
  return [...new Set(empty.flat())];
}

function passesOf({ self }: Candidate): Directive[] {
  return [self, ...directives(self.block, 'if')].flatMap(({ block }) => directives(block, 'proxy_pass'));
}

/**
 * Returns the variables in the scheme, host and port of a URL, one list for each part. A list is empty unless
 * that part of the URL consists only of variables.
 */
function partsOf(url: string): string[][] {
  const [, scheme = '', host = '', port = ''] =
    /^(?:([^:/]*):\/\/)?(\[[^\]]*\]|[^:/?]*?)(?::([^/?]*?))?(?:[/?].*|\$\{?(?:request_uri|is_args|uri)\b.*)?$/s.exec(
      url,
    ) ?? [];
  return [scheme, host, port].map((part) =>
    /^(\$\{?\w+\}?)+$/.test(part) ? [...part.matchAll(/\$\{?(\w+)\}?/g)].map(([, name = '']) => name) : [],
  );
}

function sourcesOf({ tree }: Subject, candidate: Candidate, names: readonly string[]): EmptySource[] {
  const reset = names.some((name) => /^\d$/.test(name)) ? resetOf(tree, candidate) : [];
  const places = names.flatMap((name) => settersOf(tree, candidate, name)).map(({ origin }) => place(origin));
  if (reset.length > 0) return reset;
  if (places.length > 0) return [{ why: 'elsewhere', places }];
  const maps = names.flatMap((name) => mapsOf(tree, name)).map(({ origin }) => place(origin));
  return [maps.length > 0 ? { why: 'unmapped', places: maps } : { why: 'never' }];
}

function mapsOf(tree: readonly Node[], name: string): Directive[] {
  return directives(tree, 'http')
    .flatMap(({ block }) => directives(block, 'map'))
    .filter((map) => texts(map)[1]?.toLowerCase() === `$${name.toLowerCase()}`);
}

/**
 * Returns the directives that set a variable in the blocks around a location or, if there are none, anywhere
 * else.
 */
function settersOf(tree: readonly Node[], { levels }: Candidate, name: string): Directive[] {
  const isSetter = (node: Directive) =>
    node.name === 'set' && texts(node)[0]?.toLowerCase() === `$${name.toLowerCase()}`;
  const around = levels.flatMap(({ block }) => directives(block).filter(isSetter));
  if (around.length > 0) return around;
  const all: Directive[] = [];
  rewrite(tree, (node) => {
    if (isSetter(node)) all.push(node);
    return [node];
  });
  return all;
}

/**
 * Returns the conditions of a location that evaluate a regular expression, either directly or through a map.
 */
function resetOf(tree: readonly Node[], { levels }: Candidate): EmptySource[] {
  const maps = directives(tree, 'http').flatMap(({ block }) => directives(block).filter(isData));
  const conditions = levels.flatMap(({ block }) => directives(block, 'if'));
  return conditions.flatMap((condition): EmptySource[] => {
    const words = texts(condition);
    if (words.some((word) => /^!?~\*?$/.test(word)))
      return [{ why: 'reset', place: place(condition.origin), expression: place(condition.origin) }];
    const used = maps.find(
      (map) => map.args[1] !== undefined && words.some((word) => word.includes(map.args[1]?.text ?? '')),
    );
    const regular = directives(used?.block).find(({ name }) => name.startsWith('~'));
    if (regular === undefined) return [];
    return [{ why: 'reset', place: place(condition.origin), expression: place(regular.origin) }];
  });
}
