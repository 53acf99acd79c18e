import { type Directive, directive, directives, type Node, rewrite, word } from '../nginx/tree.ts';

/** Value of the timeouts in the shortened copy of a configuration. */
export const SHORT_SECONDS = 1;
const SHORT = `${SHORT_SECONDS}s`;

/** Directives that close a WebSocket after some time. */
const TIMEOUTS = new Set(['proxy_read_timeout', 'proxy_timeout', 'worker_shutdown_timeout']);

/**
 * Returns the configuration with every timeout that closes WebSockets set to one second, including timeouts
 * left at their defaults. `worker_shutdown_timeout` has no default, so it is changed only if the
 * configuration sets it.
 */
export function shortened(tree: readonly Node[]): Node[] {
  const short = rewrite(tree, (node) => [TIMEOUTS.has(node.name) ? { ...node, args: [word(SHORT)] } : node]);
  return short.map((node) => {
    if (node.kind === 'comment' || node.block === null) return node;
    if (node.name === 'http') return withDefault(node, 'proxy_read_timeout');
    return node.name === 'stream' ? withDefault(node, 'proxy_timeout') : node;
  });
}

function withDefault(context: Directive, name: string): Directive {
  const block = context.block ?? [];
  if (directives(block, name).length > 0) return context;
  return { ...context, block: [directive(name, [SHORT]), ...block] };
}
