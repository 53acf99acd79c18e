import { formatBytes, formatCount } from '../format.ts';
import { counted, paragraph } from '../words.ts';

/** Findings about how many WebSockets a configuration allows. */
export const LIMITS = {
  capacity: ({
    webSockets,
    perWorker,
    limits: [limit, next],
    handshakes,
  }: {
    webSockets: number;
    /** True if the limit applies to each worker and the number of workers depends on the machine. */
    perWorker: boolean;
    /** The limits, in ascending order of the number of WebSockets. */
    limits: readonly CapacityLimit[];
    /** The rate that limit_req allows; null if the rate is not limited. */
    handshakes: { rate: string; place: string; perClient: boolean } | null;
  }) =>
    paragraph([
      `This configuration allows ${counted(webSockets, 'WebSocket')}${perWorker ? ` per worker (${WORKER_PER_CPU})` : ''}.`,
      limit === undefined ? '' : `The limit is ${LIMIT_NAMES[limit.what]} (${limit.place}).`,
      next === undefined
        ? ''
        : `The next limit is ${LIMIT_NAMES[next.what]}, at ${formatCount(next.webSockets)}${next.perWorker ? ' per worker' : ''} (${next.place}).`,
      handshakes === null
        ? ''
        : `New handshakes are limited to ${handshakes.rate} for ${handshakes.perClient ? 'each client address' : 'all clients together'} (${handshakes.place}).`,
    ]),
  'worker-connections': ({
    connections,
    isDefault,
    webSockets,
    workers,
  }: {
    connections: number;
    isDefault: boolean;
    webSockets: number;
    /** Value of `worker_processes`. */
    workers: string;
  }) =>
    paragraph([
      `worker_connections ${connections}${isDefault ? ' (the default)' : ''} allows ${counted(webSockets, 'WebSocket')} per worker (${WORKERS[workers] ?? `${workers} workers`}).`,
      'Each WebSocket takes two connections, one to the client and one to the upstream server.',
      `Nginx refuses further connections and logs "${connections} worker_connections are not enough".`,
    ]),
  'open-files': ({
    openFiles,
    isDefault,
    connections,
    webSockets,
  }: {
    openFiles: number;
    isDefault: boolean;
    connections: number;
    webSockets: number;
  }) =>
    `${
      isDefault
        ? `worker_rlimit_nofile is not set. With the usual limit of ${formatCount(openFiles)} open files,`
        : `worker_rlimit_nofile ${openFiles} is lower than worker_connections ${connections}:`
    } a worker fails with "Too many open files" at about ${counted(webSockets, 'WebSocket')}, before it reaches worker_connections ${connections}.`,
  'connection-limit': ({
    zone,
    key,
    limit,
    perClient,
    status,
  }: {
    zone: string;
    key: string;
    limit: number;
    perClient: boolean;
    status: number;
  }) =>
    `limit_conn ${zone} ${limit} allows ${counted(limit, 'WebSocket')} per ${key}, ${sharedBy(perClient)}. Each WebSocket counts until it closes, and handshakes beyond the limit are answered with ${status}.`,
  'request-limit': ({
    zone,
    rate,
    burst,
    key,
    perClient,
    status,
  }: {
    zone: string;
    rate: string;
    burst: string;
    key: string;
    perClient: boolean;
    status: number;
  }) =>
    `limit_req ${zone} (${rate}, burst ${burst}) counts handshakes per ${key}, ${sharedBy(perClient)}. After a reload or a brief failure, all clients reconnect at once, and handshakes beyond the limit are answered with ${status}.`,
  'port-limit': ({ upstream, webSockets, most }: { upstream: string; webSockets: number; most: number }) =>
    `All WebSockets go to one address (${upstream}) from one source address, which has about ${formatCount(most)} ports. That is fewer than the ${formatCount(webSockets)} WebSockets that worker_connections allows. Add addresses to the upstream, or use proxy_bind with several source addresses.`,
  'large-buffer': ({ bytes, memory }: { bytes: number; memory: number }) =>
    `proxy_buffer_size ${formatBytes(bytes)} is allocated twice per WebSocket. For 10,000 WebSockets, this takes up to ${formatBytes(memory)} of memory.`,
};

const WORKER_PER_CPU = 'one worker per CPU';

const WORKERS: Readonly<Record<string, string>> = { auto: WORKER_PER_CPU, '1': '1 worker' };

/** A limit on the number of WebSockets, with the line that sets or implies it. */
export interface CapacityLimit {
  what: keyof typeof LIMIT_NAMES;
  webSockets: number;
  /** True if the limit applies to each worker and the number of workers depends on the machine. */
  perWorker: boolean;
  place: string;
}

const LIMIT_NAMES = {
  'worker-connections': 'worker_connections',
  'open-files': 'the number of open files',
  'limit-conn': 'limit_conn',
  'max-conns': 'max_conns',
  ports: 'the number of source ports for the upstream address',
};

/** Names the clients that a limit counts together. */
function sharedBy(perClient: boolean): string {
  return perClient ? 'which all clients behind one address share' : 'which all clients have in common';
}
