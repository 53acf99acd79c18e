import { type Directive, directive, type Node } from './tree.ts';

/** Where the page for browsers is served: a path that no application has. */
export const PAGE_PATH = '/nginx-ws-bench/';

/** Nothing but what lies beside the page, and WebSockets to where it came from (CSP Level 3, `'self'`). */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Adds a location to a server that serves a folder. `^~`: no regular expression of the server's own takes the
 * path. Everything else of the server stays, so that page and WebSocket come over the same listener: a browser
 * that has accepted the certificate for one has accepted it for the other.
 *
 * @param server A node of the tree; null, as where only `stream` proxies: the tree comes back as it is.
 */
export function withPage(tree: readonly Node[], server: Directive | null, folder: string): readonly Node[] {
  if (server === null) return tree;
  const page = pageLocation(folder);
  return tree.map((http) => {
    if (http.kind === 'comment' || !http.block?.includes(server)) return http;
    const block = http.block.map((node) =>
      node === server ? { ...server, block: [...(server.block ?? []), page] } : node,
    );
    return { ...http, block };
  });
}

function pageLocation(folder: string): Directive {
  const header = (name: string, value: string) => directive('add_header', [name, value]);
  return directive(
    'location',
    ['^~', PAGE_PATH],
    [
      directive('alias', [`${folder}/`]),
      directive('index', ['index.html']),
      directive(
        'types',
        [],
        [
          directive('text/html', ['html']),
          directive('text/css', ['css']),
          directive('text/javascript', ['js']),
          directive('application/json', ['json']),
        ],
      ),
      header('Cache-Control', 'no-store'),
      header('Content-Security-Policy', CONTENT_POLICY),
      // A page that is isolated has a clock of 5 µs in place of 100 µs (High Resolution Time, section 4.4).
      header('Cross-Origin-Opener-Policy', 'same-origin'),
      header('Cross-Origin-Embedder-Policy', 'require-corp'),
    ],
  );
}
