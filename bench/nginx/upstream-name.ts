/**
 * Names of `upstream` blocks that Nginx cannot take for anything else. `proxy_pass` reads a port behind a `:`, a
 * path behind a `/` or `?`, a Unix-domain socket behind `unix:`, and digits with dots as an address: an
 * `upstream 127.0.0.9:80 { … }` is therefore never what `proxy_pass http://127.0.0.9:80` means (ngx_parse_url). What
 * a variable appends to a plain name does not make it an address either, so the beginnings of `unix:` are left out.
 */
const PLAIN = /^(?![\d.]+$|u(?:n(?:ix?)?)?$)[^\p{C}\s:/?[\]$\\"'{};#]+$/iu;

export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/**
 * Form of a name for comparison. Nginx ignores the case of ASCII letters and of no others (ngx_strncasecmp in
 * ngx_http_upstream_add and ngx_stream_upstream_add).
 */
export function upstreamName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
