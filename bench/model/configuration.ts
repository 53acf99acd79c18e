/** How a user's own configuration is read, and how its WebSockets are requested. */
export interface ConfigurationOptions {
  /** Where to find folders that the configuration names: `/etc/nginx` → `./site`. */
  roots: readonly { from: string; to: string }[];
  /** Path of a file with lines `NAME=value`, for `${NAME}` in the configuration. */
  envFile: string | null;
  /** Keeps access rules and limits, although they may block the load. */
  keepGuards: boolean;
  /** Path of the WebSockets, optionally with a query; null to choose it from the locations. */
  websocketPath: string | null;
  /** Host header, and server name for TLS; null for the first name of the server. */
  host: string | null;
  /** Additional headers of the upgrade request. */
  headers: readonly { name: string; value: string }[];
}
