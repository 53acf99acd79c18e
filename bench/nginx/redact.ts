import { print } from './print.ts';
import { MASK, maskerOf, SECRET_NAME } from './secrets.ts';
import { type Directive, directives, firstText, isData, type Node, texts, type Word, word } from './tree.ts';

const SECRET_DIRECTIVE =
  /passw|secret|credential|certificate_key$|ticket_key$|key_file$|(^|_)token$|^secure_link_(md5|hmac)/;

/** Directives whose first argument is a name and whose second is its value. */
const NAMED_VALUE =
  /^(set|header|add_header|add_trailer|auth_http_header|mqtt_set_connect)$|_(set_header|param)$/;

/** Matches `$name` or `${name}`. */
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** Literal text that is not secret: names of authentication schemes, and flags. */
const HARMLESS = /\b(basic|bearer|digest|negotiate|token)\b(?=\s|$)|^(on|off|true|false|0|1)$/gi;

/** Patterns of secrets that are recognised in any argument, with their replacements. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/g, MASK],
  // Matches `//user@` and `//user:password@`, but not `//host:80/@path`.
  [/(:\/\/)(?:[^\s/?#@"']+|[^\s/?#@"':]+:(?!\d+\/)[^\s@"']+)@/g, `$1${MASK}@`],
  [/\b(basic|bearer|digest)(\s+)(?![$*])[^\s"']{6,}/gi, `$1$2${MASK}`],
  [/\beyJ[\w-]+\.[\w.-]+/g, MASK],
  [/\b[0-9a-f]{32,}\b/gi, MASK],
  // Matches random keys: 32 or more characters that include lower case, upper case and digits.
  [/(?<![\w+-])(?=[\w+-]*[a-z])(?=[\w+-]*[A-Z])(?=[\w+-]*\d)[\w+-]{32,}={0,2}/g, MASK],
];

/** Matches `token=…`, `"token": "…"` and `Token: …`, but neither `//token:80` nor `zone=token:10m`. */
const ASSIGNED = new RegExp(
  `(?<![\\w-])([\\w-]*(?:${SECRET_NAME.source})[\\w-]*)(?:(["']?\\s*=\\s*["']?)([^\\s&;,"']+)|(["']\\s*:\\s*["']?|:\\s+)([^"'\\r\\n]+))`,
  'gi',
);

/**
 * Prints a configuration for a report. Anything that looks like a secret is replaced by `***`; comments are
 * omitted because they may contain anything. Secrets are recognised by names and patterns, so a secret in a
 * path or in the text of a page can be missed.
 *
 * @param known secrets to mask everywhere: values filled in from the environment
 */
export function redacted(nodes: readonly Node[], known: readonly string[] = []): string {
  const hidden = withoutKnown(nodes, maskerOf(known));
  return print(masked(hidden, secretVariables(hidden), () => {})).text;
}

/** First argument of a directive; null if it is or contains a secret. */
export function shownArgument(node: Directive): string | null {
  const [shown] = directives(masked([{ ...node, block: null }], new Set(), () => {}));
  const text = shown?.args[0]?.text ?? null;
  return text?.includes(MASK) ? null : text;
}

/**
 * Masks known secrets. Directive names are kept, because Nginx defines them; names of entries in a `map` are
 * masked.
 */
function withoutKnown(
  nodes: readonly Node[],
  mask: (text: string) => string,
  areEntries = false,
): Directive[] {
  return directives(nodes).map((node) => ({
    ...node,
    name: areEntries ? mask(node.name) : node.name,
    args: node.args.map((arg) => ({ ...arg, text: mask(arg.text) })),
    block: node.block && withoutKnown(node.block, mask, isData(node)),
  }));
}

/**
 * Removes secrets from lines of Nginx's error log and of `nginx -t` output, which may quote the configuration
 * and a request with its query.
 *
 * @param known as for `redacted`, plus the user's headers and query for the WebSockets
 */
export function lineRedactor(
  nodes: readonly Node[],
  known: readonly string[] = [],
): (line: string) => string {
  const maskKnown = maskerOf(known);
  const found = new Set<string>();
  masked(nodes, secretVariables(nodes), (text) => {
    for (const part of [text, ...text.split(/\s+/)]) if (part.length >= SHORTEST) found.add(part);
  });
  const secrets = [...found].sort((a, b) => b.length - a.length);
  return (line) => maskText(secrets.reduce((text, secret) => text.replaceAll(secret, MASK), maskKnown(line)));
}

/** Minimum length of secrets masked in lines of Nginx's output; shorter secrets could be ordinary words. */
const SHORTEST = 6;

/** @param found called with each argument that is masked entirely */
function masked(nodes: readonly Node[], secret: ReadonlySet<string>, found: (text: string) => void): Node[] {
  const hide = ({ text, quoted }: Word): Word => {
    if (!hasLiteral(text)) return { text, quoted };
    found(text);
    return word(MASK);
  };
  const inside = (level: readonly Node[]): Node[] =>
    directives(level).map((node) => ({
      ...node,
      args: maskedArguments(node, secret, hide),
      block:
        node.block && (isData(node) ? maskedEntries(node, node.block, secret, hide) : inside(node.block)),
    }));
  return inside(nodes);
}

function maskedArguments(node: Directive, secret: ReadonlySet<string>, hide: (arg: Word) => Word): Word[] {
  const [first, ...others] = node.args;
  if (SECRET_DIRECTIVE.test(node.name)) return node.args.map(hide);
  if (first !== undefined && isSecretValue(node, secret))
    return [first, ...others.map((arg) => hideValue(arg, hide))];
  const comparesSecret = node.name === 'if' && variables(node).some((name) => isSecret(name, secret));
  if (comparesSecret) return node.args.map((arg) => hideCompared(arg, hide));
  return node.args.map(maskShapes);
}

/** Whether a directive sets a secret variable, header or parameter. */
function isSecretValue(node: Directive, secret: ReadonlySet<string>): boolean {
  return NAMED_VALUE.test(node.name) && isSecret(firstText(node).replace(/^\$/, ''), secret);
}

/** Masks a value, but not the keywords of `add_header` and `fastcgi_param`. */
function hideValue(arg: Word, hide: (arg: Word) => Word): Word {
  return ['always', 'if_not_empty'].includes(arg.text) ? arg : hide(arg);
}

/** Masks the value compared in an `if` condition. The condition's parentheses are part of the arguments. */
function hideCompared(arg: Word, hide: (arg: Word) => Word): Word {
  const text = arg.text.replace(
    /^(\(?)([\s\S]*?)(\)?)$/,
    (_, open: string, compared: string, close: string) => `${open}${hide(word(compared)).text}${close}`,
  );
  return { ...arg, text };
}

/**
 * Masks the values of a `map` (`geo`, …) if it sets a secret variable, and its keys if it looks up a secret
 * variable.
 */
function maskedEntries(
  node: Directive,
  block: readonly Node[],
  secret: ReadonlySet<string>,
  hide: (arg: Word) => Word,
): Node[] {
  const names = variables(node);
  const hidesValues = isSecret(names.at(-1) ?? '', secret);
  const hidesKeys = names.slice(0, -1).some((name) => isSecret(name, secret));
  return directives(block).map((entry) => {
    if (['include', 'hostnames', 'volatile'].includes(entry.name)) return entry;
    const key = hidesKeys && entry.name !== 'default' ? hide(word(entry.name)).text : maskText(entry.name);
    return { ...entry, name: key, args: entry.args.map(hidesValues ? hide : maskShapes) };
  });
}

/**
 * Variables that hold secrets although their names do not show it. Either they are used in the value of a
 * secret header or variable, or their value contains a secret variable.
 */
function secretVariables(nodes: readonly Node[]): Set<string> {
  const assignments = assignmentsOf(nodes);
  const secret = new Set<string>();
  let size: number;
  do {
    size = secret.size;
    for (const { target, sources } of assignments) {
      if (target === null || isSecret(target, secret)) for (const source of sources) secret.add(source);
      else if (sources.some((source) => isSecret(source, secret))) secret.add(target);
    }
  } while (secret.size > size);
  const defined = new Set(assignments.map(({ target }) => target));
  return new Set([...secret].filter((name) => defined.has(name)));
}

interface Assignment {
  /** Name of the variable that is set; null if a secret header, parameter or directive is set. */
  target: string | null;
  sources: string[];
}

function assignmentsOf(nodes: readonly Node[]): Assignment[] {
  return nodes.flatMap((node): Assignment[] => {
    if (node.kind === 'comment') return [];
    const inner = isData(node) ? [] : assignmentsOf(node.block ?? []);
    const [first = '', ...others] = variables(node);
    if (isData(node)) {
      const values = (node.block ?? []).flatMap((entry) =>
        entry.kind === 'comment' ? [] : variables(entry),
      );
      return [{ target: variables(node).at(-1) ?? '', sources: values }];
    }
    if (/^(auth_request_)?set$/.test(node.name)) return [{ target: first, sources: others }];
    if (SECRET_DIRECTIVE.test(node.name) || isSecretValue(node, new Set()))
      return [{ target: null, sources: variables(node) }, ...inner];
    return inner;
  });
}

/** Names of the variables in a directive's arguments, in order. */
function variables(node: Directive): string[] {
  return [...texts(node).join(' ').matchAll(VARIABLE)].map(([, braced, bare = '']) => braced ?? bare);
}

function isSecret(name: string, secret: ReadonlySet<string>): boolean {
  return SECRET_NAME.test(name) || secret.has(name);
}

/**
 * Whether the text contains anything other than variables: true for `Bearer abc`, false for `Bearer $token`.
 */
function hasLiteral(text: string): boolean {
  return /[a-z0-9]/i.test(text.replace(VARIABLE, '').replace(HARMLESS, ''));
}

function maskShapes(arg: Word): Word {
  return { ...arg, text: maskText(arg.text) };
}

function maskText(text: string): string {
  const shaped = SHAPES.reduce((result, [shape, left]) => result.replace(shape, left), text);
  return shaped.replace(ASSIGNED, (whole, name: string, equals = '', value = '', colon = '', line = '') =>
    hasLiteral(value + line) ? `${name}${equals}${colon}${MASK}` : whole,
  );
}
