import { Problem } from '../model/failure.ts';
import type { Change } from '../wording/sandbox.ts';
import { INCOMPLETE } from './empty-include.ts';
import { isWrapped } from './fragment.ts';
import { nearestWord } from './misspelt.ts';
import type { OnChange } from './notices.ts';
import { type Directive, directives, firstText, isData, type Node, place, rewrite, texts } from './tree.ts';
import { UPGRADE_MAP } from './websocket.ts';

/** A directive that Nginx rejects, and why it may be removed. */
interface Culprit {
  change: Change;
  isMeant(node: Directive): boolean;
}

/**
 * Removes the directive that Nginx rejects, if the error message shows that the directive needs something that
 * is missing: another module, a newer version of Nginx, a file, or a feature of Nginx's TLS library or of this
 * system.
 *
 * @param complaint error message of `nginx -t`, with the location in the user's file
 * @param vital directives that the WebSockets depend on; an unknown directive within them is an error
 * @returns null for any other error message
 * @throws Problem('configuration') with file and line for an unknown directive within `vital`, and for an
 * undefined variable that is used outside log formats
 */
export function withoutCulprit(
  tree: readonly Node[],
  complaint: string,
  vital: readonly Directive[],
  onChange: OnChange,
): Node[] | null {
  const unknown = /unknown "(\w+)" variable/.exec(complaint)?.[1];
  if (unknown !== undefined) return withoutVariable(tree, unknown, onChange);
  const lacking = LACKING.exec(complaint)?.[1];
  if (lacking !== undefined) return isWrapped(tree) ? withoutUse(tree, lacking, onChange) : null;
  const culprit = culpritOf(complaint);
  if (culprit === null) return null;
  const places = new Set(vital.flatMap(placesIn));
  let isFound = false;
  const rest = rewrite(tree, (node) => {
    if (node.origin === null || isData(node) || !culprit.isMeant(node)) return [node];
    if (culprit.change === 'other-modules' && places.has(placed(node))) throw needed(node);
    isFound = true;
    onChange(culprit.change, node);
    return [];
  });
  return isFound ? rest : null;
}

function culpritOf(complaint: string): Culprit | null {
  const name = /unknown directive "([^"]+)"/.exec(complaint)?.[1];
  if (name !== undefined) return { change: 'other-modules', isMeant: (node) => node.name === name };
  const at = placeIn(complaint);
  const isThere = (node: Directive) => place(node.origin) === at;
  if (at !== undefined && /dlopen\(\)|^module "/.test(complaint)) {
    return { change: 'other-modules', isMeant: (node) => node.name === 'load_module' && isThere(node) };
  }
  const [, first, second] = /\w+\("([^"]*)"(?:, ?"([^"]*)")?\) failed/.exec(complaint) ?? [];
  if (first !== undefined) {
    const isFile = /No such file|Permission denied/.test(complaint);
    const isMeant = (node: Directive) =>
      (at === undefined || isThere(node)) && texts(node).some((text) => text === first || text === second);
    return { change: isFile ? 'missing-files' : 'this-system', isMeant };
  }
  const unsupported = /"(\w+)(?: [^"]*)?"[^"]* (?:is|are|was) (?:unsupported|not supported)/.exec(
    complaint,
  )?.[1];
  if (at === undefined || unsupported === undefined) return null;
  return { change: 'this-system', isMeant: (node) => isThere(node) };
}

/**
 * Matches errors about a log format or a zone that is used but not defined. The main file usually defines
 * both, and the other files only use them.
 */
const LACKING = /(?:unknown log format|"\w+_cache" zone|zero size shared memory zone) "([^"]+)"/;

/**
 * Removes the uses of an undefined log format or zone from a partial configuration, because another file
 * usually defines it.
 */
function withoutUse(tree: readonly Node[], name: string, onChange: OnChange): Node[] | null {
  let isFound = false;
  const rest = rewrite(tree, (node) => {
    const [first, second] = texts(node);
    const isLog = node.name === 'access_log' && second === name;
    const isZone = ZONE_USES.test(node.name) && (first === name || texts(node).includes(`zone=${name}`));
    if (!isLog && !isZone) return [node];
    isFound = true;
    onChange('defined-elsewhere', node);
    return isLog ? [{ ...node, args: node.args.toSpliced(1, 1) }] : [];
  });
  return isFound ? rest : null;
}

const ZONE_USES = /^(limit_conn|limit_req|(proxy|fastcgi|scgi|uwsgi)_cache)$/;

/**
 * Replaces an undefined variable in log formats with `-`, which Nginx also logs for an empty value. Anywhere
 * else, the variable may matter, so its use is an error.
 */
function withoutVariable(tree: readonly Node[], name: string, onChange: OnChange): Node[] {
  // Nginx reports a variable's name in lower case, regardless of its case in the configuration.
  const uses = new RegExp(`\\$(?:\\{${name}\\}|${name}\\b)`, 'gi');
  let isFound = false;
  const rest = rewrite(tree, (node) => {
    const [use] = texts(node).flatMap((text) => text.match(uses) ?? []);
    if (use === undefined) return [node];
    const remedyOfUser = node.name === 'log_format' ? null : remedyFor(tree, name);
    if (remedyOfUser !== null) {
      throw new Problem(
        'configuration',
        `Nginx rejects the configuration: "${node.name}" at ${place(node.origin)} uses ${use}, which is not defined anywhere. ${remedyOfUser}`,
        { code: INCOMPLETE, data: { isRejected: true } },
      );
    }
    if (node.name !== 'log_format') {
      const remedy =
        unfilledIn(use) ??
        'Define the variable, or use --nginx to name an Nginx with the module that provides it.';
      throw new Problem(
        'configuration',
        `"${node.name}" at ${place(node.origin)} uses ${use}, which is not a variable of this Nginx. ${remedy}`,
        { code: INCOMPLETE },
      );
    }
    isFound = true;
    onChange('other-modules', node);
    return [{ ...node, args: node.args.map((arg) => ({ ...arg, text: arg.text.replace(uses, '-') })) }];
  });
  if (isFound) return rest;
  throw new Problem(
    'configuration',
    `The configuration uses $${name}, which is not a variable of this Nginx.`,
  );
}

/**
 * Returns the remedy for an undefined variable that neither Nginx nor any module defines: a misspelt name, or
 * `$connection_upgrade` without its usual `map`. Null for any other variable.
 */
function remedyFor(tree: readonly Node[], name: string): string | null {
  if (name === 'connection_upgrade') return `Add to the http block: ${UPGRADE_MAP}`;
  const meant = nearestWord(name, definedVariables(tree));
  return meant === null ? null : `Did you mean $${meant}?`;
}

function definedVariables(tree: readonly Node[]): string[] {
  const names: string[] = [];
  rewrite(tree, (node) => {
    const [first, second] = texts(node);
    const written = node.name === 'set' ? first : DEFINES.test(node.name) ? (second ?? first) : undefined;
    if (written?.startsWith('$')) names.push(written.slice(1).toLowerCase());
    return [node];
  });
  return names;
}

const DEFINES = /^(map|geo|split_clients)$/;

/**
 * Returns the remedy if the rejected line contains a variable that looks like a template variable; otherwise
 * null.
 */
export function templateRemedy(tree: readonly Node[], complaint: string): string | null {
  const at = placeIn(complaint);
  const remedies: string[] = [];
  rewrite(tree, (node) => {
    const remedy = at !== undefined && place(node.origin) === at ? unfilledIn(texts(node).join(' ')) : null;
    if (remedy !== null) remedies.push(remedy);
    return [node];
  });
  return remedies[0] ?? null;
}

/**
 * Returns the remedy for a variable that is written in capital letters and without braces. Such a variable may
 * be defined by Nginx, so it is kept unless --env-file sets it.
 */
function unfilledIn(text: string): string | null {
  const [, name] = /\$([A-Z_][A-Z0-9_]*)\b/.exec(text) ?? [];
  return name === undefined
    ? null
    : `If $${name} is a template variable, set ${name} in a file, and pass that file with --env-file.`;
}

/** Returns the file and line given in an error message. */
function placeIn(complaint: string): string | undefined {
  return /.* in (.+:\d+)\.?$/.exec(complaint)?.[1];
}

function needed(node: Directive): Problem {
  return new Problem(
    'configuration',
    `The WebSockets depend on "${node.name}" at ${place(node.origin)}, but this Nginx does not know this directive. Use --nginx to name an Nginx that supports it, or remove it from the configuration under test.`,
  );
}

/**
 * Returns the directives that determine how WebSockets are forwarded: their location block, and the upstreams
 * that it may refer to.
 */
export function vitalParts(tree: readonly Node[], location: Directive | undefined): Directive[] {
  if (location === undefined) return directives(tree, 'stream');
  const targets = [location, ...directives(location.block, 'if')].flatMap(({ block }) =>
    directives(block, 'proxy_pass').flatMap(texts),
  );
  const upstreams = directives(tree, 'http').flatMap(({ block }) => directives(block, 'upstream'));
  return [location, ...upstreams.filter((each) => isNamed(firstText(each), targets))];
}

function isNamed(name: string, targets: readonly string[]): boolean {
  return targets.some((target) => target.includes('://$') || target.split(/[/:]+/)[1] === name);
}

function placesIn(node: Directive): string[] {
  return [placed(node), ...directives(node.block).flatMap(placesIn)];
}

function placed(node: Directive): string {
  return `${node.name} ${place(node.origin)}`;
}
