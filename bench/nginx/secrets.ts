import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { parse } from './parse.ts';
import { firstText, isData, type Node } from './tree.ts';

/** Replacement text for a secret. */
export const MASK = '***';

/** Names of headers, parameters, variables and cookies that contain secrets. */
export const SECRET_NAME =
  /auth(?!or(?!i[sz]))|token|secret|passw|passphrase|pass(?![\w-])|pwd|credential|cookie|session|\bsid\b|\bsig\b|signature|hmac|jwt|key(?!s?_zone|val)/i;

/** Delimiters around a variable's value: Unicode noncharacters, which do not occur in text. */
const [OPEN, MIDDLE, CLOSE] = ['\uFDD0', '\uFDD1', '\uFDD2'] as const;
const MARK = new RegExp(`${OPEN}(\\w+)${MIDDLE}|${CLOSE}`);

const MARKED = new RegExp(`${OPEN}(\\w+)${MIDDLE}([^${CLOSE}]*)`, 'g');

/** A template variable's value, marked with its name so that it can be found in the tree. */
export function marked(name: string, value: string): string {
  return `${OPEN}${name}${MIDDLE}${value}${CLOSE}`;
}

/**
 * Ports, sizes, times, switches and addresses, which are shown because a configuration is unintelligible
 * without them.
 */
const STRUCTURAL_VALUE =
  /^(?:on|off|auto|true|false|yes|no|\d{1,5}|\d+(?:\.\d+)?(?:[kmgshdwy]|ms|r\/[sm]|%)|\d+(?:\.\d+){3}(?:\/\d+)?(?::\d+)?|[a-z][\w-]*(?:\.[\w-]+)*:\d{1,5})$/i;

/** Directives whose arguments are hosts, ports and counts. */
const HOSTS = /^(?:listen|server_name|server|upstream|resolver|worker_processes|worker_connections|user)$/;

/** Directives whose arguments are paths. */
const PATHS =
  /^(?:root|alias|include|location|pid|(?:access|error)_log|\w*ssl_(?:certificate|trusted_certificate|client_certificate|dhparam)|\w+_(?:cache|temp)_path)$/;

/** Scheme, user, host and port at the start of a URL. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** A variable's value, or the part of it that is in one word of the configuration. */
interface Use {
  name: string;
  value: string;
  /**
   * Whether the value may be shown, because it is a size, a switch or the like, or is used as a host, a port
   * or a path.
   */
  isStructural: boolean;
}

/**
 * The secret values of a template: every value that is never used as a host, a port or a path, and is not a
 * size, a switch or the like (STRUCTURAL_VALUE). If a variable's name marks it as secret, its value is secret
 * even in a path.
 *
 * @param text a file whose variables were filled in by `marked`
 */
export function secretsIn(text: string, file: string): { name: string; value: string }[] {
  const uses = usesIn(text, file);
  const shown = new Set(uses.filter(({ isStructural }) => isStructural).map(({ value }) => value));
  return uses.filter(({ value }) => value !== '' && !shown.has(value));
}

function usesIn(text: string, file: string): Use[] {
  try {
    return usesOf(parse(text, file));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [...text.matchAll(MARKED)].map(([, name = '', value = '']) => ({
      name,
      value,
      isStructural: false,
    }));
  }
}

/**
 * Uses of the variables' values, in file order. A value that contains spaces may extend over several words.
 */
function usesOf(nodes: readonly Node[]): Use[] {
  const uses: Use[] = [];
  let open: string | null = null;
  const read = (word: string, isStructural: (use: Place) => boolean): void => {
    const whole = unmarked(word);
    const [first = '', ...parts] = word.split(MARK);
    let at = 0;
    const take = (text: string): void => {
      const value = text.replace(/^["']|["']$/g, '');
      if (open !== null)
        uses.push({ name: open, value, isStructural: isStructural({ name: open, value, whole, at }) });
      at += text.length;
    };
    take(first);
    for (let index = 0; index < parts.length; index += 2) {
      open = parts[index] ?? null;
      take(parts[index + 1] ?? '');
    }
  };
  const visit = (level: readonly Node[], areEntries: boolean): void => {
    for (const node of level) {
      if (node.kind === 'comment') {
        if (node.text.includes(CLOSE)) open = null;
        continue;
      }
      const name = unmarked(node.name);
      read(node.name, (use) => !areEntries || isStructuralValue(use));
      const header = /_set_header$/.test(name) ? unmarked(firstText(node)).toLowerCase() : null;
      const isHost = HOSTS.test(name) || header === 'host';
      for (const { text } of node.args)
        read(text, (use) => isStructuralValue(use) || (!areEntries && isStructuralPlace(use, name, isHost)));
      visit(node.block ?? [], isData({ name }));
    }
  };
  visit(nodes, false);
  return uses;
}

function unmarked(word: string): string {
  return word
    .split(MARK)
    .filter((_, index) => index % 2 === 0)
    .join('');
}

/** Position of a value within a word. */
interface Place {
  name: string;
  value: string;
  /** The whole word, and the offset in it at which the value starts. */
  whole: string;
  at: number;
}

function isStructuralValue({ name, value }: Pick<Place, 'name' | 'value'>): boolean {
  return STRUCTURAL_VALUE.test(value) && !SECRET_NAME.test(name);
}

function isStructuralPlace({ name, value, whole, at }: Place, directive: string, isHost: boolean): boolean {
  const isPass = /_pass$/.test(directive);
  const authority = AUTHORITY.exec(whole)?.[0];
  const query = directive === 'location' ? -1 : whole.indexOf('?');
  if (query >= 0 && query < at + value.length) return false;
  if (authority !== undefined) {
    if (at <= authority.lastIndexOf('@')) return false;
    if (at + value.length <= authority.length) return true;
  } else if (isHost || isPass) return true;
  return (isPass || PATHS.test(directive)) && !SECRET_NAME.test(name);
}

/** The secret parts of the user's settings for requesting the WebSockets: header values, and a query. */
export function givenSecrets({
  headers,
  websocketPath,
}: Pick<ConfigurationOptions, 'headers' | 'websocketPath'>): string[] {
  const values = headers.filter((header) => !isOrigin(header)).map(({ value }) => value);
  const [, query = ''] = websocketPath?.split(/\?(.*)/s) ?? [];
  // A part of a value may be an ordinary word, so only long parts count as secrets.
  const parts = [...values, query].flatMap((text) => text.split(/[\s;,&=]+/));
  return [...values, query, ...parts.filter(({ length }) => length >= SHORT)].filter(isWorthMasking);
}

/**
 * Minimum length of a masked value, because shorter values could occur in any text. Values shorter than SHORT
 * are masked only where they are whole words.
 */
const SHORTEST = 3;
const SHORT = 6;

function isWorthMasking(text: string): boolean {
  return (
    text.length >= SHORTEST &&
    !STRUCTURAL_VALUE.test(text) &&
    !/^(basic|bearer|digest|negotiate)$/i.test(text)
  );
}

/**
 * Whether a header is an origin such as `Origin: https://chat.example.org`: it names a host, and every
 * visitor to the site sends it.
 */
function isOrigin({ name, value }: { name: string; value: string }): boolean {
  return name.toLowerCase() === 'origin' && /^[a-z]+:\/\/[\w.:[\]-]+$/i.test(value);
}

/** A header as typed, with its value masked. An origin is not masked. */
export function maskedHeader(text: string): string {
  const [, name = '', space = '', value = ''] = /^([^:]*):([ \t]*)(.*)$/s.exec(text) ?? [];
  if (name === '') return MASK;
  return isOrigin({ name, value: value.trim() }) ? text : `${name}:${space}${MASK}`;
}

/** A path with its query masked. */
export function maskedPath(path: string): string {
  return path.replace(/\?.*/s, `?${MASK}`);
}

/** Makes a function that masks the given secrets wherever they occur in a text. */
export function maskerOf(secrets: Iterable<string>): (text: string) => string {
  const sorted = [...new Set(secrets)]
    .filter((secret) => secret.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
    .map((secret) => {
      const pattern = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      return secret.length < SHORT ? `(?<![A-Za-z0-9])${pattern}(?![A-Za-z0-9])` : pattern;
    });
  if (sorted.length === 0) return (text) => text;
  const any = new RegExp(sorted.join('|'), 'g');
  return (text) => text.replace(any, MASK);
}

/** Masks the secrets in a finding, both in its sentence and in its data. */
export function maskedFinding<F extends Finding>(finding: F, mask: (text: string) => string): F {
  const data = JSON.parse(JSON.stringify(finding.data), (_, fact) =>
    typeof fact === 'string' ? mask(fact) : fact,
  );
  return { ...finding, data, text: mask(finding.text) };
}

/**
 * Masks secrets in the messages of thrown Problems.
 *
 * @param secrets called after a failure, when the secrets are known
 */
export async function maskProblems<T>(
  secrets: () => Iterable<string>,
  act: () => Promise<T> | T,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { kind, code, cause } = error;
    throw new Problem(kind, maskerOf(secrets())(error.message), { code, cause });
  }
}
