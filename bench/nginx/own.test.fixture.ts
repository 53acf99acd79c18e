import type { ConfigurationOptions } from '../model/configuration.ts';

/** A realistic configuration, and the expected outcome. */
export interface Kind {
  what: string;
  /** Files by path. The first one is passed to --conf. */
  files: Record<string, string>;
  options?: Partial<ConfigurationOptions>;
  becomes: { path: string; host?: string; notices: readonly string[] } | { refused: RegExp };
}

export const UPGRADE = `proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host $host;`;
export const MAP = `map $http_upgrade $connection_upgrade { default upgrade; '' close; }`;
