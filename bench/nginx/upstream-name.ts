/**
 * Names of `upstream` blocks that Nginx cannot mistake for anything else. `proxy_pass` reads a port after a
 * `:`, a path after a `/` or `?`, a Unix-domain socket after `unix:`, and digits with dots as an address. An
 * `upstream 127.0.0.9:80 { … }` is therefore never the target of `proxy_pass http://127.0.0.9:80`
 * (ngx_parse_url). A variable appended to a plain name does not make it an address either, so the beginnings
 * of `unix:` are excluded.
 */
const PLAIN = /^(?![\d.]+$|u(?:n(?:ix?)?)?$)[^\p{C}\s:/?[\]$\\"'{};#]+$/iu;

export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/**
 * Form of a name for comparison. Nginx only ignores the case of ASCII letters (ngx_strncasecmp in
 * ngx_http_upstream_add and ngx_stream_upstream_add).
 */
export function upstreamName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
