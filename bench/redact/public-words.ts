/** Placeholder for removed text. */
export const HIDDEN = '…';

/** Words of the Nginx configuration language, of HTTP and TLS, and of the built-in profiles. */
const WORDS = new Set(
  `on off always default none any all auto main http https stream tcp udp ssl http2 reuseport deferred bind
  default_server fastopen proxy_protocol backlog rcvbuf sndbuf upgrade websocket close keep-alive Upgrade Connection
  Host Origin Cookie Authorization X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host X-Real-IP X-Cache-Status
  X-Bench-Worker X-Bench-Upstream Sec-WebSocket-Protocol Sec-WebSocket-Version TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 shared
  builtin tls cache KTLS ECDHE secp384r1 X25519 prime256v1 max_fails fail_timeout max_conns weight backup down resolve slow_start keys_zone levels
  max_size inactive use_temp_path manager_files loader_files updating error timeout invalid_header http_500 http_502
  http_503 http_504 non_idempotent least_conn ip_hash hash random consistent two least_time first_byte zone burst
  nodelay delay rate debug info notice warn crit alert emerg buffer flush gzip epoll GET HEAD POST OPTIONS
  = ~ ~* ^~ ! != _ /websocket /page / backend echo localhost example.com 127.0.0.1 ::1 0 nginx www-data root nobody
  text/html text/plain text/css application/json application/javascript application/octet-stream html css js json
  redirect permanent last break if_not_empty unix HIGH aNULL MD5 server`.split(/\s+/),
);

const VARIABLES = new Set(
  `http_upgrade http_connection http_host http_origin http_cookie host scheme remote_addr remote_port server_port
  server_name proxy_add_x_forwarded_for connection_upgrade pid upstream_addr upstream_cache_status upstream_status
  upstream_response_time request_uri request_method request request_time uri args is_args status body_bytes_sent
  binary_remote_addr ssl_protocol ssl_cipher ssl_server_name http_x_forwarded_for http_user_agent`.split(
    /\s+/,
  ),
);

/** A number with or without a unit, such as `64`, `16k`, `1d`, `1.1`, `10r/s` or `50%`. */
const AMOUNT = /^\d+(\.\d+)?([kmgshdwy]|ms|r\/[sm]|%)?$/i;

/** Reports whether a word reveals nothing about the configuration's owner. */
export function isPublicWord(text: string): boolean {
  if (text === '' || text === HIDDEN || text === '***' || WORDS.has(text) || AMOUNT.test(text)) return true;
  const variable = /^\$(?:\{(\w+)\}|(\w+))$/.exec(text);
  return variable !== null && VARIABLES.has(variable[1] ?? variable[2] ?? '');
}
