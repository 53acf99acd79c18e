import { type Directive, directives, isData, type Node, rewrite, texts } from './tree.ts';

/**
 * Variables for which Nginx has values even if nothing sets them: after `set $http_a b` in one location,
 * `$http_a` is still the request's header in all others. `$1` is a capture of a regular expression, whatever
 * `set $1` does.
 */
const NGINXS_OWN =
  /^(\d|args$|limit_rate$|(arg|cookie|http|jwt_claim|jwt_header|proxy_protocol_tlv|sent_http|sent_trailer|upstream_cookie|upstream_http|upstream_trailer)_)/;

/**
 * All values that a variable can have, provided that it is set only by `map`, `split_clients` and `set`, and
 * each value is a literal or another such variable; null if they cannot be determined.
 *
 * @param block of `http` or `stream`
 * @param above variables that are being resolved: a variable that leads back to itself has no value
 */
export function valuesOf(
  block: readonly Node[],
  written: string,
  above: readonly string[] = [],
): string[] | null {
  const name = written.toLowerCase(); // Nginx ignores the case of a variable's name
  if (above.includes(name) || NGINXS_OWN.test(name)) return null;
  const values: (string | null)[] = [];
  const capture = new RegExp(`\\(\\?(P?<${name}>|'${name}')`, 'i');
  rewrite(block, (node) => {
    values.push(...valuesIn(node, `$${name}`));
    const keys = isData(node) ? directives(node.block).map((entry) => entry.name) : [];
    if ([...texts(node), ...keys].some((text) => capture.test(text))) values.push(null);
    return [node];
  });
  const known = values.map((value) => {
    const [, other] = /^\$\{?(\w+)\}?$/.exec(value ?? '') ?? [];
    if (other !== undefined) return valuesOf(block, other, [...above, name]);
    return value === null || value.includes('$') ? null : [value];
  });
  const told = known.filter((each) => each !== null);
  return told.length > 0 && told.length === known.length ? told.flat() : null;
}

function valuesIn(node: Directive, variable: string): (string | null)[] {
  const [first, second] = texts(node).map((text) => text.toLowerCase());
  if (node.name === 'set' && first === variable) return [node.args[1]?.text ?? null];
  if (node.name === 'auth_request_set' || node.name === 'geo')
    return first === variable || second === variable ? [null] : [];
  if ((node.name !== 'map' && node.name !== 'split_clients') || second !== variable) return [];
  const entries = directives(node.block).filter(
    ({ name, args }) => args.length > 0 || (name !== 'hostnames' && name !== 'volatile'),
  );
  const others = node.name === 'map' ? 'default' : '*';
  const isWhole = entries.some(({ name }) => name === others);
  return [...(isWhole ? [] : [null]), ...entries.map(({ args }) => args[0]?.text ?? null)];
}

/**
 * Variables whose values the sandbox cannot reproduce. They are set by clients, by removed access rules or by
 * other servers. The headers that a handshake always has are not among them.
 */
const OF_OTHERS =
  /\$\{?(?!http_(?:host|upgrade|connection)\b)(arg|cookie|http|jwt|proxy_protocol|ssl_client|geoip2?|remote_user|upstream)(_\w+)?\b|\$\{?(args|query_string)\b/;

/**
 * Whether the configuration alone determines if a variable is empty. This holds for a numbered capture of a
 * location, and for a variable that `set` or `map` derives solely from the configuration, the path and the
 * Host header.
 *
 * @param block of `http`
 * @param parents the blocks around the use of the variable
 */
export function isOwnValue(block: readonly Node[], written: string, parents: readonly Directive[]): boolean {
  const name = written.toLowerCase();
  if (/^[1-9]$/.test(name)) return !parents.some(hasRegularName);
  if (NGINXS_OWN.test(name)) return false;
  const capture = new RegExp(`\\(\\?(P?<${name}>|'${name}')`, 'i');
  let isSet = false;
  let isOthers = false;
  rewrite(block, (node) => {
    const [first = '', second = ''] = texts(node).map((text) => text.toLowerCase());
    if (node.name === 'set' && first === `$${name}`) {
      isSet = true;
      isOthers ||= OF_OTHERS.test(second);
    } else if (node.name === 'map' && second === `$${name}`) {
      isSet ||= mayLeaveEmpty(node);
      isOthers ||= OF_OTHERS.test(first) || isGuards(block, first);
    } else if (first === `$${name}` || second === `$${name}`) {
      isOthers ||= /^(auth_request_set|geo|js_set|perl_set|split_clients|set_by_\w+|more_\w+)$/.test(
        node.name,
      );
    }
    isOthers ||= texts(node).some((text) => capture.test(text));
    return [node];
  });
  return isSet && !isOthers;
}

/** Whether a `map` can yield an empty value, because an entry is empty or a default is missing. */
function mayLeaveEmpty(map: Directive): boolean {
  const entries = directives(map.block).filter(({ args }) => args.length > 0);
  return (
    !entries.some(({ name }) => name === 'default') || entries.some(({ args: [value] }) => value?.text === '')
  );
}

function hasRegularName({ name, block }: Directive): boolean {
  return (
    name === 'server' &&
    directives(block, 'server_name')
      .flatMap(texts)
      .some((each) => each.startsWith('~'))
  );
}

/**
 * Whether an expression contains a variable that is set by `auth_request_set`. The `auth_request` that
 * provides its value may have been removed.
 */
function isGuards(block: readonly Node[], expression: string): boolean {
  let isFound = false;
  rewrite(block, (node) => {
    const [variable] = texts(node);
    isFound ||=
      node.name === 'auth_request_set' &&
      variable !== undefined &&
      expression.includes(variable.toLowerCase());
    return [node];
  });
  return isFound;
}
