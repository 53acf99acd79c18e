/**
 * Names of `upstream` blocks that Nginx cannot mistake for anything else. In `proxy_pass`, Nginx reads a port
 * after a `:`, a path after a `/` or `?`, and a Unix-domain socket after `unix:`. It reads digits with dots
 * as an address. An `upstream 127.0.0.9:80 { … }` is therefore never the target of `proxy_pass
 * http://127.0.0.9:80` (ngx_parse_url). Prefixes of `unix:` are excluded too, so that appending a variable to
 * a plain name cannot turn it into an address.
 */
const PLAIN = /^(?![\d.]+$|u(?:n(?:ix?)?)?$)[^\p{C}\s:/?[\]$\\"'{};#]+$/iu;

export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/**
 * Normalises a name for comparison. Nginx ignores the case of ASCII letters only (ngx_strncasecmp in
 * ngx_http_upstream_add and ngx_stream_upstream_add).
 */
export function upstreamName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
