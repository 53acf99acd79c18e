import { print } from './print.ts';
import { type Directive, directives, isData, type Node, texts, type Word, word } from './tree.ts';

/** Stands in the place of a secret. */
const MASK = '***';

/** Names of headers, parameters, variables and cookies that hold secrets. */
const SECRET_NAME =
  /auth(?!or(?!i[sz]))|token|secret|passw|passphrase|pass(?![\w-])|pwd|credential|cookie|session|\bsid\b|\bsig\b|signature|hmac|jwt|key(?!s?_zone|val)/i;

/** Directives whose arguments are secrets. */
const SECRET_DIRECTIVE =
  /passw|secret|credential|certificate_key$|ticket_key$|key_file$|(^|_)token$|^secure_link_(md5|hmac)/;

/** Directives that give a name (their first argument) a value. */
const NAMED_VALUE =
  /^(set|header|add_header|add_trailer|auth_http_header|mqtt_set_connect)$|_(set_header|param)$/;

/** `$name` or `${name}`. */
const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

/** What hides nothing: the name of a scheme of authentication, a flag. */
const HARMLESS = /\b(basic|bearer|digest|negotiate|token)\b(?=\s|$)|^(on|off|true|false|0|1)$/gi;

/** Shapes that secrets have wherever they stand, and what is left of each. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*/g, MASK],
  // `//user@`, `//user:password@`; not `//host:80/@path`.
  [/(:\/\/)(?:[^\s/?#@"']+|[^\s/?#@"':]+:(?!\d+\/)[^\s@"']+)@/g, `$1${MASK}@`],
  [/\b(basic|bearer|digest)(\s+)(?![$*])[^\s"']{6,}/gi, `$1$2${MASK}`],
  [/\beyJ[\w-]+\.[\w.-]+/g, MASK],
  [/\b[0-9a-f]{32,}\b/gi, MASK],
  // As long as a random key, and as mixed.
  [/(?<![\w+-])(?=[\w+-]*[a-z])(?=[\w+-]*[A-Z])(?=[\w+-]*\d)[\w+-]{32,}={0,2}/g, MASK],
];

/** `token=…`, `"token": "…"` and `Token: …`, but neither `//token:80` nor `zone=token:10m`. */
const ASSIGNED = new RegExp(
  `(?<![\\w-])([\\w-]*(?:${SECRET_NAME.source})[\\w-]*)(?:(["']?\\s*=\\s*["']?)([^\\s&;,"']+)|(["']\\s*:\\s*["']?|:\\s+)([^"'\\r\\n]+))`,
  'gi',
);

/**
 * A configuration as text for a report: what looks like a secret is `***`, and comments are left out,
 * since nobody can tell what they hold. A guess by names and shapes: a secret in the middle of a path
 * or of a page's text may pass for something else.
 */
export function redacted(nodes: readonly Node[]): string {
  return print(masked(nodes, secretVariables(nodes), () => {})).text;
}

/**
 * Makes a line of Nginx (from its error log, or a complaint of `nginx -t`) fit for a report: it may
 * quote the configuration, and it names the request with its query.
 */
export function lineRedactor(nodes: readonly Node[]): (line: string) => string {
  const found = new Set<string>();
  masked(nodes, secretVariables(nodes), (text) => {
    for (const part of [text, ...text.split(/\s+/)]) if (part.length >= SHORTEST) found.add(part);
  });
  const secrets = [...found].sort((a, b) => b.length - a.length);
  return (line) => maskText(secrets.reduce((text, secret) => text.replaceAll(secret, MASK), line));
}

/** Of the secrets that are searched for in lines; shorter ones would hit ordinary words. */
const SHORTEST = 6;

/** @param found Is told of each argument that is masked as a whole. */
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
    return [first, ...others.map((arg) => keep(arg, hide))];
  const comparesSecret = node.name === 'if' && variables(node).some((name) => isSecret(name, secret));
  if (comparesSecret) return node.args.map((arg) => hideCompared(arg, hide));
  return node.args.map(maskShapes);
}

/** Whether a `set`, a header or a parameter has a value that is secret. */
function isSecretValue(node: Directive, secret: ReadonlySet<string>): boolean {
  return NAMED_VALUE.test(node.name) && isSecret(node.args[0]?.text.replace(/^\$/, '') ?? '', secret);
}

/** The parameters of `add_header` and `fastcgi_param` stay readable. */
function keep(arg: Word, hide: (arg: Word) => Word): Word {
  return ['always', 'if_not_empty'].includes(arg.text) ? arg : hide(arg);
}

/** `abc)` in `if ($http_x_token != abc)`. */
function hideCompared(arg: Word, hide: (arg: Word) => Word): Word {
  const [, open = '', text = '', close = ''] = /^(\(?)([\s\S]*?)(\)?)$/.exec(arg.text) ?? [];
  return { ...arg, text: `${open}${hide(word(text)).text}${close}` };
}

/** The entries of a `map` and its like: secret values if its variable is, secret keys if what it looks up is. */
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
 * Variables of the configuration that hold secrets whatever their names say: those that a secret
 * header or variable is made of, and copies that `set` makes of a secret one.
 */
function secretVariables(nodes: readonly Node[]): Set<string> {
  const assignments = assignmentsOf(nodes);
  const secret = new Set<string>();
  for (let size = -1; size < secret.size; ) {
    size = secret.size;
    for (const { target, sources, copies } of assignments) {
      if (target === null || isSecret(target, secret)) for (const source of sources) secret.add(source);
      else if (copies && sources.some((source) => isSecret(source, secret))) secret.add(target);
    }
  }
  const defined = new Set(assignments.map(({ target }) => target));
  return new Set([...secret].filter((name) => defined.has(name)));
}

interface Assignment {
  /** The variable; null: a header, parameter or directive that is secret. */
  target: string | null;
  sources: string[];
  /** A `set`, which may copy a secret as it is. */
  copies: boolean;
}

function assignmentsOf(nodes: readonly Node[]): Assignment[] {
  return nodes.flatMap((node): Assignment[] => {
    if (node.kind === 'comment') return [];
    const inner = isData(node) ? [] : assignmentsOf(node.block ?? []);
    const [first, ...others] = variables(node);
    if (isData(node)) {
      const values = (node.block ?? []).flatMap((entry) =>
        entry.kind === 'comment' ? [] : variables(entry),
      );
      return [{ target: variables(node).at(-1) ?? '', sources: values, copies: false }];
    }
    if (/^(auth_request_)?set$/.test(node.name))
      return [{ target: first ?? '', sources: others, copies: true }];
    if (SECRET_DIRECTIVE.test(node.name) || isSecretValue(node, new Set()))
      return [{ target: null, sources: variables(node), copies: false }, ...inner];
    return inner;
  });
}

/** The variables that the arguments mention, in order. */
function variables(node: Directive): string[] {
  return [...texts(node).join(' ').matchAll(VARIABLE)].map((match) => match[1] ?? match[2] ?? '');
}

function isSecret(name: string, secret: ReadonlySet<string>): boolean {
  return SECRET_NAME.test(name) || secret.has(name);
}

/** Whether anything is written out, as in `Bearer abc`; in `Bearer $token` nothing is. */
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
