/** Options for reading a user's own configuration and for requesting its WebSockets. */
export interface ConfigurationOptions {
  /** Maps folders named in the configuration to local ones: `/etc/nginx` → `./site`. */
  roots: readonly { from: string; to: string }[];
  /** Path of a file with `NAME=value` lines that supply `${NAME}` in the configuration; null for none. */
  envFile: string | null;
  /** Keeps access rules and rate limits, although they may block the load. */
  keepGuards: boolean;
  /** Path of the WebSocket endpoint, optionally with a query; null to choose one from the location blocks. */
  websocketPath: string | null;
  /** Host header and TLS server name; null for the server block's first name. */
  host: string | null;
  /** Additional headers to send with the upgrade request. */
  headers: readonly { name: string; value: string }[];
}

/** The name of a configuration that is read from standard input, in findings and messages. */
export const STDIN_NAME = 'stdin';
