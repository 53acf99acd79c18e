import type { Change } from '../wording/sandbox.ts';
import { find, type Whereabouts } from './locate.ts';
import type { OnChange } from './notices.ts';
import { type Directive, firstText, type Node, rewrite, set, texts, word } from './tree.ts';

/**
 * Directives whose first argument is a file that Nginx reads at start-up or for each request. Certificates
 * and their keys are excluded, because the run uses its own.
 */
const READS =
  /^(ssl_(client_certificate|crl|dhparam|ech_file|session_ticket_key|trusted_certificate)|auth_basic_user_file|auth_jwt_key_file|geoip2?(_\w+)?|license_token)$/;

/** Directives whose first argument is a folder to serve files from. */
const SERVES = /^(root|alias)$/;

/**
 * Access rules with a password or key file. Removing such a rule would admit everybody; a rule that names a
 * missing file admits nobody.
 */
const GUARDS = /^auth_(basic_user|jwt_key)_file$/;

/**
 * A folder that is never created. It is within Nginx's prefix, the run's private folder. An empty folder
 * would not be safe: `rewrite ^ /../../etc/passwd break` leads out of a folder that exists.
 */
export const NO_FOLDER = 'no-such-folder';

/**
 * Replaces each file or folder named in a configuration with its path on this machine, with symbolic links
 * resolved. If a file is missing or outside the configuration's folders, its directive is removed, except an
 * access rule that is to be kept. A folder that is missing or outside these folders is replaced with one that
 * does not exist.
 */
export async function withFiles(
  tree: readonly Node[],
  whereabouts: Whereabouts,
  { keepGuards, onChange }: { keepGuards: boolean; onChange: OnChange },
): Promise<Node[]> {
  const servesFiles = namesOnlyItsFiles(tree);
  const settled = new Map<string, Settled>();
  for (const node of namingDirectives(tree)) {
    if (!settled.has(keyOf(node))) settled.set(keyOf(node), await settle(node, whereabouts, servesFiles));
  }
  let serves = false;
  const named = rewrite(tree, (node) => {
    const found = settled.get(keyOf(node));
    if (found === undefined) return [node];
    const stays = found.path === null && keepGuards && GUARDS.test(node.name);
    if (found.change !== null && !stays) onChange(found.change, node);
    else if (SERVES.test(node.name)) serves = true;
    const path = stays ? NO_FOLDER : found.path;
    return path === null ? [] : [{ ...node, args: [word(path), ...node.args.slice(1)] }];
  });
  return serves ? withoutLinks(named) : named;
}

interface Settled {
  /** Null if the directive is to be removed. */
  path: string | null;
  /** Null if the directive works as written. */
  change: Change | null;
}

function keyOf({ name, args: [first] }: Directive): string {
  return `${name} ${first?.text}`;
}

function namingDirectives(tree: readonly Node[]): Directive[] {
  const found: Directive[] = [];
  rewrite(tree, (node) => {
    if (namesFile(node)) found.push(node);
    return [node];
  });
  return found;
}

function namesFile({ name, args: [first] }: Directive): boolean {
  if (first === undefined) return false; // nginx -t reports the error
  if (SERVES.test(name)) return true;
  if (first.text === 'off' || !READS.test(name)) return false;
  return !name.startsWith('geoip') || first.text.includes('/');
}

async function settle(node: Directive, whereabouts: Whereabouts, servesFiles: boolean): Promise<Settled> {
  const path = firstText(node);
  // A path with a variable is looked up for each request, and the client may control the variable's value.
  const hasVariable = path.includes('$');
  if (SERVES.test(node.name)) {
    const found = hasVariable || !servesFiles ? null : await find(path, whereabouts, 'folder');
    if (found?.kind !== 'own') return { path: NO_FOLDER, change: 'static-files' };
    return { path: path.endsWith('/') ? `${found.path}/` : found.path, change: null };
  }
  if (hasVariable) return { path: null, change: 'outside-files' };
  const found = await find(path, whereabouts, 'file');
  if (found.kind === 'own') return { path: found.path, change: null };
  return { path: null, change: found.kind === 'outside' ? 'outside-files' : 'missing-files' };
}

/**
 * Directives that redirect a request internally. Nginx normalises the paths that clients request, but not the
 * paths in these directives.
 */
const REDIRECTS =
  /^(add_after_body|add_before_body|auth_request|error_page|index|internal_redirect|mirror|post_action|rewrite|try_files)$/;

/** Target of an external redirect; the client then requests the path itself. */
const URL = /^(https?|\$scheme):\/\//;

/**
 * A path that is already normalised. Before the `?`, it contains no variables except `$uri` and
 * `$document_uri`.
 */
const NORMAL = /^(?:[^$?]|\$(?:document_uri|uri)\b)*(?:\?.*)?$/s;

/**
 * Whether every request stays within the served folder. Counterexample: with `try_files /$arg_file`, a `..`
 * in the query argument can lead out of the folder.
 */
function namesOnlyItsFiles(tree: readonly Node[]): boolean {
  let isSafe = true;
  rewrite(tree, (node) => {
    if (!REDIRECTS.test(node.name)) return [node];
    const paths = node.name === 'rewrite' ? texts(node).slice(1) : texts(node);
    isSafe &&= paths.every((path) => URL.test(path) || (NORMAL.test(path) && !path.includes('..')));
    return [node];
  });
  return isSafe;
}

/** Prevents Nginx from following symbolic links in served folders, because links may lead anywhere. */
function withoutLinks(tree: readonly Node[]): Node[] {
  const open = rewrite(tree, (node) => (node.name === 'disable_symlinks' ? [] : [node]));
  return open.map((node) =>
    node.kind === 'directive' && node.name === 'http'
      ? { ...node, block: set(node.block ?? [], 'disable_symlinks', ['on', 'from=$document_root']) }
      : node,
  );
}
