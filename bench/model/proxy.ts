const KIB = 1024;
const MIB = 1024 * KIB;

/** What is known about a kind of proxy before one is found or started. */
export interface ProxyFacts {
  /** What sentences call it. */
  title: string;
  /** Name of the configuration file in a profile's folder. */
  configurationFile: string;
  /** Share of its connections that a worker can use, and how many of them a WebSocket needs. */
  usableConnections: number;
  connectionsPerWebSocket: number;
  /** More worker processes than this would be of no use. */
  mostWorkers: number;
  /** Resident memory of an idle worker, and of an idle WebSocket without TLS and in addition with it. */
  memory: { worker: number; webSocket: number; tls: number };
  /** Matches the line of its log that says how a worker died. */
  workerEnded: RegExp;
}

/** The kinds of proxies. Each has a driver, which the registry of drivers names. */
export const PROXIES = {
  nginx: {
    title: 'Nginx',
    configurationFile: 'nginx.conf',
    // Once 15/16 of its connections are in use, it closes those that have not sent their request yet
    // (`ngx_drain_connections` in ngx_connection.c).
    usableConnections: 7 / 8,
    // One to the client and one to the upstream.
    connectionsPerWebSocket: 2,
    mostWorkers: 64,
    memory: { worker: 12 * MIB, webSocket: 17.7 * KIB, tls: 23.8 * KIB },
    // ngx_process_get_status in ngx_process.c
    workerEnded: /worker process \d+ exited (on signal \d+|with fatal code \d+)/,
  },
} as const satisfies Record<string, ProxyFacts>;

export type ProxyKind = keyof typeof PROXIES;
export const PROXY_KINDS = Object.keys(PROXIES) as [ProxyKind];

/** The kind of proxy where nothing says otherwise. */
export const USUAL_PROXY: ProxyKind = 'nginx';

/** Returns the kind of proxy that a configuration file is for, according to its name. */
export function proxyKindOf(path: string): ProxyKind {
  const named = PROXY_KINDS.find((kind) => PROXIES[kind].configurationFile === path.split('/').at(-1));
  return named ?? USUAL_PROXY;
}

/** What sentences call the proxy of a run. */
export const PROXY = PROXIES[USUAL_PROXY].title;
