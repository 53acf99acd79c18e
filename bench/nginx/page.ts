import { type Directive, directive, type Node } from './tree.ts';

/** Path of the page for browsers, which no application is likely to use. */
export const PAGE_PATH = '/nginx-ws-bench/';

/** Allows only files next to the page, and WebSockets to its own origin (CSP Level 3, `'self'`). */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Adds a location to a server that serves a folder. With `^~`, no regular expression of the server takes
 * precedence. The rest of the server is unchanged, so that page and WebSocket use the same listener: a
 * browser that has accepted the certificate for one has accepted it for the other.
 *
 * @param server A node of the tree. If null, for example because only `stream` proxies, the tree is returned
 * unchanged.
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
      // An isolated page has a clock resolution of 5 µs instead of 100 µs (High Resolution Time, section
      // 4.4).
      header('Cross-Origin-Opener-Policy', 'same-origin'),
      header('Cross-Origin-Embedder-Policy', 'require-corp'),
    ],
  );
}
