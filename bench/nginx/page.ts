import { type Directive, directive, type Node } from './tree.ts';

/** Path of the page for browsers; no application is likely to use it. */
export const PAGE_PATH = '/nginx-ws-bench/';

/**
 * Scripts and style sheets may only come from the page's own origin, and connections, including WebSockets,
 * may only go to that origin (CSP Level 3, `'self'`).
 */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Gives a server a location that serves a folder. The location's `^~` gives it precedence over the server's
 * regular expressions. The rest of the server is unchanged, so the page and the WebSocket share a listener.
 * If a browser has accepted the certificate for the page, it also accepts it for the WebSocket.
 *
 * @param server a node of the tree; if null, for example because only `stream` servers forward connections,
 * the tree is returned unchanged
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
      // A cross-origin isolated page gets a clock resolution of 5 µs instead of 100 µs (High Resolution Time,
      // section 4.4).
      header('Cross-Origin-Opener-Policy', 'same-origin'),
      header('Cross-Origin-Embedder-Policy', 'require-corp'),
    ],
  );
}
