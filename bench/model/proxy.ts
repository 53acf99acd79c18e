const KIB = 1024;
const MIB = 1024 * KIB;

/** Facts about a kind of proxy that are known before its binary is found or started. */
export interface ProxyFacts {
  /** The proxy's name in sentences. */
  title: string;
  /** Name of the configuration file in a profile's folder. */
  configurationFile: string;
  /** Share of its connection limit that a worker can use, and number of connections that a WebSocket needs. */
  usableConnections: number;
  connectionsPerWebSocket: number;
  /** Maximum useful number of worker processes. */
  mostWorkers: number;
  /**
   * Resident memory of an idle worker and of an idle WebSocket, and the additional memory of a WebSocket with
   * TLS.
   */
  memory: { worker: number; webSocket: number; tls: number };
  /** Matches the log line that reports that a worker ended abnormally. */
  workerEnded: RegExp;
}

/** The kinds of proxies. Each has a driver in the registry of drivers. */
export const PROXIES = {
  nginx: {
    title: 'Nginx',
    configurationFile: 'nginx.conf',
    // When 15/16 of a worker's connections are in use, the worker closes those that have not sent their
    // request yet (`ngx_drain_connections` in ngx_connection.c).
    usableConnections: 7 / 8,
    // A WebSocket uses one connection to the client and one to the upstream.
    connectionsPerWebSocket: 2,
    mostWorkers: 64,
    memory: { worker: 12 * MIB, webSocket: 17.7 * KIB, tls: 23.8 * KIB },
    // `ngx_process_get_status` in ngx_process.c writes these log lines.
    workerEnded: /worker process \d+ exited (on signal \d+|with fatal code \d+)/,
  },
} as const satisfies Record<string, ProxyFacts>;

export type ProxyKind = keyof typeof PROXIES;
export const PROXY_KINDS = Object.keys(PROXIES) as [ProxyKind];

export const USUAL_PROXY: ProxyKind = 'nginx';

/** Determines, from a configuration file's name, the kind of proxy for which the file is written. */
export function proxyKindOf(path: string): ProxyKind {
  const named = PROXY_KINDS.find((kind) => PROXIES[kind].configurationFile === path.split('/').at(-1));
  return named ?? USUAL_PROXY;
}

/** The name of a run's proxy in sentences. */
export const PROXY = PROXIES[USUAL_PROXY].title;
