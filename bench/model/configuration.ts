/** Options for reading a user's own configuration and connecting to its WebSocket endpoint. */
export interface ConfigurationOptions {
  /** Mapping from folders named in the configuration to local ones, such as `/etc/nginx` → `./site`. */
  roots: readonly { from: string; to: string }[];
  /**
   * Path of a file whose `NAME=value` lines supply values for `${NAME}` in the configuration; null for none.
   */
  envFile: string | null;
  /** Whether to keep access rules and rate limits, although they may block the benchmark's load. */
  keepGuards: boolean;
  /**
   * Path of the WebSocket endpoint, optionally with a query string; null to choose one from the location
   * blocks.
   */
  websocketPath: string | null;
  /** Host header and TLS server name; null for the first name of the server block. */
  host: string | null;
  /** Additional headers to send with the upgrade request. */
  headers: readonly { name: string; value: string }[];
}

/** Name used in findings and messages for a configuration read from standard input. */
export const STDIN_NAME = 'stdin';
