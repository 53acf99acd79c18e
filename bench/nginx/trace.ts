import { type Directive, directive, directives, type Node } from './tree.ts';
import { inherited } from './websocket.ts';

/** Response headers by which the load generator counts per Nginx worker and per echo server. */
export const WORKER_HEADER = 'X-Bench-Worker';
export const UPSTREAM_HEADER = 'X-Bench-Upstream';

/**
 * Makes every proxied location name the worker (its pid) and the upstream server that a response
 * came by; on a 101 too. A location with an `add_header` of its own no longer inherits any
 * (ngx_http_headers_module), so those that it inherited are written down in it.
 */
export function traceLocations(tree: readonly Node[]): Node[] {
  return tree.map((node) => {
    if (node.kind === 'comment' || node.name !== 'http' || node.block === null) return node;
    const http = node;
    return { ...http, block: node.block.map((each) => traceLevel(each, [http])) };
  });
}

/** Walks down servers, locations and the `if`s in them. */
function traceLevel(node: Node, levels: readonly Directive[]): Node {
  if (node.kind === 'comment' || node.block === null || !['server', 'location', 'if'].includes(node.name)) {
    return node;
  }
  const here = [...levels, node];
  const block = node.block.map((each) => traceLevel(each, here));
  if (!mustTrace(node, levels)) return { ...node, block };
  const own = directives(node.block, 'add_header');
  const copied =
    own.length > 0 ? [] : inherited(levels, 'add_header').map((each) => ({ ...each, origin: null }));
  return {
    ...node,
    block: [
      ...block,
      ...copied,
      directive('add_header', [WORKER_HEADER, '$pid', 'always']),
      directive('add_header', [UPSTREAM_HEADER, '$upstream_addr', 'always']),
    ],
  };
}

/** What proxies, and an `if` of a location that proxies, where its own headers would hide the location's. */
function mustTrace(node: Directive, levels: readonly Directive[]): boolean {
  if (directives(node.block, 'proxy_pass').length > 0) return true;
  const parent = levels.at(-1);
  const inProxied = node.name === 'if' && directives(parent?.block ?? null, 'proxy_pass').length > 0;
  return inProxied && directives(node.block, 'add_header').length > 0;
}
