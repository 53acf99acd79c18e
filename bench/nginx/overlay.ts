import { Problem } from '../model/failure.ts';
import { type Directive, directives, firstText, type Node, place, texts, type Word } from './tree.ts';
import { upstreamName } from './upstream-name.ts';

/** Directives that may occur several times on one level, with different first arguments. */
const REPEATABLE = new Set([
  'add_header',
  'env',
  'load_module',
  'proxy_set_header',
  'set',
  'ssl_conf_command',
]);

/** Blocks that a tuning may add, because each defines something new. Any other block must already exist. */
const ADDABLE = new Set(['events', 'geo', 'map', 'split_clients', 'upstream']);

/** Arguments of `listen` other than the address (ngx_http_core_listen in src/http/ngx_http_core_module.c). */
const LISTEN_PARAMETER =
  /^(default_server|ssl|http2|quic|proxy_protocol|deferred|bind|reuseport|(setfib|fastopen|backlog|rcvbuf|sndbuf|accept_filter|ipv6only|so_keepalive)=.*)$/;

/**
 * Applies a tuning to a configuration. A block of the tuning applies to all blocks with the same name on the
 * same level. If it has arguments (`location /websocket`), it applies only to blocks with the same arguments.
 * Within a block, a directive of the tuning replaces all directives with that name, or is added if there are
 * none. If the tuning contains several directives with the same name, all of them take the place of the old
 * ones. `listen reuseport;`, without an address, adds the parameter to every `listen`.
 *
 * @throws Problem('configuration') if a block of the tuning matches no block, and therefore has no effect
 */
export function overlay(tree: readonly Node[], tuning: readonly Node[]): Node[] {
  const matched = new Set<Directive>();
  const result = applied(tree, tuning, matched);
  refuseUnmatched(tuning, matched);
  return result;
}

function applied(nodes: readonly Node[], tuning: readonly Node[], matched: Set<Directive>): Node[] {
  const changes = directives(tuning);
  const isParameterChange = (change: Directive) => change.name === 'listen' && isParameters(change);
  const leaves = changes.filter((change) => isLeaf(change) && !isParameterChange(change));
  let result = [...nodes];
  for (const key of new Set(leaves.map(keyOf))) {
    result = replaceDirectives(
      result,
      key,
      leaves.filter((change) => keyOf(change) === key),
    );
  }
  for (const change of changes) {
    if (change.block !== null) result = applyBlock(result, change, change.block, matched);
    else if (isParameterChange(change)) result = addParameters(result, change);
  }
  return result;
}

function applyBlock(
  nodes: Node[],
  change: Directive,
  block: readonly Node[],
  matched: Set<Directive>,
): Node[] {
  const result = nodes.map((node) => {
    if (node.kind === 'comment' || node.block === null || !matches(node, change)) return node;
    matched.add(change);
    return { ...node, block: applied(node.block, block, matched) };
  });
  if (matched.has(change) || !ADDABLE.has(change.name)) return result;
  markAll(change, matched);
  return [...result, change];
}

function matches(node: Directive, change: Directive): boolean {
  if (node.name !== change.name) return false;
  const name = node.name === 'upstream' ? upstreamName : (text: string) => text;
  const wanted = texts(change).map(name);
  return wanted.length === 0 || wanted.join('\0') === texts(node).map(name).join('\0');
}

function markAll(change: Directive, matched: Set<Directive>): void {
  matched.add(change);
  for (const inner of directives(change.block)) markAll(inner, matched);
}

/** Replaces all directives that have the given key, inserting the new ones at the position of the first. */
function replaceDirectives(nodes: readonly Node[], key: string, changes: readonly Directive[]): Node[] {
  const old = nodes.filter((node) => isLeaf(node) && keyOf(node) === key);
  const kept = nodes.filter((node) => !old.includes(node));
  const first = old[0];
  // If there is no directive to replace, the new ones are added after the other simple directives and before
  // the blocks.
  const at = first === undefined ? nodes.findLastIndex(isLeaf) + 1 : nodes.indexOf(first);
  return kept.toSpliced(at, 0, ...changes);
}

function isLeaf(node: Node): node is Directive {
  return node.kind === 'directive' && node.block === null;
}

function keyOf(node: Directive): string {
  return REPEATABLE.has(node.name) ? `${node.name} ${firstText(node).toLowerCase()}` : node.name;
}

function isParameters(listen: Directive): boolean {
  const first = listen.args[0]?.text;
  return first !== undefined && LISTEN_PARAMETER.test(first);
}

function addParameters(nodes: Node[], change: Directive): Node[] {
  return nodes.map((node) =>
    isLeaf(node) && node.name === 'listen' ? { ...node, args: withParameters(node.args, change.args) } : node,
  );
}

/** Adds parameters to the arguments of `listen`; `backlog=512` replaces an existing `backlog=`. */
function withParameters(args: readonly Word[], added: readonly Word[]): Word[] {
  const nameOf = (arg: Word) => arg.text.split('=')[0];
  const names = new Set(added.map(nameOf));
  return [...args.filter((arg) => !names.has(nameOf(arg))), ...added];
}

function refuseUnmatched(tuning: readonly Node[], matched: Set<Directive>): void {
  for (const change of directives(tuning)) {
    if (change.block === null) continue;
    if (!matched.has(change)) {
      const head = [change.name, ...texts(change)].join(' ');
      throw new Problem(
        'configuration',
        `The tuning's block "${head}" at ${place(change.origin)} matches no block of the configuration, so it would change nothing. Name an existing block.`,
      );
    }
    refuseUnmatched(change.block, matched);
  }
}
