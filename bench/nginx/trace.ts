import { inherited } from './located.ts';
import { type Directive, directive, directives, type Node } from './tree.ts';

/** Response headers that let the load generator count connections per Nginx worker and per echo server. */
export const WORKER_HEADER = 'X-Bench-Worker';
export const UPSTREAM_HEADER = 'X-Bench-Upstream';

/**
 * Adds two headers to the responses of every proxied location: the worker's pid and the address of the
 * upstream server. `always` makes Nginx add them to 101 responses as well. A level with its own `add_header`
 * inherits none (ngx_http_headers_module), so previously inherited headers are copied into it.
 */
export function traceLocations(tree: readonly Node[]): Node[] {
  return tree.map((node) => {
    if (node.kind === 'comment' || node.name !== 'http' || node.block === null) return node;
    const http = node;
    return { ...http, block: node.block.map((each) => traceLevel(each, [http])) };
  });
}

/** Adds the trace headers to a server, a location or an `if` block, and to the blocks within it. */
function traceLevel(node: Node, levels: readonly Directive[]): Node {
  if (node.kind === 'comment' || node.block === null || !['server', 'location', 'if'].includes(node.name)) {
    return node;
  }
  const here = [...levels, node];
  const block = node.block.map((each) => traceLevel(each, here));
  if (!mustTrace(node, levels)) return { ...node, block };
  const own = directives(node.block, 'add_header');
  const copied = own.length > 0 ? [] : inherited(levels, 'add_header');
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

/**
 * Whether the trace headers have to be added to a block. This applies to blocks with `proxy_pass`, and to
 * each `if` in such a block that has its own `add_header` and therefore inherits none.
 */
function mustTrace(node: Directive, levels: readonly Directive[]): boolean {
  if (directives(node.block, 'proxy_pass').length > 0) return true;
  const parent = levels.at(-1);
  const inProxied = node.name === 'if' && directives(parent?.block, 'proxy_pass').length > 0;
  return inProxied && directives(node.block, 'add_header').length > 0;
}
