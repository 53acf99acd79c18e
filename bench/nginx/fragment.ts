import type { OnChange } from './notices.ts';
import { type Directive, directive, directives, type Node } from './tree.ts';

/** Directives of the top of a whole configuration. */
const WHOLE = new Set(['events', 'http', 'mail', 'stream']);

/** Directives that say that a file belongs into `http`, or into `stream`. */
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
 * Puts what lies in conf.d or sites-available into the blocks that it is written for: a `server` that passes
 * connections on itself into `stream`, other servers into `http`, and what belongs into a server into
 * `http` and `server`. A whole configuration stays as it is.
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

function isStreamServer({ name, block }: Directive): boolean {
  return name === 'server' && directives(block, 'proxy_pass').length > 0;
}
