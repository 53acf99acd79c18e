import type { OnChange } from './notices.ts';
import { streamPasses } from './proxy-pass.ts';
import { type Directive, directive, directives, type Node, rewrite, texts } from './tree.ts';

/** Top-level directives of a complete configuration. */
const WHOLE = new Set(['events', 'http', 'mail', 'stream']);

/** Directives that show whether a file belongs in `http` or in `stream`. */
const OF_HTTP = new Set([
  'geo',
  'limit_conn_zone',
  'limit_req_zone',
  'log_format',
  'map',
  'proxy_cache_path',
  'server',
  'split_clients',
  'upstream',
]);

/**
 * Wraps a file from conf.d or sites-available in the blocks that it is written for. A `server` that forwards
 * connections without HTTP goes into `stream`, and other servers go into `http`. Directives that belong inside
 * a `server` are wrapped in both `http` and `server`. A complete configuration is left unchanged.
 */
export function wrapFragment(nodes: readonly Node[], onChange: OnChange): Node[] {
  const top = directives(nodes);
  const [first] = top;
  if (first === undefined || top.some(({ name }) => WHOLE.has(name))) return [...nodes];
  const written = top.find(({ name }) => OF_HTTP.has(name));
  if (written === undefined) {
    if (!top.some(({ name }) => name === 'location')) return [...nodes];
    onChange('wrapped-server', first);
    return [directive('http', [], [directive('server', [], nodes)])];
  }
  const context = top.some(isStreamServer) ? 'stream' : 'http';
  onChange(`wrapped-${context}`, first);
  return [directive(context, [], nodes)];
}

/**
 * Whether a tree is a partial configuration wrapped by `wrapFragment`. Only the blocks added by that function
 * have no origin.
 */
export function isWrapped(tree: readonly Node[]): boolean {
  return directives(tree).some(
    ({ name, origin }) => (name === 'http' || name === 'stream') && origin === null,
  );
}

function isStreamServer(node: Directive): boolean {
  return node.name === 'server' && streamPasses(node).length > 0;
}

const UPGRADE_VARIABLE = '$connection_upgrade';

/**
 * Defines `$connection_upgrade` as in Nginx's documentation (https://nginx.org/en/docs/http/websocket.html)
 * if a partial configuration uses it. Its `map` is usually in the main file, which is missing here.
 *
 * @param tree with its includes expanded
 */
export function withUpgradeMap(tree: readonly Node[], onChange: OnChange): Node[] {
  const users: Directive[] = [];
  let isDefined = false;
  rewrite(tree, (node) => {
    const names = texts(node);
    if (node.name === 'map' || node.name === 'set') isDefined ||= names.includes(UPGRADE_VARIABLE);
    else if (names.includes(UPGRADE_VARIABLE)) users.push(node);
    return [node];
  });
  const [user] = users;
  if (isDefined || user === undefined) return [...tree];
  onChange('upgrade-map', user);
  const entries = [directive('default', ['upgrade']), directive('', ['close'])];
  const map = directive('map', ['$http_upgrade', UPGRADE_VARIABLE], entries);
  return tree.map((node) =>
    node.kind === 'directive' && node.name === 'http'
      ? { ...node, block: [map, ...(node.block ?? [])] }
      : node,
  );
}
