import type { OnChange } from './notices.ts';
import { type Directive, firstText, type Node, rewrite } from './tree.ts';

/** Directives that admit only some clients, or only a limited number per address. */
const GUARD =
  /^(allow|deny|auth_request|auth_basic|auth_basic_user_file|auth_jwt\w*|limit_conn|limit_req|ssl_verify_client)$/;

/** Access rules that admit everybody. */
const OPEN = new Set([
  'allow all',
  'auth_basic off',
  'auth_request off',
  'auth_jwt off',
  'ssl_verify_client off',
]);

/**
 * Removes access rules and limits that would reject the load, whose clients have no passwords and all use the
 * same address.
 */
export function withoutGuards(tree: readonly Node[], onChange: OnChange): Node[] {
  return rewrite(tree, (node) => {
    if (!GUARD.test(node.name) || isOpen(node)) return [node];
    onChange('guards', node);
    return [];
  });
}

/** Reports each access rule or limit that is kept, because it may reject the load. */
export function noteGuards(tree: readonly Node[], onChange: OnChange): Node[] {
  return rewrite(tree, (node) => {
    if (GUARD.test(node.name) && !isOpen(node)) onChange('kept-guards', node);
    return [node];
  });
}

function isOpen(node: Directive): boolean {
  return OPEN.has(`${node.name} ${firstText(node)}`);
}
