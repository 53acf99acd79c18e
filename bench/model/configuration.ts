/** How a person's own configuration is read, and how its WebSockets are asked for. */
export interface ConfigurationOptions {
  /** Folders that the configuration names, and where they lie here: `/etc/nginx` → `./site`. */
  roots: readonly { from: string; to: string }[];
  /** Path of a file with lines `NAME=value`, for `${NAME}` in the configuration. */
  envFile: string | null;
  /** Leaves access rules and limits in, though they may shut the load out. */
  keepGuards: boolean;
  /** Path, and perhaps a query, of the WebSockets; null: chosen from the locations. */
  websocketPath: string | null;
  /** Value of the header Host, and the name for TLS; null: the first name of the server. */
  host: string | null;
  /** More headers of the upgrade request. */
  headers: readonly { name: string; value: string }[];
}
