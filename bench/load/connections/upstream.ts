/**
 * Returns the addresses of the echo servers that Nginx tried for a handshake, from the value of
 * X-Bench-Upstream ($upstream_addr). The last one answered.
 */
export function triedServers(upstream: string): string[] {
  return upstream.split(/, | : /);
}
