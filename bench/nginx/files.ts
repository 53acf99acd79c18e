import { candidates, firstReadable, type Whereabouts } from './locate.ts';
import type { OnChange } from './notices.ts';
import { type Directive, type Node, rewrite, word } from './tree.ts';

/**
 * Directives whose first argument is a file that Nginx reads when it starts. Certificates and their keys are
 * not among them: the run has its own.
 */
const READS =
  /^(ssl_(client_certificate|crl|dhparam|session_ticket_key|trusted_certificate)|auth_basic_user_file|auth_jwt_key_file|geoip2?(_\w+)?)$/;

/** Without its file a guard would stand open. With one that is not there it lets nobody in. */
const GUARDS = /^auth_(basic_user|jwt_key)_file$/;

/**
 * Names the files that a configuration refers to by where they lie here, and takes out those that cannot be
 * read, but not those of guards that are kept.
 */
export async function withFiles(
  tree: readonly Node[],
  whereabouts: Whereabouts,
  { keepGuards, onChange }: { keepGuards: boolean; onChange: OnChange },
): Promise<Node[]> {
  const paths = new Set<string>();
  rewrite(tree, (node) => {
    const path = pathOf(node);
    if (path !== null) paths.add(path);
    return [node];
  });
  const found = new Map<string, string | null>();
  for (const path of paths) found.set(path, await firstReadable(candidates(path, whereabouts)));
  return rewrite(tree, (node) => {
    const path = pathOf(node);
    if (path === null) return [node];
    const file = found.get(path) ?? null;
    if (file !== null) return [{ ...node, args: [word(file), ...node.args.slice(1)] }];
    if (keepGuards && GUARDS.test(node.name)) return [node];
    onChange('missing-files', node);
    return [];
  });
}

/** What has a variable in it is read with each request, and not when Nginx starts. */
function pathOf(node: Directive): string | null {
  const first = node.args[0]?.text;
  if (first === undefined || first === 'off' || first.includes('$') || !READS.test(node.name)) return null;
  return node.name.startsWith('geoip') && !first.includes('/') ? null : first;
}
